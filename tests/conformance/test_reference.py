# SPDX-License-Identifier: MIT
"""OpenVPN's own service, if it is here: a few cases of it, judged by what is known of it."""
from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from conformance.main import choose
from conformance.run import collect
from conformance.table import read_table
from conformance.verdicts import Baseline
from harness.eventually import HANG
from harness.runner import PROJECT, build_folder

KNOWN = Path(__file__).with_name("reference-2.6.txt")

#: What each service passes, and what the reference of 2.6 is known to fail.
PASSED = ("startup.02.plain", "replies.01", "channel.02.X64", "undo.07.killed", "options.03")
FAILED = ("options.10.setenv-opt", "launch.security.07", "config.02.stdin")


def reference() -> Path:
    """The program; skips the test without it."""
    named = os.environ.get("REFERENCE_SERVICE")
    if named:
        return Path(named)
    path = build_folder().parent / "reference" / "openvpnserv-2.6.14.exe"
    if not path.is_file():
        pytest.skip("OpenVPN's own service is not here: ci/reference builds it, "
                    "$REFERENCE_SERVICE names another one of 2.6")
    return path


def test_the_reference_is_judged_by_what_is_known_of_it(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    done = subprocess.run(
        [str(PROJECT / "ci" / "conformance"), "--service", str(reference()), "--dialect", "2.6",
         "--jobs", "2", "--patience", "15", "--retries", "2", "--baseline", str(KNOWN), "--json",
         str(results), "--html", str(tmp_path / "page.html"),
         *(word for case in (*PASSED, *FAILED) for word in ("--only", case))],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        encoding="utf-8", timeout=14 * HANG, check=False)
    assert done.returncode == 0, done.stdout
    service, = json.loads(results.read_text(encoding="utf-8"))["services"]
    verdicts = {case["id"]: case["verdict"] for case in service["cases"]}
    assert verdicts == {**dict.fromkeys(PASSED, "passed"), **dict.fromkeys(FAILED, "failed")}


def test_what_is_known_of_the_reference_names_cases() -> None:
    cases = collect(read_table())
    assert not Baseline(KNOWN.read_text(encoding="utf-8")).unmatched(
        found.case.id for found in choose(cases, [], [], []))
