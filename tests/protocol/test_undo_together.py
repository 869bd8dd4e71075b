# SPDX-License-Identifier: MIT
"""Sessions that request the same, other programs that change it, and failing undo."""
from __future__ import annotations

from typing import Callable, Dict, Iterator, List, Tuple

import pytest

from harness import process
from harness.bridge import Bridge
from harness.checks import check_at_rest
from harness.eventually import eventually
from harness.fakes import TAP, WIFI
from harness.installation import Installation
from harness.messages import Message, address, decode_acknowledgement, encode, route
from harness.service import CONTROL_STOP, State
from harness.session import Session
from protocol.support.session_ends import End, exit_openvpn, kill_openvpn, stop_service

SessionMaker = Callable[..., Session]

pytestmark = pytest.mark.undo

ERROR_ACCESS_DENIED = 5

ROUTE = route("10.20.0.0/16", "10.8.0.1", TAP)
ADDRESS = address("10.8.0.10/24", TAP)
DEFAULT_AWAY = route("0.0.0.0/0", "192.168.77.1", WIFI, delete=True)

SHARED: Dict[str, Message] = {"route": ROUTE, "address": ADDRESS, "absent route": DEFAULT_AWAY}


ENDS = pytest.mark.parametrize("end", [exit_openvpn, kill_openvpn], ids=["exits", "killed"])
ORDERS = pytest.mark.parametrize("first", [0, 1], ids=["older ends first", "newer ends first"])


# ---- two sessions ----

def start_two(message: Message, start: SessionMaker) -> List[Session]:
    """Two sessions, the older one first, that have requested the same."""
    sessions = [start(), start()]
    for session in sessions:
        session.openvpn.request(message)
    return sessions


@ENDS
@ORDERS
@pytest.mark.parametrize("message", [ROUTE, ADDRESS], ids=["route", "address"])
def test_shared_change_stays_until_both_sessions_have_ended(
        installation: Installation, start_session: SessionMaker, message: Message,
        first: int, end: End) -> None:
    sessions = start_two(message, start_session)
    assert len(installation.requested_differences()) == 1
    held = installation.differences()
    end(installation, sessions[first])
    assert installation.differences() == held
    end(installation, sessions[1 - first])
    assert not installation.differences()


@pytest.mark.parametrize("message", SHARED.values(), ids=SHARED.keys())
def test_stopping_the_service_ends_both(installation: Installation, start_session: SessionMaker,
                                        message: Message) -> None:
    stop_service(installation, *start_two(message, start_session))
    assert not installation.differences()


def test_second_session_is_answered_with_success(start_session: SessionMaker) -> None:
    first, second = start_session(), start_session()
    assert [each.openvpn.request(ROUTE) for each in (first, second)] == [0, 0]


@ENDS
@ORDERS
def test_metric_of_the_newest_is_in_force(
        installation: Installation, start_session: SessionMaker, first: int, end: End) -> None:
    metrics = [5, 9]
    sessions = [start_session(), start_session()]
    for session, metric in zip(sessions, metrics):
        session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", TAP, metric=metric))
    end(installation, sessions[first])
    row, = [row for row in installation.fakes.dump()["routes"] if row["prefix"] == "10.20.0.0/16"]
    assert row["metric"] == metrics[1 - first]
    end(installation, sessions[1 - first])
    assert not installation.differences()


@ENDS
@ORDERS
def test_default_route_taken_by_one_and_returned_by_the_other_comes_back(
        installation: Installation, start_session: SessionMaker, first: int,
        end: End) -> None:
    sessions = [start_session(), start_session()]
    assert sessions[0].openvpn.request(DEFAULT_AWAY) == 0
    assert sessions[1].openvpn.request(route("0.0.0.0/0", "192.168.77.1", WIFI)) == 0
    end(installation, sessions[first])
    end(installation, sessions[1 - first])
    assert not installation.differences()


def test_deletion_by_one_session_leaves_the_change_of_the_other(
        installation: Installation, start_session: SessionMaker) -> None:
    first, second = start_two(ROUTE, start_session)
    held = installation.differences()
    assert second.openvpn.request(
        route("10.20.0.0/16", "10.8.0.1", TAP, delete=True)) == 0
    assert installation.differences() == held
    first.end()
    assert not installation.differences()


