# SPDX-License-Identifier: MIT
"""The control pipe's `cleanup`, and the stop of a service of which somebody wants something."""
from __future__ import annotations

from typing import Callable

import pytest

from harness.bridge import Bridge, BridgeError
from harness.client import CLOSED
from harness.control import ACCESS_DENIED, STOPPING, WRONG_ARGUMENTS, Control, request
from harness.eventually import eventually
from harness.fakes import (ADMINISTRATOR, FILTERED_ADMINISTRATOR, GROUP_MEMBER_BY_TOKEN,
                           PLAIN_USER, TAP, Persona)
from harness.installation import Installation
from harness.messages import route
from harness.service import State
from harness.session import Session
from protocol.support.availability import ControlMaker
from protocol.support.journal_file import EVERY_KIND, events

SessionMaker = Callable[..., Session]

#: Of 200 connections a quarter waits for something else each.
KIND = 50

CHANGE, OTHER = (route(f"10.{number}.0.0/16", "10.8.0.1", TAP) for number in (20, 21))


def lose_a_route(installation: Installation, session: Session) -> None:
    """End a session whose route can't be deleted."""
    assert session.openvpn.request(CHANGE) == 0
    installation.fakes.fail("DeleteIpForwardEntry2", ACCESS_DENIED, times=0)
    session.end()
    assert len(installation.differences()) == 1


def test_an_administrator_has_what_is_left_undone(installation: Installation,
                                                  ask_control: ControlMaker,
                                                  start_session: SessionMaker) -> None:
    lose_a_route(installation, start_session())
    installation.fakes.clear_faults()
    installation.fakes.personas(ADMINISTRATOR)
    reply = ask_control().ask("cleanup")
    assert (reply.code, reply.name) == (0, "cleanup")
    assert reply.records == ({"undone": "1", "left": "0"},)
    assert not installation.differences()


def test_what_can_still_not_be_undone_is_counted(installation: Installation,
                                                 ask_control: ControlMaker,
                                                 start_session: SessionMaker) -> None:
    lose_a_route(installation, start_session())
    assert ask_control().ask("cleanup").records == ({"undone": "0", "left": "1"},)
    installation.fakes.clear_faults()
    assert ask_control().ask("cleanup").records == ({"undone": "1", "left": "0"},)


def test_living_sessions_are_not_touched(installation: Installation, ask_control: ControlMaker,
                                         start_session: SessionMaker) -> None:
    session = start_session()
    for message in EVERY_KIND:
        assert session.openvpn.request(message) == 0
    held = installation.differences()
    assert ask_control().ask("cleanup").records == ({"undone": "0", "left": "0"},)
    assert installation.differences() == held


@pytest.mark.parametrize("persona", [PLAIN_USER, FILTERED_ADMINISTRATOR, GROUP_MEMBER_BY_TOKEN],
                         ids=["a user", "a filtered administrator", "one of OpenVPN"])
def test_nobody_else_may(installation: Installation, ask_control: ControlMaker,
                         start_session: SessionMaker, persona: Persona) -> None:
    lose_a_route(installation, start_session())
    installation.fakes.clear_faults()
    installation.fakes.personas(persona)
    reply = ask_control().ask("cleanup")
    assert (reply.code, reply.reason) == (ACCESS_DENIED, "This is for administrators only")
    assert events(installation, "The control request 'cleanup' is for administrators only")
    assert installation.differences()
    installation.fakes.personas(ADMINISTRATOR)
    assert ask_control().ask("cleanup").code == 0


def test_it_takes_no_argument(ask_control: ControlMaker) -> None:
    assert ask_control().ask("cleanup", "all").code == WRONG_ARGUMENTS


def test_the_control_of_older_versions_does_nothing(installation: Installation,
                                                    ask_control: ControlMaker,
                                                    start_session: SessionMaker) -> None:
    lose_a_route(installation, start_session())
    installation.fakes.clear_faults()
    installation.service.control(130)  # any user of a desktop may send it
    assert ask_control().ask("status").records[0]["left"] == "1"
    installation.fakes.personas(ADMINISTRATOR)
    assert ask_control().ask("cleanup").code == 0


