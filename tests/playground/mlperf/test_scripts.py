"""What the scripts measure, with a device of known speed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.mlperf import Scoring
from playground.mlperf.device import Device, Inference
from playground.mlperf.scripts import (
    Accuracy,
    Effort,
    Performance,
    measure_accuracy,
    measure_performance,
)
from playground.mlperf.stimuli import Stimulus
from toolchain import PlaygroundError


@dataclass
class _FakeDevice:
    """Takes as many microseconds for an inference as the input's first byte; echoes the rest."""

    inferences: list[tuple[bytes, int, int]] = field(default_factory=list)
    timeouts: list[float] = field(default_factory=list)
    _data: bytes = b""

    def load(self, data: bytes) -> None:
        self._data = data

    def infer(self, count: int, *, warmups: int, timeout_seconds: float) -> Inference:
        self.inferences.append((self._data, count, warmups))
        self.timeouts.append(timeout_seconds)
        return Inference(
            count=count,
            microseconds=count * self._data[0],
            results=tuple(float(byte) for byte in self._data[1:]),
        )


def _performance(fake: _FakeDevice, stimuli: Sequence[Stimulus], effort: Effort) -> Performance:
    return measure_performance(
        cast(Device, fake),
        stimuli,
        effort=effort,
        judge=lambda data, inference: None,
        step=lambda done: None,
    )


def _accuracy(
    fake: _FakeDevice, stimuli: Sequence[Stimulus], scoring: Scoring = Scoring.OUTPUTS
) -> Accuracy:
    return measure_accuracy(
        cast(Device, fake),
        stimuli,
        scoring=scoring,
        patience_seconds=1,
        judge=lambda data, inference: None,
        step=lambda done: None,
    )


def _stimuli(*microseconds: int) -> list[Stimulus]:
    return [Stimulus(f"#{n}", (bytes([us, 1, 2]),)) for n, us in enumerate(microseconds)]


def test_the_rule_is_ten_seconds_for_each_of_five_inputs() -> None:
    fake = _FakeDevice()
    found = _performance(fake, _stimuli(50, 10, 20, 40, 30, 200, 200), Effort())
    assert found.follows_rule
    assert [window.name for window in found.windows] == ["#0", "#1", "#2", "#3", "#4"]
    assert found.per_second == pytest.approx(1e6 / 30)
    for window in found.windows:
        assert window.inference.microseconds >= 10_000_000
        assert window.inference.microseconds < 10_500_000
    # Each input is tried once to see how many inferences it takes.
    assert [count for _, count, _ in fake.inferences][::2] == [1] * 5
    assert [warmups for _, _, warmups in fake.inferences] == [0, 1] * 5


def test_ten_inferences_are_the_least() -> None:
    fake = _FakeDevice()
    found = _performance(fake, _stimuli(*[100] * 5), Effort(seconds=1e-6))
    assert [window.inference.count for window in found.windows] == [10] * 5
    assert not found.follows_rule


def test_the_patience_grows_with_what_is_asked_for() -> None:
    fake = _FakeDevice()
    _performance(fake, _stimuli(100), Effort(patience_seconds=2))
    first, second = fake.timeouts
    assert first == 2
    assert second > 2 + 2 * 10


@pytest.mark.parametrize(
    ("effort", "inputs"), [(Effort(inferences=100), 5), (Effort(), 4), (Effort(inputs=3), 5)]
)
def test_less_than_the_rule_is_known_as_such(effort: Effort, inputs: int) -> None:
    assert not _performance(_FakeDevice(), _stimuli(*[200] * inputs), effort).follows_rule


def test_the_median_of_an_even_number_is_between() -> None:
    found = _performance(_FakeDevice(), _stimuli(100, 50), Effort(inferences=1))
    assert found.per_second == pytest.approx(15_000)


def test_top_1() -> None:
    stimuli = [
        Stimulus("right", (bytes([1, 0, 9, 3]),), 1),
        Stimulus("wrong", (bytes([1, 7, 2, 3]),), 1),
        Stimulus("tie", (bytes([1, 5, 5, 0]),), 0),
    ]
    found = _accuracy(_FakeDevice(), stimuli)
    assert (found.metric, found.correct) == ("top-1", 2)
    assert found.value == pytest.approx(2 / 3)
    assert found.scores[0] == ("right", (0.0, 9.0, 3.0))


def test_without_labels_there_are_results_only() -> None:
    found = _accuracy(_FakeDevice(), _stimuli(1, 1))
    assert (found.value, found.correct, len(found.scores)) == (None, None, 2)


def test_known_results_are_not_asked_for_again() -> None:
    fake = _FakeDevice()
    stimuli = _stimuli(1, 2)
    measure_accuracy(
        cast(Device, fake),
        stimuli,
        scoring=Scoring.OUTPUTS,
        patience_seconds=1,
        judge=lambda data, inference: None,
        step=lambda done: None,
        known_results={stimuli[0].windows[0]: (1.0, 2.0)},
    )
    assert [data for data, _, _ in fake.inferences] == [stimuli[1].windows[0]]


def test_windows_of_an_example_are_averaged() -> None:
    stimuli = [
        Stimulus("normal", (bytes([1, 10]), bytes([1, 20])), 0),
        Stimulus("odd", (bytes([1, 14]), bytes([1, 18]), bytes([1, 19])), 1),
    ]
    found = _accuracy(_FakeDevice(), stimuli, Scoring.RECONSTRUCTION_ERROR)
    assert found.scores == (("normal", (15.0,)), ("odd", (17.0,)))
    assert (found.metric, found.value) == ("AUC", 1.0)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 1)), min_size=1, max_size=40))
def test_the_area_is_that_of_the_receiver_operating_characteristic(
    examples: list[tuple[int, int]],
) -> None:
    stimuli = [Stimulus("", (bytes([1, score]),), label) for score, label in examples]
    found = _accuracy(_FakeDevice(), stimuli, Scoring.RECONSTRUCTION_ERROR).value
    scores, labels = zip(*examples, strict=True)
    if len(set(labels)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(_area_under_curve(scores, labels))


def _area_under_curve(scores: Sequence[int], labels: Sequence[int]) -> float:
    """Integrate the rate of true positives over that of false ones, threshold by threshold."""
    points = []
    for threshold in range(11):
        flagged = [label for score, label in zip(scores, labels, strict=True) if score >= threshold]
        positives, negatives = sum(labels), len(labels) - sum(labels)
        hits = sum(flagged)
        points.append(((len(flagged) - hits) / negatives, hits / positives))
    return sum(
        (right - left) * (high + low) / 2
        for (right, high), (left, low) in itertools.pairwise(points)
    )


def test_wrong_results_stop_the_script() -> None:
    def refuse(data: bytes, inference: Inference) -> None:
        raise PlaygroundError("wrong")

    nothing: Mapping[bytes, tuple[float, ...]] = {}
    for known in (None, nothing):
        with pytest.raises(PlaygroundError, match="wrong"):
            measure_accuracy(
                cast(Device, _FakeDevice()),
                _stimuli(1),
                scoring=Scoring.OUTPUTS,
                patience_seconds=1,
                judge=refuse,
                step=lambda done: None,
                known_results=known,
            )


def test_results_of_several_lengths_are_refused() -> None:
    stimuli = [Stimulus("odd", (bytes([1, 2]), bytes([1, 2, 3])), 1)]
    with pytest.raises(PlaygroundError, match="the device gives `odd` results of several lengths"):
        _accuracy(_FakeDevice(), stimuli, Scoring.RECONSTRUCTION_ERROR)