# ---- another program ----

@pytest.fixture
def changed_by_another(
        installation: Installation, start_session: SessionMaker) -> Iterator[Installation]:
    """A session has ended after another program had changed its route. The route now belongs to
    that program, so the test removes it."""
    session = start_session()
    session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", TAP, metric=5))
    installation.fakes.set_route(TAP, "10.20.0.0/16", "10.8.0.1", metric=77)
    session.end()
    yield installation
    installation.fakes.delete_route(TAP, "10.20.0.0/16", "10.8.0.1")


def test_route_that_another_program_has_changed_is_left_alone(
        changed_by_another: Installation) -> None:
    line, = changed_by_another.differences()
    assert "'metric': 77" in line


def test_route_that_is_left_alone_is_logged(changed_by_another: Installation) -> None:
    assert any("route 10.20.0.0/16" in event and "changed by another program" in event
               for event in changed_by_another.record.events())


def test_route_that_came_back_meanwhile_is_left_alone(installation: Installation,
                                                      start_session: SessionMaker) -> None:
    session = start_session()
    session.openvpn.request(DEFAULT_AWAY)
    installation.fakes.add_route(WIFI, "0.0.0.0/0", "192.168.77.1", metric=33)
    session.end()
    line, = installation.differences()
    assert "'metric': 33" in line
    installation.populate()


@pytest.mark.parametrize("what", ["route", "address", "interface"])
def test_what_has_gone_already_is_no_failure(installation: Installation,
                                             start_session: SessionMaker, what: str) -> None:
    session = start_session()
    installation.fakes.add_interface(12, "Tunnel", component_id="wintun")
    session.openvpn.request(address("10.40.0.1/24", 12))
    session.openvpn.request(route("10.41.0.0/16", "10.40.0.2", 12))
    if what == "route":
        installation.fakes.delete_route(12, "10.41.0.0/16", "10.40.0.2")
    if what == "address":
        installation.fakes.delete_address(12, "10.40.0.1")
    if what == "interface":
        installation.fakes.delete_interface(12)
    session.end()
    events = installation.record.events()
    if what != "interface":
        installation.fakes.delete_interface(12)
    assert not installation.differences()
    assert not [event for event in events if "undone" in event]


# ---- failing undo ----

UNDO_CALLS: Dict[str, Tuple[Message, str]] = {
    "deleting a route": (ROUTE, "DeleteIpForwardEntry2"),
    "deleting an address": (ADDRESS, "DeleteUnicastIpAddressEntry"),
    "bringing back a route": (DEFAULT_AWAY, "CreateIpForwardEntry2"),
    "bringing back an address": (address("10.8.0.2/24", TAP, delete=True),
                                 "CreateUnicastIpAddressEntry"),
    "looking at a route": (ROUTE, "GetIpForwardEntry2"),
    "looking at an address": (ADDRESS, "GetUnicastIpAddressEntry"),
}
UNDOING = pytest.mark.parametrize("message, call", UNDO_CALLS.values(), ids=UNDO_CALLS.keys())


def end_with_failing_undo(installation: Installation, session: Session, message: Message,
                          call: str, *, times: int) -> None:
    """The session requests this and ends; the call that undoes it fails so many times."""
    session.openvpn.request(message)
    installation.fakes.fail(call, ERROR_ACCESS_DENIED, times=times)
    session.end()


@UNDOING
def test_undo_that_fails_once_is_retried(installation: Installation,
                                         start_session: SessionMaker, message: Message,
                                         call: str) -> None:
    end_with_failing_undo(installation, start_session(), message, call, times=1)
    assert not installation.differences()


@UNDOING
def test_undo_that_fails_is_logged_once(installation: Installation, start_session: SessionMaker,
                                        message: Message, call: str) -> None:
    end_with_failing_undo(installation, start_session(), message, call, times=1)
    lines = [event for event in installation.record.events() if "cannot be undone now" in event]
    assert len(lines) == 1
    assert "(0x5)" in lines[0]


