# SPDX-License-Identifier: MIT
"""The tables of tests/hardware/README.md: which tests have run, and how a run gets into them."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

from hardware.support import runs

REPORT = """<testsuites><testsuite>
<testcase classname="hardware.test_a" name="test_one[x]"/>
<testcase classname="hardware.test_a" name="test_one[y]"><failure/></testcase>
<testcase classname="hardware.test_a" name="test_two"><properties/></testcase>
<testcase classname="hardware.test_a" name="test_three"><skipped/></testcase>
<testcase classname="hardware.test_a" name="test_four"><error/></testcase>
</testsuite></testsuites>"""
TABLE = "\n".join(f"| `test_{name}` | why | never |" for name in ("one", "two", "three", "four"))


def test_a_run_is_written_into_its_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, page = tmp_path / "report.xml", tmp_path / "README.md"
    report.write_text(REPORT, encoding="utf-8")
    page.write_text(TABLE, encoding="utf-8")
    assert runs.main([str(report), "https://x/1", "--page", str(page)]) == 0
    assert page.read_text(encoding="utf-8").splitlines() == [
        "| `test_one` | why | [failed](https://x/1) |",
        "| `test_two` | why | [passed](https://x/1) |",
        "| `test_three` | why | never |",
        "| `test_four` | why | [failed](https://x/1) |"]
    assert capsys.readouterr().out.startswith("3 tests were executed")
    runs.main([str(report), "https://x/2", "--page", str(page)])
    assert "https://x/1" not in page.read_text(encoding="utf-8")


def test_a_run_needs_a_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        runs.main([str(tmp_path / "report.xml"), "run 12"])
    assert ended.value.code == 2
    assert "this is no link: run 12" in capsys.readouterr().err


def test_each_test_has_a_row_that_says_whether_it_has_run() -> None:
    page = runs.PAGE.read_text(encoding="utf-8")
    named = re.findall(r"^\| `(test_\w+)`", page, re.M)
    assert named == [name for name, _, _ in runs.ROW.findall(page)]
    claims = re.search(r"\*\*none has run\s+yet\*\*", page) is not None
    assert claims == all(state == runs.NEVER for _, _, state in runs.ROW.findall(page))
