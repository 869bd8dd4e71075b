# SPDX-License-Identifier: MIT
"""However and whenever a session ends, the machine is as before, field by field."""
from __future__ import annotations

from typing import Callable, Dict, List, Tuple

import pytest

from harness.checks import check_at_rest
from harness.eventually import eventually
from harness.fakes import ETHERNET, TAP, WIFI, WINTUN, WINTUN_ALIAS
from harness.installation import Installation
from harness.messages import BY_NAME, Message, address, decode_acknowledgement, route
from harness.session import Session
from protocol.support.recorded_session import RECORDED_MESSAGES
from protocol.support.session_ends import End, exit_openvpn, kill_openvpn, stop_service

SessionMaker = Callable[..., Session]

pytestmark = pytest.mark.undo

ERROR_OBJECT_ALREADY_EXISTS = 5010

#: Every call that changes the machine.
CHANGES = ("CreateIpForwardEntry2", "SetIpForwardEntry2", "DeleteIpForwardEntry2",
           "CreateUnicastIpAddressEntry", "SetUnicastIpAddressEntry",
           "DeleteUnicastIpAddressEntry")


# ---- ways to end ----

def exit_with_failure(_: Installation, session: Session) -> None:
    """openvpn.exe ends with another code."""
    session.openvpn.exit(3)
    session.client.read()
    session.client.wait_closed()


def client_leaves(installation: Installation, session: Session) -> None:
    """The client closes its pipe, nothing happens, and then openvpn.exe is killed."""
    held = installation.differences()
    session.client.close()
    assert installation.differences() == held
    session.process.kill()


ENDS: Dict[str, End] = {
    "killed": kill_openvpn, "exit code 0": exit_openvpn, "exit code 3": exit_with_failure,
    "service stopped": stop_service, "client left": client_leaves,
}

ALL_ENDS = pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())


# ---- every step of a connection ----

#: The requests of a 2.7 when the server pushes both families and redirects all traffic, and what it
#: takes back.
CONNECTION: List[Tuple[str, Message]] = [
    ("address", address("10.8.0.10/24", TAP)),
    ("IPv6 address", address("fd00:8::1000/128", TAP)),
    ("address by alias", address("10.9.0.1/24", BY_NAME, name=WINTUN_ALIAS)),
    ("IPv6 route on link", route("fd00:8::/64", "fe80::8", TAP)),
    ("route to the server", route("203.0.113.1/32", "192.168.1.1", ETHERNET)),
    ("lower half", route("0.0.0.0/1", "10.8.0.1", TAP)),
    ("upper half", route("128.0.0.0/1", "10.8.0.1", TAP)),
    ("route with a metric", route("10.20.0.0/16", "10.8.0.1", TAP, metric=7)),
    ("route that is there", route("10.99.0.0/16", "10.8.0.1", TAP)),
    ("default route away", route("0.0.0.0/0", "192.168.77.1", WIFI, delete=True)),
    ("IPv6 route", route("fd00:30::/64", "fe80::8", TAP)),
    ("default route through", route("0.0.0.0/0", "10.8.0.1", TAP)),
    ("address away", address("10.8.0.2/24", TAP, delete=True)),
    ("default route back", route("0.0.0.0/0", "192.168.77.1", WIFI)),
    ("upper half away", route("128.0.0.0/1", "10.8.0.1", TAP, delete=True)),
    ("server away", route("203.0.113.1/32", "192.168.1.1", ETHERNET, delete=True)),
    ("own address away", address("10.8.0.10/24", TAP, delete=True)),
]
STEPS = [("start-up", 0)] + [(name, count) for count, (name, _) in enumerate(CONNECTION, 1)]


@ALL_ENDS
@pytest.mark.parametrize("steps", [count for _, count in STEPS], ids=[name for name, _ in STEPS])
def test_machine_is_as_before_after_an_end_at_any_step(
        installation: Installation, start_session: SessionMaker, steps: int,
        end: End) -> None:
    session = start_session()
    errors = [session.openvpn.request(message) for _, message in CONNECTION[:steps]]
    assert set(errors) <= {0, ERROR_OBJECT_ALREADY_EXISTS}
    end(installation, session)
    check_at_rest(installation)


def test_every_step_changes_the_machine(installation: Installation, start_session: SessionMaker
                                        ) -> None:
    session = start_session()
    seen = [installation.differences()]
    for name, message in CONNECTION:
        session.openvpn.request(message)
        seen.append(installation.differences())
        assert (seen[-1] == seen[-2]) == (name == "route that is there"), name


def test_service_stops_although_openvpn_does_not(installation: Installation,
                                                 start_session: SessionMaker) -> None:
    session = start_session()
    session.openvpn.request(CONNECTION[0][1])
    installation.stop()
    assert session.process.wait() == 1
    assert not installation.differences()


def test_undo_waits_for_no_client(installation: Installation, start_session: SessionMaker
                                  ) -> None:
    session = start_session()
    session.openvpn.request(CONNECTION[0][1])
    session.openvpn.die(1)
    session.process.wait()
    left = eventually(installation.differences, lambda rows: not rows, 1.5)
    assert not left, "the last reply has not been read, and has two seconds"


