"""`cfu schema`: what the file of a profile looks like, for programs."""

from __future__ import annotations

__all__ = ["schema"]

from playground.console import Output


def schema() -> None:
    """Print the JSON Schema of a profile, as `cfu run --json` and `--save` write it.

    `docs/profile.schema.json` is this.
    """
    from profiles import profile_json_schema

    Output().show_json(profile_json_schema())
