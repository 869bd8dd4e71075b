# SPDX-License-Identifier: MIT
"""Routes of a session while very many clients of the control pipe ask for the status."""
from __future__ import annotations

from contextlib import ExitStack
from typing import Callable, Dict, List, Tuple, Union

from harness.installation import Installation

from bench.figures import MICROSECONDS, RATIO, Results
from bench.measure import Measured, NotPossible, Sample, in_turns, possible, ratio
from bench.programs import Program, askers_of
from bench.rig import Rig, Routes, Services, Size

#: The upper limit of the ratios.
MOST = 1.2


class Asked:
    """A session of one service, and the clients that ask."""

    def __init__(self, routes: Routes, askers: Program, size: Size) -> None:
        self._routes, self._askers, self._size = routes, askers, size
        #: Before any of them is connected.
        self.without = Sample(())

    def attach(self, process: int, turns: int) -> None:
        """Measure without clients, then have all of them hold the session of this process."""
        self.alone()  # the first turn is slower
        self.without = Sample(tuple(self.alone() for _ in range(turns)))
        self._askers.command(f"attach {self._size.askers} {process}")
        self.beside()

    def alone(self) -> float:
        """Microseconds to add each of the routes."""
        each = self._routes.add(self._size.asked)
        self._routes.delete(self._size.asked)
        return each

    def beside(self) -> float:
        """The same while all clients ask."""
        self._askers.command("ask")
        each = self._routes.add(self._size.asked)
        self._askers.command("wait")
        self._routes.delete(self._size.asked)
        return each


def control_clients(rig: Rig, services: Services, size: Size, results: Results) -> None:
    """What the control pipe's clients cost a session. They hold another one: so they stay."""
    rig.progress.begin(f"{size.askers} clients of the control pipe")
    turns_each = max(3, size.turns // 6)
    with ExitStack() as stack:
        def open_session(service: Installation) -> Asked:
            held = stack.enter_context(rig.session(service))[0]
            routes = stack.enter_context(rig.session(service))[1]
            askers = stack.enter_context(askers_of(rig.runner, service))
            asked = Asked(routes, askers, size)
            asked.attach(held.reply.process, turns_each)
            return asked

        opened = rig.for_each(services, open_session)
        sides = possible(opened)
        turns: List[Callable[[], float]] = []
        for name, side in sides.items():
            turns += [rig.turn(name, side.alone), rig.turn(name, side.beside)]
        measured = in_turns(turns, turns_each, rig.progress)
    found: Dict[str, Union[Tuple[Measured, ...], NotPossible]] = {
        name: side for name, side in opened.items() if isinstance(side, NotPossible)}
    without = (side.without for side in sides.values())
    found.update(zip(sides, zip(without, measured[::2], measured[1::2])))
    for subject in services:
        _tell(subject, found[subject], size, results)


def _tell(subject: str, found: Union[Tuple[Measured, ...], NotPossible], size: Size,
          results: Results) -> None:
    without, alone, beside = (found,) * 3 if isinstance(found, NotPossible) else found
    title = f"add_route, {size.asked} of them"
    results.add(title, subject, alone, MICROSECONDS)
    results.add(f"{title} while {size.askers} control clients ask", subject, beside, MICROSECONDS)
    results.add(f"{title} while {size.askers} control clients ask, against silent ones", subject,
                ratio(beside, alone), RATIO, target=MOST)
    results.add(f"{title} while {size.askers} control clients ask, against none", subject,
                ratio(beside, without), RATIO, target=MOST)
