# SPDX-License-Identifier: MIT
"""What comes of tests that end in every way: each costs its own case, and no other."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from harness.eventually import HANG
from harness.runner import PROJECT

TESTS = '''
import os
import pytest

@pytest.fixture
def left():
    yield
    assert not ["a process"], "processes: 1"

@pytest.fixture
def never():
    raise TimeoutError("it does not start")

def test_passes():
    pass

def test_compares():
    assert [1, 2] == [1, 3]

def test_leaves(left):
    pass

def test_does_not_start(never):
    pass

def test_is_skipped():
    pytest.skip("not here")

def test_dies():
    os._exit(3)

def test_raises():
    raise ValueError("no reply")

def test_passes_after_all():
    pass

def test_is_no_case():
    raise AssertionError("it is run")
'''

EXPECTED = {
    "passes": ("passed", None),
    "compares": ("failed", "expected [1, 3]; came [1, 2]"),
    "leaves": ("failed", "after the test: expected not [\"a process\"]; came processes: 1"),
    "does_not_start": ("failed", "before the test: expected it in time; came it does not start"),
    "is_skipped": ("skipped", "Skipped: not here"),
    "dies": ("failed", "its worker has died: worker 'gw0' crashed while running "
                       "'test_it.py::test_dies'"),
    "raises": ("failed", "expected that this holds: raise ValueError(\"no reply\"); came "
                         "ValueError: no reply"),
    "passes_after_all": ("passed", None),
}


def test_each_test_costs_its_own_case_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS, encoding="utf-8")
    cases = [{"id": name, "node": f"test_it.py::test_{name}"} for name in EXPECTED]
    (tmp_path / "cases").write_text("\n".join(map(json.dumps, cases)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", str(PROJECT / "tests" / "pytest.ini"), "--rootdir",
         str(tmp_path), "-p", "conformance.plugin", "-n", "1", "--cases", str(tmp_path / "cases"),
         "--outcomes-to", str(tmp_path / "outcomes"), str(tmp_path)], cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PROJECT / "tests")}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=2 * HANG,
        check=False)
    assert done.returncode == 1, done.stdout
    rows = [json.loads(line) for line in
            (tmp_path / "outcomes").read_text(encoding="utf-8").splitlines()]
    assert {row["id"]: (row["outcome"], row.get("line")) for row in rows} == EXPECTED
    assert len(rows) == len(EXPECTED)
