"""Four neighbouring bytes at any address, against plain bytes."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from amaranth.sim import Simulator

from gateware.parts.byte_buffer import ByteBuffer


@pytest.mark.parametrize("size", [16, 64, 256])
def test_random_accesses(size: int) -> None:
    part = ByteBuffer(size=size)
    random = Random(size)
    content = bytearray(size)
    compared = 0

    async def bench(context: Any) -> None:
        nonlocal compared
        expected: list[bytes | None] = []
        for _ in range(600):
            address, mask = random.randrange(size), random.getrandbits(4)
            data = random.randbytes(4)
            read = random.randrange(size)
            context.set(part.write_address, address)
            context.set(part.write_data, int.from_bytes(data, "little"))
            context.set(part.write_mask, mask)
            context.set(part.read_address, read)
            written = {(address + lane) % size for lane in range(4) if mask >> lane & 1}
            wanted = [(read + lane) % size for lane in range(4)]
            is_defined = written.isdisjoint(wanted)
            expected.append(bytes(content[i] for i in wanted) if is_defined else None)
            for lane in range(4):
                if mask >> lane & 1:
                    content[(address + lane) % size] = data[lane]
            await context.tick()
            if len(expected) == 2 and (bytes_read := expected.pop(0)) is not None:
                assert context.get(part.read_data).to_bytes(4, "little") == bytes_read
                compared += 1

    simulator = Simulator(part)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert compared > 300
    assert any(content)


@pytest.mark.parametrize("size", [8, 24])
def test_a_wrong_size_is_rejected(size: int) -> None:
    with pytest.raises(ValueError, match=f"a power of two from 16 on, not {size}"):
        ByteBuffer(size=size)
