# SPDX-License-Identifier: MIT
"""The service dies at its calls to Windows: the next start restores the machine. A sample of
ci/sweep, in which each function is met once."""
from __future__ import annotations

from typing import Callable, Dict, List, Set, Tuple

import pytest

from harness.eventually import eventually
from harness.installation import MOST_STARTS, Installation
from harness.session import Session
from protocol.support.change_cases import dns, on
from protocol.support.chaos import play, scenario_of
from protocol.support.crash_points import (ACTIONS, CrashPoint, count_recovery, count_session,
                                           try_crash_point)
from protocol.support.lifecycle import Death, Lifecycle
from protocol.support.scripts import SCRIPTS, Script

SessionMaker = Callable[..., Session]
LifecycleMaker = Callable[[str], Lifecycle]

pytestmark = pytest.mark.undo

#: The calls of two runs differ by a few, so that some deaths do not happen.
MOST_MISSED = 2

#: Starts in a row that may die; the harness gives up after one more.
MOST_AT_ONCE = MOST_STARTS - 1

SEEDS = range(1, 7)


# ---- at each function ----

def sample(script: Script, session: Dict[str, int], recovery: Dict[str, int]) -> List[CrashPoint]:
    """One death at each function, alternately before and after its effect. Several starts can die
    one after the other, because each leaves most of its calls to the next."""
    once = [Death(call, (count + 1) // 2, ACTIONS[number % 2])
            for number, (call, count) in enumerate(session.items())]
    again = [Death(call, 1, ACTIONS[number % 2]) for number, call in enumerate(recovery)]
    return [*(CrashPoint(script, session=death) for death in once),
            *(CrashPoint(script, recovery=tuple(again[at::-(-len(again) // MOST_AT_ONCE)]))
              for at in range(-(-len(again) // MOST_AT_ONCE)))]


def without(calls: Dict[str, int], others: Set[str]) -> Dict[str, int]:
    """The calls of other functions."""
    return {call: count for call, count in calls.items() if call not in others}


def try_missing(lifecycle: Lifecycle, point: CrashPoint) -> List[str]:
    """The point's deaths that have not happened, not even when tried alone."""
    dead = try_crash_point(lifecycle, point)
    missing = [death for death in point.recovery if death.call not in dead]
    if missing and len(point.recovery) > 1:
        return [each for death in missing
                for each in try_missing(lifecycle, CrashPoint(point.script, recovery=(death,)))]
    return [str(death) for death in (point.session, *missing) if death and death.call not in dead]


def test_death_at_any_function_is_undone_by_the_next_start(
        lifecycle_with: LifecycleMaker, capsys: pytest.CaptureFixture[str]) -> None:
    seen: Dict[str, Set[str]] = {"session": set(), "recovery": set()}
    not_reached: List[str] = []
    for script in SCRIPTS:
        lifecycle = lifecycle_with(script.release.program)
        session, recovery = count_session(lifecycle, script), count_recovery(lifecycle, script)
        points = sample(script, without(session, seen["session"]),
                        without(recovery, seen["recovery"]))
        not_reached += [death for point in points for death in try_missing(lifecycle, point)]
        seen["session"].update(session)
        seen["recovery"].update(recovery)
    with capsys.disabled():
        print(f"\ndied at {len(seen['session'])} functions of sessions and "
              f"{len(seen['recovery'])} of recoveries, but for {', '.join(not_reached) or 'none'}")
    assert len(not_reached) <= MOST_MISSED


# ---- at random ----

@pytest.mark.parametrize("seed", SEEDS)
def test_after_any_deaths_of_overlapping_sessions_the_machine_is_as_before(
        lifecycle_with: LifecycleMaker, seed: int) -> None:
    scenario = scenario_of(seed)
    lifecycle = lifecycle_with(scenario.release.program)
    try:
        play(lifecycle, scenario)
    except BaseException:
        print(f"ci/sweep --only overlaps --seed {seed} --seeds 1\n{scenario}")
        raise


# ---- what the machine does not show ----

@pytest.mark.parametrize("when", ["at the end of a session", "at a start"])
def test_next_start_notifies_the_dns_client_of_what_was_restored_before(
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
def test_address_that_a_program_had_removed_when_it_died_comes_back(
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
