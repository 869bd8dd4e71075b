# SPDX-License-Identifier: MIT
"""The messages that a real openvpn.exe sent to its service, recorded in tests/traces."""
from __future__ import annotations

import re
from typing import List

from harness.runner import PROJECT

_TRACE = PROJECT / "tests" / "traces" / "openvpn-2.7-x64-netsh.txt"


def _read() -> List[bytes]:
    """The messages to the service, including random bytes in the padding. The file leaves out lines
    of zeros, 32 bytes each."""
    found: List[bytearray] = []
    to_service = False
    for line in _TRACE.read_text(encoding="utf-8").splitlines():
        head = re.match(r" +[\d.]+ (>|<|child) (?:to service (\d+) bytes)?", line)
        row = re.match(r" +([0-9a-f]{4}):([0-9a-f]+)  ", line)
        if head:
            to_service = head[1] == ">"
            found += [bytearray(int(head[2]))] if to_service else []
        elif row and to_service:
            at, data = int(row[1], 16), bytes.fromhex(row[2])
            found[-1][at:at + len(data)] = data
    return [bytes(message) for message in found]


RECORDED_MESSAGES = _read()
