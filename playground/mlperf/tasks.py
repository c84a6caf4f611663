"""Which of the benchmark's tasks a model is for."""

from __future__ import annotations

__all__ = ["task_of"]

from firmware.mlperf import InputEncoding, Scoring, Task
from firmware.model import Model
from playground.models.fetch import REMOTE_MODELS

# As the reference submissions take their data sets' files.
_TASKS = {
    task.model_id: task
    for task in (
        Task("kws01"),
        Task("vww01", InputEncoding.UNSIGNED),
        Task("ic01", InputEncoding.UNSIGNED),
        Task("ad01", InputEncoding.FLOAT, Scoring.RECONSTRUCTION_ERROR),
    )
}


def task_of(model: Model) -> Task:
    """Return the task of a model.

    The benchmark's reference models are known by their content, other ones by the benchmark's name
    of the task if their file has it. Any other model is sent its input tensor as it is, and answers
    with its outputs.
    """
    names = {remote.sha256: remote.name for remote in REMOTE_MODELS}
    name = names.get(model.digest, model.name)
    return _TASKS.get(name, Task(name))