# ---- recorded traffic ----

def test_recorded_traffic_is_read_completely() -> None:
    assert len(RECORDED_MESSAGES) == 26
    assert [request[0] for request in RECORDED_MESSAGES].count(3) == 4


@pytest.mark.parametrize("count", range(len(RECORDED_MESSAGES) + 1))
def test_machine_is_as_before_after_recorded_traffic_cut_off(
        installation: Installation, start_session: SessionMaker, count: int
        ) -> None:
    session = start_session()
    session.openvpn.batch(RECORDED_MESSAGES[:count])
    session.kill()
    assert not installation.differences()


def test_recorded_addresses_and_routes_are_all_served(start_session: SessionMaker) -> None:
    answers = start_session().openvpn.batch(RECORDED_MESSAGES).answers
    errors = [decode_acknowledgement(answer)[0]
              for request, answer in zip(RECORDED_MESSAGES, answers) if request[0] <= 4]
    assert errors == [0] * len(errors)


# ---- what existed before ----

DEFAULT_AWAY = route("0.0.0.0/0", "192.168.77.1", WIFI, delete=True)
DEFAULT_BACK = route("0.0.0.0/0", "192.168.77.1", WIFI)


@ALL_ENDS
@pytest.mark.parametrize("comes_back", [False, True], ids=["stays away", "session adds it back"])
def test_deleted_default_route_comes_back_with_every_field(
        installation: Installation, start_session: SessionMaker, end: End,
        comes_back: bool) -> None:
    session = start_session()
    assert session.openvpn.request(DEFAULT_AWAY) == 0
    assert installation.differences()
    if comes_back:
        assert session.openvpn.request(DEFAULT_BACK) == 0
    end(installation, session)
    check_at_rest(installation)


def test_route_from_dhcp_comes_back_with_all_that_windows_lets_one_set(
        installation: Installation, start_session: SessionMaker) -> None:
    def dhcp_route() -> Dict[str, object]:
        row, = [row for row in installation.fakes.dump()["routes"]
                if (row["prefix"], row["next_hop"]) == ("0.0.0.0/0", "192.168.1.1")]
        del row["origin"]  # CreateIpForwardEntry2 ignores it
        return dict(row)

    before = dhcp_route()
    session = start_session()
    assert session.openvpn.request(
        route("0.0.0.0/0", "192.168.1.1", ETHERNET, delete=True)) == 0
    session.end()
    assert dhcp_route() == before
    installation.populate()


@ALL_ENDS
def test_route_that_was_there_stays(
        installation: Installation, start_session: SessionMaker, end: End) -> None:
    session = start_session()
    there = route("10.99.0.0/16", "10.8.0.1", TAP)
    assert session.openvpn.request(there) == ERROR_OBJECT_ALREADY_EXISTS
    end(installation, session)
    check_at_rest(installation)


@ALL_ENDS
def test_address_that_was_there_comes_back(
        installation: Installation, start_session: SessionMaker, end: End) -> None:
    session = start_session()
    there = address("10.8.0.2/24", TAP, delete=True)
    assert session.openvpn.request(there) == 0
    end(installation, session)
    check_at_rest(installation)


# ---- order ----

def test_undo_is_newest_first_over_all_kinds(installation: Installation,
                                             start_session: SessionMaker) -> None:
    session = start_session()
    for message in (address("10.8.0.10/24", TAP), route("10.20.0.0/16", "10.8.0.1", TAP),
                    DEFAULT_AWAY, address("10.9.0.1/24", WINTUN),
                    route("10.21.0.0/16", "10.9.0.2", WINTUN)):
        assert session.openvpn.request(message) == 0
    mark = installation.record.mark()
    session.end()
    done = [(call["call"], call.get("prefix") or call.get("address"))
            for call in installation.record.calls(*CHANGES, since=mark)]
    assert [what for what, _ in done] == [
        "DeleteIpForwardEntry2", "DeleteUnicastIpAddressEntry", "CreateIpForwardEntry2",
        "DeleteIpForwardEntry2", "DeleteUnicastIpAddressEntry"]
    assert [str(where).split("/")[0] for _, where in done] == [
        "10.21.0.0", "10.9.0.1", "0.0.0.0", "10.20.0.0", "10.8.0.10"]


def test_what_the_session_took_back_itself_is_not_undone_twice(installation: Installation,
                                                               start_session: SessionMaker
                                                               ) -> None:
    session = start_session()
    session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", TAP))
    session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", TAP, delete=True))
    mark = installation.record.mark()
    session.end()
    assert not installation.record.calls(*CHANGES, since=mark)


def test_failure_is_reported_to_the_client_before_the_undo(installation: Installation,
                                                           start_session: SessionMaker) -> None:
    session = start_session()
    session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", TAP))
    installation.fakes.fault("DeleteIpForwardEntry2", "block")
    session.openvpn.die(4)
    assert session.client.read().function == "OpenVPN exited with error: exit code = 4"
    installation.fakes.wait_blocked("DeleteIpForwardEntry2")
    installation.fakes.clear_faults()
    session.client.wait_closed()
    assert not installation.differences()