# A service that stops.

def test_a_stop_of_the_service_answers_who_waits_and_ends_who_is_silent(
        installation: Installation, ask_control: ControlMaker, start_session: SessionMaker,
        bridge: Bridge, user_bridge: Bridge) -> None:
    installation.fakes.personas(PLAIN_USER.of(user_bridge.process),
                                ADMINISTRATOR.of(bridge.process))
    stopped, attached = start_session(), start_session(client_bridge=bridge)
    assert stopped.openvpn.request(CHANGE) == 0
    assert attached.openvpn.request(OTHER) == 0
    waiting, held = ask_control(), ask_control()
    assert held.ask("attach", str(attached.reply.process)).code == 0
    installation.fakes.fault("DeleteIpForwardEntry2", "block")
    pending = waiting.begin("stop", str(stopped.reply.process))
    installation.fakes.wait_blocked("DeleteIpForwardEntry2")
    silent = ask_control()
    installation.service.control(1)
    reply = pending.end()
    assert (reply.code, reply.records[0]["left"]) == (STOPPING, "1")
    for control in (silent, held):
        control.wait_closed()
    installation.fakes.clear_faults()
    assert installation.service.wait(State.STOPPED).exit_code == 0
    assert not installation.differences()


def read_to_the_end(control: Control) -> None:
    """Read what the service still sends, until it has closed the pipe."""
    def read() -> int:
        try:
            control.pipe.read()
        except BridgeError as error:
            return error.code
        return 0

    assert eventually(read, bool) in CLOSED


def test_a_stop_of_the_service_ends_200_connections_whatever_they_wait_for(
        installation: Installation, ask_control: ControlMaker, start_session: SessionMaker) -> None:
    stopped, held = [[start_session() for _ in range(2)] for _ in range(2)]
    for number, session in enumerate((*stopped, *held)):
        change = route(f"10.{30 + number}.0.0/16", "10.8.0.1", TAP)
        assert session.openvpn.request(change) == 0
    attached = [ask_control() for _ in range(KIND)]
    for number, control in enumerate(attached):
        assert control.ask("attach", str(held[number % 2].reply.process)).code == 0
    installation.fakes.fault("DeleteIpForwardEntry2", "block", times=0)
    stops = [ask_control().begin("stop", str(stopped[number % 2].reply.process))
             for number in range(KIND)]
    assert eventually(lambda: len(installation.fakes.waiting()) == len(stopped), bool)
    silent = [ask_control() for _ in range(KIND)]
    asked = installation.calls()["ImpersonateNamedPipeClient"]
    unread = [ask_control() for _ in range(KIND)]
    for control in unread:
        control.send(request("status"))
    assert eventually(lambda: installation.calls()["ImpersonateNamedPipeClient"],
                      lambda count: count == asked + KIND) == asked + KIND
    installation.service.control(1)
    replies = [pending.end() for pending in stops]
    assert {(reply.code, reply.records[0]["left"]) for reply in replies} == {(STOPPING, "1")}
    for control in (*attached, *silent, *unread):
        read_to_the_end(control)
    installation.fakes.clear_faults()
    assert installation.service.wait(State.STOPPED).exit_code == 0
    assert not installation.differences()


def test_no_client_connects_to_a_service_that_has_stopped(installation: Installation,
                                                          bridge: Bridge) -> None:
    installation.stop()
    with pytest.raises(BridgeError) as refused:
        installation.control(bridge)
    assert refused.value.code == 2
    installation.start()


def test_a_stop_of_the_service_waits_for_no_reader(installation: Installation,
                                                   ask_control: ControlMaker) -> None:
    control = ask_control()
    for _ in range(200):
        try:
            control.pipe.write("status\0".encode("utf-16-le"), 0.2)
        except BridgeError as error:
            assert error.code in (*CLOSED, 258)
            break
    assert installation.stop().exit_code == 0
    installation.start()
