"""Hardware to build CFUs from."""

from __future__ import annotations

__all__: list[str] = []
