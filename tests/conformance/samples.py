# SPDX-License-Identifier: MIT
"""Results for tests of what is made of them."""
from __future__ import annotations

from pathlib import Path
from typing import Any, List

from conformance.table import EVERY, Case, Collected, Row, Severity
from conformance.verdicts import Judgement, Result, Verdict


def collected(ident: str = "startup.01", severity: Severity = Severity.MUST,
              parameters: str = "", section: str = "Start-up", **more: Any) -> Collected:
    """A case with this id."""
    area, number = ident.split(".")[:2]
    row = Row(area, number, "test_it", "it_works", severity, section, EVERY,
              more.get("informational", False))
    return Collected(Case(ident, row, parameters, more.get("versions", EVERY)),
                     f"protocol/test_it.py::test_it_works[{parameters}]", more.get("text", ""))


def result(ident: str, verdict: Verdict, severity: Severity = Severity.MUST, line: str = "",
           **more: Any) -> Result:
    """A result of a case with this id."""
    evidence = more.pop("evidence", {})
    known = more.pop("known", "")
    return Result(collected(ident, severity, **more), verdict, line, 0.5, evidence, known)


def judgement(name: str, *results: Result) -> Judgement:
    """Of a service with this name."""
    return Judgement(name, Path(f"{name}.exe"), list(results), 12.0)


HOSTILE = "<script>alert(1)</script> & \"it's\""


def two_services() -> List[Judgement]:
    """One that passes, and one that does not; some of every verdict."""
    evidence = {"messages": [{"way": "sent", "where": "client pipe", "text": HOSTILE}],
                "calls": [f"CreateFileW(name='{'very long ' * 40}') → 0"]}

    def made(verdict: Verdict, other: Verdict, line: str) -> List[Result]:
        return [
            result("startup.01.one", Verdict.PASSED, parameters="one"),
            result("startup.01.two", verdict, parameters=HOSTILE, line=line, evidence=evidence),
            result("options.01", verdict, Severity.SECURITY, section="Option check", line=line,
                   text="Its text."),
            result("dns.01", other, Severity.SHOULD, section="DNS", line="expected a; came b"),
            result("control.01", Verdict.UNSUPPORTED, Severity.EXTENSION, section="Control pipe"),
            result("channel.01", Verdict.NOT_APPLICABLE, section="Session channel")]
    return [judgement("Gatehouse", *made(Verdict.PASSED, Verdict.INFORMATIONAL, "")),
            judgement("Another <b>", *made(Verdict.FAILED, Verdict.FAILED, HOSTILE))]
