# SPDX-License-Identifier: MIT
"""The control pipe's `version` and `status`: what they tell, and whom."""
from __future__ import annotations

import time
from typing import Callable

import pytest

from harness.bridge import Bridge
from harness.control import NOT_SUPPORTED, WRONG_ARGUMENTS, Control, Record
from harness.eventually import HANG
from harness.fakes import (ADMINISTRATOR, FILTERED_ADMINISTRATOR, GROUP_MEMBER_BY_TOKEN,
                           PLAIN_USER, TAP, TAP_ALIAS, Persona)
from harness.installation import Installation
from harness.messages import Interface, WfpBlock, encode, name_servers, resolution, route
from harness.session import Session
from protocol.support.availability import ControlMaker
from protocol.support.journal_file import crash

SessionMaker = Callable[..., Session]

SERVICE_KEYS = ["version", "instance", "pid", "uptime", "sessions", "open_entries", "left",
                "start_undone", "start_gone", "start_left_alone", "start_failed", "firewall",
                "update"]
SESSION_KEYS = ["pid", "state", "user", "config", "since", "client", "adapter", "addresses",
                "routes", "name_servers", "rules", "filters"]


@pytest.fixture
def users(installation: Installation, bridge: Bridge, user_bridge: Bridge) -> Installation:
    """Alice acts in `user_bridge`, an administrator in `bridge`."""
    installation.fakes.personas(PLAIN_USER.of(user_bridge.process),
                                ADMINISTRATOR.of(bridge.process))
    return installation


def only_session(control: Control) -> Record:
    """The one session that the caller sees."""
    record, = control.sessions()
    return record


def counts(record: Record) -> "list[int]":
    """Addresses, routes, name servers, rules, filters."""
    return [int(record[key]) for key in SESSION_KEYS[-5:]]


# version

def test_version_tells_which_service_it_is(installation: Installation, ask_control: ControlMaker,
                                           user_bridge: Bridge) -> None:
    reply = ask_control(at=user_bridge).ask("version")
    assert (reply.code, reply.name) == (0, "version")
    assert [list(record) for record in reply.records] == [["version", "instance"]]
    assert reply.records[0]["instance"] == installation.instance
    assert reply.records[0]["version"].count(".") == 2


# The service.

def test_status_without_sessions_is_about_the_service(installation: Installation,
                                                      ask_control: ControlMaker) -> None:
    reply = ask_control().ask("status")
    assert (reply.code, reply.name) == (0, "status")
    service, = reply.records
    assert list(service) == SERVICE_KEYS
    assert service["instance"] == installation.instance
    assert int(service["pid"]) == installation.service.status().process
    assert int(service["uptime"]) < 24 * 3600
    assert [service[key] for key in SERVICE_KEYS[4:7]] == ["0", "0", "0"]


def test_what_is_in_the_journal_is_counted(installation: Installation, ask_control: ControlMaker,
                                           start_session: SessionMaker) -> None:
    session = start_session()
    for number in range(3):
        assert session.openvpn.request(route(f"10.{20 + number}.0.0/16", "10.8.0.1", TAP)) == 0
    control = ask_control()
    assert control.ask("status").records[0]["open_entries"] == "3"
    session.end()
    assert control.ask("status").records[0]["open_entries"] == "0"


def test_what_the_last_start_has_put_back_is_told(installation: Installation,
                                                  ask_control: ControlMaker,
                                                  start_session: SessionMaker) -> None:
    session = start_session()
    for number in range(3):
        assert session.openvpn.request(route(f"10.{20 + number}.0.0/16", "10.8.0.1", TAP)) == 0
    crash(installation)
    installation.fakes.delete_route(TAP, "10.20.0.0/16", "10.8.0.1")
    installation.start()
    service = ask_control().ask("status").records[0]
    assert [service[key] for key in SERVICE_KEYS[7:11]] == ["2", "1", "0", "0"]


