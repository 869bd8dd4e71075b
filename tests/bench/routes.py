# SPDX-License-Identifier: MIT
"""Round trips, the journal, many routes, deletion in the order of addition, and undo."""
from __future__ import annotations

import time
from contextlib import ExitStack
from functools import partial
from typing import Callable, Dict, List, Mapping, Tuple, Union

from harness.eventually import eventually
from harness.installation import Installation

from bench.figures import MICROSECONDS, RATIO, Curve, Results
from bench.measure import Measured, NotPossible, Sample, in_turns, possible, ratio
from bench.programs import journal_of
from bench.rig import Rig, Routes, Services, Size

#: Upper limits of ratios.
AGAINST_ECHO, AGAINST_FEW, UNDO_AGAINST_TRIP, JOURNAL_AGAINST_TRIP = 1.3, 1.2, 0.5, 0.1

CALL_ECHO = "an echo that makes the same call"
BARE_ECHO = "a bare echo"


def round_trips(rig: Rig, services: Services, size: Size, results: Results) -> None:
    """Adding a route, compared with the echoes and with the time for the journal."""
    rig.progress.begin("round trips")
    ours = services[results.ours]
    assert isinstance(ours, Installation)
    durable: List[float] = []
    with ExitStack() as stack:
        def open_session(service: Installation) -> Routes:
            routes = stack.enter_context(rig.session(service))[1]
            routes.turn(size.per_turn)  # the first turn is slower
            return routes

        opened = rig.for_each(services, open_session)
        for name, asks in ((BARE_ECHO, False), (CALL_ECHO, True)):
            echo = stack.enter_context(rig.echo(ours, asks=asks))
            echo.turn(size.per_turn)
            opened[name] = echo
        journal = stack.enter_context(journal_of(rig.runner, ours, size.per_turn))

        def write_down() -> float:
            forgotten, flushed = journal.command("turn")
            durable.append(flushed)
            return forgotten

        sides = possible(opened)
        turns: List[Callable[[], float]] = []
        for name, side in sides.items():
            turn: Callable[[], float] = partial(side.turn, size.per_turn)
            turns.append(rig.turn(name, turn) if name in services else turn)
        turns.append(write_down)
        *trips, written = in_turns(turns, size.turns, rig.progress)
    samples: Dict[str, Measured] = {
        name: side for name, side in opened.items() if isinstance(side, NotPossible)}
    samples.update(zip(sides, trips))
    _tell_trips(services, samples, results)
    results.add("journal, a change that a restart forgets", "", written, MICROSECONDS)
    results.add("journal, a change that outlives it", "", Sample(tuple(durable)), MICROSECONDS)
    results.add("journal, a change that a restart forgets, against a round trip", results.ours,
                ratio(written, samples[results.ours]), RATIO, target=JOURNAL_AGAINST_TRIP)


def _tell_trips(services: Services, samples: Mapping[str, Measured], results: Results) -> None:
    for subject in services:
        results.add("round trip of add_route", subject, samples[subject], MICROSECONDS)
    for echo in (BARE_ECHO, CALL_ECHO):
        results.add(f"round trip of {echo}", "", samples[echo], MICROSECONDS)
    for subject in services:
        results.add(f"add_route against {BARE_ECHO}", subject,
                    ratio(samples[subject], samples[BARE_ECHO]), RATIO)
        results.add(f"add_route against {CALL_ECHO}", subject,
                    ratio(samples[subject], samples[CALL_ECHO]), RATIO, target=AGAINST_ECHO)


