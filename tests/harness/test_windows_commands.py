# SPDX-License-Identifier: MIT
"""ci/windows/test.py, as far as Linux allows: what it runs, what it makes of the results, and that
it leaves out no more than it must. It has run on no Windows until docs/ci.md says so."""
from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest

from harness.eventually import HANG
from harness.runner import PROJECT

SCRIPT = PROJECT / "ci" / "windows" / "test.py"
PASSED, FAILED, COULD_NOT_RUN = 0, 1, 2

#: What the text of a module has that needs the machine which builds.
NEEDS_LINUX = re.compile(
    r'"bash"|"pytest"|"clang|which\("gcc"|PROJECT / "ci"|#!/bin/sh|harness\.(?:wine|with_wine)\b')


def load() -> Any:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("windows_test", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The module, as it is on Windows with the programs of the build."""
    module = load()
    (tmp_path / "build" / "bin").mkdir(parents=True)
    (tmp_path / "build" / "bin" / "bridge.exe").touch()
    monkeypatch.setenv("GATEHOUSE_BUILD", str(tmp_path / "build"))
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setattr(module, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(module.sys, "platform", "win32")
    return module


class Played:
    """Plays subprocess.run: writes results, and returns an exit code."""

    def __init__(self, results: str, code: int) -> None:
        self.commands: List[List[str]] = []
        self.results, self.code = results, code

    def __call__(self, command: List[str], **_: Any) -> "subprocess.CompletedProcess[str]":
        self.commands.append(command)
        for argument in command:
            if argument.startswith("--junitxml=") and self.results:
                Path(argument.split("=", 1)[1]).write_text(self.results, encoding="utf-8")
        return subprocess.CompletedProcess(command, self.code)


def xml(*cases: str) -> str:
    """pytest's results: each case passed, failed, broke, or was skipped for a reason."""
    inner: Dict[str, str] = {"passed": "", "failed": "<failure/>", "error": "<error/>"}
    return "<testsuites><testsuite>" + "".join(
        f"<testcase>{inner.get(case, f'<skipped message={chr(34)}{case}{chr(34)}/>')}</testcase>"
        for case in cases) + "</testsuite></testsuites>"


@pytest.mark.parametrize("cases, code, expected, says", [
    (["passed", "passed", "no adapter"], 0, PASSED, "2 tests executed, 0 failed, 1 skipped"),
    (["passed", "failed", "error"], 1, FAILED, "3 tests executed, 2 failed, 0 skipped"),
    (["no adapter", "no adapter"], 0, FAILED, "No test was executed"),
    ([], 5, FAILED, "No test was executed"),
    (["passed"], 3, FAILED, "1 tests executed")], ids=str)
def test_a_run_is_judged_by_what_was_executed(
        script: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
        cases: List[str], code: int, expected: int, says: str) -> None:
    monkeypatch.setattr(script.subprocess, "run", Played(xml(*cases), code))
    assert script.main(["hardware"]) == expected
    printed = capsys.readouterr().out
    assert says in printed
    assert ("no adapter" in printed) is ("no adapter" in cases)


def test_reasons_are_told_once_with_their_number_and_on_the_page_of_the_job(
        script: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    monkeypatch.setattr(script.subprocess, "run", Played(xml("passed", "b", "a", "b"), 0))
    script.main(["hardware"])
    assert page.read_text(encoding="utf-8").splitlines() == [
        "hardware: 1 tests executed, 0 failed, 3 skipped",
        "- skipped, 2 times: b", "- skipped, 1 times: a"]


def test_a_run_without_results_is_none(script: Any, monkeypatch: pytest.MonkeyPatch,
                                       capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(script.subprocess, "run", Played("", 4))
    assert script.main(["fakes"]) == COULD_NOT_RUN
    assert "without results" in capsys.readouterr().err


def test_old_results_do_not_count(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    script.RESULTS.mkdir()
    (script.RESULTS / "fakes.xml").write_text(xml("passed"), encoding="utf-8")
    monkeypatch.setattr(script.subprocess, "run", Played("", 0))
    assert script.main(["fakes"]) == COULD_NOT_RUN


def test_without_programs_it_says_where_they_come_from(
        script: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
        tmp_path: Path) -> None:
    monkeypatch.setenv("GATEHOUSE_BUILD", str(tmp_path))
    assert script.main(["fakes"]) == COULD_NOT_RUN
    assert "ci/windows/bundle" in capsys.readouterr().err


def test_options_reach_pytest(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    played = Played(xml("passed"), 0)
    monkeypatch.setattr(script.subprocess, "run", played)
    script.main(["hardware", "--disruptive"])
    command, = played.commands
    assert command[-1] == "--disruptive" and "tests/hardware" in command


@pytest.mark.parametrize("arguments", [[], ["everything"]], ids=str)
def test_wrong_arguments_are_refused(script: Any, arguments: List[str]) -> None:
    assert script.main(arguments) == COULD_NOT_RUN


def test_elsewhere_it_refuses() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), "fakes"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding="utf-8", timeout=HANG, check=False)
    assert done.returncode == COULD_NOT_RUN and "on Windows alone" in done.stderr


def test_what_needs_linux_is_left_out_on_windows_and_no_more() -> None:
    needing = {path for folder in ("harness", "protocol")
               for path in (PROJECT / "tests" / folder).glob("test_*.py")
               if NEEDS_LINUX.search(path.read_text(encoding="utf-8"))}
    left_out = {pattern: set(PROJECT.glob(pattern)) for pattern in load().LEFT_OUT}
    assert not needing - set().union(*left_out.values())
    assert not [pattern for pattern, paths in left_out.items() if not paths & needing]


def test_every_wheel_has_one_version_and_a_hash() -> None:
    lines = [line for line in (SCRIPT.parent / "requirements.txt").read_text("utf-8").splitlines()
             if not line.startswith("#")]
    assert len(lines) > 5
    for line in lines:
        assert re.fullmatch(r"[a-z-]+==[\d.]+ --hash=sha256:[0-9a-f]{64}", line), line
