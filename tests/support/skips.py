"""What was not run, said at the end of every run; with REQUIRE_ALL=1 not running is failing."""

import os
from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter

REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"


def _why(report: pytest.TestReport | pytest.CollectReport) -> str:
    longrepr = report.longrepr
    reason = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return str(reason).removeprefix("Skipped: ")


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    if REQUIRE_ALL and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        report.longrepr = f"REQUIRE_ALL=1, and this was not run: {_why(report)}"
        report.outcome = "failed"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, pytest.TestReport]:
    report: pytest.TestReport = yield
    _fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, pytest.CollectReport]:
    report: pytest.CollectReport = yield
    _fail(report)
    return report


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    skipped = Counter(_why(report) for report in terminalreporter.stats.get("skipped", []))
    for reason, count in skipped.most_common():
        terminalreporter.write_line(f"NOT RUN ({count} tests): {reason}", yellow=True)
    if not skipped:
        terminalreporter.write_line("Every part was run: nothing was skipped.")
