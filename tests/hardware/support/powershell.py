# SPDX-License-Identifier: MIT
"""Windows' own view of the machine, by PowerShell: not the word of the service."""
from __future__ import annotations

import json
import subprocess
from typing import Any, Dict, List, Sequence

#: Seconds for one command.
PATIENCE = 90.0

Row = Dict[str, Any]

_HEAD = ("$ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue'; "
         "[Console]::OutputEncoding = [Text.Encoding]::UTF8; ")


class CommandFailed(Exception):
    """A program of Windows has failed: its command, exit code and output."""


def run(command: Sequence[str], seconds: float = PATIENCE) -> str:
    """Run a program of Windows; what it prints. Raises CommandFailed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=seconds, check=False)
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        raise CommandFailed(f"{list(command)}: exit code {done.returncode}\n{text}")
    return text


def do(script: str, seconds: float = PATIENCE) -> str:
    """Run a script; what it prints."""
    return run(["powershell.exe", "-NoProfile", "-NonInteractive", "-Command", _HEAD + script],
               seconds)


def ask(script: str, seconds: float = PATIENCE) -> List[Row]:
    """The objects that a pipeline gives."""
    text = do(f"ConvertTo-Json -Compress -Depth 4 -InputObject @({script})", seconds)
    rows: List[Row] = json.loads(text) if text.strip() else []
    return rows


def quoted(text: str) -> str:
    """The text as a literal of PowerShell."""
    return "'" + text.replace("'", "''") + "'"
