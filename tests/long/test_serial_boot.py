"""The keyword model on a simulated board with DRAM, from LiteX's BIOS on: two minutes."""

from __future__ import annotations

import numpy as np

from firmware.golden import golden_tensors
from firmware.protocol import FrameType
from playground.design import Design
from playground.progress import Silent
from playground.resolve import shipped_kernels
from playground.terminal import TerminalRequest, prepared_terminal
from sim.board_link import BoardLink
from sim.serial_line import SerialLine
from tests.reference_models import reference_inputs, reference_model
from tests.sim.serial_boards import litex_term_uploads, records_of
from toolchain import ArtifactCache

_CFU = "simd_mac"


def test_litex_term_boots_the_keyword_model() -> None:
    """The BIOS sets up the SDRAM and takes the firmware; records and output come back."""
    data = reference_inputs("kws01")[0].read_bytes()
    design = Design(
        model=reference_model("kws01"), cfu=_CFU, kernels=shipped_kernels()[_CFU], board="ulx3s"
    )
    prepared = prepared_terminal(
        TerminalRequest(design), cache=ArtifactCache.default(), progress=Silent()
    )
    model = prepared.image.model
    (output,) = model.outputs
    with prepared.terminal as board:
        litex_term_uploads(board.port, prepared.baud, prepared.image)
        with SerialLine(board.port, prepared.baud) as line:
            link = BoardLink(line, slowdown=50)
            records = records_of(link, [data])
            answers = []
            while not answers or answers[-1].type is not FrameType.OUTPUT:
                frame = link.next_frame(60)
                assert frame is not None
                answers.append(frame)
    inputs = model.tensors[model.inputs[0]]
    array = np.frombuffer(data, inputs.dtype).reshape(inputs.shape)
    expected = golden_tensors(model.content, [array], wanted=[output])[output]
    assert answers[-1].payload[4:] == expected.tobytes()
    assert len(records) == len(model.layers) == 13
    assert 1_000_000 < sum(record.cycles for record in records) < 10_000_000
