# SPDX-License-Identifier: MIT
"""Packets at the network cards, as Windows' pktmon shows them."""
from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Callable

import pytest

from hardware.support import powershell


def leaves(address: str, action: Callable[[], None]) -> bool:
    """Whether a network card sees a packet from or to this address during the action. Skips without
    pktmon."""
    program = shutil.which("pktmon.exe")
    if not program:
        pytest.skip("pktmon.exe is not there")
    with tempfile.TemporaryDirectory() as folder:
        trace, text = Path(folder) / "packets.etl", Path(folder) / "packets.txt"
        powershell.run([program, "filter", "remove"])
        powershell.run([program, "filter", "add", "gatehouse", "-i", address])
        powershell.run([program, "start", "--capture", "--comp", "nics", "--pkt-size", "128",
                        "--file-name", str(trace)])
        try:
            action()
        finally:
            powershell.run([program, "stop"])
            powershell.run([program, "filter", "remove"])
        powershell.run([program, "etl2txt", str(trace), "--out", str(text)])
        return address in text.read_text(encoding="utf-8", errors="replace")
