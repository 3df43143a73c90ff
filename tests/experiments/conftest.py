"""What the experiments counted is told at the end: their seeds and figures."""

import pytest

from tests.experiments.judged import JUDGED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, result in JUDGED:
        terminalreporter.write_sep("-", name)
        for figure, value in result.figures.items():
            terminalreporter.write_line(f"{figure}: {value}")
