# SPDX-License-Identifier: MIT
"""The kill switch: what a change of it costs, and what it costs the start of a session."""
from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Iterator, Mapping, Optional

from harness import messages
from harness.fakes import INTERACTIVE, PLAIN_USER, TAP, WINTUN
from harness.installation import Installation
from harness.runner import build_folder
from harness.session import Session

from bench.figures import MILLISECONDS, RATIO, Results
from bench.measure import Measured, NotPossible, Sample, in_turns, ratio
from bench.programs import Program, client_of, transitions_of
from bench.rig import Rig, Size
from bench.sessions import A_FEW, SECONDS_EACH, SETTINGS

#: Upper limits of the ratios.
AGAINST_BARE, AGAINST_DOWN = 1.5, 1.05

#: In a turn.
CHANGES, ASKED = 20, 5

UP = "while the kill switch is up"


@dataclass(frozen=True)
class Found:
    """Milliseconds of each turn with the kill switch, and without it."""

    with_it: Measured
    without: Measured
    asked: Measured = NotPossible()


@contextmanager
def _guarded(rig: Rig, program: Path, openvpn: Optional[Path] = None) -> Iterator["Guarded"]:
    """A service whose kill switch its user may start: it is one that Windows starts, and he sits at
    the machine."""
    with rig.service(program, SETTINGS, openvpn) as service:
        service.service.set_automatic(True)
        service.fakes.personas(PLAIN_USER.with_group(INTERACTIVE))
        with transitions_of(rig.runner, rig.bridge, service) as transitions:
            made = Guarded(service, transitions)
            made.stop()  # not every service can do that
            yield made


class Guarded:
    """A service, and the program that asks it to start its kill switch with 64 gateways."""

    def __init__(self, service: Installation, transitions: Program) -> None:
        self.service = service
        self._transitions = transitions

    def start(self) -> None:
        """The kill switch is up."""
        self._transitions.command("ask 1")

    def stop(self) -> None:
        """It is down."""
        self._transitions.command("stop")

    def asked(self) -> float:
        """Milliseconds of a change that the service is asked for; it is down before and after."""
        _, _, *microseconds = self._transitions.command(f"ask {ASKED + 1}")
        self.stop()
        return Sample(tuple(microseconds)).median / 1000

    def change(self) -> float:
        """Milliseconds of a change by the service's code."""
        return self._turn("replace")

    def bare(self) -> float:
        """Milliseconds of a bare transaction."""
        return self._turn("bare")

    def _turn(self, command: str) -> float:
        _, *microseconds = self._transitions.command(f"{command} {CHANGES}")
        return Sample(tuple(microseconds)).median / 1000

    def check_equal(self) -> None:
        """All must be about as many filters."""
        others = self._filters()
        self.start()
        found = {"asked": self._filters() - others}
        self.stop()
        for command in ("replace", "bare"):
            found[command] = int(self._transitions.command(f"{command} 1")[0])
        assert len(set(found.values())) == 1, found

    def _filters(self) -> int:
        return len(self.service.fakes.firewall()["filters"])


def _open_tunnel(session: Session, interface: int) -> float:
    """Milliseconds that the first change of its adapter takes openvpn.exe."""
    request = messages.encode(messages.Flush("flush_neighbors", messages.AF_INET,
                                             messages.Interface(interface)))
    series = session.openvpn.series(request, 0, 1)
    error, _ = messages.decode_acknowledgement(series.answer)
    assert not error, f"the tunnel is not opened: error {error}"
    return series.microseconds / 1000


def _changes(rig: Rig, size: Size, program: Path) -> Found:
    """With two tunnels. No side finds filters of another."""
    with _guarded(rig, program) as guarded, rig.session(guarded.service) as (first, _), \
            rig.session(guarded.service) as (second, _):
        _open_tunnel(first, TAP)
        _open_tunnel(second, WINTUN)
        guarded.check_equal()
        return Found(*in_turns([guarded.change, guarded.bare, guarded.asked],
                               max(3, size.turns // 2), rig.progress))


def _tell_changes(results: Results, subject: str, found: Found) -> None:
    title = "change of the kill switch with 64 gateways and 2 tunnels"
    results.add(title, subject, found.with_it, MILLISECONDS)
    results.add("bare transaction with as many filters", subject, found.without, MILLISECONDS)
    results.add(f"{title}, against a bare transaction", subject,
                ratio(found.with_it, found.without), RATIO, target=AGAINST_BARE)
    results.add(f"{title}, asked of the service", subject, found.asked, MILLISECONDS)


def _openings(rig: Rig, size: Size, program: Path) -> Found:
    """What the first change of an adapter waits for."""
    with _guarded(rig, program) as guarded:
        def opening() -> float:
            with rig.session(guarded.service) as (session, _):
                return _open_tunnel(session, TAP)

        def opening_beside_it() -> float:
            guarded.start()
            try:
                return opening()
            finally:
                guarded.stop()

        return Found(*in_turns([opening_beside_it, opening], max(3, size.starts), rig.progress))


def _tell_openings(results: Results, subject: str, found: Found) -> None:
    title = "first change of a session's adapter"
    results.add(title, subject, found.without, MILLISECONDS)
    results.add(f"{title} {UP}", subject, found.with_it, MILLISECONDS)


def _starts(rig: Rig, size: Size, program: Path) -> Found:
    """From the start-up message to the process id. The openvpn.exe is a small program that
    waits."""
    waiter = build_folder() / "bench" / "bench-waiter.exe"
    patience = rig.patience + A_FEW * SECONDS_EACH
    with _guarded(rig, program, waiter) as guarded, \
            client_of(rig.runner, guarded.service, patience) as client:
        def open_some() -> float:
            microseconds = client.command(f"open {A_FEW}")
            client.command("end")
            return Sample(tuple(microseconds)).median / 1000

        def open_some_beside_it() -> float:
            guarded.start()
            try:
                return open_some()
            finally:
                guarded.stop()

        open_some_beside_it()  # the first ones take longer
        open_some()
        return Found(*in_turns([open_some_beside_it, open_some], max(3, size.turns), rig.progress))


def _tell_starts(results: Results, subject: str, found: Found) -> None:
    title = f"start-up message to process id {UP}"
    results.add(title, subject, found.with_it, MILLISECONDS)
    results.add(f"{title}, against one that is down", subject,
                ratio(found.with_it, found.without), RATIO, target=AGAINST_DOWN)


def kill_switch(rig: Rig, programs: Mapping[str, Path], size: Size, results: Results) -> None:
    """All figures about it."""
    for what, part, tell in (("changes of the kill switch", _changes, _tell_changes),
                             ("openings of a tunnel", _openings, _tell_openings),
                             (f"starts of a session {UP}", _starts, _tell_starts)):
        rig.progress.begin(what)
        measured = rig.for_each(programs, partial(part, rig, size))
        for subject, found in measured.items():
            tell(results, subject,
                 Found(found, found, found) if isinstance(found, NotPossible) else found)
