# SPDX-License-Identifier: MIT
"""Checks that every test ends with."""
from __future__ import annotations

from harness.eventually import HANG, eventually
from harness.installation import Installation

#: How many events the failure message shows.
MOST_EVENTS = 20


def check_at_rest(installation: Installation, seconds: float = HANG) -> None:
    """No openvpn.exe is left, the machine is as it was populated, and the service has disconnected
    every client before it closed its end."""
    left = eventually(installation.strangers, lambda rows: not rows, seconds)
    assert not left, f"expected that no process is left; came {left}"
    changes = eventually(installation.differences, lambda rows: not rows, seconds)
    log = installation.record.events()[-MOST_EVENTS:] if changes else []
    assert not changes, "\n".join(["expected the machine as before; came:", *changes,
                                   "the log ends with:", *log])
    assert not installation.closed_before_disconnected(), \
        "expected that each client is disconnected first; came an end that was only closed"
