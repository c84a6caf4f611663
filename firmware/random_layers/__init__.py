"""Models of many independent random layers, to try kernels on."""

from __future__ import annotations

__all__ = ["RandomLayers", "mixed_layers", "random_layers"]

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from firmware.model import Model
from firmware.random_layers import elementwise, shapes, windows
from firmware.random_layers.draw import Array, Draw
from firmware.tflite_reader import parse_model

_LAYERS = {**windows.LAYERS, **elementwise.LAYERS, **shapes.LAYERS}


@dataclass(frozen=True)
class RandomLayers:
    """A model of independent layers of one operator, and a value for each graph input."""

    model: Model
    inputs: tuple[Array, ...] = field(repr=False)


def random_layers(operator: str, count: int, *, seed: int) -> RandomLayers:
    """Return random layers of an operator, each with graph inputs and an output of its own.

    Strides, dilations, paddings, broadcasts, quantizations, ... are all drawn; extremes are drawn
    more often than they would come up by chance. The same arguments give the same layers.

    Parameters
    ----------
    operator
        The schema's name, one of those that are supported.
    """
    number = sorted(_LAYERS).index(operator)
    return _layers([operator] * count, [seed, number], name=f"random_{operator.lower()}_{seed}")


def mixed_layers(count: int, *, seed: int) -> RandomLayers:
    """Return a model as `random_layers` does, with `count` layers of every operator."""
    return _layers(sorted(_LAYERS) * count, [seed], name=f"random_mixed_{seed}")


def _layers(operators: Sequence[str], seeds: Sequence[int], *, name: str) -> RandomLayers:
    draw = Draw(np.random.default_rng(seeds))
    for operator in operators:
        _LAYERS[operator](draw)
    content, inputs = draw.finish()
    return RandomLayers(model=parse_model(content, name=name), inputs=inputs)
