"""A pytest plugin for `.ci/run`: a run that left a test out is a failed run."""

from collections.abc import Sequence

import pytest

_left_out = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_left_out] = []
    config.pluginmanager.register(_Watcher(config.stash[_left_out]), "stoa-complete")


class _Watcher:
    def __init__(self, left_out: list[str]) -> None:
        self._left_out = left_out

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self._left_out += [f"deselected: {item.nodeid}" for item in items]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self._left_out.append(f"skipped: {report.nodeid}")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._left_out.append(f"skipped: {report.nodeid}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self._left_out and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._left_out:
            terminalreporter.section("left out, which .ci/run does not accept")
            terminalreporter.write_line("\n".join(self._left_out))
