"""Every combination of values, one a trial."""

from __future__ import annotations

__all__ = ["Grid"]

from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial

from playground.explore.space import Space


class Grid(optuna.samplers.BaseSampler):
    """A sampler whose trials go through a space in order, the last name fastest.

    A trial's number alone decides its values, so that a killed search goes on where it was.
    Optuna's own grid ends a study by itself, which only a study that makes its own trials can be.
    """

    def __init__(self, space: Space) -> None:
        self._places: dict[str, tuple[int, int]] = {}
        stride = 1
        for dimension in reversed(space.dimensions):
            self._places[dimension.name] = (stride, len(dimension.values))
            stride *= len(dimension.values)

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return no names: each is chosen by itself."""
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return no values."""
        return {}

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return the value of a name in a trial."""
        stride, count = self._places[param_name]
        assert isinstance(param_distribution, optuna.distributions.CategoricalDistribution)
        return param_distribution.choices[trial.number // stride % count]
