# SPDX-License-Identifier: MIT
"""CHANGELOG.md: a section for each version, the newest first."""
from __future__ import annotations

import re
from pathlib import Path
from typing import Tuple

from releasing.steps import PROJECT, ReleaseError

PATH = PROJECT / "CHANGELOG.md"
UNRELEASED = "Unreleased"

_SECTION = re.compile(r"^## (?P<name>\S+)[^\n]*\n(?P<text>.*?)(?=^## |\Z)",
                      re.MULTILINE | re.DOTALL)


def section(version: str, path: Path = PATH) -> Tuple[str, str]:
    """What a version changes: the section's name and its text. A version without a section of its
    own, which tests make, has what is not released yet. Raises ReleaseError."""
    found = {match["name"]: match["text"].strip()
             for match in _SECTION.finditer(path.read_text(encoding="utf-8"))}
    for name in (version, UNRELEASED):
        if found.get(name):
            return name, found[name] + "\n"
    raise ReleaseError(f"{path.name} has no section {version}, and nothing below {UNRELEASED}")
