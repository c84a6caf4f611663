"""Values of flags, for shells that complete them."""

from __future__ import annotations

__all__ = [
    "complete_boards",
    "complete_cfus",
    "complete_cpus",
    "complete_kernels",
    "complete_models",
]

# Nothing of the playground is imported before a shell asks.


def complete_boards() -> list[str]:
    """Return the names of `cfu list boards`."""
    from boards import board_names

    return list(board_names())


def complete_cpus() -> list[str]:
    """Return the names of `cfu list cpus`."""
    from soc import cpu_names

    return list(cpu_names())


def complete_cfus() -> list[str]:
    """Return the names of `cfu list cfus`."""
    from gateware import shipped_cfus
    from playground.design import NO_CFU

    return [*shipped_cfus(), NO_CFU]


def complete_kernels() -> list[str]:
    """Return the names of `cfu list kernels`."""
    from playground.resolve import NO_KERNELS, shipped_kernels

    return [*shipped_kernels(), NO_KERNELS]


def complete_models() -> list[str]:
    """Return the names of `cfu list models`."""
    from playground.catalog import catalog_names

    return list(catalog_names())
