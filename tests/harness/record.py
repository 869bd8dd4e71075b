# SPDX-License-Identifier: MIT
"""Reads the calls that the fakes of one installation folder have recorded: record.jsonl."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness.eventually import HANG, SHORT_PAUSE, eventually

Call = dict[str, Any]


class Record:
    """Reads record.jsonl: every call that the fakes saw, oldest first.

    A call has "n" (running number), "t" (microseconds), "pid", "tid", "call", its arguments by
    name and "result" (0 or an error code).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode = 0
        self._offset = 0
        self._calls: list[Call] = []

    def _read(self) -> None:
        try:
            with self._path.open("rb") as file:
                inode = os.fstat(file.fileno()).st_ino
                if inode != self._inode:  # the folder has been created anew
                    self._inode, self._offset = inode, 0
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return
        whole = data.rfind(b"\n") + 1
        self._offset += whole
        self._calls.extend(json.loads(line) for line in data[:whole].splitlines())

    def start_anew(self) -> None:
        """The file has been removed; the next one may have the same inode."""
        self._inode = self._offset = 0
        self._calls.clear()

    def forget(self) -> None:
        """Ignore all calls up to now."""
        self._read()
        self._calls.clear()

    def mark(self) -> int:
        """The current end of the record, for `since`."""
        return len(self.calls())

    def calls(
        self, *names: str, since: int = 0, where: Callable[[Call], bool] | None = None
    ) -> list[Call]:
        """Calls of these functions (default: all) after the mark."""
        self._read()
        return [
            call
            for call in self._calls[since:]
            if (not names or call["call"] in names) and (where is None or where(call))
        ]

    def __iter__(self) -> Iterator[Call]:
        return iter(self.calls())

    def wait_for(
        self,
        *names: str,
        where: Callable[[Call], bool] | None = None,
        since: int = 0,
        seconds: float = HANG,
    ) -> Call:
        """Wait for the first such call."""
        found = eventually(lambda: self.calls(*names, since=since, where=where), bool, seconds,
                           SHORT_PAUSE)
        if not found:
            last = [call["call"] for call in self._calls[-10:]]
            raise TimeoutError(f"no call of {names or 'any function'}; the last were {last}")
        return found[0]

    def events(self, since: int = 0) -> list[str]:
        """The events that the service has written: the strings of each, joined."""
        return [
            "\n".join(text for text in call["strings"] if text is not None)
            for call in self.calls("ReportEventW", since=since)
        ]
