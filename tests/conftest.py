"""What holds for every test: reproducible cases and no silent skips."""

from __future__ import annotations

import os
from collections.abc import Generator

import hypothesis
import pytest

# What tests may lack even in CI, as a skip's reason names it: models that are not ours to ship, and
# a browser, which no wheel brings (`.ci/run` installs it where it can).
_MAY_LACK = ("CFU_REFERENCE_MODELS", "Chromium")

# The same cases every time, on every machine: a failure is never luck.
hypothesis.settings.register_profile(
    "reproducible",
    derandomize=True,
    deadline=None,  # timing is no property of the code
    database=None,
    print_blob=True,
)
hypothesis.settings.load_profile("reproducible")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a skip count as a failure in CI, and one without a reason everywhere."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        has_reason = reason.removeprefix("Skipped").strip(": ") not in ("", "unconditional skip")
        may_lack = any(name in reason for name in _MAY_LACK)
        if not has_reason or (os.environ.get("CI") and not may_lack):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped: {reason or 'without a reason'}"
    return report
