from __future__ import annotations

from pathlib import Path

import pytest

from soc import cpu_names, find_cpu
from toolchain import ArtifactCache, PlaygroundError, ToolMissing


@pytest.mark.parametrize("name", cpu_names())
def test_a_variant_is_found_again_by_its_name(name: str) -> None:
    assert find_cpu(name).name == name
    assert find_cpu(name).summary


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("up5k:data_cache=1024", "up5k:data_cache=1024"),
        ("up5k: bypass=yes , data_cache=1024", "up5k:data_cache=1024,bypass=yes"),
        ("full:bypass=yes,data_cache=4096", "full"),
        ("min:multiplier=iterative,shifter=late", "min:multiplier=iterative,shifter=late"),
    ],
)
def test_options_go_on_after_a_variants_name(reference: str, name: str) -> None:
    cpu = find_cpu(reference)
    assert cpu.name == name
    assert find_cpu(name) == cpu


def test_what_the_flow_asks_follows_from_the_options() -> None:
    up5k = find_cpu("up5k")
    assert (up5k.isa, up5k.data_cache_bytes, up5k.exceptions) == ("rv32i_zmmul", 0, False)
    assert (up5k.cfu_enable, up5k.counts_instructions) == (False, False)
    other = find_cpu("up5k:divider=iterative,data_cache=512,cache_line=16,counts_instructions=yes")
    assert (other.isa, other.data_cache_bytes, other.cache_line_bytes) == ("rv32im", 512, 16)
    assert other.counts_instructions
    assert find_cpu("min").isa == "rv32i"
    full = find_cpu("full")
    assert (full.isa, full.instruction_cache_bytes, full.exceptions) == ("rv32im", 4096, True)


def test_verilog_is_written_once(tmp_path: Path) -> None:
    cache = ArtifactCache(tmp_path)
    path = find_cpu("up5k").verilog_file(cache)
    before = path.stat().st_mtime_ns
    assert path.read_text().count("module VexRiscv (") == 1
    assert find_cpu("up5k").verilog_file(cache).stat().st_mtime_ns == before
    assert find_cpu("up5k:bypass=yes").verilog_file(cache) != path


def test_a_variant_without_its_wheel_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ToolMissing, match="`pythondata_cpu_vexriscv` is not installed"):
        find_cpu("up5k").verilog_file(ArtifactCache(tmp_path))


@pytest.mark.parametrize(
    ("reference", "message", "hint"),
    [
        ("up6k", "there is no CPU variant `up6k`", "up5k"),
        ("up6k:bypass=no", "there is no CPU variant `up6k`", "up5k"),
        ("up5k:", "the options of a CPU are left out", "data_cache"),
        ("up5k:data_cash=1", "there is no CPU option `data_cash`", "did you mean `data_cache`"),
        ("up5k:data_cache", "the CPU option `data_cache` has no value", "data_cache=VALUE"),
        ("up5k:data_cache=1k", "`data_cache` takes a number of bytes, not `1k`", "1024"),
        ("up5k:bypass=maybe", "the CPU option `bypass` cannot be `maybe`", "yes, no"),
        ("up5k:shifter=fast", "`shifter` cannot be `fast`", "iterative, late, early"),
        ("up5k:bypass=no,bypass=yes", "the CPU option `bypass` is given twice", "once"),
        ("full:data_cache=1000", "not a power of two from 64", "change one of the options"),
        ("full:data_cache=32", "not a power of two from 64", "change one of the options"),
        ("full:data_cache=131072", "to 65536 or 0", "change one of the options"),
        ("full:instruction_cache=0", "instruction_cache is 0, not a power", "change"),
        ("full:cache_line=8", "cache_line is 8, not one of 16, 32, 64", "change"),
        ("full:multiplier=none", "division that lacks multiplication", "change"),
        ("full:exceptions=no", "interrupts need the trap registers", "change"),
        ("up5k:interrupts=yes", "interrupts need the trap registers", "change"),
        ("up5k:cfu_enable=yes", "which needs `exceptions` to be seen", "change"),
    ],
)
def test_what_does_not_exist_is_refused_with_the_reason(
    reference: str, message: str, hint: str
) -> None:
    with pytest.raises(PlaygroundError) as caught:
        find_cpu(reference)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
