"""The MLPerf Tiny models and their inputs, which are not the project's to ship."""

from __future__ import annotations

__all__ = ["REFERENCE_MODELS", "reference_inputs", "reference_model"]

import os
from pathlib import Path

import pytest

REFERENCE_MODELS = ("ad01", "ic01", "kws01", "vww01")


def reference_model(name: str) -> Path:
    """Return a model's file, or skip the test where there is none.

    They are in `$CFU_REFERENCE_MODELS`, or in a folder `shared/models` beside the clone, each in a
    folder of its name with its inputs in `inputs/`.
    """
    configured = os.environ.get("CFU_REFERENCE_MODELS")
    root = Path(configured) if configured else Path(__file__).parents[2] / "shared" / "models"
    found = sorted((root / name).glob("*.tflite"))
    if not found:
        pytest.skip(
            "the MLPerf Tiny models are not there; set CFU_REFERENCE_MODELS to their folder"
        )
    return found[0]


def reference_inputs(name: str) -> list[Path]:
    """Return the files of raw inputs of a model, sorted by name."""
    return sorted(reference_model(name).parent.glob("inputs/*"))
