from __future__ import annotations

import io

from rich.console import Console

from profiles.advice import Advice, Engine, advise
from profiles.advice_table import advice_lines, advice_table
from tests.profiles.examples import example_layer, example_profile

_GOLDEN = """\
advice · what bounds each layer, and what speeding it up can bring

                                            MACs        loads  requantization     overhead   MACs    MACs     of     of     gain
 #  operator  share  bound by        (estimated)  (estimated)     (estimated)  (estimated)  /byte  /cycle   peak   roof  at most
 ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
 0  CONV_2D   76.9%  MACs                    80%          70%             40%           0%  25.60   25.60  80.0%  80.0%    4.33×
 1  ADD       23.1%  requantization           0%           1%             94%           5%                                 1.30×

    total                                    62%          54%             52%           1%          19.69

MACs: the multiply-accumulates themselves; loads: bringing operands; requantization: scaling sums to int8; overhead: addresses,
loops, calls, waiting for memory
peak: 32 MACs a cycle; roof: the lower of the peak and 4 bytes a cycle, each byte of inputs, weights and outputs once
gain at most: if the layer took no time; parts are estimated and may overlap
"""  # noqa: E501


def _advice(engine: Engine) -> Advice:
    layers = (
        example_layer(0, cycles=20_000, instructions=2_000, kernel="conv_2d.cc"),
        example_layer(
            1, operator="ADD", macs=0, cycles=6_000, instructions=3_840, output_shapes=((1, 40),)
        ),
    )
    return advise(example_profile(layers=layers), engine, bytes_of=[20_000, 30])


def _rendered(advice: Advice, width: int) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width, color_system=None).print(advice_table(advice, width=width))
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


def test_the_table() -> None:
    assert _rendered(_advice(Engine("array", 32, requantizes=True)), 140) == _GOLDEN


def test_a_narrow_terminal_keeps_bound_and_gain() -> None:
    text = _rendered(_advice(Engine("array", 32, requantizes=True)), 80)
    assert "(estimated)" not in text
    assert "bound by" in text
    assert "4.33×" in text


def test_operators_are_told_of_by_their_gain() -> None:
    assert advice_lines(_advice(Engine("array", 32))) == (
        "CONV_2D: 76.9% of the cycles in 1 layer; without them 4.33×",
        "ADD: 23.1% of the cycles in 1 layer; without them 1.30×",
    )


def test_what_is_not_known_is_said() -> None:
    profile = example_profile(layers=(example_layer(instructions=None),))
    all_of_it, unknown_peak, uncounted = advice_lines(advise(profile, Engine("mine"), bytes_of=[1]))
    assert all_of_it == "CONV_2D: 100.0% of the cycles in 1 layer; without them nothing is left"
    assert unknown_peak.startswith("CFU `mine` does not say its `peak_macs_per_cycle`")
    assert uncounted == "this CPU counts no instructions: 1.7 cycles are taken for each"
