# SPDX-License-Identifier: MIT
"""What a release was made of, by whom: an in-toto statement with SLSA's predicate. It is a claim of
the machine that built; on GitHub the workflow attests it, and that is what others can rely on."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping

from releasing.linked import Package, package_named
from releasing.steps import ReleaseError
from releasing.sums import sha256_of

NAME = "provenance.json"
UNCOMMITTED = "was built with changes that are not committed"

_STATEMENT = "https://in-toto.io/Statement/v1"
_PREDICATE = "https://slsa.dev/provenance/v1"

#: What makes the bytes of a release; one of another version may make others.
TOOLS = ("gcc-mingw-w64-x86-64-win32", "gcc-mingw-w64-i686-win32", "binutils-mingw-w64-x86-64",
         "binutils-mingw-w64-i686", "mingw-w64-x86-64-dev", "mingw-w64-i686-dev", "cmake",
         "ninja-build", "uthash-dev", "wixl", "msitools", "nsis", "osslsigncode", "openssl")


def tools() -> List[Package]:
    """Those that are installed here."""
    found = []
    for name in TOOLS:
        try:
            found.append(package_named(name))
        except ReleaseError:  # nsis makes the setup alone, which not every release has
            continue
    return found


def make_provenance(folder: Path, product: Mapping[str, str], files: Iterable[str], *, commit: str,
                    changed: bool, builder: str, made_with: Iterable[str]) -> str:
    """The text of it: `changed` says whether the tree had changes that were not committed,
    `made_with` are the package URLs of the tools."""
    body: Dict[str, Any] = {
        "_type": _STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": sha256_of(folder / name)}}
                    for name in sorted(files)],
        "predicateType": _PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": f"{product['url']}ci/release",
                "externalParameters": {"version": product["version"], "product": product["name"]},
                "internalParameters": {"uncommittedChanges": changed},
                "resolvedDependencies": [
                    {"uri": "git+" + product["url"], "digest": {"gitCommit": commit}},
                    *({"uri": each} for each in made_with)],
            },
            "runDetails": {"builder": {"id": builder}},
        },
    }
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def problems_of_provenance(folder: Path, needed: Iterable[str]) -> List[str]:
    """What is wrong with a release's."""
    try:
        body = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if (body["_type"], body["predicateType"]) != (_STATEMENT, _PREDICATE):
            return [f"{NAME}: is no statement of SLSA's provenance"]
        told = {each["name"]: each["digest"]["sha256"] for each in body["subject"]}
        found = [f"{NAME}: does not tell of {name}" for name in needed if name not in told]
        found += [f"{NAME}: has another hash of {name}" for name, digits in sorted(told.items())
                  if not (folder / name).is_file() or sha256_of(folder / name) != digits]
        if body["predicate"]["buildDefinition"]["internalParameters"]["uncommittedChanges"]:
            found += [f"{NAME}: {UNCOMMITTED}"]
        return found
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{NAME}: can't be read: {error!r}"]


def commit_of(folder: Path) -> str:
    """The commit that a release says it was built from. Raises ReleaseError."""
    try:
        body = json.loads((folder / NAME).read_text(encoding="utf-8"))
        rows = body["predicate"]["buildDefinition"]["resolvedDependencies"]
        return str(rows[0]["digest"]["gitCommit"])
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise ReleaseError(f"{NAME} of {folder} does not tell the commit: {error!r}") from error
