# SPDX-License-Identifier: MIT
"""The machine to measure on: installed services, sessions that request routes, and echoes.

The fake system DLLs record nothing meanwhile, because that would be the largest part of the cost,
for the service and the echo alike."""
from __future__ import annotations

import contextlib
import itertools
import sys
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Iterator, Optional, Tuple

from harness import messages
from harness.fakes import PLAIN_USER, TAP
from harness.installation import Installation, Options
from harness.openvpn import Openvpn, Series
from harness.process import Process
from harness.runner import Runner, build_folder
from harness.session import Session, launch

GATEWAY = "10.8.0.1"
FIRST_ROUTE, ROUTES_OF_ONE = IPv4Address("10.64.0.0"), 65536


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    turns: int  #: of a comparison
    per_turn: int  #: requests in a turn
    few: int  #: routes held, where it should not matter
    many: int
    rounds: int  #: of filling up and undoing `many`
    starts: int  #: of a service
    sessions: int  #: held at once

    @property
    def entries(self) -> int:
        """Routes that a killed service leaves to the next."""
        return self.many // 2

    @property
    def block(self) -> int:
        """Routes for a point of a curve."""
        return max(1, self.many // 20)


class Progress:
    """Shows on stderr what is being measured."""

    def __init__(self) -> None:
        self._what = ""
        self._on_terminal = sys.stderr.isatty()

    def begin(self, what: str) -> None:
        """Show what comes next."""
        self.end()
        self._what = what
        self._show("" if self._on_terminal else "\n")

    def __call__(self, done: int, whole: int) -> None:
        if self._on_terminal:
            self._show(f" {done}/{whole}")

    def end(self) -> None:
        """End the line."""
        if self._what and self._on_terminal:
            self._show("\n")
        self._what = ""

    def _show(self, rest: str) -> None:
        start = "\r" if self._on_terminal else ""
        sys.stderr.write(f"{start}bench: {self._what}{rest}")
        sys.stderr.flush()


class Routes:
    """An openvpn.exe that requests routes, from a service or an echo."""

    def __init__(self, openvpn: Openvpn, first: IPv4Address) -> None:
        self._openvpn = openvpn
        self._first = first

    def add(self, count: int, start: int = 0) -> float:
        """Request routes; microseconds for each."""
        return self._ask(count, start, delete=False).microseconds / count

    def delete(self, count: int, start: int = 0) -> float:
        """Delete them in the order of addition; microseconds for each."""
        return self._ask(count, start, delete=True).microseconds / count

    def turn(self, count: int, start: int = 0) -> float:
        """The median of the microseconds to add each of so many routes; they are deleted again."""
        median = self._ask(count, start, delete=False).median
        self.delete(count, start)
        return median

    def _ask(self, count: int, start: int, delete: bool) -> Series:
        address = self._first + start
        request = messages.encode(messages.route(f"{address}/32", GATEWAY, TAP, delete=delete))
        series = self._openvpn.series(request, request.index(address.packed), count)
        self._check(series)
        return series

    @staticmethod
    def _check(series: Series) -> None:
        error, _ = messages.decode_acknowledgement(series.answer)
        if error or series.others:
            raise AssertionError(f"routes were refused: error {error}, "
                                 f"{series.others} answers unlike the first")


class Rig:
    """Creates everything that is measured, and removes it at the end."""

    def __init__(self, runner: Runner, progress: Progress) -> None:
        self.runner = runner
        self.progress = progress
        self.bridge = runner.bridge()
        self._user = runner.bridge(restricted=True)
        self._name = runner.claim_name("bench")
        self._numbers = itertools.count(1)
        self._firsts = (FIRST_ROUTE + ROUTES_OF_ONE * number for number in itertools.count())

    @contextlib.contextmanager
    def service(self, program: Path, settings: Tuple[Tuple[str, Optional[str]], ...] = (),
                openvpn: Optional[Path] = None) -> Iterator[Installation]:
        """A running service on a machine of its own; `openvpn` is the program that it starts."""
        made = Installation(self.runner, self.bridge, f"{self._name}n{next(self._numbers)}",
                            Options(service=program, settings=settings))
        try:
            made.create()
            if openvpn:
                (made.host_folder / "bin" / "openvpn.exe").write_bytes(openvpn.read_bytes())
            self.reset(made)
            made.start()
            yield made
        finally:
            made.destroy()

    @contextlib.contextmanager
    def second_service(self, first: Installation) -> Iterator[Installation]:
        """Another instance on the same machine, with its own process."""
        made = first.sibling("b")
        try:
            made.start()
            yield made
        finally:
            made.remove_sibling()

    @staticmethod
    def reset(installation: Installation) -> None:
        """Reset the machine, and record nothing."""
        installation.populate()
        installation.fakes.recording()
        installation.fakes.personas(PLAIN_USER)

    @contextlib.contextmanager
    def session(self, installation: Installation) -> Iterator[Tuple[Session, Routes]]:
        """A session of an ordinary user."""
        made = launch(installation, self.bridge, client_bridge=self._user)
        try:
            yield made, Routes(made.openvpn, next(self._firsts))
        finally:
            made.close()

    @contextlib.contextmanager
    def echo(self, installation: Installation, asks: bool) -> Iterator[Routes]:
        """An echo in the folder of the service, so that it has the same DLLs and hooks; if it
        `asks`, it makes the call that adds or deletes the route."""
        program = build_folder() / "bench" / "bench-echo.exe"
        (installation.host_folder / program.name).write_bytes(program.read_bytes())
        self.runner.use_fakes(self.bridge, program.name, ["iphlpapi.dll"])
        openvpn = Openvpn(self.bridge)
        config = installation.write_config(f"echo{int(asks)}.ovpn", openvpn.config())
        folder = installation.folder
        process = Process.start(
            self.bridge, rf'"{folder}\{program.name}" {openvpn.pipe_name}-channel '
            rf'"{folder}\bin\openvpn.exe" "{config}"{" route" if asks else ""}')
        try:
            openvpn.accept()
            yield Routes(openvpn, next(self._firsts))
        finally:
            openvpn.close()
            process.close()
