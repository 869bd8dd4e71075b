# SPDX-License-Identifier: MIT
"""The machine before the tests and after them: ci/windows/snapshot.ps1, and packet filters."""
from __future__ import annotations

import json
from typing import Dict, List

from hardware.support import filtering, powershell
from harness.eventually import HANG, eventually
from harness.runner import PROJECT

SCRIPT = PROJECT / "ci" / "windows" / "snapshot.ps1"

#: Lines by subject.
Snapshot = Dict[str, List[str]]

#: In the names that the service gives to its objects.
OURS = ("openvpn", "gatehouse")

#: The sublayer of blocks, which stays: docs/protocol.md, "Packet filters".
KEPT = "{2f660d7e-6a37-11e6-a181-001e8c6e04a2}"


def _filters() -> List[str]:
    """Objects of ours in the filtering platform, also those for the start of Windows."""
    found: List[str] = []
    for platform in (filtering.state(), filtering.boot_time_policy()):
        for kind, rows in (("filter", platform.filters), ("provider", platform.providers),
                           ("sublayer", platform.sublayers)):
            found += [f"{kind} {key}" for key, row in rows.items()
                      if key != KEPT and any(word in row.text.lower() for word in OURS)]
    return sorted(set(found))


def take() -> Snapshot:
    """What there is now."""
    seen: Snapshot = json.loads(powershell.run(
        ["powershell.exe", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File",
         str(SCRIPT)]))
    return {**seen, "filters": _filters()}


def differences(before: Snapshot, after: Snapshot) -> List[str]:
    """One line for each that has come or gone."""
    found = []
    for subject in sorted(before.keys() | after.keys()):
        old, new = before.get(subject, []), after.get(subject, [])
        found += [f"{subject}: has gone: {line}" for line in old if line not in new]
        found += [f"{subject}: was left: {line}" for line in new if line not in old]
    return found


def left_since(before: Snapshot) -> List[str]:
    """What has changed, once Windows has had the time to forget what has gone."""
    return eventually(lambda: differences(before, take()), lambda found: not found, HANG,
                      longest_pause=2)
