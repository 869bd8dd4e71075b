# SPDX-License-Identifier: MIT
"""ci/conformance itself, for a few cases of two services, ours and one without any rules, and of
two clients."""
from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict, List
from xml.etree import ElementTree

import pytest

from conformance.evidence import assertion_sentence, came_of, judged_sentence, show_bytes
from conformance.main import choose, list_cases
from conformance.run import CouldNotRun
from conformance.samples import collected
from conformance.table import Severity
from harness.bridge import BridgeError
from harness.eventually import HANG
from harness.runner import PROJECT, build_folder

#: One of each severity that a run can meet; the last one is an extension.
FEW = ("startup.01.empty", "options.08", "control.status.01")

COULD_NOT_RUN = 2


def conformance(*arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run ci/conformance to its end."""
    return subprocess.run(
        [str(PROJECT / "ci" / "conformance"), *map(str, arguments)], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", timeout=14 * HANG,
        check=False)


def test_a_run_judges_each_service(tmp_path: Path) -> None:
    ours = build_folder() / "bin" / "gatehouse-service.exe"
    # Its openvpn.exe can't be opened, and outlives its sessions.
    other = tmp_path / "stand-in+protects.exe"
    shutil.copy2(build_folder() / "bench" / "stand-in.exe", other)
    baseline = tmp_path / "baseline"
    baseline.write_text("startup.01 it serves whatever it gets\n", encoding="utf-8")
    files = {kind: tmp_path / f"results.{kind}" for kind in ("json", "junit", "html")}
    done = conformance(
        "--service", ours, "--name", "ours", "--service", other, "--jobs", 2, "--patience", 5,
        "--baseline", baseline, *(word for case in FEW for word in ("--only", case)),
        *(word for kind, path in files.items() for word in (f"--{kind}", path)))
    assert done.returncode == 1, done.stdout + done.stderr
    services = json.loads(files["json"].read_text(encoding="utf-8"))["services"]
    verdicts: Dict[str, Dict[str, Any]] = {
        service["name"]: {case["id"]: case for case in service["cases"]} for service in services}
    assert {case["verdict"] for case in verdicts["ours"].values()} == {"passed"}
    theirs = verdicts[other.name]
    assert theirs["control.status.01"]["verdict"] == "unsupported"
    assert (theirs["startup.01.empty"]["verdict"], theirs["startup.01.empty"]["known"]) == (
        "failed", "it serves whatever it gets")
    assert re.search("^expected .*; came .*", theirs["startup.01.empty"]["line"])
    assert theirs["options.08"]["verdict"] == "failed"
    assert f"ours: {len(FEW)} cases" in done.stdout
    assert f"ours: {len(FEW)} of {len(FEW)}, 0 failed" in done.stderr
    suites = ElementTree.parse(files["junit"]).getroot().findall("testsuite")
    assert [suite.get("failures") == "0" for suite in suites] == [True, False]
    page = files["html"].read_text(encoding="utf-8")
    assert "␀" in page and "CreateNamedPipeW" in page


#: Habits of services, and a case that each costs them.
COSTS = {"dies": "launch.03", "babbles": "launch.03", "protects": "options.08",
         "few": "capacity.01"}
#: Cases that are judged after these, which any service passes.
AFTERWARDS = ("service.05", "service.06")


@pytest.mark.parametrize("habit", COSTS)
def test_what_a_service_does_costs_one_case_and_not_the_run(tmp_path: Path, habit: str) -> None:
    service, results = tmp_path / f"stand-in+{habit}.exe", tmp_path / "results.json"
    shutil.copy2(build_folder() / "bench" / "stand-in.exe", service)
    done = conformance(
        "--service", service, "--jobs", 1, "--patience", 5, "--extensions", "no", "--json", results,
        "--html", tmp_path / "page",
        *(word for case in (COSTS[habit], *AFTERWARDS) for word in ("--only", case)))
    assert done.returncode != COULD_NOT_RUN, done.stdout + done.stderr
    judged, = json.loads(results.read_text(encoding="utf-8"))["services"]
    verdicts = {case["id"]: (case["verdict"], case.get("line")) for case in judged["cases"]}
    assert verdicts[COSTS[habit]][0] == "failed"
    assert {verdicts[case] for case in AFTERWARDS} == {("passed", None)}, verdicts


def test_a_run_judges_each_client(tmp_path: Path) -> None:
    ours = build_folder() / "bin" / "gatehouse.exe"
    other = tmp_path / "gatehouse+no-terminator.exe"
    shutil.copy2(build_folder() / "mutants" / "client-mutants.exe", other)
    files = {kind: tmp_path / f"results.{kind}" for kind in ("json", "html")}
    done = conformance(
        "--client", ours, "--name", "ours", "--client", other, "--client-arguments",
        "connect --instance {instance} --log {log} {config}", "--jobs", 1,
        "--only", "client.startup.02", "--only", "client.startup.08.tab",
        *(word for kind, path in files.items() for word in (f"--{kind}", path)))
    assert done.returncode == 1, done.stdout + done.stderr
    clients = json.loads(files["json"].read_text(encoding="utf-8"))["clients"]
    verdicts = {client["name"]: [case["verdict"] for case in client["cases"]]
                for client in clients}
    assert verdicts == {"ours": ["passed", "passed"], other.name: ["failed", "not applicable"]}
    assert "Conformance of clients" in files["html"].read_text(encoding="utf-8")


@pytest.mark.parametrize("arguments, complaint", [
    ((), "name a service"),
    (("--service", __file__, "--client", __file__), "one after the other"),
    (("--client", "nothing.exe"), "there is no file nothing.exe"),
    (("--service", "nothing.exe"), "there is no file nothing.exe"),
    (("--service", __file__, "--service", __file__), "tell them apart"),
    (("--service", __file__, "--baseline", "nothing"), "nothing")],
    ids=["none", "both", "no-client", "missing", "alike", "baseline"])
def test_what_cannot_be_run_is_said(arguments: "tuple[str, ...]", complaint: str) -> None:
    done = conformance(*arguments)
    assert done.returncode == COULD_NOT_RUN
    assert complaint in done.stderr


def test_a_file_that_is_no_service_is_said() -> None:
    done = conformance("--service", __file__, "--only", "startup.01.empty", "--patience", 5)
    assert done.returncode == COULD_NOT_RUN
    assert "does not start" in done.stderr


def test_cases_are_listed_with_severity_and_section(capsys: pytest.CaptureFixture[str]) -> None:
    list_cases([collected("startup.01.one-byte", parameters="one byte")])
    assert re.fullmatch(r"startup\.01\.one-byte +must +2\.4-2\.7  Start-up: It works\n1 cases\n",
                        capsys.readouterr().out)


def test_a_pattern_that_names_no_case_is_said() -> None:
    with pytest.raises(CouldNotRun, match="no case is called nonsense"):
        choose([collected("startup.01")], ["nonsense"], [], [])


def test_cases_are_chosen_by_id_and_severity() -> None:
    cases = [collected("startup.01.one"), collected("startup.02", Severity.SHOULD),
             collected("options.01")]
    assert choose(cases, [], [], []) == cases
    assert choose(cases, ["startup"], ["*.one"], []) == cases[1:2]
    assert choose(cases, [], [], ["should"]) == cases[1:2]


@pytest.mark.parametrize("op, left, right, sentence", [
    ("==", 5, 87, "expected 87; came 5"),
    ("==", "a\0b\0".encode(), b"x\0\r\0\n\0", "expected “x␍␊”; came “ab”"),
    ("in", "needle", "a haystack", "expected 'needle' within; came 'a haystack'"),
    ("in", 5, (6, 7), "expected one of (6, 7); came 5"),
    ("<", 5, 3, "expected < 3; came 5")], ids=lambda value: str(value)[:12])
def test_a_comparison_is_told_in_one_line(op: str, left: object, right: object, sentence: str
                                          ) -> None:
    assert judged_sentence(op, left, right) == sentence


@pytest.mark.parametrize("data, length, text", [
    ("a\r\n\0".encode("utf-16-le"), 8, "a␍␊␀"), (b"\1\0\2\0", 4, "01000200"),
    (b"\xff" * 3, 9, "ffffff … (9 bytes)"), (b"", 0, "")], ids=["text", "numbers", "cut", "none"])
def test_bytes_are_shown_as_text_where_they_are_text(data: bytes, length: int, text: str) -> None:
    assert show_bytes(data, length) == text


def failure(error: BaseException, phase: str = "call") -> str:
    """What is told of a test that has failed so."""
    with pytest.raises(type(error)) as caught:
        raise error
    return came_of(caught, None, phase)


@pytest.mark.parametrize("error, sentence", [
    (BridgeError(109, "ReadFile", "pipe_read"), "expected an answer; came the service closed the "
                                                "pipe"),
    (BridgeError(121, "CreateFile", "pipe_connect"), "expected that the service listens; came all "
                                                     "instances were busy for too long"),
    (BridgeError(87, "CreateFile", "pipe_connect"), "expected success; came CreateFile failed with "
                                                    "error 87"),
    (TimeoutError("nobody is blocked"), "expected it in time; came nobody is blocked")],
    ids=["closed", "busy", "other", "late"])
def test_an_operation_that_fails_is_told_in_words(error: BaseException, sentence: str) -> None:
    assert failure(error) == sentence
    assert failure(error, "setup") == f"before the test: {sentence}"


@pytest.mark.parametrize("statement, said, sentence", [
    ("assert not found()", "assert not [5, 6]\n +  where [5, 6] = found()",
     "expected not found(); came [5, 6]"),
    ("assert is_there()", "", "expected is_there(); came that it is not so"),
    ("assert not wrong", "route: left\nassert not ['route: left']",
     "expected not wrong; came route: left"),
    ("assert it, text", "expected a; came b\nassert 5", "expected a; came b"),
    ("raise AssertionError(text)", "it stopped", "expected success; came it stopped")],
    ids=["value", "none", "words", "expectation", "raised"])
def test_an_assertion_is_told_in_one_line(statement: str, said: str, sentence: str) -> None:
    assert assertion_sentence(statement, said) == sentence


def test_a_count_that_is_wrong_is_told_as_that() -> None:
    nothing: List[int] = []
    with pytest.raises(ValueError) as caught:
        one, = nothing
        print(one)
    assert came_of(caught, None, "call") == "expected 1 of nothing; came 0"


def test_another_failure_is_told_with_its_statement() -> None:
    assert failure(ValueError("not three lines: []")) == (
        "expected that this holds: raise error; came ValueError: not three lines: []")
