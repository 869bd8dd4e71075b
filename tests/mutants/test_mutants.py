# SPDX-License-Identifier: MIT
"""The conformance suite finds defects, and no others: a sample of tests/mutants/run."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.run import collect
from conformance.table import TableError, read_table
from conformance.verdicts import matches
from mutants.run import CLIENTS, SERVICES, Kind, differences, fails, read_expected, sample
from harness.runner import PROJECT, build_folder

FEWEST_DEFECTS, FEWEST_OF_CLIENTS = 15, 12

#: A defect, and cases of which it fails some and passes some.
DEFECT, AREA = "lf-for-crlf", "replies.0?"

#: The same of a client.
CLIENT_DEFECT, CLIENT_AREA = "no-server-check", "client.server"

every_kind = pytest.mark.parametrize("kind", [SERVICES, CLIENTS], ids=["services", "clients"])


@every_kind
def test_each_defect_has_a_row(kind: Kind) -> None:
    sources = sorted(kind.expected.parent.glob("*.c"))
    switches = {name for path in sources
                for name in re.findall(r'mutant_has\(L"([a-z0-9-]+)"\)', path.read_text())}
    expected = read_expected(kind.expected)
    del expected["areas"]
    assert set(expected) == switches
    assert len(switches) >= (FEWEST_OF_CLIENTS if kind.is_client else FEWEST_DEFECTS)
    assert all(expected.values()), "a defect that nothing finds"


@every_kind
def test_the_rows_name_cases_of_the_sample(kind: Kind) -> None:
    rows = read_table()
    expected = read_expected(kind.expected)
    areas = expected.pop("areas")
    ids = [row.id for row in rows if any(matches(row.id, area) for area in areas)]
    for switch, named in expected.items():
        assert set(named) <= set(ids), switch


def test_no_defect_is_in_what_ships() -> None:
    for name in ("gatehouse-service.exe", "gatehouse.exe"):
        program = (build_folder() / "bin" / name).read_bytes()
        assert DEFECT.encode("utf-16-le") not in program
        assert CLIENT_DEFECT.encode("utf-16-le") not in program
    assert "mutants" not in (PROJECT / "src" / "CMakeLists.txt").read_text(encoding="utf-8")


def test_a_defect_fails_what_it_should_and_nothing_else() -> None:
    rows = [row for row in read_table() if matches(row.id, AREA)]
    cases = sample(collect(rows), [AREA])
    expected = [row for row in read_expected()[DEFECT] if matches(row, AREA)]
    assert 0 < len(expected) < len(cases)
    assert not differences(expected, fails(DEFECT, cases, 2))


def test_a_defect_of_a_client_fails_what_it_should_and_nothing_else() -> None:
    rows = [row for row in read_table() if matches(row.id, CLIENT_AREA)]
    cases = sample(collect(rows), [CLIENT_AREA])
    expected = read_expected(CLIENTS.expected)[CLIENT_DEFECT]
    assert 0 < len(expected) < len(cases)
    assert not differences(expected, fails(CLIENT_DEFECT, cases, 2, CLIENTS))


def test_a_row_may_have_several_lines(tmp_path: Path) -> None:
    path = tmp_path / "expected.txt"
    path.write_text("# why\none: a.01\n    a.02 a.03\ntwo:\n", encoding="utf-8")
    assert read_expected(path) == {"one": ["a.01", "a.02", "a.03"], "two": []}


def test_differences_are_told_in_both_directions() -> None:
    assert differences(["a.01", "a.02"], ["a.02", "a.03"]) == [
        "passes, and should not: a.01", "fails, and should not: a.03"]


def test_a_table_with_a_row_twice_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "expected.txt"
    path.write_text("one: a.01\none: a.02\n", encoding="utf-8")
    with pytest.raises(TableError, match="one: a.02"):
        read_expected(path)
