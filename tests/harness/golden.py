# SPDX-License-Identifier: MIT
"""Golden files: text that a test produces, compared with a file in tests/golden.

With GATEHOUSE_UPDATE_GOLDEN=1 in the environment the files are written instead; then review `git
diff`."""
from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any, List, Mapping

from harness.fakes import RegistryDump

FOLDER = Path(__file__).resolve().parents[1] / "golden"
UPDATE = "GATEHOUSE_UPDATE_GOLDEN"


def _data_text(value: Mapping[str, Any]) -> str:
    if "raw" in value:
        return f"raw {value['raw']}"
    if isinstance(value["data"], list):
        return " | ".join(f'"{item}"' for item in value["data"]) or "empty"
    return str(value["data"]) if isinstance(value["data"], int) else f'"{value["data"]}"'


def registry_text(registry: RegistryDump, below: str = "HKLM") -> str:
    """A dump as text: keys in brackets, one line for each value with its type, all sorted.

    `below` selects the keys."""
    lines: List[str] = []
    for key in sorted(registry):
        if not (key + "\\").lower().startswith(below.lower() + "\\"):
            continue
        lines += ["", f"[{key}]"] if lines else [f"[{key}]"]
        for name, value in sorted(registry[key].items()):
            lines.append(f"{name or '(Default)'} {value['type']} {_data_text(value)}")
    return "\n".join(lines) + "\n"


def registry_changes(before: RegistryDump, after: RegistryDump) -> str:
    """The difference of two dumps as text, by key: "-" before, "+" after."""
    lines: List[str] = []
    for key in sorted(before.keys() | after.keys()):
        sides = [registry_text({key: dump[key]}).splitlines() if key in dump else []
                 for dump in (before, after)]
        if sides[0] == sides[1]:
            continue
        sign = " " if all(sides) else "-" if sides[0] else "+"
        lines.append(f"{sign}[{key}]")
        lines += [line for line in difflib.ndiff(sides[0][1:], sides[1][1:])
                  if line[0] in "+-"]
    return "".join(line + "\n" for line in lines)


def check_golden(name: str, text: str, replace: Mapping[str, str] = {}, folder: Path = FOLDER
                 ) -> None:
    """Compare with the file `name`. `replace` maps texts that differ from run to run, such as
    process ids, to names. Raises AssertionError with the difference."""
    for found, shown in replace.items():
        text = text.replace(found, shown)
    path = folder / name
    if os.environ.get(UPDATE) == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    expected = path.read_text(encoding="utf-8") if path.exists() else ""
    if text != expected:
        difference = "\n".join(difflib.unified_diff(
            expected.splitlines(), text.splitlines(), f"golden/{name}", "now", lineterm="", n=4))
        raise AssertionError(f"{difference}\n(if that is right, run again with {UPDATE}=1)")
