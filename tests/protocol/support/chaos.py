# SPDX-License-Identifier: MIT
"""Chaos tests: overlapping sessions send random messages, valid and malformed, while calls to
Windows fail, the service dies and Windows is rebooted. Scenarios are made from a seed or by
hypothesis."""
from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import lru_cache
from typing import List, NamedTuple, Optional, Sequence, Tuple, TypeVar, Union

from hypothesis import strategies as st

from harness.bridge import BridgeError
from harness.fakes import Action
from harness.messages import Machine, encode
from harness.openvpn import OpenvpnError
from protocol.support.change_cases import CASES, CHANGING, RELEASES, Release
from protocol.support.lifecycle import CONNECTION_LOST, Death, Lifecycle, FragileSession
from protocol.support.malformed import malformed_messages

T = TypeVar("T")

ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY, ERROR_WRITE_FAULT = 5, 8, 29

#: How many sessions overlap; successive seeds take these in turn.
OVERLAPS = (2, 5)

#: Calls that may fail, and calls at which the service may die. These only read.
_ASKING = ("GetIpForwardEntry2", "GetUnicastIpAddressEntry", "GetIpInterfaceEntry",
           "ConvertInterfaceLuidToGuid", "RegOpenKeyExW", "RegQueryValueExW", "RegEnumKeyExW")
_WRITING = ("WriteFile", "FlushFileBuffers", "SetFileInformationByHandle")
FAILING = (*(call for call in CHANGING if call != "ProgramStart"), *_ASKING, *_WRITING, "netsh")
DYING = (*FAILING, "Commit", "CreateProcessW", "CreateProcessAsUserW", "CreateFileW", "MoveFileExW",
         "DeleteFileW", "CreateNamedPipeW", "ReportEventW")
STARTING = (*FAILING, "Commit", "CreateFileW", "MoveFileExW", "DeleteFileW", "CreateNamedPipeW",
            "SetServiceStatus", "RegisterServiceCtrlHandlerExW", "CreateDirectoryW")


# ---- events ----

class SendMessage(NamedTuple):
    """A session sends a message."""

    session: int
    label: str
    data: bytes


class KillDuring(NamedTuple):
    """The service is killed `pause` queries after a session has sent a message."""

    message: SendMessage
    pause: int


class EndSession(NamedTuple):
    """A session ends."""

    session: int


class FailCall(NamedTuple):
    """A call to Windows fails: the nth from now."""

    call: str
    nth: int
    code: int


Event = Union[SendMessage, KillDuring, EndSession, FailCall, Death]


@dataclass(frozen=True)
class ServiceRun:
    """From a start of the service to its death; it is killed if no fault ends it. Then Windows may
    be rebooted, and the next start may die, too."""

    sessions: int
    events: Tuple[Event, ...]
    reboots: bool
    recovery: Optional[Death]


@dataclass(frozen=True)
class Scenario:
    """Several runs of the service, one after the other."""

    release: Release
    runs: Tuple[ServiceRun, ...]

    def __str__(self) -> str:
        lines = [f"openvpn.exe {self.release.version}"]
        for run in self.runs:
            lines.append(f"{run.sessions} sessions")
            lines += [f"  {self._line(event)}" for event in run.events]
            lines.append(f"  reboot: {run.reboots}, recovery: {run.recovery}")
        return "\n".join(lines)

    @staticmethod
    def _line(event: Event) -> str:
        if isinstance(event, SendMessage):
            return f"{event.session}: {event.label}"
        if isinstance(event, KillDuring):
            message = event.message
            return f"killed {event.pause} queries after {message.session}: {message.label}"
        return str(event)


# ---- random choices ----

