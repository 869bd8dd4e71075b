# SPDX-License-Identifier: MIT
"""Holds the code to the table of folders in docs/architecture.md: `python3 -m harness.layers`.

A row of the table names a folder of src and the folders that it may include. The longest row that
matches a path rules it: src/service/startup/caller.c belongs to src/service/startup if that has a
row, otherwise to src/service. Four checks, each of which names file, line and rule:

    folders   every folder of src has a row, every row has a folder
    includes  an #include leads only to a folder that the row of the including file allows
    symbols   an object file needs no symbol that is defined in a folder which its row doesn't allow
    statics   no static function shares its name with another function of src

What is called through a pointer that a higher folder passed down needs no symbol, and is allowed.
"""
from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Callable, Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Sequence, Set

PROJECT = Path(__file__).resolve().parents[2]
PAGE = PurePosixPath("docs/architecture.md")
SOURCES = "src"

#: In the column "may include": nothing, and everything that the rows above name.
NOTHING, ALL_ABOVE = {"", "-", "–"}, "all above"

#: Code that knows Windows: portable folders must be told apart from it, so it needs its own row.
WINDOWS_ONLY = "win32"


class Violation(NamedTuple):
    """One line of the report."""

    path: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}"


class TableError(Exception):
    """The table is not as expected: nothing can be checked by it."""


# ---- the table ----


@dataclass(frozen=True)
class Row:
    """A folder, relative to src, and the others that it may include."""

    folder: str
    line: int
    allowed: FrozenSet[str]


class Table:
    """The rows of docs/architecture.md that are about src."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = {row.folder: row for row in rows}

    def row_of(self, folder: str) -> Optional[Row]:
        """The longest row that matches a folder, relative to src; None when none does."""
        path = PurePosixPath(folder)
        for candidate in (path, *path.parents):
            if str(candidate) in self.rows:
                return self.rows[str(candidate)]
        return None

    def allows(self, user: str, used: str) -> bool:
        """Whether a file of one folder may use another. Where a folder has no row, that is the
        violation, not its use."""
        row, other = self.row_of(user), self.row_of(used)
        return not row or not other or row is other or other.folder in row.allowed


def read_table(project: Path) -> Table:
    """Raises TableError where a row allows a folder that has no row."""
    rows: List[Row] = []
    lines = (project / PAGE).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        match = re.match(rf"\| `{SOURCES}/([\w/]+)` \|.*\|([^|]*)\|$", line)
        if not match:
            continue
        words = {word.strip(" `") for word in match[2].split(",")}
        allowed = words - NOTHING - {ALL_ABOVE}
        if ALL_ABOVE in words:
            allowed |= {row.folder for row in rows}
        rows.append(Row(match[1], number, frozenset(allowed)))
    known = {row.folder for row in rows}
    for row in rows:
        for folder in sorted(row.allowed - known):
            raise TableError(f'{PAGE}:{row.line}: "{folder}" has no row')
    if not rows:
        raise TableError(f"{PAGE}: no row is about a folder of {SOURCES}")
    return Table(rows)


# ---- files ----


@dataclass(frozen=True)
class Source:
    """A file of C; all paths are relative to the project."""

    path: str
    text: str

    @property
    def folder(self) -> str:
        """Relative to src; "." for a file that lies in src itself."""
        return folder_of(self.path)

    def line_at(self, offset: int) -> int:
        """The number of the line that the character stands in."""
        return self.text.count("\n", 0, offset) + 1

    def line_of_word(self, word: str) -> int:
        """The first line that has the word; 1 when only a macro makes it."""
        match = re.search(rf"\b{re.escape(word)}\b", self.text)
        return self.line_at(match.start()) if match else 1


def folder_of(path: str) -> str:
    """The folder of a file of src, relative to src."""
    return str(PurePosixPath(path).parent.relative_to(SOURCES))


def read_sources(project: Path) -> List[Source]:
    """All files of C below src."""
    return [Source(path.relative_to(project).as_posix(), path.read_text(encoding="utf-8"))
            for path in sorted((project / SOURCES).rglob("*.[ch]"))]


class Project(NamedTuple):
    """What the checks look at."""

    root: Path
    table: Table
    sources: List[Source]
    build: Path


# ---- folders ----


def check_folders(project: Project) -> Iterator[Violation]:
    """Every folder has a row, and every row has a folder."""
    rows = project.table.rows
    for folder in sorted({source.folder for source in project.sources} - {"."}):
        must_be_own = PurePosixPath(folder).name == WINDOWS_ONLY
        if folder not in rows if must_be_own else not project.table.row_of(folder):
            yield Violation(str(PAGE), 1, f"{SOURCES}/{folder} has no row in the table of folders")
    for folder, row in rows.items():
        if not (project.root / SOURCES / folder).is_dir():
            yield Violation(str(PAGE), row.line, f"there is no folder {SOURCES}/{folder}")


# ---- includes ----

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', re.MULTILINE)


def included_path(project: Project, source: Source, name: str) -> Optional[str]:
    """The file of src that the #include finds; None when it is not one of src."""
    top = (project.root / SOURCES).resolve()
    for base in ((project.root / source.path).parent, top):
        path = (base / name).resolve()
        if path.is_file() and top in path.parents:
            return f"{SOURCES}/{path.relative_to(top).as_posix()}"
    return None


def check_includes(project: Project) -> Iterator[Violation]:
    """A file includes from its own folder, from src itself and from what its row allows; a file
    that lies in src itself is open to all, and so includes from no folder."""
    for source in project.sources:
        for match in INCLUDE.finditer(source.text):
            path = included_path(project, source, match[1])
            if not path or folder_of(path) == ".":
                continue
            is_common = source.folder == "."
            if is_common or not project.table.allows(source.folder, folder_of(path)):
                user = SOURCES if is_common else f"{SOURCES}/{source.folder}"
                yield Violation(source.path, source.line_at(match.start()),
                                f"{user} may not include {path}")


