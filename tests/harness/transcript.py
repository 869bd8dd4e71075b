# SPDX-License-Identifier: MIT
"""What the last test has sent to the service and received from it, as evidence of a verdict."""
from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Deque, List

#: So many of the last messages are kept, and so many bytes of each.
MOST_MESSAGES = 16
MOST_BYTES = 512

SENT, RECEIVED = "sent", "received"


@dataclass(frozen=True)
class Passed:
    """One message that has passed through a pipe."""

    way: str
    #: The pipe: "client pipe", "control pipe" or "session channel".
    where: str
    data: bytes
    #: How long the message is; `data` may be its beginning.
    length: int


_passed: Deque[Passed] = deque(maxlen=MOST_MESSAGES)


def note(way: str, where: str, data: bytes) -> None:
    """Remember this message."""
    _passed.append(Passed(way, where, data[:MOST_BYTES], len(data)))


def start_anew() -> None:
    """Forget all messages: a test begins."""
    _passed.clear()


def messages() -> List[Passed]:
    """The last messages, oldest first."""
    return list(_passed)


def name_of(pipe: str) -> str:
    """What the pipe with this complete name is called here; "" for those that are not the
    service's."""
    last = pipe.rsplit("\\", 1)[-1]
    return {"service": "client pipe", "control": "control pipe"}.get(last, "")
