# SPDX-License-Identifier: MIT
"""How a client ends a connection, and how it learns of an end."""
from __future__ import annotations

from typing import Optional

import pytest

from clients.support.meeting import Meet, Meeting
from clients.support.openvpn import PROMPT, SILENCE, state
from clients.support.program import Client
from harness.bridge import WAIT_TIMEOUT, BridgeError
from harness.eventually import HANG

#: Seconds between two looks at the two ways in which openvpn.exe can be asked to end.
LOOK = 0.1


def exit_event(meeting: Meeting) -> Optional[int]:
    """The event by which this client may have openvpn.exe end; None: it names none."""
    names = meeting.startup.values("service")
    if not names:
        return None
    return int(meeting.openvpn.bridge.call("event_create", name=names[-1][0])["object"])


def asks_to_end(meeting: Meeting, event: Optional[int]) -> None:
    """Wait until the client has asked openvpn.exe to end: by the management interface or by the
    event. Raises AssertionError."""
    for _ in range(int(HANG / LOOK)):
        line = meeting.management.line(LOOK)
        if line in ("signal SIGTERM", "signal SIGINT"):
            return
        if event is not None and line is None:
            try:
                meeting.openvpn.bridge.call("wait", object=event)
                return
            except BridgeError as error:
                if error.code != WAIT_TIMEOUT:
                    raise
    raise AssertionError(f"expected signal SIGTERM; came {meeting.management.seen}")


def interrupt(meeting: Meeting) -> None:
    """Press Ctrl-C, and wait until the client has asked openvpn.exe to end."""
    event = exit_event(meeting)
    meeting.management.rest()
    meeting.run.interrupt()
    asks_to_end(meeting, event)


def test_ctrl_c_asks_openvpn_to_end(console_client: Client, meet: Meet) -> None:
    meeting = meet()
    meeting.connect()
    interrupt(meeting)
    meeting.management.say(state("EXITING,SIGTERM,,,,,,"))
    meeting.end_openvpn()
    assert meeting.ends() == 0, meeting.said()


def test_the_end_is_told_when_the_service_has_ended_the_session(console_client: Client, meet: Meet
                                                                ) -> None:
    """Only then is the machine as it was before."""
    meeting = meet()
    meeting.connect()
    interrupt(meeting)
    meeting.management.close()
    with pytest.raises(BridgeError) as caught:
        meeting.pipe.read(SILENCE)
    assert caught.value.code == WAIT_TIMEOUT, "it has closed the pipe"
    assert meeting.run.is_alive()
    meeting.end_openvpn()
    assert meeting.ends() == 0, meeting.said()


def test_ctrl_c_before_the_connection_is_made_ends_it(console_client: Client, meet: Meet) -> None:
    meeting = meet()
    meeting.release()
    interrupt(meeting)
    meeting.end_openvpn()
    meeting.ends()


def test_ctrl_c_while_a_login_is_asked_for_ends_it(console_client: Client, meet: Meet) -> None:
    meeting = meet()
    meeting.release().say(">PASSWORD:Need 'Auth' username/password")
    interrupt(meeting)
    meeting.end_openvpn()
    meeting.ends()


def test_an_openvpn_that_ends_by_itself_ends_the_client(console_client: Client, meet: Meet) -> None:
    meeting = meet()
    meeting.connect().rest()
    meeting.end_openvpn()
    assert meeting.ends() == 0, meeting.said()


def test_an_openvpn_that_dies_before_the_login_ends_the_client(console_client: Client, meet: Meet
                                                               ) -> None:
    meeting = meet()
    management = meeting.start_openvpn()
    management.send(PROMPT.encode("ascii")[:5])
    meeting.end_openvpn("0x20000000\r\nOpenVPN exited with error: exit code = 1\r\n")
    meeting.fails()


def test_the_connection_is_not_ended_by_force_while_openvpn_ends(console_client: Client, meet: Meet
                                                                 ) -> None:
    """openvpn.exe takes its leave of the server, which takes a moment."""
    meeting = meet()
    meeting.connect()
    event = exit_event(meeting)
    meeting.management.rest()
    process = meeting.openvpn.id
    meeting.run.interrupt()
    asks_to_end(meeting, event)
    meeting.management.say(state("EXITING,exit-with-notification,,,,,,"))
    meeting.management.rest()
    assert meeting.openvpn.id == process
    meeting.end_openvpn()
    assert meeting.ends() == 0
