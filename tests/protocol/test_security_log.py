# SPDX-License-Identifier: MIT
"""The event log: no user can flood it to hide other events, or forge a line of the service."""
from __future__ import annotations

import time
from typing import Callable, List

from harness.bridge import Bridge
from harness.client import startup
from harness.control import ACCESS_DENIED
from harness.fakes import ADMINISTRATOR, PLAIN_USER
from harness.installation import Installation
from protocol.support.availability import ControlMaker
from protocol.support.raw_client import QUIET_USER, Caller

SESSION_LINES, USER_LINES = 100, 1000

#: The id of events that say that others are left out.
LINES_LIMITED = 0xC0020069

#: More than USER_LINES, each worth a line in the log.
ATTEMPTS = USER_LINES + 40

#: A machine that is busier than that cannot reach the limit.
MOST_MINUTES = 4


def connect_in_vain(installation: Installation, bridge: Bridge) -> None:
    """One connection whose failure is logged."""
    client = installation.connect(bridge)
    client.pipe.write(b"\1\0")
    client.read()
    client.close()


def refusals(installation: Installation) -> List[str]:
    """The log lines of these failures."""
    return [line for line in installation.record.events() if "GetStartupData" in line]


def test_failures_of_one_user_have_a_limit_of_lines(
        make_installation: Callable[..., Installation], bridge: Bridge, user_bridge: Bridge
        ) -> None:
    installation = make_installation()
    installation.fakes.personas(PLAIN_USER.of(user_bridge.process), ADMINISTRATOR)
    installation.start()
    began = time.monotonic()
    minutes = 1  # begun so far: each has its own limit, and a busy machine needs more than one
    attempts = 0
    while attempts < minutes * ATTEMPTS and minutes <= MOST_MINUTES:
        connect_in_vain(installation, user_bridge)
        attempts += 1
        minutes = 1 + int((time.monotonic() - began) / 60)
    lines = len(refusals(installation))
    assert lines <= minutes * USER_LINES
    notices = [line for line in installation.record.events() if "suppressed" in line]
    assert (lines < attempts) == bool(notices)
    if minutes == 1:
        assert lines == USER_LINES and len(notices) == 1
    for notice in notices:
        assert "clients of this user are suppressed for a minute" in notice

    connect_in_vain(installation, bridge)  # another user, whose failure is logged
    assert len(refusals(installation)) == lines + 1


def test_refusals_on_one_control_connection_have_a_limit_of_lines(
        installation: Installation, ask_control: ControlMaker, user_bridge: Bridge) -> None:
    installation.fakes.personas(QUIET_USER)
    control = ask_control(at=user_bridge)
    for _ in range(SESSION_LINES + 10):
        assert control.ask("cleanup").code == ACCESS_DENIED
    lines = installation.record.calls("ReportEventW")
    refused = [call for call in lines if "is for administrators only" in call["strings"][1]]
    assert len(refused) == SESSION_LINES
    notice, = [call for call in lines if call not in refused]
    assert notice["strings"][1] == "Further messages about this session are suppressed"
    assert int(notice["event"], 16) == LINES_LIMITED


def test_working_folder_cannot_forge_a_line_in_the_log(caller: Caller) -> None:
    folder = "C:\\no\r\nopenvpnserv: \r\nAuthorizing user 'mallory'"
    config = caller.installation.write_config("plain.ovpn", "client\n")
    caller.reply_to(startup(folder, f'--config "{config}"', ""))
    line, = [each for each in caller.installation.record.events() if "working folder" in each]
    assert "C:\\no??openvpnserv: ??Authorizing user" in line
