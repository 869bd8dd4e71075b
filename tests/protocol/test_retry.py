# SPDX-License-Identifier: MIT
"""What could not be undone is retried after a while, without any request."""
from __future__ import annotations

from typing import Callable

from harness.eventually import eventually
from harness.fakes import TAP, TAP_ALIAS
from harness.installation import Installation
from harness.messages import name_servers, route
from harness.session import Session
from protocol.support.availability import ControlMaker
from protocol.support.journal_file import crash, events

SessionMaker = Callable[..., Session]

ERROR_ACCESS_DENIED = 5

#: The service retries after 30 seconds.
RETRIED_WITHIN = 50.0

#: A control that the hooks deliver as Windows' own.
SEND_RESUME = 200

UNDONE = "All network changes that could not be undone before are undone now"

LOST = ("10.21.0.0/16", "10.8.0.1")

CHANGES = (route("10.20.0.0/16", "10.8.0.1", TAP), name_servers(TAP_ALIAS, "10.8.0.1"))


def change(session: Session) -> None:
    """Make changes whose undo can fail."""
    for message in CHANGES:
        assert session.openvpn.request(message) == 0


def refuse(installation: Installation) -> None:
    """Make their undo fail."""
    for call in ("DeleteIpForwardEntry2", "RegSetValueExW"):
        installation.fakes.fail(call, ERROR_ACCESS_DENIED, times=0)


def assert_undone_by_itself(installation: Installation) -> None:
    """Only the passing of time makes it so."""
    assert len(installation.differences()) == len(CHANGES)
    installation.fakes.clear_faults()
    assert eventually(lambda: events(installation, UNDONE), bool, RETRIED_WITHIN)
    assert not installation.differences()


def test_after_a_session(installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    change(session)
    refuse(installation)
    session.end()
    assert_undone_by_itself(installation)


def test_after_a_recovery(installation: Installation, start_session: SessionMaker) -> None:
    change(start_session())
    crash(installation)
    refuse(installation)
    installation.start()
    assert_undone_by_itself(installation)


def test_repeated_clean_up_requests_do_not_delay_the_check_after_sleep(
        installation: Installation, start_session: SessionMaker, ask_control: ControlMaker) -> None:
    session = start_session()
    change(session)
    refuse(installation)
    session.end()
    living = start_session()
    assert living.openvpn.request(route(*LOST, TAP)) == 0
    installation.fakes.delete_route(TAP, *LOST)

    def is_made_again() -> bool:
        ask_control().ask("cleanup")
        return any(LOST[0] in row for row in installation.differences())

    ask_control().ask("cleanup")
    installation.service.control(SEND_RESUME)
    assert eventually(is_made_again, bool)
    installation.fakes.clear_faults()


def test_a_service_that_waits_for_a_retry_stops_at_once(installation: Installation,
                                                        start_session: SessionMaker) -> None:
    session = start_session()
    change(session)
    refuse(installation)
    session.end()
    installation.fakes.clear_faults()
    installation.stop()
    assert not installation.differences()
    assert not events(installation, UNDONE)
