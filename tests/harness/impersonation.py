# SPDX-License-Identifier: MIT
"""Who the service's threads were, by the record of what they called."""
from __future__ import annotations

from typing import Dict, Iterable, List, Set

from harness.record import Call

BEGINS = ("ImpersonateNamedPipeClient", "SetThreadToken", "ImpersonateLoggedOnUser")
ENDS = "RevertToSelf"


class Impersonations:
    """Splits a record by thread into what was done as the service and as its client."""

    def __init__(self, calls: Iterable[Call]) -> None:
        #: Calls of threads that were their client at that moment.
        self.calls: List[Call] = []
        #: Threads that have not become the service again.
        self.open: Set[int] = set()
        #: How often a thread became its client, by function.
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
