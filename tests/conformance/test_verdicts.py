# SPDX-License-Identifier: MIT
"""What comes of a case, and what a service passes by."""
from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from conformance.report import as_json, as_junit, summary
from conformance.samples import HOSTILE, collected, judgement, result, two_services
from conformance.table import Severity
from conformance.verdicts import (FAILED, PASSED, Baseline, BaselineError, Verdict, exit_code,
                                  judge, matches, not_tried)


@pytest.mark.parametrize("outcome, verdict", [
    ("passed", Verdict.PASSED), ("failed", Verdict.FAILED), ("skipped", Verdict.NOT_APPLICABLE)])
def test_an_outcome_is_a_verdict(outcome: str, verdict: Verdict) -> None:
    assert judge(collected(), {"outcome": outcome, "line": "so"}).verdict is verdict


def test_what_the_protocol_leaves_open_does_not_fail() -> None:
    made = judge(collected(informational=True), {"outcome": "failed", "line": "so"})
    assert (made.verdict, made.counts_against) == (Verdict.INFORMATIONAL, False)


def test_cases_of_other_releases_do_not_apply() -> None:
    older = collected(versions=("2.4", "2.6"))
    made = not_tried(older, "2.7", True)
    assert made and made.verdict is Verdict.NOT_APPLICABLE and "2.4 to 2.6" in made.line
    assert not_tried(older, "2.6", True) is None
    assert not_tried(older, None, True) is None


def test_extensions_of_others_are_unsupported() -> None:
    extension = collected(severity=Severity.EXTENSION)
    made = not_tried(extension, None, False)
    assert made and made.verdict is Verdict.UNSUPPORTED
    assert not_tried(extension, None, True) is None


@pytest.mark.parametrize("severity, code", [
    (Severity.MUST, FAILED), (Severity.SECURITY, FAILED), (Severity.SHOULD, PASSED),
    (Severity.EXTENSION, PASSED)])
def test_only_must_and_security_count_against_a_service(severity: Severity, code: int) -> None:
    failed = result("startup.01", Verdict.FAILED, severity)
    assert exit_code([judgement("one", failed)]) == code


@pytest.mark.parametrize("verdict", [Verdict.INFORMATIONAL, Verdict.UNSUPPORTED,
                                     Verdict.NOT_APPLICABLE])
def test_other_verdicts_count_in_no_total(verdict: Verdict) -> None:
    made = judgement("one", result("startup.01", verdict), result("startup.02", Verdict.PASSED))
    assert (made.total, made.passes) == (1, True)


def test_one_service_that_fails_is_enough() -> None:
    assert exit_code(two_services()) == FAILED
    assert exit_code(two_services()[:1]) == PASSED


def test_known_failures_do_not_count_and_unexpected_passes_are_told() -> None:
    baseline = Baseline("# known\n\nstartup.01 it takes LF alone\noptions no white list\n")
    assert baseline.reason("startup.01.one-byte") == "it takes LF alone"
    assert baseline.reason("options.04.up") == "no white list"
    assert not baseline.reason("startup.02")
    made = judgement("one", result("startup.01", Verdict.FAILED, known="it takes LF alone"),
                     result("options.04", Verdict.PASSED, known="no white list"))
    assert made.passes
    assert [row.id for row in made.unexpected] == ["options.04"]
    assert "passes unexpectedly: options.04" in summary([made])


def test_a_baseline_names_its_reasons_and_cases() -> None:
    with pytest.raises(BaselineError, match="line 1 names no reason"):
        Baseline("startup.01\n")
    assert Baseline("nothing.01 why\n").unmatched(["startup.01"]) == ["nothing.01"]


@pytest.mark.parametrize("pattern, is_match", [
    ("startup", True), ("startup.01", True), ("startup.01.one", True), ("*.one", True),
    ("start", False), ("startup.0", False), ("startup.02", False), ("startup.*", True)])
def test_a_pattern_names_a_case_or_what_it_is_part_of(pattern: str, is_match: bool) -> None:
    assert matches("startup.01.one", pattern) is is_match


def test_json_has_each_case_of_each_service() -> None:
    services = json.loads(as_json(two_services()))["services"]
    assert [(row["name"], row["passes"]) for row in services] == [
        ("Gatehouse", True), ("Another <b>", False)]
    row = services[1]["cases"][2]
    assert (row["id"], row["severity"], row["verdict"], row["line"]) == (
        "options.01", "security", "failed", HOSTILE)


def test_junit_skips_what_does_not_count_against_a_service() -> None:
    suites = ElementTree.fromstring(as_junit(two_services())).findall("testsuite")
    assert [(suite.get("tests"), suite.get("failures"), suite.get("skipped"))
            for suite in suites] == [("6", "0", "3"), ("6", "2", "3")]
    failures = suites[1].findall("testcase/failure")
    assert [failure.get("message") for failure in failures] == [HOSTILE, HOSTILE]


def test_junit_takes_any_text() -> None:
    made = judgement("one", result("startup.01", Verdict.FAILED, line="a\0b\ud800c"))
    assert ElementTree.fromstring(as_junit([made])).find("testsuite/testcase/failure") is not None


def test_the_summary_counts_and_names_failures() -> None:
    text = summary(two_services())
    assert "Gatehouse: 6 cases in 12 s" in text
    assert "fails what it must pass:\n    startup.01.two: " in text
    assert "fails besides:\n    dns.01: expected a; came b" in text
    assert text.endswith("does not pass")
