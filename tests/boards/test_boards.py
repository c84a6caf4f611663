"""What every board must be."""

from __future__ import annotations

import pytest

from boards import Board, board_names, find_board
from toolchain import PlaygroundError


@pytest.fixture(params=board_names())
def board(request: pytest.FixtureRequest) -> Board:
    return find_board(request.param)


def test_memories_are_powers_of_two_in_their_own_places(board: Board) -> None:
    end = 0
    for memory in sorted(board.memories, key=lambda memory: memory.origin):
        assert memory.bytes & (memory.bytes - 1) == 0
        assert memory.origin % memory.bytes == 0
        assert memory.origin >= end
        end = memory.origin + memory.bytes
    assert end <= 0x8000_0000, "peripherals begin there"


def test_the_program_memory_is_one_of_them(board: Board) -> None:
    assert board.memory(board.program_memory) in board.memories


def test_the_simulated_board_says_that_it_is_ideal() -> None:
    assert find_board("sim").ideal_memory


def test_an_unknown_board_is_refused_with_those_there_are() -> None:
    with pytest.raises(PlaygroundError, match="there is no board `simm`") as caught:
        find_board("simm")
    assert "sim" in (caught.value.hint or "")
