# SPDX-License-Identifier: MIT
"""Which packages of the distribution are in a binary: what the linker took, as its map tells."""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, FrozenSet, Iterable, Iterator
from urllib.parse import quote

from releasing.steps import ReleaseError, run

#: Libraries of headers alone leave no trace in a map. tests/release holds this to src's #includes.
HEADERS_ALONE = {"uthash.h": "uthash-dev", "utlist.h": "uthash-dev"}

#: Lines of a map: a file that was loaded, and an archive whose member was.
_LOADED = re.compile(r"^LOAD (/\S+\.o)$", re.MULTILINE)
_MEMBER = re.compile(r"^(/\S+\.a)\(", re.MULTILINE)

#: By the beginning of a package's name: what its parts that are linked in are licensed under.
_LICENSES = (
    ("gcc-mingw-w64", "GPL-3.0-or-later WITH GCC-exception-3.1"),
    ("mingw-w64", "ZPL-2.1"),
    ("uthash", "BSD-1-Clause"),
)


@dataclass(frozen=True, order=True)
class Package:
    """A package of the distribution, in one version."""

    name: str
    version: str
    architecture: str
    distribution: str

    @property
    def purl(self) -> str:
        """Its package URL."""
        return (f"pkg:deb/{self.distribution}/{quote(self.name)}@{quote(self.version, safe='')}"
                f"?arch={self.architecture}")

    @property
    def license(self) -> str:
        """An SPDX expression. Raises ReleaseError."""
        for beginning, expression in _LICENSES:
            if self.name.startswith(beginning):
                return expression
        raise ReleaseError(f"{self.name} is linked in; ci/releasing/linked.py must tell its "
                           "licence")


def _distribution() -> str:
    """debian, ubuntu."""
    text = Path("/etc/os-release").read_text(encoding="utf-8")
    found = re.search(r"^ID=(\w+)$", text, re.MULTILINE)
    return found[1] if found else "unknown"


def _owners(paths: Iterable[str]) -> Dict[str, str]:
    """By file: the name of the package that it came with. Raises ReleaseError."""
    said = run(["dpkg-query", "-S", *sorted(paths)], what="looking for the packages of libraries")
    rows = [line.partition(": ") for line in said.splitlines()]
    return {path: names.split(":", 1)[0] for names, _, path in rows}


def package_named(name: str) -> Package:
    """As it is installed. Raises ReleaseError."""
    said = run(["dpkg-query", "-W", "-f", "${Version} ${Architecture}", name])
    version, architecture = said.split()
    return Package(name, version, architecture, _distribution())


def _files_in(map_text: str) -> Iterator[str]:
    """The files outside the project that a map says are linked in."""
    yield from _LOADED.findall(map_text)
    yield from _MEMBER.findall(map_text)


def linked_packages(maps: Iterable[Path]) -> Dict[str, FrozenSet[Package]]:
    """By the names of binaries: the packages whose parts they contain. Raises ReleaseError."""
    files = {path.name[:-len(".map")]: {str(Path(name).resolve()) for name in _files_in(
        path.read_text(encoding="utf-8", errors="replace"))} for path in maps}
    owners = _owners(set().union(*files.values()))
    packages = {name: package_named(name) for name in {*owners.values(), *HEADERS_ALONE.values()}}
    headers = {packages[name] for name in HEADERS_ALONE.values()}
    found: Dict[str, FrozenSet[Package]] = {}
    for program, names in files.items():
        unknown = sorted(names - set(owners))
        if unknown or not names:
            raise ReleaseError(f"what is linked into {program} comes from no package: {unknown}")
        found[program] = frozenset({packages[owners[name]] for name in names} | headers)
    return found
