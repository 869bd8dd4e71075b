# SPDX-License-Identifier: MIT
"""The fakes' model of the Windows network, and whether it is as it was in the beginning."""
from __future__ import annotations

from typing import Any, Dict, List

from harness.bridge import Bridge


class Machine:
    """The model that the fakes beside one service keep."""

    def __init__(self, bridge: Bridge, folder: str) -> None:
        self._bridge = bridge
        self._folder = folder
        self._before: Dict[str, Any] = {}

    def populate(self) -> None:
        """Begin anew with the populated machine, without faults and personas."""
        self._ask({"do": "reset"})
        self._before = self.dump()

    def dump(self) -> Dict[str, Any]:
        """The whole model."""
        return self._ask({"do": "dump"})

    def differences(self) -> List[str]:
        """What has changed since populate(), a line each."""
        return differences(self._before, self.dump())

    def _ask(self, request: Dict[str, Any]) -> Dict[str, Any]:
        answer = self._bridge.call("fake", folder=self._folder, request=request)["answer"]
        if not isinstance(answer, dict) or "error" in answer:
            raise RuntimeError(f"the fakes refuse {request}: {answer}")
        return answer


def differences(before: Any, after: Any, where: str = "") -> List[str]:
    """Field by field; the order of a list's rows does not matter."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [line for name in sorted({*before, *after})
                for line in differences(before.get(name), after.get(name), f"{where}.{name}")]
    if isinstance(before, list) and isinstance(after, list):
        gone = [row for row in before if row not in after]
        new = [row for row in after if row not in before]
        lines = [f"{where} - {row}" for row in gone] + [f"{where} + {row}" for row in new]
        if not lines and len(before) != len(after):
            lines = [f"{where}: {len(before)} rows became {len(after)}"]
        return lines
    return [] if before == after else [f"{where}: {before!r} became {after!r}"]