class Choices:
    """Random choices, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def number(self, least: int, most: int) -> int:
        """A number between these two, both included."""
        return self._random.randint(least, most)

    def of(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[self.number(0, len(choices) - 1)]

    def one_in(self, chances: int) -> bool:
        """True once in so many cases."""
        return self.number(1, chances) == chances


class HypothesisChoices(Choices):
    """Choices by hypothesis, which shrinks a failure towards the first of each."""

    def __init__(self, draw: st.DrawFn) -> None:
        super().__init__(0)
        self._draw = draw

    def number(self, least: int, most: int) -> int:
        return self._draw(st.integers(least, most))


@lru_cache(maxsize=None)
def _valid_rows(release: Release) -> Tuple[Tuple[str, bytes], ...]:
    rows: List[Tuple[str, bytes]] = []
    for case in CASES:
        if case.sent_by(release):
            for message in filter(None, (case.message, case.end)):
                rows.append((f"{message.name}, {case.label}", encode(message, release.dialect)))
    return tuple(rows)


@lru_cache(maxsize=None)
def _malformed_rows(release: Release) -> Tuple[Tuple[str, bytes], ...]:
    return tuple((row.label, row.data) for row in malformed_messages(release, Machine.X64))


def _send_message(choices: Choices, release: Release, sessions: int) -> SendMessage:
    rows = _malformed_rows(release) if choices.one_in(6) else _valid_rows(release)
    return SendMessage(choices.number(0, sessions - 1), *choices.of(rows))


def _death(choices: Choices, calls: Sequence[str]) -> Death:
    actions: Tuple[Action, ...] = ("die", "die_after")
    nth = choices.number(1, 1 << choices.number(0, 6))
    return Death(choices.of(calls), nth, choices.of(actions))


def make_event(choices: Choices, release: Release, sessions: int, *, kills: bool = True) -> Event:
    """An event of a run; with `kills` the service may be killed in it."""
    if choices.one_in(12):
        return EndSession(choices.number(0, sessions - 1))
    if choices.one_in(10):
        code = choices.of((ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY, ERROR_WRITE_FAULT))
        return FailCall(choices.of(FAILING), choices.number(1, 10), code)
    if kills and choices.one_in(15):
        return KillDuring(_send_message(choices, release, sessions), choices.number(0, 4))
    return _send_message(choices, release, sessions)


def make_run(choices: Choices, release: Release, sessions: int) -> ServiceRun:
    """A run of the service that dies of a fault, or is killed after the last event."""
    events: List[Event] = [make_event(choices, release, sessions)
                           for _ in range(choices.number(1, 24))]
    if not choices.one_in(3):
        events.insert(0, _death(choices, DYING))
    recovery = _death(choices, STARTING) if choices.one_in(3) else None
    return ServiceRun(sessions, tuple(events), choices.one_in(4), recovery)


def make_scenario(choices: Choices, sessions: Optional[int] = None) -> Scenario:
    """One to three runs of the service, each with `sessions` sessions or, by default, a few."""
    release = RELEASES[-2] if choices.one_in(4) else RELEASES[-1]
    runs = [make_run(choices, release, sessions or choices.number(1, 3))
            for _ in range(choices.number(1, 3))]
    return Scenario(release, tuple(runs))


def scenario_of(seed: int) -> Scenario:
    """The scenario of this seed."""
    return make_scenario(Choices(seed), OVERLAPS[seed % len(OVERLAPS)])


# ---- playing a scenario ----

@dataclass
class Player:
    """The sessions of one run of the service; None for a session that has ended."""

    lifecycle: Lifecycle
    sessions: List[Optional[FragileSession]] = field(default_factory=list)

    def open(self, count: int) -> None:
        """Start so many sessions."""
        for number in range(count):
            session = FragileSession(self.lifecycle, number)
            self.sessions.append(session)
            session.begin()

    def play(self, event: Event) -> None:
        """Make the event happen."""
        if isinstance(event, Death):
            self.lifecycle.inject(event)
        elif isinstance(event, FailCall):
            self.lifecycle.installation.fakes.fail(event.call, event.code, nth=event.nth)
        elif isinstance(event, KillDuring):
            self._kill_during(event)
        elif isinstance(event, EndSession):
            self.end(event.session)
        else:
            self._send(event)

    def _send(self, message: SendMessage) -> None:
        session = self.sessions[message.session]
        if session and not session.try_send(message.data):
            self.end(message.session)

    def _kill_during(self, event: KillDuring) -> None:
        session = self.sessions[event.message.session]
        if session:
            session.openvpn.post(event.message.data)
        for _ in range(event.pause):
            self.lifecycle.is_alive()
        self.lifecycle.kill()

    def end(self, number: int) -> None:
        """Close both ends of a session, unless that has happened."""
        session, self.sessions[number] = self.sessions[number], None
        if session:
            session.close()

    def close(self) -> None:
        """Close all sessions."""
        for number in range(len(self.sessions)):
            self.end(number)


def _play_run(lifecycle: Lifecycle, run: ServiceRun) -> None:
    player = Player(lifecycle)
    try:
        # A death that comes first may happen before the first session has started.
        deaths = [event for event in run.events[:1] if isinstance(event, Death)]
        for death in deaths:
            player.play(death)
        player.open(run.sessions)
        for event in run.events[len(deaths):]:
            if not lifecycle.is_alive():
                break
            player.play(event)
    except (BridgeError, OpenvpnError) as error:
        if error.code not in CONNECTION_LOST:
            raise
    finally:
        lifecycle.kill()
        player.close()


def play(lifecycle: Lifecycle, scenario: Scenario) -> None:
    """Raises NotRestored when a change is left after the last run of the service."""
    fakes = lifecycle.installation.fakes
    with lifecycle.trial():
        for run in scenario.runs:
            _play_run(lifecycle, run)
            fakes.clear_faults()
            if run.reboots:
                lifecycle.installation.reboot()
            if run.recovery:
                lifecycle.inject(run.recovery)
            lifecycle.restart()
            fakes.clear_faults()
            if run.recovery:
                lifecycle.restart_if_program_died()
