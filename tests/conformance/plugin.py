# SPDX-License-Identifier: MIT
"""A plugin of pytest: chooses the tests that are cases, collects the evidence of each, and writes
what comes of them, a line of JSON a case. In a run with workers each of them collects, and the one
that has started them writes."""
from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any, Dict, Generator, List, Optional

import pytest
from _pytest.runner import CallInfo

from conformance.evidence import came_of, evidence_of, judged_sentence, shortened
from harness import transcript

#: The name of the user property in which a worker sends the evidence.
EVIDENCE = "conformance"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options that conformance.run gives."""
    group = parser.getgroup("conformance")
    group.addoption("--cases-to", help="write the tests that were collected into this file")
    group.addoption("--cases", help="run the cases of this file, which has a line of JSON for each")
    group.addoption("--outcomes-to", help="write what comes of each case into this file")


def pytest_configure(config: pytest.Config) -> None:
    """Register what does the work."""
    ids: Dict[str, str] = {}
    if config.getoption("--cases"):
        with open(config.getoption("--cases"), encoding="utf-8") as file:
            ids = {row["node"]: row["id"] for row in map(json.loads, file)}
    config.pluginmanager.register(Choice(config, ids), "conformance-choice")
    if not hasattr(config, "workerinput") and config.getoption("--outcomes-to"):
        config.pluginmanager.register(Writer(Path(config.getoption("--outcomes-to")), ids),
                                      "conformance-writer")


class Choice:
    """Chooses the tests, and adds to each report what it was about."""

    def __init__(self, config: pytest.Config, ids: Dict[str, str]) -> None:
        self._config = config
        self._ids = ids
        self._compared: Optional[str] = None

    @pytest.hookimpl(trylast=True)  # type: ignore[misc]
    def pytest_collection_modifyitems(self, items: List[pytest.Item]) -> None:
        """Write all that there are, or leave those that are asked for."""
        to = self._config.getoption("--cases-to")
        if to:
            with open(to, "w", encoding="utf-8") as file:
                for item in items:
                    text = inspect.getdoc(getattr(item, "function", None)) or ""
                    file.write(json.dumps({"node": item.nodeid, "text": text}) + "\n")
        if self._ids:
            items[:] = [item for item in items if item.nodeid in self._ids]

    @pytest.hookimpl(tryfirst=True)  # type: ignore[misc]
    def pytest_runtest_setup(self) -> None:
        """A case begins."""
        transcript.start_anew()
        self._compared = None

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        """A comparison has failed: remember what was expected and what came."""
        self._compared = judged_sentence(op, left, right)

    @pytest.hookimpl(hookwrapper=True)  # type: ignore[misc]
    def pytest_runtest_makereport(self, item: pytest.Item, call: "CallInfo[None]"
                                  ) -> Generator[None, Any, None]:
        """Each of the three phases of a test."""
        outcome = yield
        report: pytest.TestReport = outcome.get_result()
        found: Dict[str, Any] = {}
        if report.failed and call.excinfo is not None:
            found["line"] = came_of(call.excinfo, self._compared, report.when or "")
        elif report.skipped and isinstance(report.longrepr, tuple):
            found["line"] = str(report.longrepr[2])
        if report.when == "call" or report.failed:
            found.update(evidence_of(item))
        report.user_properties = [(EVIDENCE, json.dumps(found))]


class Writer:
    """Writes one line for each case that is over."""

    def __init__(self, path: Path, ids: Dict[str, str]) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._ids = ids
        self._open: Dict[str, Dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase is over. A worker that has died reports one phase, of no name."""
        if report.nodeid not in self._open:
            self._open[report.nodeid] = {"id": self._ids[report.nodeid], "outcome": "passed",
                                         "seconds": 0.0}
        row = self._open[report.nodeid]
        row["seconds"] = round(row["seconds"] + report.duration, 3)
        found = json.loads(str(dict(report.user_properties).get(EVIDENCE, "{}")))
        if report.failed and row["outcome"] != "failed":
            row.update(found)
            row["outcome"] = "failed"
            row.setdefault("line", f"its worker has died: {shortened(str(report.longrepr))}")
        elif report.skipped:
            row.update(found, outcome="skipped")
        elif row["outcome"] == "passed":
            row.update(found)
        if report.when not in ("setup", "call"):
            self._file.write(json.dumps(self._open.pop(report.nodeid)) + "\n")
            self._file.flush()

    def pytest_unconfigure(self) -> None:
        """The run is over."""
        self._file.close()
