# SPDX-License-Identifier: MIT
"""Waits for a condition with a deadline, where no event signals it."""
from __future__ import annotations

import os
import time
from typing import Callable, TypeVar

T = TypeVar("T")

#: What should come at once is taken for hung after this many seconds. It bounds a hang and tests no
#: speed: a machine that is busy with other things may take long. $GATEHOUSE_HANG is another limit,
#: for a service that fails many tests.
HANG = float(os.environ.get("GATEHOUSE_HANG", "60"))

#: Pause in seconds between queries that cost almost nothing.
SHORT_PAUSE = 0.004


def eventually(ask: Callable[[], T], wanted: Callable[[T], bool], seconds: float = HANG,
               longest_pause: float = 0.1) -> T:
    """Ask until the answer is the wanted one, or time is up; returns the last answer."""
    deadline = time.monotonic() + seconds
    pause = 0.002
    while True:
        answer = ask()
        if wanted(answer) or time.monotonic() > deadline:
            return answer
        time.sleep(pause)
        pause = min(2 * pause, longest_pause)
