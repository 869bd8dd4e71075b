# SPDX-License-Identifier: MIT
"""A policy of this computer for a while, applied by Windows itself. Facts: Microsoft, "Registry
Policy File Format" and [MS-GPREG]."""
from __future__ import annotations

import contextlib
import os
import re
import struct
from pathlib import Path
from typing import Iterator, Mapping, Optional

from hardware.support import powershell
from harness.registry import SZ

#: What applies registry values, and the editor of such policies, as gpt.ini names them.
_EXTENSIONS = "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]"
_HEADER = struct.pack("<4sI", b"PReg", 1)
_SECONDS = 120


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


def instructions(key: str, texts: Mapping[str, str]) -> bytes:
    """The body of Registry.pol that sets texts in a key below HKLM, which is not in its name."""
    made = b""
    for name, text in texts.items():
        data = _utf16(f"{text}\0")
        made += b"".join((_utf16(f"[{key}\0;{name}\0;"), struct.pack("<I", SZ), _utf16(";"),
                          struct.pack("<I", len(data)), _utf16(";"), data, _utf16("]")))
    return made


def next_gpt(old: Optional[str]) -> str:
    """gpt.ini with a higher version, so that Windows looks at the policy again."""
    text = old or "[General]\r\nVersion=0\r\n"
    if _EXTENSIONS.lower() not in text.lower():
        names = re.search(r"^gPCMachineExtensionNames=[^\r\n]*", text, re.M | re.I)
        at = names.end() if names else text.index("]") + 1
        line = "" if names else "\r\ngPCMachineExtensionNames="
        text = text[:at] + line + _EXTENSIONS + text[at:]
    return re.sub(r"^(Version=)(\d+)", lambda match: f"{match[1]}{int(match[2]) + 1}", text,
                  flags=re.M | re.I)


def _apply() -> None:
    powershell.run(["gpupdate.exe", "/target:computer", "/force", f"/wait:{_SECONDS}"],
                   seconds=2 * _SECONDS)


def _put_back(path: Path, old: Optional[bytes]) -> None:
    if old is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(old)


@contextlib.contextmanager
def local_policy(key: str, texts: Mapping[str, str]) -> Iterator[None]:
    """The values are set as long as this lasts, beside what the computer's policy sets anyway."""
    folder = Path(os.environ.get("SystemRoot", r"C:\Windows")) / "System32" / "GroupPolicy"
    gpt, values = folder / "gpt.ini", folder / "Machine" / "Registry.pol"
    before = {path: path.read_bytes() if path.exists() else None for path in (gpt, values)}
    old = before[gpt]
    first = next_gpt(old.decode("ascii") if old else None)
    values.parent.mkdir(parents=True, exist_ok=True)
    try:
        values.write_bytes((before[values] or _HEADER) + instructions(key, texts))
        gpt.write_bytes(first.encode("ascii"))
        _apply()
        yield
    finally:
        values.write_bytes(before[values] or _HEADER)
        gpt.write_bytes(next_gpt(first).encode("ascii"))
        _apply()
        for path, content in before.items():
            _put_back(path, content)
