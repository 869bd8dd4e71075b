# SPDX-License-Identifier: MIT
"""The table of docs/profiles.md, made of what `gatehouse check --rules --json` says:

    gatehouse.exe check --rules --json | PYTHONPATH=tests python3 -m protocol.support.profile_table
"""
from __future__ import annotations

import json
import sys
from typing import Dict, List

from harness.runner import PROJECT
from protocol.support.gatehouse_program import Json

PAGE = PROJECT / "docs" / "profiles.md"
BEGIN, END = "<!-- the table: made by tests -->\n", "<!-- the end of the table -->\n"


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


def _also(row: Json) -> str:
    places = [text for is_so, text in ((row["block"], "as a block"),
                                       (row["in_connection"], "in `<connection>`")) if is_so]
    return ", ".join(places)


def table(directives: List[Json]) -> str:
    """The table as it stands in the page."""
    lines = ["| allowed | also |", "|---|---|"]
    lines += [f"| {_code(row['synopsis'])} | {_also(row)} |" for row in directives
              if row["rule"] == "allowed"]
    for rule, title in (("left out", "left out"), ("refused", "refused")):
        reasons: Dict[str, List[str]] = {}
        for row in directives:
            if row["rule"] == rule:
                reasons.setdefault(row["why"], []).append(_code(row["synopsis"]))
        lines += ["", f"| {title} | because |", "|---|---|"]
        lines += [f"| {' '.join(names)} | {why} |" for why, names in reasons.items()]
    return "\n".join(lines) + "\n"


def shown() -> str:
    """The table that the page has."""
    return PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]


def write(directives: List[Json]) -> None:
    """Put the table into the page."""
    head, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    text = head + BEGIN + table(directives) + END + rest.split(END)[1]
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(json.load(sys.stdin)["directives"])