# ---- symbols ----


class Symbols(NamedTuple):
    """What a source's object file has defined for others, and what it needs of others."""

    defined: Set[str]
    needed: Set[str]


def object_files(project: Project) -> Dict[str, List[Path]]:
    """Source of src → its object files in the build; several targets may compile it."""
    commands = json.loads((project.build / "compile_commands.json").read_text(encoding="utf-8"))
    found: Dict[str, List[Path]] = {}
    for command in commands:
        path = Path(command["directory"], command["file"]).resolve()
        if path.suffix != ".c" or (project.root / SOURCES).resolve() not in path.parents:
            continue
        words = shlex.split(command["command"])
        built = Path(command["directory"], words[words.index("-o") + 1])
        if built.exists():
            found.setdefault(path.relative_to(project.root.resolve()).as_posix(), []).append(built)
    return found


def nm_program(build: Path) -> str:
    """That of the compiler which made the object files."""
    cache = (build / "CMakeCache.txt").read_text(encoding="utf-8")
    match = re.search(r"^CMAKE_NM:\w+=(.+)$", cache, re.MULTILINE)
    return match[1] if match else "nm"


def read_symbols(nm: str, objects: Dict[str, List[Path]]) -> Dict[str, Symbols]:
    """Of each source. Names that begin with a dot are the compiler's own."""
    sources = {str(path): source for source, paths in objects.items() for path in paths}
    symbols = {source: Symbols(set(), set()) for source in objects}
    command = [nm, "-A", "-P", "-g", *sources]
    text = subprocess.check_output(command, encoding="utf-8") if sources else ""
    for path, name, kind in re.findall(r"^(.+): ([^.\s]\S*) ([A-Za-z])\b", text, re.MULTILINE):
        each = symbols[sources[path]]
        (each.needed if kind in "Uwv" else each.defined).add(name)
    return symbols


def check_symbols(project: Project) -> Iterator[Violation]:
    """A symbol that several folders define, such as main, is allowed where one of them is."""
    objects = object_files(project)
    for source in project.sources:
        if source.path.endswith(".c") and source.path not in objects:
            yield Violation(source.path, 1, f"has no object file in {project.build}: build it")
    symbols = read_symbols(nm_program(project.build), objects)
    definers: Dict[str, List[str]] = {}
    for path, each in symbols.items():
        for name in each.defined:
            definers.setdefault(name, []).append(path)
    for source in project.sources:
        for name in sorted(symbols[source.path].needed if source.path in symbols else ()):
            where = definers.get(name, [])
            if where and not any(project.table.allows(source.folder, folder_of(path))
                                 for path in where):
                yield Violation(source.path, source.line_of_word(name),
                                f"{SOURCES}/{source.folder} may not need {name}, which "
                                f"{' and '.join(where)} defines")


# ---- static functions ----

#: A function's definition as clang-format lays it out: its name at the left edge or behind words
#: there, its brace alone at the left edge.
DEFINITION = re.compile(r"^(?P<words>[A-Za-z_][\w \t\n*]*?)\b(?P<name>\w+)\((?:[^;{}#])*\)\n\{",
                        re.MULTILINE)


def check_statics(project: Project) -> Iterator[Violation]:
    """Crash dumps and profilers show a function's name and nothing else. Programs that are separate
    may have one entry point of the same name each, because that is not static."""
    definitions: Dict[str, List[Violation]] = {}
    statics: Set[str] = set()
    for source in project.sources:
        for match in DEFINITION.finditer(source.text):
            name = match["name"]
            if match["words"].startswith("static"):
                statics.add(name)
            definitions.setdefault(name, []).append(
                Violation(source.path, source.line_at(match.start()), name))
    for name in sorted(statics):
        first, *others = definitions[name]
        # In one file they are alternatives for different systems: it would not compile otherwise.
        places = [f"{other.path}:{other.line}" for other in others if other.path != first.path]
        if places:
            yield first._replace(
                rule=f"{name}() has the name of another function: {', '.join(places)}")


# ---- the command ----

CHECKS: Dict[str, Callable[[Project], Iterator[Violation]]] = {
    "folders": check_folders, "includes": check_includes,
    "symbols": check_symbols, "statics": check_statics,
}


def main(arguments: Sequence[str]) -> int:
    """Prints a line for each violation; 1 when there is one."""
    parser = argparse.ArgumentParser(
        prog="harness.layers", description="Holds the code to the table of folders in "
        f"{PAGE}: what each folder of {SOURCES} may include and call.")
    parser.add_argument("--project", type=Path, default=PROJECT, metavar="FOLDER",
                        help="the project's folder (this one)")
    parser.add_argument("--build", type=Path, default=Path("build/analyze"), metavar="FOLDER",
                        help="below the project: a build of both programs that ship, whose object "
                        "files are read (build/analyze, which ci/lint makes)")
    parser.add_argument("checks", nargs="*", metavar="CHECK",
                        help=f"one of {', '.join(CHECKS)}; without any: all")
    options = parser.parse_args(arguments)
    unknown = [check for check in options.checks if check not in CHECKS]
    if unknown:
        parser.error(f"there is no check {unknown[0]}")
    try:
        project = Project(options.project, read_table(options.project),
                          read_sources(options.project), options.project / options.build)
        found = [violation for check in options.checks or CHECKS
                 for violation in CHECKS[check](project)]
    except (TableError, OSError) as error:
        print(f"layers: {error}", file=sys.stderr)
        return 1
    for violation in found:
        print(violation)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
