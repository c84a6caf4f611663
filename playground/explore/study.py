"""A study: what was tried so far, and what is to be tried next."""

from __future__ import annotations

__all__ = ["SAMPLERS", "Record", "Study", "StudyPlan", "open_study"]

import json
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import optuna
from optuna.trial import FrozenTrial, TrialState

from gateware.parameter import shown
from playground.explore.grid import Grid
from playground.explore.objectives import Goal, Measured
from playground.explore.space import Space, Values
from playground.explore.storage import StudyStorage
from playground.explore.trial import Failure, Outcome, measured_of
from playground.explore.trouble import LOST
from toolchain import PlaygroundError

SAMPLERS = ("nsga2", "tpe", "grid", "random")

_PLAN, _OUTCOME, _DESIGN, _RTL = "plan", "outcome", "design", "rtl"
_DEFAULT, _SAMPLER = "default", "sampler"
_POPULATION = 24
_FEWEST_FOR_IMPORTANCE = 50  # designs; of fewer, what the best tenth has in common is chance
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 10.0

T = TypeVar("T")


@dataclass(frozen=True)
class StudyPlan:
    """What must stay the same for trials to be comparable.

    Attributes
    ----------
    design
        The default design in words, by part.
    files
        Digest of the files that it is made of.
    tools
        Version of each tool that decides a result, and "sources" of the playground's own.
    """

    design: Mapping[str, str]
    files: str
    space: Mapping[str, list[Any]]
    objectives: tuple[str, ...]
    limits: str
    fpga: str
    tools: Mapping[str, str]

    @property
    def text(self) -> str:
        """As it is kept with the study."""
        return json.dumps(asdict(self), sort_keys=True)

    def changes(self, text: str) -> tuple[str, ...]:
        """Return in what a plan that was kept is another one than this."""
        before, now = json.loads(text), json.loads(self.text)
        found = []
        for name, title in _TITLES.items():
            if before.get(name) == now[name]:
                continue
            if name in ("space", "design", "tools"):
                found += _entries(title, before.get(name) or {}, now[name])
            elif name == "files":
                found.append("the files of the model, the CFU or the kernels were changed")
            else:
                found.append(f"{title} {_shown(before.get(name))}, now {_shown(now[name])}")
        return tuple(found)


_TITLES = {
    "design": "design",
    "files": "files",
    "space": "search of",
    "objectives": "objectives were",
    "limits": "limits were",
    "fpga": "FPGA was that of",
    "tools": "version of",
}


def _entries(title: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return [
        _OWN_SOURCES
        if name == "sources"
        else f"{title} `{name}`: {_shown(before.get(name))}, now {_shown(now.get(name))}"
        for name in dict.fromkeys([*before, *now])
        if before.get(name) != now.get(name)
    ]


_OWN_SOURCES = "the playground's own sources were others"


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(shown, value)) or "nothing"
    return "nothing" if value in (None, "") else str(value)


@dataclass(frozen=True)
class Record:
    """A trial that ended.

    Attributes
    ----------
    design
        Digest of its order: the same for trials of the same design.
    """

    number: int
    values: Values
    outcome: Outcome
    design: str


