"""The benchmark's two scripts: how fast a device infers, and how well."""

from __future__ import annotations

__all__ = [
    "Accuracy",
    "Effort",
    "Judge",
    "Performance",
    "Window",
    "measure_accuracy",
    "measure_performance",
]

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from firmware.mlperf import Scoring
from playground.mlperf.device import Device, Inference
from playground.mlperf.stimuli import Stimulus
from toolchain import PlaygroundError

_INPUTS = 5
_SECONDS = 10.0
_INFERENCES = 10
_LATE = 3.0  # times what inferences should take, after which the device is given up

Step = Callable[[int], None]
Judge = Callable[[bytes, Inference], None]
"""Raises an error if the results for what was sent are wrong."""


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    The benchmark's rule is the default: five inputs, each for ten seconds of the device's time and
    ten inferences at least.

    Attributes
    ----------
    inferences
        Timed inferences of an input; `None` for as many as the rule asks for.
    patience_seconds
        How long the very first inference may take, by the host's clock.
    """

    inputs: int = _INPUTS
    inferences: int | None = None
    warmups: int = 1
    seconds: float = _SECONDS
    patience_seconds: float = 120.0

    @property
    def follows_rule(self) -> bool:
        """Whether it is no less than the benchmark asks for."""
        return self.inputs >= _INPUTS and self.inferences is None and self.seconds >= _SECONDS


@dataclass(frozen=True)
class Window:
    """The measurement of one input."""

    name: str
    inference: Inference


@dataclass(frozen=True)
class Performance:
    """What the performance script found.

    Attributes
    ----------
    follows_rule
        Whether enough was measured for the benchmark.
    """

    windows: tuple[Window, ...]
    follows_rule: bool

    @property
    def per_second(self) -> float:
        """Median of the inputs' inferences per second."""
        return statistics.median(window.inference.per_second for window in self.windows)


@dataclass(frozen=True)
class Accuracy:
    """What the accuracy script found.

    Attributes
    ----------
    metric
        "top-1" or "AUC".
    value
        From 0 to 1; `None` if labels are missing, or for AUC one of the two classes.
    scores
        Of each example the device's results, the mean of its windows'.
    """

    metric: str
    value: float | None
    correct: int | None
    scores: tuple[tuple[str, tuple[float, ...]], ...]


def measure_performance(
    device: Device, stimuli: Sequence[Stimulus], *, effort: Effort, judge: Judge, step: Step
) -> Performance:
    """Time inferences of the first inputs.

    Parameters
    ----------
    step
        Called with the number of inputs that are done.

    Raises
    ------
    PlaygroundError
        If the device answers wrongly or not at all.
    """
    windows = []
    patience = effort.patience_seconds
    chosen = stimuli[: effort.inputs]
    for done, stimulus in enumerate(chosen):
        step(done)
        data = stimulus.windows[0]
        device.load(data)
        count = effort.inferences
        if count is None:
            trial = device.infer(1, warmups=0, timeout_seconds=patience)
            judge(data, trial)
            needed = math.ceil(effort.seconds * 1e6 / trial.microseconds * 1.01)
            count = max(_INFERENCES, needed)
            patience = effort.patience_seconds + _LATE * (count + effort.warmups) / trial.per_second
        inference = device.infer(count, warmups=effort.warmups, timeout_seconds=patience)
        judge(data, inference)
        windows.append(Window(stimulus.name, inference))
    return Performance(
        windows=tuple(windows),
        follows_rule=effort.follows_rule and len(chosen) >= _INPUTS,
    )


def measure_accuracy(
    device: Device,
    stimuli: Sequence[Stimulus],
    *,
    scoring: Scoring,
    patience_seconds: float,
    judge: Judge,
    step: Step,
    known_results: Mapping[bytes, tuple[float, ...]] | None = None,
) -> Accuracy:
    """Infer every input once and compare the results with the labels.

    Parameters
    ----------
    known_results
        Results for what was sent before, which is then not sent again.
    patience_seconds
        How long an inference may take, by the host's clock.
    step
        Called with the number of inferences that are done.

    Raises
    ------
    PlaygroundError
        If the device answers wrongly or not at all.
    """
    scores: list[tuple[float, ...]] = []
    inferences = 0
    for stimulus in stimuli:
        results = []
        for data in stimulus.windows:
            step(inferences)
            inferences += 1
            if known_results is not None and data in known_results:
                results.append(known_results[data])
                continue
            device.load(data)
            inference = device.infer(1, warmups=0, timeout_seconds=patience_seconds)
            judge(data, inference)
            results.append(inference.results)
        if len({len(result) for result in results}) != 1:
            raise PlaygroundError(f"the device gives `{stimulus.name}` results of several lengths")
        scores.append(tuple(statistics.fmean(column) for column in zip(*results, strict=True)))
    names = [stimulus.name for stimulus in stimuli]
    labels = [stimulus.label for stimulus in stimuli]
    known = [label for label in labels if label is not None]
    named = tuple(zip(names, scores, strict=True))
    if scoring is Scoring.RECONSTRUCTION_ERROR:
        value = _auc([score[0] for score in scores], known) if len(known) == len(scores) else None
        return Accuracy(metric="AUC", value=value, correct=None, scores=named)
    if len(known) != len(scores):
        return Accuracy(metric="top-1", value=None, correct=None, scores=named)
    correct = sum(
        score.index(max(score)) == label for score, label in zip(scores, known, strict=True)
    )
    return Accuracy(metric="top-1", value=correct / len(scores), correct=correct, scores=named)


def _auc(scores: Sequence[float], labels: Sequence[int]) -> float | None:
    """Return how likely an anomalous example scores higher than a normal one, ties counting half.

    That is the area under the receiver operating characteristic.
    """
    normal = [score for score, label in zip(scores, labels, strict=True) if label == 0]
    anomalous = [score for score, label in zip(scores, labels, strict=True) if label != 0]
    if not normal or not anomalous:
        return None
    wins = sum((a > n) + 0.5 * (a == n) for a in anomalous for n in normal)
    return wins / (len(normal) * len(anomalous))
