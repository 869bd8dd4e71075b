# SPDX-License-Identifier: MIT
r"""Which tests are cases of the conformance suite: the tables in cases/.

A file is an area. Its head names the module of tests/protocol, and the section of docs/protocol.md
that is judged; each row is a test function. Areas that begin with "client." are about clients, and
their modules are in tests/clients:

    <number> <severity> <function> [versions=<first>-<last>] [section="<title>"] [informational]
        [<severity>=<pattern>|<pattern>]

A line "no case: <function>" names a test that judges no service.

`versions` are the releases of the reference whose clients the case plays; "id" says that the
release stands in the words of each row of a parametrised test. A severity with patterns is that of
the rows whose words one of them matches: should="dot|folder-*". The outcome of an `informational`
case is told and not judged, since the protocol leaves it open.

The id of a case is the area, the number, and for a parametrised test the words of its row:
channel.04.one-byte. Ids are for ever: the number of a test that has gone is not used again, and
ids.txt remembers all of them."""
from __future__ import annotations

import enum
import re
import shlex
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

from harness.runner import PROJECT

CASES = Path(__file__).with_name("cases")
IDS = Path(__file__).with_name("ids.txt")
PROTOCOL = PROJECT / "docs" / "protocol.md"

#: The releases of the reference that speak the protocol.
RELEASES = ("2.4", "2.5", "2.6", "2.7")
EVERY = (RELEASES[0], RELEASES[-1])

#: Areas that begin so are about clients.
OF_CLIENTS = "client."

#: Stands before the name of a test that judges no service, such as one of the tests' own tables.
NO_CASE = "no case: "

#: The words of a row in an id have at most so many characters.
LONGEST = 60

_ROW = re.compile(r"(?P<number>\d\d+) +(?P<severity>[a-z]+) +(?P<function>\S+)(?P<more>.*)")
_HEADING = re.compile(r"^###? (.+)$", re.M)
_RELEASE = re.compile(r"\b2\.[4-7]")


class Severity(enum.Enum):
    """What it means that a service fails a case."""

    MUST = "must"
    SHOULD = "should"
    SECURITY = "security"
    EXTENSION = "extension"


class Subject(enum.Enum):
    """What a case judges; and where its module is."""

    SERVICE = "protocol"
    CLIENT = "clients"

    @property
    def folder(self) -> Path:
        """The folder of the modules."""
        return PROJECT / "tests" / self.value


class TableError(Exception):
    """A table is wrong; the message names its file and what is wrong."""


@dataclass(frozen=True)
class Row:
    """One test function."""

    area: str
    number: str
    module: str
    function: str
    severity: Severity
    section: str
    versions: Optional[Tuple[str, str]]
    informational: bool
    #: The severity of some rows of a parametrised test: patterns of their words in ids.
    others: Tuple[Tuple[str, Severity], ...] = ()

    @property
    def id(self) -> str:
        """Area and number."""
        return f"{self.area}.{self.number}"

    @property
    def subject(self) -> Subject:
        """What it judges."""
        return Subject.CLIENT if self.area.startswith(OF_CLIENTS) else Subject.SERVICE

    @property
    def path(self) -> Path:
        """The file of its module."""
        return self.subject.folder / f"{self.module}.py"

    @property
    def test(self) -> str:
        """The function as pytest names it, without its module."""
        group, _, name = self.function.rpartition("::")
        return f"{group}::test_{name}" if group else f"test_{name}"

    @property
    def title(self) -> str:
        """The function's name as a sentence. A name has no apostrophe, and no capitals."""
        words = self.function.rpartition("::")[2].replace("_", " ")
        words = re.sub(r" s\b", "'s", re.sub(r"\butf (\d+)", r"UTF-\1", words))
        return words[0].upper() + words[1:]


@dataclass(frozen=True)
class Case:
    """One case: a test function, or one row of a parametrised one."""

    id: str
    row: Row
    #: The row's words as the test wrote them; "" for a function without parameters.
    parameters: str
    versions: Tuple[str, str]

    @property
    def severity(self) -> Severity:
        """What it means that a service fails it."""
        words = self.id[len(self.row.id) + 1:]
        return next((severity for pattern, severity in self.row.others
                     if fnmatchcase(words, pattern)), self.row.severity)

    def applies_to(self, dialect: str) -> bool:
        """Whether it is about a service of this release."""
        first, last = self.versions
        return first <= dialect <= last


def read_area(path: Path) -> List[Row]:
    """The rows of one file. Raises TableError."""
    head: Dict[str, str] = {}
    rows: List[Row] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith(("#", NO_CASE)):
            continue
        match = _ROW.fullmatch(line)
        if match:
            rows.append(_row(path, head, match))
        else:
            key, colon, value = line.partition(": ")
            if not colon or rows or key not in ("module", "section"):
                raise TableError(f"{path.name}: this is no row: {line}")
            head[key] = value
    return rows


