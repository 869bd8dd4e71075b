# SPDX-License-Identifier: MIT
"""python3 -m releasing.fetch PIN FOLDER: fetches the file that PIN names, and prints its path.

PIN is JSON with the file's `url` and `sha256`. What is in the folder with this hash is not fetched
again; what has another one is refused."""
from __future__ import annotations

import hashlib
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import List

#: Seconds without a byte after which a server is given up.
PATIENCE = 60.0
#: More than any package that is fetched.
MOST_BYTES = 256 << 20


class NotFetched(Exception):
    """Why there is no such file."""


def digest(path: Path) -> str:
    """A file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fetch(url: str, sha256: str, folder: Path) -> Path:
    """The file in the folder. It has its name only after its hash was checked."""
    path = folder / url.rsplit("/", 1)[1]
    if path.exists() and digest(path) == sha256:
        return path
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            content = answer.read(MOST_BYTES + 1)
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise NotFetched(f"{url}: {error}") from error
    if len(content) > MOST_BYTES:
        raise NotFetched(f"{url} has more than {MOST_BYTES} bytes")
    if hashlib.sha256(content).hexdigest() != sha256:
        raise NotFetched(f"{url} is not the file that was pinned: its SHA-256 is "
                         f"{hashlib.sha256(content).hexdigest()}")
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)
    return path


def main(arguments: List[str]) -> int:
    """Do what the command line says."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    pin = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    try:
        print(fetch(pin["url"], pin["sha256"].lower(), Path(arguments[1])))
    except NotFetched as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