class Held:
    """One service holds few routes and another one many, on the same machine."""

    def __init__(self, rig: Rig, size: Size, first: Installation, second: Installation) -> None:
        self._rig, self._size = rig, size
        self._first, self._second = first, second
        self.trip: List[float] = []
        self.few: List[float] = []
        self.many: List[float] = []
        self.added: List[List[float]] = []
        self.deleted: List[List[float]] = []
        self.ended: List[float] = []  # seconds, with many routes
        self.ended_empty: List[float] = []
        self.is_late = False  # the client's pipe is closed before the undo

    def round(self) -> None:
        """Add the routes, compare, delete them, add them again, and end the session."""
        with self._rig.session(self._first) as (_, few):
            self.trip.append(few.turn(self._size.per_turn))
            few.add(self._size.few)
            self.ended_empty.append(self._end(lambda routes: None))
            self.ended.append(self._end(lambda routes: self._fill(few, routes)))

    @property
    def undone(self) -> Measured:
        """Microseconds to undo a route: the additional time of a session's end with routes."""
        if self.is_late:
            return NotPossible("it closes the client's pipe before it has undone the changes")
        empty = Sample(tuple(self.ended_empty)).median
        return Sample(tuple((ended - empty) * 1e6 / self._size.many for ended in self.ended))

    def _end(self, prepare: Callable[[Routes], None]) -> float:
        """Seconds from the end of openvpn.exe to the end of the session."""
        with self._rig.session(self._second) as (session, routes):
            prepare(routes)
            began = time.perf_counter()
            session.openvpn.exit()
            session.client.wait_closed(self._rig.patience)
            ended = time.perf_counter() - began
        self._check_undone()
        return ended

    def _check_undone(self) -> None:
        """Only the few routes of the first session may be there."""
        def left() -> int:
            return len(self._first.differences()) - self._size.few

        if left() > 0:
            self.is_late = True
            rest = eventually(left, lambda count: count <= 0, self._rig.patience)
            if rest > 0:
                raise NotPossible(f"{rest} routes stay when their session has ended")

    def _fill(self, few: Routes, many: Routes) -> None:
        size = self._size
        self.added.append(self._blocks(many.add))
        both = in_turns([lambda: few.turn(size.per_turn, size.few),
                         lambda: many.turn(size.per_turn, size.many)],
                        max(3, size.turns // size.rounds))
        for values, side in zip((self.few, self.many), both):
            assert isinstance(side, Sample)
            values += side.values
        self.deleted.append(self._blocks(many.delete))
        self._blocks(many.add)

    def _blocks(self, ask: Callable[[int, int], float]) -> List[float]:
        block = self._size.block
        return [ask(block, start) for start in range(0, self._size.many, block)]


def _means(rounds: List[List[float]]) -> Sample:
    return Sample(tuple(sum(blocks) / len(blocks) for blocks in rounds))


def _curve(rounds: List[List[float]], block: int, down: bool) -> Tuple[Tuple[float, float], ...]:
    """The median of the rounds, for each block, at the number of routes in its middle."""
    medians = [Sample(blocks).median for blocks in zip(*rounds)]
    held = [(number + 0.5) * block for number in range(len(medians))]
    return tuple(zip(reversed(held) if down else held, medians))


def many_routes(rig: Rig, services: Services, size: Size, results: Results) -> None:
    """The cost of adding a route among few and many, of deletion, and of undo."""
    rig.progress.begin(f"{size.many} routes")
    with ExitStack() as stack:
        held = rig.for_each(services, lambda first: Held(
            rig, size, first, stack.enter_context(rig.second_service(first))))
        for number in range(size.rounds):
            for subject, each in possible(held).items():
                failure = rig.attempt(subject, each.round)
                if failure is not None:
                    held[subject] = failure
            rig.progress(number + 1, size.rounds)
    # What another service has left there; and one that does not stop was killed with the second.
    rig.for_each(services, rig.come_back)
    for subject, result in held.items():
        _tell(subject, result, size, results)


def _tell(subject: str, held: Union[Held, NotPossible], size: Size, results: Results) -> None:
    trip: Measured
    few: Measured
    many: Measured
    added: Measured
    deleted: Measured
    undone: Measured
    if isinstance(held, NotPossible):
        trip = few = many = added = deleted = undone = held
    else:
        trip, few, many = (Sample(tuple(each)) for each in (held.trip, held.few, held.many))
        added, deleted, undone = _means(held.added), _means(held.deleted), held.undone
        results.curves += [
            Curve("add_route", subject, _curve(held.added, size.block, down=False)),
            Curve("delete_route, first in, first out", subject,
                  _curve(held.deleted, size.block, down=True))]
    results.add(f"add_route with {size.few} routes held", subject, few, MICROSECONDS)
    results.add(f"add_route with {size.many} routes held", subject, many, MICROSECONDS)
    results.add(f"add_route with {size.many} routes held against {size.few}", subject,
                ratio(many, few), RATIO, target=AGAINST_FEW)
    results.add(f"delete_route of {size.many}, first in, first out", subject, deleted,
                MICROSECONDS)
    results.add("delete_route, first in, first out, against add_route", subject,
                ratio(deleted, added), RATIO)
    results.add(f"undo of a route, of {size.many}", subject, undone, MICROSECONDS)
    results.add("undo of a route against a round trip", subject, ratio(undone, trip), RATIO,
                target=UNDO_AGAINST_TRIP)
