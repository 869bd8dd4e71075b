# SPDX-License-Identifier: MIT
"""The table of settings in src/policy/setting.c, as the build writes it to settings.json, and the
table of docs/protocol.md that is made of it."""
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Sequence

from releasing.steps import ReleaseError

SETTINGS = "settings.json"

_HEAD = "| value | default | policy | meaning |\n|---|---|---|---|\n"


@dataclass(frozen=True)
class Setting:
    """A row of the table (src/policy/setting.h)."""

    name: str  #: of the registry value; "" is the key's default value
    form: str
    title: str
    description: str  #: without a full stop; code is in backquotes
    default: Optional[str]  #: None: the value is required
    longest: int
    least: int
    most: int
    words: Sequence[str]
    stricter: Optional[str]  #: None: no group policy sets it


def read_settings(path: Path) -> List[Setting]:
    """Raises ReleaseError."""
    try:
        return [Setting(default=row.pop("default"), **row)
                for row in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ReleaseError(f"{path} is no table of settings: {error!r}") from error


def allowed(setting: Setting) -> str:
    """What a value may be, where its description does not say it."""
    if setting.form == "number":
        return f"from {setting.least} to {setting.most}"
    words = [f"`{word}`" for word in setting.words]
    if any(word not in setting.description for word in words):
        return f"one of {', '.join(words)}"
    return ""


def _row(setting: Setting) -> str:
    name = f"`{setting.name}`" if setting.name else "(unnamed)"
    default = f"`{setting.default}`" if setting.default else "none" if setting.default == "" else ""
    meaning = "; ".join(filter(None, (setting.description, allowed(setting))))
    return f"| {name} | {default} | {setting.stricter or '–'} | {meaning} |\n"


def page_table(settings: Sequence[Setting]) -> str:
    """The table of docs/protocol.md."""
    return _HEAD + "".join(map(_row, settings))


def with_table(page: str, settings: Sequence[Setting]) -> str:
    """The text of docs/protocol.md with this table in place of its own. Raises ReleaseError."""
    before, found, rest = page.partition(_HEAD)
    if not found:
        raise ReleaseError("docs/protocol.md has no table of settings")
    return before + page_table(settings) + rest[rest.index("\n\n") + 1:]
