"""Memory of models."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateware import Cfu
from gateware.memory_port import MEMORY_PORTS, MemoryPort, SparseMemory

_WORDS = st.integers(0, 2**32 - 1)


@given(_WORDS, _WORDS, st.integers(0, 15))
def test_a_mask_selects_bytes(address: int, value: int, mask: int) -> None:
    address &= ~3
    memory = SparseMemory()
    before = memory.read_word(address).to_bytes(4, "little")
    memory.write_word(address, value, mask)
    after = memory.read_word(address).to_bytes(4, "little")
    wanted = value.to_bytes(4, "little")
    assert after == bytes(wanted[i] if mask >> i & 1 else before[i] for i in range(4))
    assert memory.written == {address: memory.read_word(address)}


def test_memories_begin_alike_and_look_random() -> None:
    words = [SparseMemory().read_word(4 * index) for index in range(1000)]
    assert words == [SparseMemory().read_word(4 * index) for index in range(1000)]
    assert len(set(words)) == 1000
    assert abs(sum(word.bit_count() for word in words) / 1000 - 16) < 0.5


@pytest.mark.parametrize("address", [2, -4, 2**32])
def test_only_words_have_addresses(address: int) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{address:#x} is no address of a word")):
        SparseMemory().read_word(address)


def test_a_mask_has_four_bits() -> None:
    with pytest.raises(ValueError, match="a mask has four bits, not 0x1f"):
        SparseMemory().write_word(0, 0, 0x1F)


def test_a_cfu_has_the_port_only_if_it_asks_for_it() -> None:
    assert not hasattr(Cfu([], name="without"), "memory")
    cfu = Cfu([], name="with", memory_port=True)
    assert isinstance(cfu.memory.signature, MemoryPort)
    assert cfu.spec.ports.memory


def test_verilog_ports_are_those_of_the_signature() -> None:
    members = MemoryPort().members
    assert {name.removeprefix("mem_") for name in MEMORY_PORTS} == set(members)
    for name, (way, width) in MEMORY_PORTS.items():
        member = members[name.removeprefix("mem_")]
        assert (way, width) == (member.flow.name.lower() + "put", member.shape)
