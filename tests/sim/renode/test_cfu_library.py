"""The library of a CFU, loaded and called as Renode does it."""

from __future__ import annotations

import ctypes
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateware import load_cfu
from gateware.export import artifact_of
from gateware.load import load_model
from gateware.model import Model
from sim.renode.cfu_library import build_cfu_library
from tests.gateware.samples import Mixed
from toolchain import ArtifactCache, ToolFailed

_TICK_CLOCK, _RESET, _LOG_MESSAGE = 1, 4, 5
_WARNING, _ERROR = 2, 3
_OK, _TIMEOUT = 0, 2

# Function 0 is accepted and never answered, 1 is never accepted, others count the cycles since the
# reset in which there was no command.
_RUDE_CFU = """\
module Cfu(
  input clk, input reset,
  input cmd_valid, output cmd_ready, input [9:0] cmd_payload_function_id,
  input [31:0] cmd_payload_inputs_0, input [31:0] cmd_payload_inputs_1,
  output rsp_valid, input rsp_ready, output [31:0] rsp_payload_outputs_0);
  reg busy;
  reg [31:0] idle;
  wire counts = cmd_valid && cmd_payload_function_id > 1;
  assign cmd_ready = !busy && cmd_payload_function_id != 1;
  assign rsp_valid = counts && !busy;
  assign rsp_payload_outputs_0 = idle;
  always @(posedge clk)
    if (reset) begin
      busy <= 0;
      idle <= 0;
    end else begin
      if (cmd_valid && cmd_ready && !counts) busy <= 1;
      if (!cmd_valid) idle <= idle + 1;
    end
endmodule
"""


class _Message(ctypes.Structure):
    """Renode's `ProtocolMessage`, as it is since version 1.16."""

    _pack_ = 2
    _layout_ = "ms"
    _fields_ = (
        ("action", ctypes.c_int32),
        ("address", ctypes.c_uint64),
        ("data", ctypes.c_uint64),
        ("peripheral", ctypes.c_int32),
    )


_Receiver = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Message))


@dataclass
class _Renode:
    """What Renode's CoSimulatedCFU does with a library.

    Attributes
    ----------
    ticks
        Confirmations of time that passed.
    log
        Level and text of each message.
    """

    library: ctypes.CDLL
    ticks: int = 0
    log: list[tuple[int, str]] = field(default_factory=list)
    _texts: list[str] = field(default_factory=list)
    _receiver: object = None

    def connect(self) -> _Renode:
        self._receiver = _Receiver(self._receive)
        self.library.renode_external_attach__ActionIntPtr__HandleSenderMessage(self._receiver)
        self.library.initialize_native()
        self.library.reset_peripheral()
        self.library.execute.restype = ctypes.c_uint64
        self.library.execute.argtypes = [*([ctypes.c_uint32] * 3), ctypes.POINTER(ctypes.c_int32)]
        return self

    def execute(self, function: int, in0: int = 0, in1: int = 0) -> tuple[int, int]:
        """Return the result and the status."""
        status = ctypes.c_int32(-1)
        result = self.library.execute(function, in0, in1, ctypes.byref(status))
        return result, status.value

    def request(self, action: int, data: int = 0) -> None:
        message = _Message(action, 0, data, 0)
        self.library.handle_request(ctypes.byref(message))

    def _receive(self, message: ctypes._Pointer[_Message]) -> None:
        content = message.contents
        if content.action == _TICK_CLOCK:
            self.ticks += 1
        elif content.action == _LOG_MESSAGE and content.address > 0:
            self._texts.append(ctypes.string_at(content.data, content.address).decode())
        elif content.action == _LOG_MESSAGE:
            self.log.append((content.data, self._texts.pop(0)))


@pytest.fixture(scope="module")
def cache() -> ArtifactCache:
    return ArtifactCache.default()


def _renode(verilog: str, cache: ArtifactCache, directory: Path) -> _Renode:
    # A library is loaded once by its path, and its state with it.
    copy = directory / "libcfu.so"
    copy.write_bytes(build_cfu_library(verilog, cache=cache).read_bytes())
    return _Renode(ctypes.CDLL(str(copy))).connect()


