# SPDX-License-Identifier: MIT
"""Which tests are cases: the tables, and the ids of all cases, which stay what they are."""
from __future__ import annotations

from pathlib import Path
from typing import List, Sequence, Set, Tuple

import pytest

from conformance import ids
from conformance.run import arrange, collect_tests
from conformance.table import (Index, Row, Severity, Subject, TableError, anchor, no_cases,
                               read_area, read_table)
from conformance.verdicts import JUDGED

#: So many cases must be about what every service does.
FEWEST_CASES = 250

#: And so many about clients.
FEWEST_OF_CLIENTS = 30

HEAD = "module: test_it\nsection: Start-up\n"


@pytest.fixture
def area(tmp_path: Path) -> Path:
    """A table to write."""
    return tmp_path / "area.txt"


def read(area: Path, *rows: str, head: str = HEAD) -> List[Row]:
    """The rows of this text."""
    area.write_text(head + "\n".join(rows), encoding="utf-8")
    return read_area(area)


def found_here(request: pytest.FixtureRequest, rows: Sequence[Row]) -> List[Tuple[str, str]]:
    """What this run of pytest has collected, if it has collected all modules."""
    items = [(item.nodeid, "") for item in request.session.items]
    met = {node.partition("::")[0].rpartition("/")[2] for node, _ in items}
    if not {f"{row.module}.py" for row in rows} <= met or request.config.option.keyword \
            or request.config.option.markexpr:
        return []
    return items


def forgotten(tests: Sequence[Tuple[str, str]], rows: Sequence[Row]) -> Set[str]:
    """Tests of the tables' modules that the tables do not tell of."""
    index, none = Index(rows), no_cases()
    modules = {f"{row.module}.py" for row in rows}
    return {node for node, _ in tests
            if node.startswith(("protocol/", "clients/")) and index.find(node) is None
            and node.partition("::")[0].rpartition("/")[2] in modules
            and node.partition("[")[0].rpartition("::")[2] not in none}


def test_every_case_has_an_id_that_stays(request: pytest.FixtureRequest) -> None:
    rows = read_table()
    tests = found_here(request, rows)
    if not tests:
        tests = collect_tests(rows)
    cases = arrange(rows, tests)
    assert not ids.complaints(found.case.id for found in cases)
    met = {found.case.row.id for found in cases}
    assert not [row.id for row in rows if row.id not in met], "these rows name no test"
    assert len({found.case.id for found in cases}) == len(cases)
    assert not forgotten(tests, rows), "neither a case nor said to be none"
    about_all = [found for found in cases if found.case.severity is not Severity.EXTENSION
                 and found.case.row.subject is Subject.SERVICE]
    assert len(about_all) >= FEWEST_CASES
    about_clients = [found for found in cases if found.case.row.subject is Subject.CLIENT]
    assert len(about_clients) >= FEWEST_OF_CLIENTS
    assert any(found.case.severity in JUDGED for found in about_all)


def test_every_module_of_the_tables_is_there() -> None:
    assert all(row.path.is_file() for row in read_table())


def test_a_row_names_severity_section_and_versions(area: Path) -> None:
    row, other = read(area, "01 must  it_works", '02 security  TestIt::it_holds  versions=2.6-2.7 '
                      'section="Option check" informational')
    assert (row.id, row.severity, row.section, row.versions) == (
        "area.01", Severity.MUST, "Start-up", ("2.4", "2.7"))
    assert (row.test, row.title) == ("test_it_works", "It works")
    assert (other.test, other.section, other.versions, other.informational) == (
        "TestIt::test_it_holds", "Option check", ("2.6", "2.7"), True)


def test_a_title_has_what_a_name_cannot_have(area: Path) -> None:
    row, = read(area, "01 must  an_option_s_value_is_utf_8")
    assert row.title == "An option's value is UTF-8"


def test_rows_of_a_test_may_have_severities_of_their_own(area: Path) -> None:
    index = Index(read(area, '01 must it_works should="dot|folder-*" extension="*X86"'))
    found = [index.find(f"test_it.py::test_it_works[{words}]")
             for words in ("name", "dot", "folder with a dot", "folder", "folder-X86", "one X86")]
    assert [case.severity.value for case in found if case] == [
        "must", "should", "should", "must", "should", "extension"]


@pytest.mark.parametrize("text", [
    "01 perhaps it_works", "01 must it_works version=2.6", "01 must it_works versions=2.3",
    "01 must it_works versions=2.7-2.6", "one must it_works", "it_works",
    "01 must it_works perhaps=a"])
def test_a_wrong_row_is_told_with_its_file(area: Path, text: str) -> None:
    with pytest.raises(TableError, match="area.txt"):
        read(area, text)


def test_a_table_without_a_section_is_wrong(area: Path) -> None:
    with pytest.raises(TableError, match="no section"):
        read(area, "01 must it_works", head="module: test_it\n")


def test_a_section_that_the_protocol_lacks_is_wrong(area: Path) -> None:
    read(area, "01 must it_works", head="module: test_it\nsection: Elsewhere\n")
    with pytest.raises(TableError, match="Elsewhere"):
        read_table(area.parent)


@pytest.mark.parametrize("rows", [("01 must it_works", "01 must it_holds"),
                                  ("01 must it_works", "02 must it_works")],
                         ids=["number", "test"])
def test_what_stands_twice_is_wrong(area: Path, rows: Tuple[str, str]) -> None:
    read(area, *rows)
    with pytest.raises(TableError, match="twice"):
        read_table(area.parent)


def test_each_row_of_a_parametrised_test_is_a_case(area: Path) -> None:
    index = Index(read(area, "01 must it_works", "02 must it_holds versions=id"))
    found = {node: index.find(f"protocol/test_it.py::{node}") for node in (
        "test_it_works[a/b c]", "test_it_works[a b/c]", "test_it_works[-1]", "test_it_works[1]",
        "test_it_works[]", "test_it_holds[X64-2.6.6]", "test_other")}
    assert [case.id if case else None for case in found.values()] == [
        "area.01.a-b-c", "area.01.a-b-c-2", "area.01.minus-1", "area.01.1", "area.01",
        "area.02.X64-2.6.6", None]
    played = found["test_it_holds[X64-2.6.6]"]
    assert played and played.applies_to("2.6") and not played.applies_to("2.7")


def test_ids_are_never_taken_out(tmp_path: Path) -> None:
    path = tmp_path / "ids.txt"
    ids.update(["a.01", "a.02"], path)
    assert ids.complaints(["a.01", "a.02"], path) == []
    assert "a.03 is new" in ids.complaints(["a.01", "a.02", "a.03"], path)[0]
    assert "a.02 has gone" in ids.complaints(["a.01"], path)[0]
    ids.update(["a.01"], path)
    assert ids.complaints(["a.01"], path) == []
    assert "take another number" in ids.complaints(["a.01", "a.02"], path)[0]


def test_anchors_are_those_of_github() -> None:
    assert anchor("Starting openvpn.exe") == "starting-openvpnexe"
    assert anchor("WINS, DHCP and MTU") == "wins-dhcp-and-mtu"
