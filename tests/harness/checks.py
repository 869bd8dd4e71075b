# SPDX-License-Identifier: MIT
"""What must be true when a test is over, whatever it tested."""
from __future__ import annotations

import time
from typing import Callable, TypeVar

from harness.installation import Installation

T = TypeVar("T")

#: The service gives openvpn.exe two seconds, and its client two more.
AT_REST_WITHIN = 8.0


def eventually(ask: Callable[[], T], wanted: Callable[[T], bool], seconds: float = 5.0) -> T:
    """Ask until the answer is the wanted one; the last answer, wanted or not."""
    deadline = time.monotonic() + seconds
    pause = 0.002
    while True:
        answer = ask()
        if wanted(answer) or time.monotonic() > deadline:
            return answer
        time.sleep(pause)
        pause = min(2 * pause, 0.1)


def check_at_rest(installation: Installation) -> None:
    """No openvpn.exe is left, and the machine is as it was populated."""
    left = eventually(installation.strangers, lambda rows: not rows, AT_REST_WITHIN)
    assert not left, f"processes are left: {left}"
    changes = eventually(installation.differences, lambda rows: not rows, AT_REST_WITHIN)
    assert not changes, "the machine is not as before:\n" + "\n".join(changes)
