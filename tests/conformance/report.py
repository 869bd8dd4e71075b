# SPDX-License-Identifier: MIT
"""The results for programs, as JSON and as JUnit's XML, and as a summary for the console."""
from __future__ import annotations

import json
import re
from typing import List, Sequence
from xml.etree import ElementTree

from conformance.table import Severity, Subject
from conformance.verdicts import Judgement, Result, Verdict

#: XML can't hold these characters in any form.
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: The summary names at most so many failures of a service.
MOST_FAILURES = 40


def as_json(judgements: Sequence[Judgement]) -> str:
    """All results as JSON; they are all of services, or all of clients."""
    kind = "clients" if judgements and judgements[0].subject is Subject.CLIENT else "services"
    return json.dumps({kind: [
        {"name": judgement.name, "passes": judgement.passes,
         "seconds": round(judgement.seconds, 1), "notes": list(judgement.notes),
         "cases": [_row(result) for result in judgement.results]}
        for judgement in judgements]}, indent=1, ensure_ascii=True) + "\n"


def _row(result: Result) -> "dict[str, object]":
    row = result.collected.case.row
    made: "dict[str, object]" = {
        "id": result.id, "severity": result.severity.value, "verdict": result.verdict.value,
        "section": row.section, "title": result.collected.sentence,
        "versions": list(result.collected.case.versions), "seconds": result.seconds}
    if result.line:
        made["line"] = result.line
    if result.known:
        made["known"] = result.known
    return made


def as_junit(judgements: Sequence[Judgement]) -> str:
    """All results as JUnit's XML: what does not count against a service is skipped there."""
    suites = ElementTree.Element("testsuites")
    for judgement in judgements:
        against = sum(result.counts_against for result in judgement.results)
        skipped = sum(_is_skipped(result) for result in judgement.results)
        suite = ElementTree.SubElement(
            suites, "testsuite", name=_clean(judgement.name), tests=str(len(judgement.results)),
            failures=str(against), errors="0", skipped=str(skipped),
            time=f"{judgement.seconds:.1f}")
        for result in judgement.results:
            row = result.collected.case.row
            case = ElementTree.SubElement(
                suite, "testcase", name=_clean(result.id), time=f"{result.seconds:.3f}",
                classname=f"{result.severity.value}.{_clean(row.section.replace('.', ' '))}")
            if result.counts_against:
                ElementTree.SubElement(case, "failure", message=_clean(result.line)).text = _clean(
                    result.collected.sentence)
            elif _is_skipped(result):
                why = result.known or result.line
                ElementTree.SubElement(case, "skipped",
                                       message=_clean(f"{result.verdict.value}: {why}"))
    ElementTree.indent(suites)
    return str(ElementTree.tostring(suites, encoding="unicode", xml_declaration=True)) + "\n"


def _is_skipped(result: Result) -> bool:
    return result.verdict is not Verdict.PASSED and not result.counts_against


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)


def summary(judgements: Sequence[Judgement]) -> str:
    """A table for each service, its failures, and what the baseline did not expect."""
    return "\n\n".join("\n".join(_lines(judgement)) for judgement in judgements)


def _lines(judgement: Judgement) -> List[str]:
    shown = [verdict for verdict in Verdict if judgement.counts()[verdict]]
    lines = [f"{judgement.name}: {len(judgement.results)} cases in {judgement.seconds:.0f} s",
             f"  {'':<10}" + "".join(f"{verdict.value:>15}" for verdict in shown)]
    for severity in Severity:
        counts = judgement.counts(severity)
        if any(counts.values()):
            lines.append(f"  {severity.value:<10}"
                         + "".join(f"{counts[verdict]:>15}" for verdict in shown))
    failed = [result for result in judgement.results if result.verdict is Verdict.FAILED]
    against = [result for result in failed if result.counts_against]
    others = [result for result in failed if not result.counts_against]
    for heading, rows in (("fails what it must pass:", against), ("fails besides:", others)):
        if rows:
            lines.append(f"  {heading}")
            lines += [f"    {row.id}: {row.line}" + (f" (known: {row.known})" if row.known else "")
                      for row in rows[:MOST_FAILURES]]
            if len(rows) > MOST_FAILURES:
                lines.append(f"    and {len(rows) - MOST_FAILURES} more")
    lines += [f"  passes unexpectedly: {row.id} (the baseline says: {row.known})"
              for row in judgement.unexpected]
    lines += [f"  note: {note}" for note in judgement.notes]
    lines.append("  passes" if judgement.passes else "  does not pass")
    return lines
