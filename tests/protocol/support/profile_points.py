# SPDX-License-Identifier: MIT
"""The copy of a user's profile, and the service that dies, or the machine whose power fails, at any
step of the copy's life: no key is left after the next start, and whatever lies there until then may
be read by its user alone."""
from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Iterator, List

from harness.bridge import BridgeError
from harness.client import Reply
from harness.eventually import eventually
from harness.fakes import LOCAL_GROUPS, Json
from harness.openvpn import OpenvpnError
from harness.service import State
from protocol.support.crash_points import ACTIONS
from protocol.support.lifecycle import CONNECTION_LOST, Death, FragileSession, Lifecycle
from protocol.support.profile_user import ALICE, KEY, SECRET

#: Who may do what with a copy: SYSTEM and administrators everything, its user read.
ACCESS = f"O:BAG:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;{ALICE.sid})"


class KeyLeft(AssertionError):
    """A copy is left, or somebody else may read one."""


class ProfileSession(FragileSession):
    """A session with a profile of the user's own, in which there is a key."""

    def ask_for_start(self, path: str) -> Reply:
        """The config of an administrator, at `path`, is not used."""
        del path
        installation = self.lifecycle.installation
        self.file.write_text(self.openvpn.profile() + KEY, encoding="utf-8")
        return self.connect().start(rf"{installation.folder}\config",
                                    rf'--config "{installation.folder}\log\{self.file.name}"')

    @property
    def file(self) -> Path:
        """The user's own."""
        return self.lifecycle.installation.host_folder / "log" / "home.ovpn"

    def close(self) -> None:
        """And without the user's file, so that a key that is found is a copy."""
        super().close()
        self.file.unlink(missing_ok=True)


class Shelf:
    """The machine of a trial, with one session at most."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self.lifecycle = lifecycle
        self.installation = lifecycle.installation
        self.session = ProfileSession(lifecycle)

    def __enter__(self) -> "Shelf":
        fakes = self.installation.fakes
        fakes.personas(ALICE)
        fakes.local_groups(*LOCAL_GROUPS)
        fakes.recording("files")
        self._mark = self.installation.record.mark()
        return self

    def __exit__(self, *error: object) -> None:
        self.session.close()
        self.installation.fakes.recording()

    # -- what happens --

    def begin(self) -> None:
        """A session, to the point at which openvpn.exe runs."""
        self.session.begin()
        if not self.copies():
            raise KeyLeft("there is no copy at all: nothing is tried")

    def play(self) -> None:
        """A session from its start to its end."""
        self.session.begin()
        self.session.end()

    def stop(self) -> None:
        """The service, with a session."""
        self.installation.service.control(1)
        assert eventually(lambda: self.lifecycle.has_died() or self.has_stopped(), bool)

    def has_stopped(self) -> bool:
        """Whether the service's manager says so."""
        return self.installation.service.status().state == State.STOPPED

    def crash(self) -> None:
        """The service is killed while openvpn.exe runs."""
        self.begin()
        self.lifecycle.kill()
        assert eventually(lambda: not self.installation.is_running(), bool)

    def start(self) -> None:
        """The service, once: it may die."""
        self.lifecycle.start_once()

    # -- what there is --

    def copies(self) -> List[Path]:
        """Files below ProgramData, but for the journal."""
        data = self.installation.host_folder / "ProgramData"
        return [path for path in data.rglob("*.ovpn") if path.is_file()]

    def check_access(self) -> None:
        """Whatever lies there was made for its user alone. Raises KeyLeft."""
        made: Dict[str, str] = {
            call["path"].rsplit("\\", 1)[1]: call["security"]
            for call in self.installation.record.calls("CreateFileW", since=self._mark,
                                                       where=_makes_copy)}
        for copy in self.copies():
            if made.get(copy.name) != ACCESS:
                raise KeyLeft(f"{copy.name} was made with {made.get(copy.name)}")

    def check_nothing_left(self) -> None:
        """No copy is there, and no key in any file. Raises KeyLeft."""
        data = self.installation.host_folder
        left = [str(copy) for copy in self.copies()]
        left += [f"a key in {path}" for path in data.rglob("*")
                 if path.is_file() and path != self.session.file
                 and SECRET.encode() in path.read_bytes()]
        if left:
            raise KeyLeft("\n".join(left))


def _makes_copy(call: Json) -> bool:
    """A call that was to die before its effect is recorded without its arguments."""
    return ".profiles\\" in call.get("path", "") and bool(call["security"])


# ---- the life of a copy ----

@dataclass(frozen=True)
class Step:
    """A part of a copy's life: what comes before it, and the part, in which the service may die."""

    name: str
    prepare: Callable[[Shelf], None]
    act: Callable[[Shelf], None]

    def __str__(self) -> str:
        return self.name


def _nothing(shelf: Shelf) -> None:
    del shelf


STEPS = (Step("session", _nothing, Shelf.play), Step("stop", Shelf.begin, Shelf.stop),
         Step("start after a crash", Shelf.crash, Shelf.start))


@dataclass(frozen=True)
class ProfilePoint:
    """The service dies at a call of a step; or the machine does, whose power fails."""

    step: Step
    death: Death
    power_fails: bool

    def __str__(self) -> str:
        what = ", power fails" if self.power_fails else ""
        return f"profile {self.step}: {self.death}{what}"


def profile_points(step: Step, calls: Dict[str, int]) -> Iterator[ProfilePoint]:
    """The service dies before and after the effect of each of these calls, and the power fails
    after each."""
    for call, count in calls.items():
        for nth in range(1, count + 1):
            for action in ACTIONS:
                yield ProfilePoint(step, Death(call, nth, action), False)
            yield ProfilePoint(step, Death(call, nth, "die_after"), True)


@contextmanager
def _played(lifecycle: Lifecycle, step: Step) -> Iterator[Shelf]:
    with lifecycle.trial(), Shelf(lifecycle) as shelf:
        step.prepare(shelf)
        yield shelf
        lifecycle.installation.fakes.clear_faults()
        if not lifecycle.is_alive() or shelf.has_stopped():
            lifecycle.restart()
        shelf.check_nothing_left()


def count_step(lifecycle: Lifecycle, step: Step) -> Dict[str, int]:
    """Its calls to Windows."""
    with _played(lifecycle, step) as shelf:
        before = lifecycle.stable_calls()
        step.act(shelf)
        after = lifecycle.stable_calls()
    calls = {call: count - before.get(call, 0) for call, count in sorted(after.items())}
    return {call: count for call, count in calls.items() if count}


def try_profile_point(lifecycle: Lifecycle, point: ProfilePoint) -> bool:
    """Die there, start again, and look for keys. Returns whether the point was reached. Raises
    KeyLeft or NotRestored."""
    with _played(lifecycle, point.step) as shelf:
        lifecycle.inject(point.death)
        try:
            point.step.act(shelf)
        except (BridgeError, OpenvpnError) as error:
            if error.code not in CONNECTION_LOST or not eventually(lifecycle.has_died, bool, 2):
                raise
        is_reached = bool(lifecycle.wait_deaths(1))
        shelf.check_access()
        if point.power_fails:
            lifecycle.reboot()
    return is_reached