def _assert_same(renode: _Renode, model: Model, functions: list[int], count: int) -> None:
    generator = random.Random(1)
    for number in range(count):
        function = generator.choice(functions)
        in0, in1 = generator.getrandbits(32), generator.getrandbits(32)
        expected = model.execute(function, in0, in1)
        assert renode.execute(function, in0, in1) == (expected, _OK), f"command {number}"


def test_the_shipped_cfu_computes_what_its_model_says(cache: ArtifactCache, tmp_path: Path) -> None:
    artifact = load_cfu("simd_mac", directory=Path())
    model = load_model("simd_mac", directory=Path())
    assert model is not None
    renode = _renode(artifact.verilog, cache, tmp_path)
    functions = [spec.opcode.function_id for spec in artifact.spec.instructions]
    _assert_same(renode, model, [*functions, 1023], 2000)
    assert renode.log == []


def test_every_latency_is_waited_for_and_state_is_kept(
    cache: ArtifactCache, tmp_path: Path
) -> None:
    cfu = Mixed()
    model = cfu.model()
    functions = [spec.opcode.function_id for spec in cfu.spec.instructions]
    renode = _renode(artifact_of(cfu).verilog, cache, tmp_path)
    _assert_same(renode, model, functions, 2000)


@pytest.mark.parametrize(
    "reset", [lambda r: r.library.reset_peripheral(), lambda r: r.request(_RESET)]
)
def test_a_reset_forgets_the_state(
    reset: Callable[[_Renode], None], cache: ArtifactCache, tmp_path: Path
) -> None:
    cfu = Mixed()
    functions = [spec.opcode.function_id for spec in cfu.spec.instructions]
    renode = _renode(artifact_of(cfu).verilog, cache, tmp_path)
    _assert_same(renode, cfu.model(), functions, 100)
    reset(renode)
    _assert_same(renode, Mixed().model(), functions, 100)


def test_instructions_that_are_never_answered_end_and_are_reported(
    cache: ArtifactCache, tmp_path: Path
) -> None:
    renode = _renode(_RUDE_CFU, cache, tmp_path)
    for function in (0, 1):
        assert renode.execute(function) == (0, _TIMEOUT)
        assert renode.log.pop() == (
            _ERROR,
            f"no answer to CFU function 0x{function:03x} in 1000000 cycles",
        )
        # It was reset, and answers what it can.
        assert renode.execute(2)[1] == _OK


def test_time_passes_when_renode_says_so(cache: ArtifactCache, tmp_path: Path) -> None:
    renode = _renode(_RUDE_CFU, cache, tmp_path)
    assert renode.execute(2) == (0, _OK)  # time stands still between instructions
    assert renode.execute(2) == (0, _OK)
    renode.request(_TICK_CLOCK, 100)
    assert renode.ticks == 1
    # The cycles of the two instructions are among the hundred.
    assert renode.execute(2) == (98, _OK)
    renode.request(_TICK_CLOCK, 1)
    assert renode.execute(2) == (98, _OK)
    assert renode.ticks == 2


def test_requests_that_a_cfu_has_no_use_for_are_logged(
    cache: ArtifactCache, tmp_path: Path
) -> None:
    renode = _renode(_RUDE_CFU, cache, tmp_path)
    renode.request(21)
    assert renode.log == [(_WARNING, "a CFU has no use for action 21")]


def test_nothing_else_can_be_found_in_the_library(cache: ArtifactCache, tmp_path: Path) -> None:
    """Renode refuses a library that wants more attached than a CFU's class exports."""
    data = build_cfu_library(_RUDE_CFU, cache=cache).read_bytes()
    attached = {word for word in data.split(b"\0") if word.startswith(b"renode_external_attach")}
    assert attached == {b"renode_external_attach__ActionIntPtr__HandleSenderMessage"}


def test_verilog_that_verilator_rejects_is_its_message(cache: ArtifactCache) -> None:
    with pytest.raises(ToolFailed) as caught:
        build_cfu_library("module Cfu(input clk); assign x = ; endmodule\n", cache=cache)
    assert "Cfu.v:1" in str(caught.value.details)
