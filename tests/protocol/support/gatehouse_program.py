# SPDX-License-Identifier: MIT
"""Runs gatehouse.exe as its user does."""
from __future__ import annotations

import contextlib
import itertools
import json
from typing import Any, Callable, Dict, Iterator, List

from harness.bridge import Bridge
from harness.eventually import eventually
from harness.installation import Installation
from harness.process import Process

Json = Dict[str, Any]

numbers = itertools.count(1)


@contextlib.contextmanager
def starting(make: Callable[..., "Gatehouse"]) -> Iterator[Callable[..., "Gatehouse"]]:
    """`make`, whose programs are ended at the end."""
    started: List[Gatehouse] = []

    def start(*arguments: Any, **more: Any) -> Gatehouse:
        started.append(make(*arguments, **more))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.close()


class Gatehouse:
    """A running gatehouse.exe."""

    def __init__(self, installation: Installation, bridge: Bridge, arguments: str) -> None:
        program = installation.add_program("gatehouse.exe")
        name = f"gatehouse{next(numbers)}.txt"
        self._output = installation.host_folder / "log" / name
        self.process = Process.start(
            bridge, f'"{program}" {arguments}',
            output=rf"{installation.folder}\log\{name}")

    @classmethod
    def connect(cls, installation: Installation, bridge: Bridge, arguments: str) -> "Gatehouse":
        """gatehouse.exe connect --json with these arguments."""
        return cls(installation, bridge, rf'connect {arguments} --json --instance '
                   rf'{installation.instance} --log "{installation.folder}\log\client.log"')

    @classmethod
    def ask(cls, installation: Installation, bridge: Bridge, arguments: str) -> "Gatehouse":
        """gatehouse.exe with these arguments, about the installation."""
        return cls(installation, bridge, f"{arguments} --instance {installation.instance}")

    def text(self) -> str:
        """All output so far, of both streams."""
        return self._output.read_text(encoding="utf-8") if self._output.exists() else ""

    def lines(self) -> List[Json]:
        """The objects of its output so far: whole lines only."""
        text = self.text()
        whole = text[:text.rfind("\n") + 1].splitlines()
        return [json.loads(line) for line in whole if line.startswith("{")]

    def states(self) -> List[str]:
        """The states so far, in order."""
        return [line["state"] for line in self.lines()]

    def wait_for(self, state: str) -> None:
        """Wait until it has reported the state."""
        def has_state(states: List[str]) -> bool:
            return state in states

        seen = eventually(self.states, has_state)
        assert state in seen, seen

    def wait_for_lines(self, count: int) -> List[Json]:
        """Wait until it has written so many objects; these."""
        def are_enough(lines: List[Json]) -> bool:
            return len(lines) >= count

        lines = eventually(self.lines, are_enough)
        assert len(lines) >= count, self.text()
        return lines

    def done(self, exit_code: int = 0) -> str:
        """Wait until it ends with this exit code; its output."""
        assert self.process.wait() == exit_code, self.text()
        return self.text()

    def object(self, exit_code: int = 0) -> Json:
        """The same of one that prints one object."""
        self.done(exit_code)
        line, = self.lines()
        return line

    def failure(self, exit_code: int) -> Json:
        """Wait until it fails; the object that reports the failure."""
        assert self.process.wait() == exit_code, self.lines()
        errors = [line for line in self.lines() if line.get("state") == "ERROR"]
        assert len(errors) == 1, self.lines()
        assert errors[0]["exit"] == exit_code
        assert errors[0]["advice"]
        return errors[0]
