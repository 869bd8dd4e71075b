# SPDX-License-Identifier: MIT
"""The service dies at its calls to Windows: the next start makes the machine as it was. A sample of
what ci/sweep does, in which each function is met once."""
from __future__ import annotations

from typing import Callable, Dict, List, Set, Tuple

import pytest

from harness.eventually import eventually
from harness.installation import MOST_STARTS, Installation
from harness.session import Session
from protocol.kinds import dns, on
from protocol.lives import Death, Lives
from protocol.points import ACTIONS, Point, count_recovery, count_session, try_point
from protocol.scripts import SCRIPTS, Script
from protocol.turmoil import OVERLAPS, Chance, make_turmoil, play

SessionMaker = Callable[..., Session]
LivesMaker = Callable[[str], Lives]

pytestmark = pytest.mark.undo

#: Calls differ by a few from run to run, so that some deaths do not come to pass.
MOST_MISSED = 2

#: Starts that die in a row; the harness gives up after one more.
MOST_AT_ONCE = MOST_STARTS - 1

SEEDS = range(1, 7)


# ---- at each function ----

def sample(script: Script, session: Dict[str, int], recovery: Dict[str, int]) -> List[Point]:
    """One death at each function, in turn before and after its effect. Several starts can die one
    after the other: most of what one of them leaves, the next one calls."""
    once = [Death(call, (count + 1) // 2, ACTIONS[number % 2])
            for number, (call, count) in enumerate(session.items())]
    again = [Death(call, 1, ACTIONS[number % 2]) for number, call in enumerate(recovery)]
    return [*(Point(script, session=death) for death in once),
            *(Point(script, recovery=tuple(again[at::-(-len(again) // MOST_AT_ONCE)]))
              for at in range(-(-len(again) // MOST_AT_ONCE)))]


def without(calls: Dict[str, int], others: Set[str]) -> Dict[str, int]:
    """Those of other functions."""
    return {call: count for call, count in calls.items() if call not in others}


def try_missing(lives: Lives, point: Point) -> List[str]:
    """Which of the point's deaths have not come to pass, not even alone."""
    dead = try_point(lives, point)
    missing = [death for death in point.recovery if death.call not in dead]
    if missing and len(point.recovery) > 1:
        return [each for death in missing
                for each in try_missing(lives, Point(point.script, recovery=(death,)))]
    return [str(death) for death in (point.session, *missing) if death and death.call not in dead]


def test_death_at_any_function_is_undone_by_the_next_start(
        lives_with: LivesMaker, capsys: pytest.CaptureFixture[str]) -> None:
    seen: Dict[str, Set[str]] = {"session": set(), "recovery": set()}
    missed: List[str] = []
    for script in SCRIPTS:
        lives = lives_with(script.release.program)
        session, recovery = count_session(lives, script), count_recovery(lives, script)
        points = sample(script, without(session, seen["session"]),
                        without(recovery, seen["recovery"]))
        missed += [death for point in points for death in try_missing(lives, point)]
        seen["session"].update(session)
        seen["recovery"].update(recovery)
    with capsys.disabled():
        print(f"\ndied at {len(seen['session'])} functions of sessions and "
              f"{len(seen['recovery'])} of recoveries, but for {', '.join(missed) or 'none'}")
    assert len(missed) <= MOST_MISSED


# ---- at random ----

@pytest.mark.parametrize("seed", SEEDS)
def test_after_any_deaths_of_overlapping_sessions_the_machine_is_as_before(
        lives_with: LivesMaker, seed: int) -> None:
    turmoil = make_turmoil(Chance(seed), OVERLAPS[seed % len(OVERLAPS)])
    lives = lives_with(turmoil.release.program)
    try:
        play(lives, turmoil)
    except BaseException:
        print(f"ci/sweep --only overlaps --seed {seed} --seeds 1\n{turmoil}")
        raise


# ---- what the machine does not show ----

@pytest.mark.parametrize("when", ["at the end of a session", "at a start"])
def test_dns_client_is_told_by_the_next_start_of_what_was_put_back_before(
        installation: Installation, start_session: SessionMaker, when: str) -> None:
    session = start_session()
    assert session.openvpn.request(dns("10.8.0.53")) == 0
    if when == "at a start":
        installation.crash()
    installation.fakes.fault("ControlService", "die")
    if when != "at a start":
        session.openvpn.exit(0)
        installation.wait_death()
    before = installation.calls()["ControlService"]
    installation.start()
    assert [death["call"] for death in installation.fakes.deaths()] == ["ControlService"]
    assert not installation.differences()
    died_again = int(when == "at a start")
    assert installation.calls()["ControlService"] == before + died_again + 1


@pytest.mark.parametrize("dead", [("Commit",), ("Commit", "ReportEventW")],
                         ids=["the program", "and the service"])
def test_address_comes_back_that_a_program_had_taken_away_when_it_died(
        installation: Installation, start_session: SessionMaker, dead: Tuple[str, ...]) -> None:
    session = start_session()
    for call in dead:
        installation.fakes.fault(call, "die_after")
    assert session.openvpn.try_request(on("enable_dhcp")) != 0
    installation.wait_death(len(dead))
    if not installation.is_running():
        installation.start()
    session.openvpn.close()
    assert not eventually(installation.differences, lambda rows: not rows)
