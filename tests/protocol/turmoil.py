# SPDX-License-Identifier: MIT
"""Overlapping sessions that ask for whatever they like, well and badly formed, while calls of
Windows fail, the service dies and Windows is started again: made at random, by a seed or by
hypothesis, and played."""
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
from protocol.kinds import CASES, CHANGING, RELEASES, Release
from protocol.lives import LOST, Death, Lives, Talk
from protocol.malformed import bad_messages

T = TypeVar("T")

ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY, ERROR_WRITE_FAULT = 5, 8, 29

#: As many sessions overlap, by seed in turn.
OVERLAPS = (2, 5)

#: What may fail, and at what the service may die.
_ASKING = ("GetIpForwardEntry2", "GetUnicastIpAddressEntry", "GetIpInterfaceEntry",
           "ConvertInterfaceLuidToGuid", "RegOpenKeyExW", "RegQueryValueExW", "RegEnumKeyExW")
_WRITING = ("WriteFile", "FlushFileBuffers", "SetFileInformationByHandle")
FAILING = (*(call for call in CHANGING if call != "ProgramStart"), *_ASKING, *_WRITING, "netsh")
DYING = (*FAILING, "Commit", "CreateProcessW", "CreateProcessAsUserW", "CreateFileW", "MoveFileExW",
         "DeleteFileW", "CreateNamedPipeW", "ReportEventW")
STARTING = (*FAILING, "Commit", "CreateFileW", "MoveFileExW", "DeleteFileW", "CreateNamedPipeW",
            "SetServiceStatus", "RegisterServiceCtrlHandlerExW", "CreateDirectoryW")


# ---- what happens ----

class Say(NamedTuple):
    """A session sends a message."""

    session: int
    label: str
    data: bytes


class KillDuring(NamedTuple):
    """The service is killed after a session has sent something, and so many questions to Windows
    later."""

    say: Say
    pause: int


class Leave(NamedTuple):
    """A session ends."""

    session: int


class Fail(NamedTuple):
    """A call to Windows will fail, the nth from now."""

    call: str
    nth: int
    code: int


Event = Union[Say, KillDuring, Leave, Fail, Death]


@dataclass(frozen=True)
class Life:
    """From a start of the service to its death, for which it is killed if need be. Then Windows
    is started again or not, and perhaps the next start dies, too."""

    sessions: int
    events: Tuple[Event, ...]
    reboots: bool
    recovery: Optional[Death]


@dataclass(frozen=True)
class Turmoil:
    """Some lives in a row."""

    release: Release
    lives: Tuple[Life, ...]

    def __str__(self) -> str:
        lines = [f"openvpn.exe {self.release.version}"]
        for life in self.lives:
            lines.append(f"{life.sessions} sessions")
            lines += [f"  {self._line(event)}" for event in life.events]
            lines.append(f"  reboot: {life.reboots}, recovery: {life.recovery}")
        return "\n".join(lines)

    @staticmethod
    def _line(event: Event) -> str:
        if isinstance(event, Say):
            return f"{event.session}: {event.label}"
        if isinstance(event, KillDuring):
            return f"killed {event.pause} after {event.say.session}: {event.say.label}"
        return str(event)


# ---- made at random ----

