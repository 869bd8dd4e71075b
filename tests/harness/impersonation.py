# SPDX-License-Identifier: MIT
"""Which calls the service's threads made as themselves, and which as their client."""
from __future__ import annotations

from typing import Dict, Iterable, List, Set

from harness.record import Call

BEGINS = ("ImpersonateNamedPipeClient", "SetThreadToken", "ImpersonateLoggedOnUser")
ENDS = "RevertToSelf"


class Impersonations:
    """Splits a record by thread into calls as the service and calls as its client."""

    def __init__(self, calls: Iterable[Call]) -> None:
        #: Calls of threads while they impersonated their client.
        self.calls: List[Call] = []
        #: Threads that still impersonate.
        self.open: Set[int] = set()
        #: How often threads began to impersonate, by function.
        self.begun: Dict[str, int] = {}
        for call in calls:
            self._follow(call)

    def _follow(self, call: Call) -> None:
        if call["call"] in BEGINS and not call["result"]:
            self.open.add(call["tid"])
            self.begun[call["call"]] = self.begun.get(call["call"], 0) + 1
        elif call["call"] == ENDS and not call["result"]:
            self.open.discard(call["tid"])
        elif call["tid"] in self.open:
            self.calls.append(call)
