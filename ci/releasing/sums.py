# SPDX-License-Identifier: MIT
"""SHA256SUMS: the list of a release's files, as sha256sum writes and checks it."""
from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Dict, List

from releasing.steps import ReleaseError, files_below, write_text

NAME = "SHA256SUMS"

_BLOCK = 1 << 20
_DIGITS = 64


def sha256_of(path: Path) -> str:
    """The digits of a file's hash."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(_BLOCK), b""):
            digest.update(block)
    return digest.hexdigest()


def sums_of(folder: Path) -> Dict[str, str]:
    """The hashes of all files in a folder, by their names from there; but for the list itself."""
    return {path.as_posix(): sha256_of(folder / path)
            for path in files_below(folder) if path.as_posix() != NAME}


def write_sums(folder: Path) -> None:
    """Write the list of all files."""
    lines = [f"{digits}  {name}\n" for name, digits in sums_of(folder).items()]
    write_text(folder / NAME, "".join(lines))


def read_sums(path: Path) -> Dict[str, str]:
    """Hashes by names. Raises ReleaseError."""
    found: Dict[str, str] = {}
    try:
        lines = path.read_bytes().decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ReleaseError(f"{path.name} can't be read: {error}") from error
    for line in lines:
        digits, separator, name = line.partition("  ")
        if len(digits) != _DIGITS or not separator or not name or name in found:
            raise ReleaseError(f"{path.name}: this is no line of it: {line}")
        found[name] = digits
    return found


def problems_of_sums(folder: Path) -> List[str]:
    """What is wrong with a folder's list: empty when it is complete and right."""
    try:
        listed = read_sums(folder / NAME)
    except ReleaseError as error:
        return [str(error)]
    there = sums_of(folder)
    return ([f"{name}: is listed in {NAME}, but is not there" for name in sorted(listed)
             if name not in there]
            + [f"{name}: is not listed in {NAME}" for name in there if name not in listed]
            + [f"{name}: its hash is not the one in {NAME}" for name in there
               if listed.get(name, there[name]) != there[name]])
