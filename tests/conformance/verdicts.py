# SPDX-License-Identifier: MIT
"""What comes of a case, and what that means for a service: verdicts, baseline, exit code."""
from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from conformance.table import Collected, Severity, Subject

#: A service must not fail these.
JUDGED = (Severity.MUST, Severity.SECURITY)

PASSED, FAILED, COULD_NOT_RUN = 0, 1, 2


class Verdict(enum.Enum):
    """What comes of a case."""

    PASSED = "passed"
    FAILED = "failed"
    INFORMATIONAL = "informational"
    UNSUPPORTED = "unsupported"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Result:
    """One case of one service."""

    collected: Collected
    verdict: Verdict
    #: One line: what was expected and what came, or why it was not tried.
    line: str = ""
    seconds: float = 0.0
    #: "messages" and "calls", as conformance.evidence makes them.
    evidence: Mapping[str, Any] = field(default_factory=dict)
    #: Why the baseline says that it is known to fail.
    known: str = ""

    @property
    def id(self) -> str:
        """The case's id."""
        return self.collected.case.id

    @property
    def severity(self) -> Severity:
        """The case's severity."""
        return self.collected.case.severity

    @property
    def counts_against(self) -> bool:
        """Whether the service fails for it."""
        return self.verdict is Verdict.FAILED and self.severity in JUDGED and not self.known


def judge(collected: Collected, outcome: Mapping[str, Any], known: str = "") -> Result:
    """The result of a case that was run; `outcome` is a line of conformance.plugin's."""
    verdict = {"passed": Verdict.PASSED, "failed": Verdict.FAILED,
               "skipped": Verdict.NOT_APPLICABLE}[outcome["outcome"]]
    if verdict is Verdict.FAILED and collected.case.row.informational:
        verdict = Verdict.INFORMATIONAL
    evidence = {key: outcome[key] for key in ("messages", "calls") if outcome.get(key)}
    return Result(collected, verdict, outcome.get("line", ""), outcome.get("seconds", 0.0),
                  evidence, known)


def not_tried(collected: Collected, dialect: Optional[str], has_extensions: bool
              ) -> Optional[Result]:
    """The result of a case that need not be run; None: run it. `dialect` None: every release's."""
    if dialect and not collected.case.applies_to(dialect):
        first, last = collected.case.versions
        versions = first if first == last else f"{first} to {last}"
        return Result(collected, Verdict.NOT_APPLICABLE, f"about clients of {versions}")
    if collected.case.severity is Severity.EXTENSION and not has_extensions:
        return Result(collected, Verdict.UNSUPPORTED,
                      "an extension of Gatehouse's, which this service does not have")
    return None


@dataclass
class Judgement:
    """One service and all its results."""

    name: str
    path: Path
    results: List[Result]
    seconds: float = 0.0
    has_extensions: bool = True
    subject: Subject = Subject.SERVICE
    #: What a reader has to know of the binary (loading.py).
    notes: Sequence[str] = ()

    def counts(self, *severities: Severity) -> Dict[Verdict, int]:
        """How many results there are of each verdict."""
        found = Counter(result.verdict for result in self.results
                        if not severities or result.severity in severities)
        return {verdict: found[verdict] for verdict in Verdict}

    @property
    def total(self) -> int:
        """The cases that count: passed and failed."""
        counts = self.counts()
        return counts[Verdict.PASSED] + counts[Verdict.FAILED]

    @property
    def passes(self) -> bool:
        """Whether all that it must pass is passed."""
        return not any(result.counts_against for result in self.results)

    @property
    def unexpected(self) -> List[Result]:
        """What the baseline says to fail, and does not."""
        return [result for result in self.results
                if result.known and result.verdict is Verdict.PASSED]


class BaselineError(Exception):
    """The baseline can't be read."""


class Baseline:
    """Cases that are known to fail: in each line a pattern of ids, and the reason."""

    def __init__(self, text: str = "") -> None:
        self._rows: List[Tuple[str, str]] = []
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            pattern, _, reason = line.strip().partition(" ")
            if not reason.strip():
                raise BaselineError(f"line {number} names no reason: {line.strip()}")
            self._rows.append((pattern, reason.strip()))

    def reason(self, case: str) -> str:
        """Why this case is known to fail; "" when it is not."""
        return next((reason for pattern, reason in self._rows if matches(case, pattern)), "")

    def unmatched(self, cases: Iterable[str]) -> List[str]:
        """Patterns that stand for no case."""
        ids = list(cases)
        return [pattern for pattern, _ in self._rows
                if not any(matches(case, pattern) for case in ids)]


def matches(case: str, pattern: str) -> bool:
    """Whether the pattern names this case, or what the case is a part of: startup.01 names all rows
    of it, and startup all cases of the area."""
    return fnmatchcase(case, pattern) or fnmatchcase(case, f"{pattern}.*")


def exit_code(judgements: Iterable[Judgement]) -> int:
    """What ci/conformance ends with."""
    return PASSED if all(judgement.passes for judgement in judgements) else FAILED
