"""What every board must be."""

from __future__ import annotations

import pytest

from boards import BlockRam, Board, board_names, find_board
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


def test_data_is_put_where_it_can_be_written(board: Board) -> None:
    assert board.memory(board.work_memory).is_writable


def test_the_image_is_put_into_the_memory_it_names(board: Board) -> None:
    assert 0 <= board.load_offset < board.memory(board.load_memory).bytes
    assert board.load_offset % 4 == 0


def test_a_board_of_hardware_has_wait_states_unless_idealized(board: Board) -> None:
    assert board.ideal_memory == (board.hardware is None)
    ideal = board.idealized()
    assert ideal.ideal_memory
    assert ideal.hardware is None
    assert [(m.name, m.origin, m.bytes) for m in ideal.memories] == [
        (m.name, m.origin, m.bytes) for m in board.memories
    ]
    assert (ideal.load_memory, ideal.load_offset) == (board.load_memory, board.load_offset)


def test_a_role_for_a_memory_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="board `b` has no memory `ram`"):
        Board(name="b", summary="", sys_clk_hz=1, memories=(), load_memory="ram", work_memory="ram")


def test_the_simulated_board_says_that_it_is_ideal() -> None:
    assert find_board("sim").ideal_memory


def test_an_unknown_board_is_refused_with_those_there_are() -> None:
    with pytest.raises(PlaygroundError, match="there is no board `simm`") as caught:
        find_board("simm")
    assert "sim" in (caught.value.hint or "")


def test_memories_that_overlap_are_a_mistake() -> None:
    ram = BlockRam(name="ram", origin=0, bytes=1024)
    more = BlockRam(name="more", origin=512, bytes=512)
    with pytest.raises(ValueError, match="memories `ram` and `more` overlap"):
        Board("b", "", 1, memories=(more, ram), load_memory="ram", work_memory="ram")


@pytest.mark.parametrize(
    ("origin", "size", "message"),
    [(0, 1000, "no power of two"), (512, 1024, "no multiple"), (1 << 31, 1024, "not end by")],
)
def test_a_memory_that_cannot_be_is_a_mistake(origin: int, size: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BlockRam(name="ram", origin=origin, bytes=size)
