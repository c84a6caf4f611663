from __future__ import annotations

from playground.reporting.memories import known_board, memory_uses, placed_parts
from profiles import Memory
from tests.profiles.examples import example_profile
from tests.profiles.report.reports import HOSTILE


def test_one_memory_holds_everything() -> None:
    memory = Memory(ideal=True, note="ideal main_ram, 16,384 KiB")
    (used,) = memory_uses(example_profile(memory=memory))
    assert (used.name, used.bytes) == ("main_ram", 16 << 20)
    assert used.parts == {
        "code": 20_000, "tables": 3_000, "weights": 38_624, "arena": 16_000, "variables": 528,
    }  # fmt: skip


def test_parts_in_several_memories() -> None:
    note = "spiflash, 2,048 KiB (code, weights) and sram, 128 KiB (kernels, data)"
    profile = example_profile(memory=Memory(ideal=False, note=note))
    assert placed_parts(profile)["kernels"] == "sram"
    flash, sram = memory_uses(profile)
    assert flash.parts == {"code, kernels included": 20_000, "tables": 3_000, "weights": 38_624}
    assert sram.parts == {"arena": 16_000, "variables": 528}


def test_a_note_of_another_form_tells_nothing() -> None:
    profile = example_profile(memory=Memory(ideal=True, note="some memory"))
    assert memory_uses(profile) == ()


def test_a_board_of_any_name() -> None:
    board = known_board("fomu")
    assert board is not None
    assert board.name == "fomu"
    for name in ("", "../sim", "board", "sim.py", HOSTILE):
        assert known_board(name) is None
