"""The CFUs that come with the project: one file each, with one `Cfu` subclass each."""

from __future__ import annotations

__all__: list[str] = []