def _row(path: Path, head: Dict[str, str], match: "re.Match[str]") -> Row:
    more: Dict[str, str] = {}
    for word in shlex.split(match["more"]):
        key, _, value = word.partition("=")
        more[key] = value
    others = [(pattern, severity) for severity in Severity if severity.value in more
              for pattern in more.pop(severity.value).split("|")]
    unknown = set(more) - {"versions", "section", "informational"}
    try:
        severity = Severity(match["severity"])
    except ValueError:
        unknown.add(match["severity"])
        severity = Severity.MUST
    if unknown:
        raise TableError(f"{path.name}, {match['number']}: unknown: {', '.join(sorted(unknown))}")
    if not {"module", "section"} <= set(head):
        raise TableError(f"{path.name}: its head names no module or no section")
    return Row(path.stem, match["number"], head["module"], match["function"], severity,
               more.get("section", head["section"]),
               _versions(path, more.get("versions", "-".join(EVERY))), "informational" in more,
               tuple(others))


def _versions(path: Path, text: str) -> Optional[Tuple[str, str]]:
    if text == "id":
        return None
    first, _, last = text.partition("-")
    last = last or first
    if first not in RELEASES or last not in RELEASES or first > last:
        raise TableError(f"{path.name}: {text} are no versions")
    return first, last


def read_table(folder: Path = CASES) -> List[Row]:
    """The rows of all areas, in the order of the page: by section, then by area. Raises
    TableError."""
    order = sections()
    rows = [row for path in sorted(folder.glob("*.txt")) for row in read_area(path)]
    if wrong := sorted({row.section for row in rows} - set(order)):
        raise TableError(f"docs/protocol.md has no such section: {', '.join(wrong)}")
    _all_different("number", [row.id for row in rows])
    _all_different("test", [f"{row.module}::{row.test}" for row in rows])
    return sorted(rows, key=lambda row: (order.index(row.section), row.area, int(row.number)))


def no_cases(folder: Path = CASES) -> Set[str]:
    """The tests of the same modules that are no cases: names of functions."""
    return {f"test_{line[len(NO_CASE):]}" for path in folder.glob("*.txt")
            for line in path.read_text(encoding="utf-8").splitlines() if line.startswith(NO_CASE)}


def sections() -> List[str]:
    """The headings of docs/protocol.md."""
    return _HEADING.findall(PROTOCOL.read_text(encoding="utf-8"))


def _all_different(what: str, values: Sequence[str]) -> None:
    seen: Dict[str, int] = {}
    for value in values:
        seen[value] = seen.get(value, 0) + 1
    if twice := [value for value, count in seen.items() if count > 1]:
        raise TableError(f"a {what} stands twice in the tables: {', '.join(twice)}")


def anchor(section: str) -> str:
    """The section's anchor in docs/protocol.md, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", section.lower()).replace(" ", "-")


class Index:
    """Finds the case of a test."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = {f"{row.module}.py::{row.test}": row for row in rows}
        self._taken: Dict[str, str] = {}

    def find(self, node: str) -> Optional[Case]:
        """The case of the test with this node id; None for a test that is no case."""
        test, bracket, parameters = node.partition("[")
        row = self._rows.get(test.rpartition("/")[2])
        if row is None:
            return None
        parameters = parameters[:-1] if bracket else ""
        return Case(self._id(node, row, parameters), row, parameters, _played(row, parameters))

    def _id(self, node: str, row: Row, parameters: str) -> str:
        """Rows whose words differ in signs alone are numbered, in the order in which they are
        met."""
        negative = "minus-" if re.match(r"-\d", parameters) else ""
        plain = re.sub(r"[^A-Za-z0-9._]+", "-", parameters).strip("-")
        words = negative + plain[:LONGEST].strip("-.")
        wanted = f"{row.id}.{words or 'blank'}" if parameters else row.id
        made, number = wanted, 1
        while self._taken.setdefault(made, node) != node:
            number += 1
            made = f"{wanted}-{number}"
        return made


def _played(row: Row, parameters: str) -> Tuple[str, str]:
    if row.versions is not None:
        return row.versions
    found = _RELEASE.search(parameters)
    return (found[0], found[0]) if found else EVERY


@dataclass(frozen=True)
class Collected:
    """A case that pytest has found."""

    case: Case
    node: str
    #: What the test's function says of itself.
    text: str

    @property
    def sentence(self) -> str:
        """What is expected, in a few words."""
        words = self.case.parameters
        return f"{self.case.row.title} [{words}]" if words else self.case.row.title


def modules(rows: Iterable[Row]) -> Iterator[Path]:
    """The modules in which the tests of these rows stand."""
    yield from sorted({row.path for row in rows})