def test_what_could_not_be_undone_is_counted(installation: Installation, ask_control: ControlMaker,
                                             start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", TAP)) == 0
    installation.fakes.fail("DeleteIpForwardEntry2", 5, times=0)
    session.end()
    service, = ask_control().ask("status").records
    assert (service["left"], service["sessions"]) == ("1", "0")
    installation.fakes.clear_faults()
    assert ask_control().ask("cleanup").code == 0


# A session.

def test_a_session_is_told_of_with_every_key(users: Installation, ask_control: ControlMaker,
                                             start_session: SessionMaker, user_bridge: Bridge
                                             ) -> None:
    before = int(time.time())
    session = start_session(options="--verb 3")
    record = only_session(ask_control(at=user_bridge))
    assert list(record) == SESSION_KEYS
    assert int(record["pid"]) == session.reply.process
    assert record["state"] == "running"
    assert record["user"] == rf"{PLAIN_USER.domain}\{PLAIN_USER.name}"
    assert record["config"].startswith(rf"{users.folder}\config\gatehouse-test-")
    assert record["config"].endswith(".ovpn")
    assert before - 2 <= int(record["since"]) <= time.time() + 2
    assert int(record["client"]) == user_bridge.process
    assert record["adapter"] == ""
    assert counts(record) == [0, 0, 0, 0, 0]


def test_what_a_session_has_changed_is_counted(users: Installation, ask_control: ControlMaker,
                                               start_session: SessionMaker) -> None:
    session = start_session()
    for message in (route("10.20.0.0/16", "10.8.0.1", TAP), route("10.21.0.0/16", "10.8.0.1", TAP),
                    name_servers(TAP_ALIAS, "10.8.0.1"),
                    resolution(TAP_ALIAS, "10.8.0.1", resolve=[".corp"]),
                    WfpBlock("add_wfp_block", 2, Interface(TAP, TAP_ALIAS))):
        assert session.openvpn.request(message) == 0
    record = only_session(ask_control())
    assert record["adapter"] == TAP_ALIAS
    addresses, routes, servers, rules, filters = counts(record)
    assert (addresses, routes, filters) == (0, 2, 1)
    assert servers >= 1
    assert rules >= 1


def test_a_name_that_could_forge_a_line_is_escaped(users: Installation, ask_control: ControlMaker,
                                                   start_session: SessionMaker) -> None:
    users.fakes.personas(Persona("eve\npid=1\n\n%41", PLAIN_USER.sid))
    start_session()
    control = ask_control()
    reply = control.ask("status")
    assert b"e\0v\0e\0%\0000\0A\0" in reply.raw
    assert reply.records[1]["user"].endswith("eve\npid=1\n\n%41")


def test_a_user_without_a_name_is_told_by_their_sid(users: Installation, ask_control: ControlMaker,
                                                    start_session: SessionMaker) -> None:
    users.fakes.personas(Persona("", f"{PLAIN_USER.sid}99", ""))
    start_session()
    assert only_session(ask_control())["user"] == f"{PLAIN_USER.sid}99"


def test_a_session_is_ending_until_everything_is_undone(users: Installation,
                                                        ask_control: ControlMaker,
                                                        start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", TAP)) == 0
    users.fakes.fault("DeleteIpForwardEntry2", "block")
    session.openvpn.exit(0)
    users.fakes.wait_blocked("DeleteIpForwardEntry2")
    record = only_session(ask_control())
    assert (record["state"], record["routes"]) == ("ending", "1")
    users.fakes.clear_faults()
    session.client.wait_closed()
    assert not ask_control().sessions()


# Whose sessions.

@pytest.mark.parametrize("persona, sees", [
    (PLAIN_USER, 1), (ADMINISTRATOR, 2), (FILTERED_ADMINISTRATOR, 0), (GROUP_MEMBER_BY_TOKEN, 1)],
    ids=["the user", "an administrator", "a filtered one", "an administrator of OpenVPN"])
def test_a_caller_sees_their_own_sessions_and_an_administrator_all(
        installation: Installation, ask_control: ControlMaker, start_session: SessionMaker,
        bridge: Bridge, user_bridge: Bridge, persona: Persona, sees: int) -> None:
    installation.fakes.personas(PLAIN_USER.of(user_bridge.process),
                                GROUP_MEMBER_BY_TOKEN.of(bridge.process))
    start_session(client_bridge=user_bridge)
    start_session(client_bridge=bridge)
    installation.fakes.personas(persona)
    reply = ask_control().ask("status")
    assert (reply.records[0]["sessions"], len(reply.records)) == (str(sees), 1 + sees)


def test_sessions_are_told_of_in_the_order_in_which_they_began(users: Installation,
                                                               ask_control: ControlMaker,
                                                               start_session: SessionMaker) -> None:
    begun = [str(start_session().reply.process) for _ in range(5)]
    assert [record["pid"] for record in ask_control().sessions()] == begun


def test_status_goes_on_behind_a_mark(users: Installation, ask_control: ControlMaker,
                                      start_session: SessionMaker) -> None:
    start_session()
    control = ask_control()
    assert len(control.ask("status", "1000000000").records) == 1
    assert control.ask("status", "0").code == WRONG_ARGUMENTS
    assert control.ask("status", "one").code == WRONG_ARGUMENTS
    assert control.ask("status", "1", "2").code == WRONG_ARGUMENTS


# Verbs that there are not.

@pytest.mark.parametrize("verb", ["Status", "statu", "firewalls", "updates", "\n", "\U0001f511"])
def test_an_unknown_verb_is_refused_and_the_connection_goes_on(ask_control: ControlMaker,
                                                               verb: str) -> None:
    control = ask_control()
    reply = control.ask(verb)
    assert (reply.code, reply.name) == (NOT_SUPPORTED, "request")
    assert control.ask("version").code == 0


# No one waits.

def test_status_does_not_wait_for_a_session_that_is_busy(users: Installation,
                                                         ask_control: ControlMaker,
                                                         start_session: SessionMaker) -> None:
    session = start_session()
    users.fakes.fault("CreateIpForwardEntry2", "block")
    session.openvpn.write(encode(route("10.20.0.0/16", "10.8.0.1", TAP)))
    users.fakes.wait_blocked("CreateIpForwardEntry2")
    assert only_session(ask_control())["state"] == "running"
    users.fakes.clear_faults()
    session.openvpn.read(HANG)
    session.end()
