# SPDX-License-Identifier: MIT
"""A recorded connection of openvpn.exe 2.7, replayed to the service: tests/traces."""
from __future__ import annotations

from typing import Callable, Iterator, List, Tuple

import pytest

from harness import messages
from harness.eventually import eventually
from harness.fakes import TAP
from harness.installation import Installation
from harness.session import Session
from protocol.support.change_cases import CHANGING, spell
from protocol.support.recorded_session import RECORDED_MESSAGES

SessionMaker = Callable[..., Session]

#: The trace sets 1500, which the populated machine has already.
MTU_BEFORE = 1400

NAMES = [messages.decode(data)[0].name for data in RECORDED_MESSAGES]

_APPLY = "ControlService"
_SERVERS = ("RegSetValueExW NameServer", _APPLY)
_ADD_ADDRESS, _DELETE_ADDRESS = "CreateUnicastIpAddressEntry", "DeleteUnicastIpAddressEntry"
_ADD_ROUTE, _DELETE_ROUTE = "CreateIpForwardEntry2", "DeleteIpForwardEntry2"
_MTU = _METRIC = "SetIpInterfaceEntry"

#: The calls that each message causes, in order; register_dns works in the background.
STEPS: List[Tuple[str, Tuple[str, ...]]] = [
    ("flush_neighbors", ("FlushIpNetTable",)),
    ("add_address", (_ADD_ADDRESS,)),
    ("add_dns", _SERVERS),
    ("add_dns", ("RegSetValueExW SearchList", _APPLY)),
    ("add_wins", ("netsh interface ip delete wins 2 all",
                  "netsh interface ip set wins 2 static 10.8.0.55")),
    ("set_mtu", (_MTU,)),
    ("add_address", (_ADD_ADDRESS,)),
    ("add_route", (_ADD_ROUTE,)),
    ("add_dns", _SERVERS),
    ("set_mtu", (_MTU,)),
    ("add_wfp_block", ("FwpmSubLayerAdd0", *["FwpmFilterAdd0"] * 8, "FwpmTransactionCommit0",
                       _METRIC, _METRIC)),
    *[("add_route", (_ADD_ROUTE,))] * 3,
    ("register_dns", ()),
    *[("delete_route", (_DELETE_ROUTE,))] * 3,
    ("delete_dns", _SERVERS),
    ("delete_route", (_DELETE_ROUTE,)),
    ("delete_address", (_DELETE_ADDRESS,)),
    ("delete_wins", ("netsh interface ip delete wins 2 all",
                     "netsh interface ip set wins 2 static 10.99.0.44")),
    # Every delete_dns also deletes the servers of its family, so the next one finds none.
    ("delete_dns", ("RegSetValueExW NameServer", "RegSetValueExW SearchList", _APPLY)),
    ("delete_dns", (_APPLY,)),
    ("delete_address", (_DELETE_ADDRESS,)),
    ("delete_wfp_block", (_METRIC, _METRIC)),
]


@pytest.fixture
def before(installation: Installation) -> Iterator[List[str]]:
    """How the machine differs from the populated one before the session starts."""
    installation.fakes.set_interface(TAP, ipv4={"mtu": MTU_BEFORE}, ipv6={"mtu": MTU_BEFORE})
    yield installation.differences()
    installation.fakes.set_interface(TAP, ipv4={"mtu": 1500}, ipv6={"mtu": 1500})


def play(session: Session, count: int = len(RECORDED_MESSAGES)) -> List[int]:
    """Send the first messages of the trace; the errors of their acknowledgements."""
    return [messages.decode_acknowledgement(session.openvpn.send(data))[0]
            for data in RECORDED_MESSAGES[:count]]


def test_trace_is_complete() -> None:
    assert NAMES == [name for name, _ in STEPS]


def test_each_message_is_served_by_the_documented_calls(
        installation: Installation, start_session: SessionMaker, before: List[str]) -> None:
    session = start_session()
    record = installation.record
    done = []
    for name, data in zip(NAMES, RECORDED_MESSAGES):
        mark = record.mark()
        assert messages.decode_acknowledgement(session.openvpn.send(data)) == (0, 0), name
        calls = record.calls(*CHANGING, since=mark,
                             where=lambda call: call.get("program") != "ipconfig")
        done.append((name, tuple(spell(call) for call in calls)))
    assert done == STEPS
    runs = eventually(lambda: [spell(call) for call in record.calls("ProgramStart")
                               if call["program"] == "ipconfig"], lambda found: len(found) == 2)
    assert runs == ["ipconfig /flushdns", "ipconfig /registerdns"]
    session.end()
    assert installation.differences() == before


def test_tear_down_of_the_client_leaves_only_the_mtu(
        installation: Installation, start_session: SessionMaker, before: List[str]) -> None:
    session = start_session()
    assert set(play(session)) == {0}
    assert not installation.differences(), "the MTU is 1500, as it was populated"
    session.end()
    assert installation.differences() == before


@pytest.mark.parametrize("count", [1, 4, 5, 7, 11, 15, 17, 20, 22, 24])
def test_connection_that_is_cut_off_leaves_nothing(
        installation: Installation, start_session: SessionMaker, before: List[str],
        count: int) -> None:
    session = start_session()
    assert set(play(session, count)) == {0}
    session.openvpn.die(1)
    session.client.read()
    session.client.wait_closed()
    assert installation.differences() == before
