"""The rule that a result must equal TensorFlow Lite Micro's, layer by layer."""

from __future__ import annotations

__all__ = ["describe_mismatch", "require_exact"]

from profiles.profile import LayerProfile, Profile
from toolchain import PlaygroundError


def describe_mismatch(layer: LayerProfile) -> str:
    """Return one sentence on how a mismatched layer differs.

    Raises
    ------
    ValueError
        If the layer has no mismatch.
    """
    found = layer.mismatch
    if found is None:
        raise ValueError(f"layer {layer.index} has no mismatch")
    position = ", ".join(map(str, found.index))
    inference = f"inference {found.inference}, " if found.inference else ""
    return (
        f"{inference}layer {layer.index} {layer.operator} run by `{layer.kernel}`: "
        f"tensor `{found.tensor}` at [{position}] is {found.actual} instead of {found.expected}, "
        f"{found.count:,} of {found.elements:,} elements differ"
    )


def require_exact(profile: Profile) -> Profile:
    """Return the profile if every layer of it is bit-exact.

    Raises
    ------
    PlaygroundError
        Otherwise. The first mismatched layer is in the message, since later ones often differ
        only because of it; all are in the details.
    """
    if profile.bit_exact:
        return profile
    if not profile.mismatched_layers:
        unchecked = next(layer for layer in profile.layers if layer.bit_exact is None)
        raise PlaygroundError(
            f"layer {unchecked.index} {unchecked.operator} of `{profile.model.name}` was not "
            "compared with TensorFlow Lite Micro",
            hint="`cfu run --allow-mismatch` shows the profile all the same, marked as unchecked",
        )
    sentences = [describe_mismatch(layer) for layer in profile.mismatched_layers]
    raise PlaygroundError(
        f"`{profile.model.name}` differs from TensorFlow Lite Micro in {len(sentences)} of "
        f"{len(profile.layers)} layers, first in {sentences[0]}",
        hint="`cfu run --allow-mismatch` shows the profile all the same, marked as wrong",
        details="\n".join(sentences),
    )
