"""Models that come with the playground, and the generators that made them."""

from __future__ import annotations

__all__ = ["ShippedModel", "find_model", "shipped_models"]

from dataclasses import dataclass
from pathlib import Path

from toolchain import PlaygroundError

_FOLDER = Path(__file__).parent
_DIGIT_BYTES = 8 * 8


@dataclass(frozen=True)
class ShippedModel:
    """A model of the playground's own.

    Attributes
    ----------
    name
        What it is called, which is its file's name without the suffix.
    path
        The `.tflite` file.
    summary
        One line about it.
    inputs
        Files of raw int8 input tensors, row-major; each holds one or more of them.
    labels
        Expected class for each tensor in `inputs`; empty where there is nothing to recognise.
    test_inputs, test_labels
        Likewise for the whole test set, which takes a while to simulate; empty if there is none.
    """

    name: str
    path: Path
    summary: str
    inputs: tuple[Path, ...]
    labels: tuple[int, ...] = ()
    test_inputs: tuple[Path, ...] = ()
    test_labels: tuple[int, ...] = ()


def shipped_models() -> tuple[ShippedModel, ...]:
    """Return the models that come with the playground."""
    digits = _FOLDER / "digits_cnn.dat"  # the first of the test images: few enough to wait for
    digit_labels = tuple((_FOLDER / "digits_cnn_test_labels.dat").read_bytes())
    return (
        ShippedModel(
            name="ds_cnn_seeded",
            path=_FOLDER / "ds_cnn_seeded.tflite",
            summary="topology of MLPerf Tiny keyword spotting (DS-CNN), random weights",
            inputs=(_FOLDER / "ds_cnn_seeded.dat",),
        ),
        ShippedModel(
            name="digits_cnn",
            path=_FOLDER / "digits_cnn.tflite",
            summary="reads handwritten digits of 8x8 pixels, trained",
            inputs=(digits,),
            labels=digit_labels[: digits.stat().st_size // _DIGIT_BYTES],
            test_inputs=(_FOLDER / "digits_cnn_test.dat",),
            test_labels=digit_labels,
        ),
    )


def find_model(name: str) -> ShippedModel:
    """Return the shipped model of that name.

    Raises
    ------
    PlaygroundError
        If there is none.
    """
    models = {model.name: model for model in shipped_models()}
    if name not in models:
        raise PlaygroundError(
            f"there is no shipped model `{name}`", hint=f"shipped are {', '.join(models)}"
        )
    return models[name]
