"""What a run showed, kept as values: profiles, their tables and comparisons."""

from __future__ import annotations

__all__ = [
    "SCHEMA_VERSION",
    "Accuracy",
    "CfuIdentity",
    "Comparison",
    "Compiler",
    "CycleSplit",
    "Difference",
    "FunctionSplit",
    "History",
    "InputFile",
    "LayerProfile",
    "Memory",
    "Mismatch",
    "ModelIdentity",
    "OutputTensor",
    "Profile",
    "Provenance",
    "RunContext",
    "RunEntry",
    "Simulator",
    "Sizes",
    "Sources",
    "compare",
    "comparison_table",
    "design_digest",
    "hardware_table",
    "layer_table",
    "load_profile",
    "profile_json",
    "profile_json_schema",
    "require_exact",
    "save_profile",
    "summary_lines",
    "why_tables",
]

from profiles.compare import Comparison, Difference, compare, comparison_table
from profiles.exactness import require_exact
from profiles.hardware_table import hardware_table
from profiles.history import History, RunContext, RunEntry, design_digest
from profiles.profile import (
    SCHEMA_VERSION,
    Accuracy,
    CfuIdentity,
    Compiler,
    CycleSplit,
    FunctionSplit,
    InputFile,
    LayerProfile,
    Memory,
    Mismatch,
    ModelIdentity,
    OutputTensor,
    Profile,
    Provenance,
    Simulator,
    Sizes,
    Sources,
)
from profiles.storage import load_profile, profile_json, profile_json_schema, save_profile
from profiles.table import layer_table, summary_lines
from profiles.why_table import why_tables