class Study:
    """A study in a database, which may be away for a while.

    Parameters
    ----------
    patience_seconds
        For how long a database that is away is waited for.
    tell
        Called with what there is to say, such as that it is being waited for.
    """

    def __init__(
        self,
        name: str,
        goal: Goal,
        space: Space,
        storage: StudyStorage,
        study: optuna.Study,
        *,
        patience_seconds: float,
        tell: Callable[[str], None],
    ) -> None:
        self.name = name
        self.goal = goal
        self.space = space
        self._storage = storage
        self._study = study
        self._patience = patience_seconds
        self._tell = tell

    @property
    def is_grid(self) -> bool:
        """Whether every combination is tried, once."""
        return isinstance(self._study.sampler, Grid)

    @property
    def starts_at_default(self) -> bool:
        """Whether the first trial is to be the default design, for the search to begin from."""
        return not self.is_grid and self.space.defaults is not None

    def close(self) -> None:
        """Let go of the database."""
        self._storage.close()

    def trials(self) -> list[FrozenTrial]:
        """Return all trials, those that run among them."""
        return self._insist(lambda: self._study.get_trials(deepcopy=False))

    def records(self) -> tuple[Record, ...]:
        """Return the trials that ended, in the order of their numbers."""
        found = []
        for trial in self.trials():
            kept = trial.user_attrs.get(_OUTCOME)
            if trial.state.is_finished() and kept is not None:
                values: Values = dict(trial.params)
                design = str(trial.user_attrs.get(_DESIGN, ""))
                found.append(Record(trial.number, values, measured_of(json.loads(kept)), design))
        return tuple(found)

    def unfinished(self) -> list[int]:
        """Return the numbers of trials that were begun and not ended, by whomever."""
        return [t.number for t in self.trials() if t.state is TrialState.RUNNING]

    def begin(self) -> int:
        """Begin a trial and return its number."""
        return self._insist(lambda: self._study.ask().number)

    def enqueue(self, values: Values) -> None:
        """Have a later trial try certain values."""
        self._insist(lambda: self._study.enqueue_trial(dict(values), skip_if_exists=True))

    def choose(self, number: int) -> Values:
        """Return the values that a trial is to try.

        What was chosen before, perhaps by a process that was killed, stays as it was.
        """

        def chosen() -> Values:
            trial = optuna.Trial(self._study, self._id(number))
            return self.space.choose(
                lambda d: trial.suggest_categorical(d.name, d.values)  # type: ignore[arg-type,return-value]
            )

        return self._insist(chosen)

    def end(self, number: int, outcome: Outcome, *, design: str) -> None:
        """Keep what came of a trial; told twice, it is kept once."""

        def keep() -> None:
            trial_id = self._id(number)
            storage = self._study._storage
            if storage.get_trial(trial_id).state.is_finished():
                return  # by an attempt whose answer was lost
            text = json.dumps(_kept(outcome))
            storage.set_trial_user_attr(trial_id, _OUTCOME, text)
            storage.set_trial_user_attr(trial_id, _DESIGN, design)
            if isinstance(outcome, Failure):
                storage.set_trial_user_attr(trial_id, "reason", outcome.reason)
                self._study.tell(number, state=TrialState.FAIL, skip_if_finished=True)
                return
            for name, over in self.goal.limits.excess(outcome).items():
                key = f"constraints:{name}"
                if key not in storage.get_trial_system_attrs(trial_id):
                    storage.set_trial_system_attr(trial_id, key, float(over))
            self._study.tell(number, self.goal.values(outcome), skip_if_finished=True)

        self._insist(keep)

    def keep_default(self, outcome: Outcome) -> None:
        """Keep what is found of the design that the search begins from."""
        text = json.dumps(_kept(outcome))
        self._insist(lambda: self._study.set_user_attr(_DEFAULT, text))

    def default(self) -> Outcome | None:
        """Return what was found of the design that the search begins from."""
        kept = self._insist(lambda: self._study.user_attrs).get(_DEFAULT)
        return None if kept is None else measured_of(json.loads(kept))

    def keep_confirmed(self, design: str, cycles: int) -> None:
        """Keep the cycles that the RTL took for a design."""
        kept = {**self.confirmed(), design: cycles}
        self._insist(lambda: self._study.set_user_attr(_RTL, kept))

    def confirmed(self) -> Mapping[str, int]:
        """Return the cycles that the RTL took, by the digest of the design."""
        kept: Mapping[str, int] = self._insist(lambda: self._study.user_attrs).get(_RTL, {})
        return kept

    def importances(self, objective: int) -> Mapping[str, float]:
        """Return PED-ANOVA's weight of each name for an objective, of 1 in all; none if too early.

        It is how far the values of the best tenth of trials are from those of all.
        """
        measured = {r.design for r in self.records() if isinstance(r.outcome, Measured)}
        if len(measured) < _FEWEST_FOR_IMPORTANCE:
            return {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that less is taken for better, which it is
            try:
                found = optuna.importance.get_param_importances(
                    self._study,
                    evaluator=optuna.importance.PedAnovaImportanceEvaluator(),
                    target=lambda trial: trial.values[objective],
                )
            except (RuntimeError, ValueError):  # too few trials, or all alike
                return {}
        return {name: float(value) for name, value in found.items()}

    def _id(self, number: int) -> int:
        study_id = self._study._study_id
        return self._study._storage.get_trial_id_from_study_id_trial_number(study_id, number)

    def _insist(self, action: Callable[[], T]) -> T:
        """Do something with the database, again and again while it is away or held.

        The claim is looked at each time: a connection that was lost and made anew between two
        deeds shows nowhere else.
        """
        begun, wait, told = time.monotonic(), _FIRST_WAIT, False
        while True:
            try:
                if not self._storage.still_claimed():
                    raise PlaygroundError(
                        f"another process took over the study `{self.name}` while its database "
                        "was away",
                        hint="`cfu explore --resume` goes on when that one has ended",
                    )
                return action()
            except LOST as error:
                self._storage.storage.remove_session()
                trouble = self._storage.trouble(error)
                if not trouble.passes or time.monotonic() - begun > self._patience:
                    raise trouble.error from error
                if not told:
                    told = True
                    self._tell(
                        f"the study's database `{self._storage.shown}` is {trouble.state}; trials "
                        "go on, and are kept when that is over"
                    )
                time.sleep(wait)
                wait = min(2 * wait, _LONGEST_WAIT)


def _kept(outcome: Outcome) -> dict[str, Any]:
    return {"measured" if isinstance(outcome, Measured) else "failed": asdict(outcome)}


def open_study(
    name: str,
    plan: StudyPlan,
    goal: Goal,
    space: Space,
    storage: StudyStorage,
    *,
    resume: bool,
    sampler: str | None,
    trials: int,
    seed: int,
    patience_seconds: float,
    tell: Callable[[str], None],
) -> Study:
    """Begin a study, or go on with one.

    Parameters
    ----------
    sampler
        One of `SAMPLERS`; None for the one that the study was begun with, and for a new one a grid
        if its `trials` are enough for all of the space, else NSGA-II.

    Raises
    ------
    PlaygroundError
        If there is a study of that name and it is not to be gone on with, or the other way round,
        or what it searched is another than now.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    try:
        storage.claim(name)
        known = name in optuna.get_all_study_names(storage.storage)
        if known and not resume:
            ended = _ended(optuna.load_study(study_name=name, storage=storage.storage))
            raise PlaygroundError(
                f"there is a study `{name}` in `{storage.shown}` already, with {ended} trials",
                hint="`--resume` goes on with it, `--study NAME` begins another",
            )
        if resume and not known:
            raise PlaygroundError(
                f"there is no study `{name}` in `{storage.shown}` to go on with",
                hint="without `--resume` it is begun",
            )
        study = optuna.create_study(
            study_name=name,
            storage=storage.storage,
            directions=["minimize"] * len(goal.objectives)
            if not known
            else _directions(storage, name),
            load_if_exists=True,
        )
        before = study.user_attrs.get(_PLAN)
        if before is None:  # new, or killed before this line
            study.set_user_attr(_PLAN, plan.text)
            study.set_metric_names([objective.name for objective in goal.objectives])
        elif changes := plan.changes(before):
            raise PlaygroundError(
                f"the study `{name}` searched something else: {'; '.join(changes)}",
                hint="go on with what it was, or begin another with `--study NAME`",
            )
        kept = study.user_attrs.get(_SAMPLER)
        if sampler is None:
            sampler = kept or ("nsga2" if known or space.size > trials else "grid")
        if sampler != kept:
            study.set_user_attr(_SAMPLER, sampler)
        study.sampler = _sampler(sampler, space, seed=seed + len(study.get_trials(deepcopy=False)))
    except LOST as error:
        raise storage.trouble(error).error from error
    return Study(name, goal, space, storage, study, patience_seconds=patience_seconds, tell=tell)


def _directions(storage: StudyStorage, name: str) -> list[optuna.study.StudyDirection]:
    return optuna.load_study(study_name=name, storage=storage.storage).directions


def _ended(study: optuna.Study) -> int:
    return sum(trial.state.is_finished() for trial in study.get_trials(deepcopy=False))


def _sampler(name: str, space: Space, *, seed: int) -> optuna.samplers.BaseSampler:
    match name:
        case "nsga2":
            return optuna.samplers.NSGAIISampler(population_size=_POPULATION, seed=seed)
        case "tpe":
            return optuna.samplers.TPESampler(seed=seed, constant_liar=True)
        case "random":
            return optuna.samplers.RandomSampler(seed=seed)
        case "grid":
            return Grid(space)
    raise PlaygroundError(f"there is no sampler `{name}`", hint=f"samplers: {', '.join(SAMPLERS)}")
