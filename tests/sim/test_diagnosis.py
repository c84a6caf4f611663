"""Faults that only a simulator sees, in words; the other endings are in test_verilator.py."""

from __future__ import annotations

import pytest

from firmware.image import FirmwareImage
from sim.diagnosis import Fault, fault_error
from tests.sim.bench import Bench, relu_model


@pytest.fixture(scope="module")
def image(bench: Bench) -> FirmwareImage:
    return bench.image(relu_model(2))


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("store_unmapped", "the firmware stored to 0x20000004, where no memory is, at 0x"),
        ("store_rom", "the firmware stored to 0x20000004, which is ROM, at 0x"),
        ("load_unmapped", "the firmware loaded from 0x20000004, where no memory is, at 0x"),
    ],
)
def test_an_access_to_where_no_memory_is(image: FirmwareImage, kind: str, what: str) -> None:
    pc = image.elf.symbols["main"]
    error = fault_error(image, Fault(kind, pc, 0x2000_0004, return_address=0), layer=1)
    assert error.message == f"{what}{pc:08x} in `main`, layer 1 (RELU)"
    assert error.hint is not None
    assert error.hint.endswith("?")
    assert error.exit_code == 1


def test_a_jump_to_where_no_memory_is(image: FirmwareImage) -> None:
    call = image.elf.symbols["main"] + 8
    fault = Fault("fetch_unmapped", 0x2000_0000, 0x2000_0000, return_address=call + 4)
    error = fault_error(image, fault, layer=0)
    assert error.message == (
        "the firmware went on at 0x20000000, where no memory is, layer 0 (RELU)"
    )
    assert error.hint is not None
    assert error.hint.endswith(f"the return address is {call + 4:#010x} in `main`")


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("cfu_response", "the CFU gave a response that no instruction waited for"),
        ("cfu_store_unmapped", "the CFU stored to 0x20000004, where no memory is"),
        ("cfu_store_rom", "the CFU stored to 0x20000004, which is ROM"),
        ("cfu_load_unmapped", "the CFU loaded from 0x20000004, where no memory is"),
        (
            "cfu_wrapping_burst",
            "the CFU began a burst that wraps, which the fast simulator has not",
        ),
        ("interrupts", "the firmware enabled interrupts, which the fast simulator has not"),
        ("reset", "the firmware reset the system, which the fast simulator does not"),
    ],
)
def test_what_is_simulated_elsewhere(image: FirmwareImage, kind: str, what: str) -> None:
    error = fault_error(image, Fault(kind, 0, 0x2000_0004, return_address=0), layer=1)
    assert error.message == f"{what}, layer 1 (RELU)"
    assert "`--simulator verilator" in (error.hint or "")


def test_a_stack_that_overflowed(image: FirmwareImage) -> None:
    pc, top = image.elf.symbols["main"], image.elf.symbols["__stack_top"]
    fault = Fault("stack_overflow", pc, image.stack_limit - 16, return_address=0)
    error = fault_error(image, fault, layer=0)
    assert error.message == (
        f"the stack of {top - image.stack_limit:,} bytes overflowed: its pointer went to "
        f"{image.stack_limit - 16:#010x} at {pc:#010x} in `main`, layer 0 (RELU)"
    )
    assert "a recursion without end? An array that is `static`" in (error.hint or "")


def test_the_stack_s_limit_is_where_variables_end(image: FirmwareImage) -> None:
    symbols = image.elf.symbols
    assert image.stack_limit == symbols["__bss_end"]
    assert image.stack_limit < symbols["__trap_stack_top"] < symbols["__stack_top"]
