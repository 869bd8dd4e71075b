# SPDX-License-Identifier: MIT
"""Who may write to a file or folder: by its mode under Wine, which makes an access list of it, and
by icacls.exe on Windows, where a mode means next to nothing."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path, PureWindowsPath
from typing import List

from harness.eventually import HANG

_EVERYONE, _SYSTEM, _ADMINISTRATORS, _USERS = (
    "S-1-1-0", "S-1-5-18", "S-1-5-32-544", "S-1-5-32-545")


def let_everyone_write(path: Path) -> None:
    """Anyone may change it; for a folder, also what is in it."""
    if sys.platform == "win32":
        _run(command(path, path.is_dir(), [], {_EVERYONE: "M"}))
    else:
        path.chmod(0o777)


def let_administrators_write(path: Path) -> None:
    """Administrators alone may change it, whatever the folder above says; users read it."""
    if sys.platform == "win32":
        _run(command(path, path.is_dir(), ["/inheritance:r"],
                     {_SYSTEM: "F", _ADMINISTRATORS: "F", _USERS: "RX"}))
    else:
        path.chmod(0o755)


def command(path: Path, is_folder: bool, options: "List[str]", rights: "dict[str, str]"
            ) -> List[str]:
    """icacls.exe with options, and what it grants by SID."""
    system = PureWindowsPath(os.environ.get("SystemRoot", r"C:\Windows"))
    inherited = "(OI)(CI)" if is_folder else ""
    granted = [word for sid, right in rights.items()
               for word in ("/grant:r", f"*{sid}:{inherited}{right}")]
    return [str(system / "System32" / "icacls.exe"), str(path), *options, *granted]


def _run(words: List[str]) -> None:
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, errors="replace", timeout=HANG, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(words)}: exit code {done.returncode}: {done.stdout.strip()}")