class Chance:
    """Choices by a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def number(self, least: int, most: int) -> int:
        """Either included."""
        return self._random.randint(least, most)

    def of(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[self.number(0, len(choices) - 1)]

    def one_in(self, chances: int) -> bool:
        """Seldom."""
        return self.number(1, chances) == chances


class Drawn(Chance):
    """Choices by hypothesis, which makes failures small: towards the first of each."""

    def __init__(self, draw: st.DrawFn) -> None:
        super().__init__(0)
        self._draw = draw

    def number(self, least: int, most: int) -> int:
        return self._draw(st.integers(least, most))


@lru_cache(maxsize=None)
def _good(release: Release) -> Tuple[Tuple[str, bytes], ...]:
    rows: List[Tuple[str, bytes]] = []
    for case in CASES:
        if case.sent_by(release):
            for message in filter(None, (case.message, case.end)):
                rows.append((f"{message.name}, {case.label}", encode(message, release.dialect)))
    return tuple(rows)


@lru_cache(maxsize=None)
def _bad(release: Release) -> Tuple[Tuple[str, bytes], ...]:
    return tuple((bad.label, bad.data) for bad in bad_messages(release, Machine.X64))


def _say(chance: Chance, release: Release, sessions: int) -> Say:
    pool = _bad(release) if chance.one_in(6) else _good(release)
    return Say(chance.number(0, sessions - 1), *chance.of(pool))


def _death(chance: Chance, calls: Sequence[str]) -> Death:
    actions: Tuple[Action, ...] = ("die", "die_after")
    return Death(chance.of(calls), chance.number(1, 1 << chance.number(0, 6)), chance.of(actions))


def _event(chance: Chance, release: Release, sessions: int) -> Event:
    if chance.one_in(12):
        return Leave(chance.number(0, sessions - 1))
    if chance.one_in(10):
        code = chance.of((ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY, ERROR_WRITE_FAULT))
        return Fail(chance.of(FAILING), chance.number(1, 10), code)
    if chance.one_in(15):
        return KillDuring(_say(chance, release, sessions), chance.number(0, 4))
    return _say(chance, release, sessions)


def make_life(chance: Chance, release: Release, sessions: int) -> Life:
    """One that dies of a fault, or is killed, at the latest when there is nothing more to say."""
    events = [_event(chance, release, sessions) for _ in range(chance.number(1, 24))]
    if not chance.one_in(3):
        events.insert(0, _death(chance, DYING))
    recovery = _death(chance, STARTING) if chance.one_in(3) else None
    return Life(sessions, tuple(events), chance.one_in(4), recovery)


def make_turmoil(chance: Chance, sessions: Optional[int] = None) -> Turmoil:
    """One to three lives; without a number, each has a few sessions."""
    release = RELEASES[-2] if chance.one_in(4) else RELEASES[-1]
    lives = [make_life(chance, release, sessions or chance.number(1, 3))
             for _ in range(chance.number(1, 3))]
    return Turmoil(release, tuple(lives))


# ---- played ----

@dataclass
class _Stage:
    """The sessions of a life; None for one that has gone."""

    lives: Lives
    talks: List[Optional[Talk]] = field(default_factory=list)

    def open(self, count: int) -> None:
        for number in range(count):
            talk = Talk(self.lives, number)
            self.talks.append(talk)
            talk.begin()

    def play(self, event: Event) -> None:
        if isinstance(event, Death):
            self.lives.expect(event)
        elif isinstance(event, Fail):
            self.lives.installation.fakes.fail(event.call, event.code, nth=event.nth)
        elif isinstance(event, KillDuring):
            self.kill_during(event)
        elif isinstance(event, Leave):
            self.leave(event.session)
        else:
            self.say(event)

    def say(self, say: Say) -> None:
        talk = self.talks[say.session]
        if talk and not talk.try_say(say.data):
            self.leave(say.session)

    def kill_during(self, event: KillDuring) -> None:
        talk = self.talks[event.say.session]
        if talk:
            talk.openvpn.post(event.say.data)
        for _ in range(event.pause):
            self.lives.is_alive()
        self.lives.kill()

    def leave(self, session: int) -> None:
        talk, self.talks[session] = self.talks[session], None
        if talk:
            talk.close()

    def close(self) -> None:
        for session in range(len(self.talks)):
            self.leave(session)


def _live(lives: Lives, life: Life) -> None:
    stage = _Stage(lives)
    try:
        # It may die before the first session is there.
        deaths = [event for event in life.events[:1] if isinstance(event, Death)]
        for death in deaths:
            stage.play(death)
        stage.open(life.sessions)
        for event in life.events[len(deaths):]:
            if not lives.is_alive():
                break
            stage.play(event)
    except (BridgeError, OpenvpnError) as error:
        if error.code not in LOST:
            raise
    finally:
        lives.kill()
        stage.close()


def play(lives: Lives, turmoil: Turmoil) -> None:
    """Raises NotAsBefore when something is left after the last life."""
    fakes = lives.installation.fakes
    with lives.trial():
        for life in turmoil.lives:
            _live(lives, life)
            fakes.clear_faults()
            if life.reboots:
                lives.installation.reboot()
            if life.recovery:
                lives.expect(life.recovery)
            lives.revive()
            fakes.clear_faults()
            if life.recovery:
                lives.revive_again()
