# SPDX-License-Identifier: MIT
"""What could not be undone is tried again after a while, though nobody asks for it."""
from __future__ import annotations

from typing import Callable

import pytest

from harness.checks import eventually
from harness.fakes import TAP, TAP_ALIAS
from harness.installation import Installation
from harness.messages import Message, name_servers, route
from harness.session import Session
from protocol.journal import crash, events

SessionMaker = Callable[..., Session]

ERROR_ACCESS_DENIED = 5

#: The service waits for 30 seconds.
RETRIED_WITHIN = 50.0

UNDONE = "What could not be undone at first is undone now"

CHANGES = pytest.mark.parametrize("message, call", [
    (route("10.20.0.0/16", "10.8.0.1", TAP), "DeleteIpForwardEntry2"),
    (name_servers(TAP_ALIAS, "10.8.0.1"), "RegSetValueExW")], ids=["route", "name servers"])


def assert_undone_by_itself(installation: Installation) -> None:
    """Nothing but the time that passes makes it so."""
    assert installation.differences()
    installation.fakes.clear_faults()
    assert eventually(lambda: events(installation, UNDONE), bool, RETRIED_WITHIN)
    assert not installation.differences()


@CHANGES
def test_after_a_session(installation: Installation, start_session: SessionMaker, message: Message,
                         call: str) -> None:
    session = start_session()
    assert session.openvpn.request(message) == 0
    installation.fakes.fail(call, ERROR_ACCESS_DENIED, times=0)
    session.openvpn.exit()
    session.client.wait_closed()
    assert_undone_by_itself(installation)


@CHANGES
def test_after_a_recovery(installation: Installation, start_session: SessionMaker,
                          message: Message, call: str) -> None:
    session = start_session()
    assert session.openvpn.request(message) == 0
    crash(installation)
    installation.fakes.fail(call, ERROR_ACCESS_DENIED, times=0)
    installation.start()
    assert_undone_by_itself(installation)


def test_a_service_that_waits_for_it_stops_at_once(installation: Installation,
                                                   start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", TAP)) == 0
    installation.fakes.fail("DeleteIpForwardEntry2", ERROR_ACCESS_DENIED, times=0)
    session.openvpn.exit()
    session.client.wait_closed()
    installation.fakes.clear_faults()
    installation.stop()
    assert not installation.differences()
    assert not events(installation, UNDONE)
