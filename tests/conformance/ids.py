# SPDX-License-Identifier: MIT
"""The ids of all cases that there have ever been, in ids.txt: an id names one case for ever."""
from __future__ import annotations

from pathlib import Path
from typing import Iterable, List

from conformance.table import IDS

#: Stands before the id of a case that has gone.
GONE = "gone "

HEAD = ("# SPDX-License-Identifier: MIT\n"
        "# Every case of the conformance suite. ci/conformance --update-ids writes this file.\n")


def read(path: Path = IDS) -> List[str]:
    """Its lines: ids, those of cases that have gone with GONE before them."""
    if not path.exists():
        return []
    return [line for line in path.read_text(encoding="utf-8").splitlines()
            if line and not line.startswith("#")]


def complaints(cases: Iterable[str], path: Path = IDS) -> List[str]:
    """What is wrong with the ids of all cases that there are now, one line each."""
    now, known = set(cases), set(read(path))
    gone = {line[len(GONE):] for line in known if line.startswith(GONE)}
    living = {line for line in known if not line.startswith(GONE)}
    return ([f"{case} is new: ci/conformance --update-ids" for case in sorted(now - living - gone)]
            + [f"{case} names a case that has gone: take another number"
               for case in sorted(now & gone)]
            + [f"{case} has gone: ci/conformance --update-ids" for case in sorted(living - now)])


def update(cases: Iterable[str], path: Path = IDS) -> None:
    """Enter the cases that there are now. No id is ever taken out."""
    now = set(cases)
    every = now | {line.replace(GONE, "", 1) for line in read(path)}
    lines = [case if case in now else GONE + case for case in sorted(every)]
    path.write_text(HEAD + "".join(f"{line}\n" for line in lines), encoding="utf-8")