@UNDOING
def test_undo_that_fails_twice_is_retried_with_the_next_session(
        installation: Installation, start_session: SessionMaker, message: Message, call: str
        ) -> None:
    end_with_failing_undo(installation, start_session(), message, call, times=2)
    assert installation.differences()
    another = start_session()
    another.end()
    assert not installation.differences()


@UNDOING
def test_undo_that_fails_twice_is_retried_when_the_service_stops(
        installation: Installation, start_session: SessionMaker, message: Message, call: str
        ) -> None:
    end_with_failing_undo(installation, start_session(), message, call, times=2)
    installation.stop()
    assert not installation.differences()


def test_failing_undo_of_one_change_leaves_the_others_undone(installation: Installation,
                                                             start_session: SessionMaker) -> None:
    session = start_session()
    for third in range(5):
        session.openvpn.request(route(f"10.20.{third}.0/24", "10.8.0.1", TAP))
    installation.fakes.fail("DeleteIpForwardEntry2", ERROR_ACCESS_DENIED, nth=3)
    installation.fakes.fail("DeleteIpForwardEntry2", ERROR_ACCESS_DENIED, nth=6)
    session.end()
    line, = installation.differences()
    assert "10.20.2.0/24" in line
    another = start_session()
    another.end()


# ---- slow calls ----

def test_slow_call_of_one_session_does_not_delay_others(installation: Installation,
                                                        start_session: SessionMaker) -> None:
    slow, other = start_session(), start_session()
    installation.fakes.fault("CreateIpForwardEntry2", "block")
    slow.openvpn.write(encode(ROUTE))
    installation.fakes.wait_blocked("CreateIpForwardEntry2")
    answer = other.openvpn.send(encode(route("10.21.0.0/16", "10.8.0.1", TAP)), 2)
    assert decode_acknowledgement(answer)[0] == 0
    installation.fakes.clear_faults()
    assert decode_acknowledgement(slow.openvpn.read(5))[0] == 0


def test_slow_undo_of_one_session_does_not_delay_others(installation: Installation,
                                                        start_session: SessionMaker) -> None:
    slow, other = start_session(), start_session()
    slow.openvpn.request(ROUTE)
    other.openvpn.request(route("10.21.0.0/16", "10.8.0.1", TAP))
    installation.fakes.fault("DeleteIpForwardEntry2", "block")
    slow.openvpn.exit()
    installation.fakes.wait_blocked("DeleteIpForwardEntry2")
    other.openvpn.exit()
    other.client.wait_closed(2)
    assert len(installation.differences()) == 1
    installation.fakes.clear_faults()
    slow.client.wait_closed()
    assert not installation.differences()


def test_slow_call_does_not_delay_starts(installation: Installation, start_session: SessionMaker
                                         ) -> None:
    slow = start_session()
    installation.fakes.fault("CreateIpForwardEntry2", "block")
    slow.openvpn.write(encode(ROUTE))
    installation.fakes.wait_blocked("CreateIpForwardEntry2")
    assert start_session().openvpn.describe()["in_job"]
    installation.fakes.clear_faults()


def test_death_during_a_slow_call_is_undone_when_that_returns(
        installation: Installation, bridge: Bridge, start_session: SessionMaker) -> None:
    session = start_session()
    installation.fakes.fault("CreateIpForwardEntry2", "block_after")
    session.openvpn.write(encode(ROUTE))
    installation.fakes.wait_blocked("CreateIpForwardEntry2")
    process.kill(bridge, session.process.id)
    assert installation.differences()
    installation.fakes.clear_faults()
    assert not eventually(installation.differences, lambda rows: not rows)


def test_service_that_stops_waits_for_a_slow_call(installation: Installation,
                                                  start_session: SessionMaker) -> None:
    session = start_session()
    installation.fakes.fault("CreateIpForwardEntry2", "block_after")
    session.openvpn.write(encode(ROUTE))
    installation.fakes.wait_blocked("CreateIpForwardEntry2")
    installation.service.control(CONTROL_STOP)
    assert installation.service.status().state != State.STOPPED
    installation.fakes.clear_faults()
    session.openvpn.exit()
    installation.service.wait(State.STOPPED)
    check_at_rest(installation)
