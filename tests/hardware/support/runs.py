# SPDX-License-Identifier: MIT
"""Writes into README.md which tests a run on Windows has executed.

PYTHONPATH=tests python3 -m hardware.support.runs REPORT.xml LINK: the report is pytest's
(--junitxml), the link leads to the run. Tests that the run has skipped keep what their rows say."""
from __future__ import annotations

import argparse
import re
import sys
import xml.etree.ElementTree as xml
from pathlib import Path
from typing import Dict, List, Optional

PAGE = Path(__file__).resolve().parents[1] / "README.md"

NEVER = "never"
ROW = re.compile(r"^\| `(test_\w+)` \| (.*) \| (never|\[(?:passed|failed)\]\(\S+\)) \|$", re.M)

FAILED, SKIPPED = ("failure", "error"), "skipped"


def executed(report: str) -> Dict[str, str]:
    """The tests that have run, and whether all their cases have passed."""
    found: Dict[str, str] = {}
    for case in xml.fromstring(report).iter("testcase"):
        name = case.get("name", "").split("[")[0]
        children = {child.tag for child in case}
        if children & set(FAILED):
            found[name] = "failed"
        elif SKIPPED not in children:
            found.setdefault(name, "passed")
    return found


def update(page: str, outcomes: Dict[str, str], link: str) -> str:
    """The page with this run in the rows of its tests."""
    def row(match: "re.Match[str]") -> str:
        name, text, before = match.groups()
        after = f"[{outcomes[name]}]({link})" if name in outcomes else before
        return f"| `{name}` | {text} | {after} |"

    return ROW.sub(row, page)


def main(arguments: Optional[List[str]] = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("report", type=Path, help="pytest's report of the run (--junitxml)")
    parser.add_argument("link", help="where the run can be seen: https://...")
    parser.add_argument("--page", type=Path, default=PAGE, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if not re.fullmatch(r"https://[^\s()]+", options.link):
        parser.error(f"this is no link: {options.link}")
    outcomes = executed(options.report.read_text(encoding="utf-8"))
    page = options.page.read_text(encoding="utf-8")
    options.page.write_text(update(page, outcomes, options.link), encoding="utf-8")
    print(f"{len(outcomes)} tests were executed; look at what has changed in {options.page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
