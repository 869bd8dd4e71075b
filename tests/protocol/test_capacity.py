# SPDX-License-Identifier: MIT
"""The service's capacity for clients: how many, for whom, and when a slot is free again."""
from __future__ import annotations

from dataclasses import replace
from typing import Callable, List

import pytest

from harness.bridge import Bridge, BridgeError, result_of
from harness.client import CLOSED, ERROR_STARTUP_DATA, Client, Reply, startup
from harness.eventually import HANG, eventually
from harness.fakes import GROUP_MEMBER_BY_DATABASE, PLAIN_USER, TAP
from harness.installation import Installation
from harness.messages import route
from harness.runner import Runner
from harness.session import Session
from protocol.support.availability import ClientMaker, assert_admitted, assert_serves, is_admitted
from protocol.support.raw_client import ERROR_ACCESS_DENIED

SessionMaker = Callable[..., Session]
InstallationMaker = Callable[..., Installation]

REFUSED = "0x0000022a\r\nToo many concurrent clients\r\n(null)".encode("utf-16-le")

ALICE, BOB = PLAIN_USER, GROUP_MEMBER_BY_DATABASE
CAROL = replace(PLAIN_USER, name="ella", sid=PLAIN_USER.sid + "1")


# How many.

def test_70_sessions_run_at_once(installation: Installation, start_session: SessionMaker) -> None:
    sessions = [start_session() for _ in range(70)]
    for number, session in enumerate(sessions):
        assert session.openvpn.request(route(f"10.70.{number}.0/24", "10.8.0.1", TAP)) == 0
    assert len(installation.differences()) == 70
    assert all(session.process.is_alive() for session in sessions)
    for session in sessions:
        session.openvpn.exit(0)
    for session in sessions:
        session.client.wait_closed()
    assert not installation.differences()


def test_by_default_a_user_has_256_slots(installation: Installation,
                                         make_client: ClientMaker) -> None:
    # Clients that have sent their data are not subject to the limit of two seconds for silent ones.
    installation.fakes.personas(PLAIN_USER)
    installation.fakes.fault("ImpersonateNamedPipeClient", "block", times=0)
    answers = []
    for _ in range(256):
        client = make_client()
        client.send(startup("C:\\", "--config stdin"))
        answers.append(client.pipe.begin_read(HANG))
    assert make_client().pipe.read() == REFUSED
    installation.fakes.clear_faults()
    replies = [Reply.parse(bytes.fromhex(result_of(answer)["data"])) for answer in answers]
    assert {reply.code for reply in replies} == {ERROR_STARTUP_DATA}


@pytest.fixture
def small(make_installation: InstallationMaker, bridge: Bridge, user_bridge: Bridge
          ) -> Installation:
    """A service with five slots, two for each user: alice and bob in two processes."""
    made = make_installation(settings=(("max_clients", "5"), ("max_clients_per_user", "2")))
    made.fakes.personas(ALICE.of(user_bridge.process), BOB.of(bridge.process), CAROL)
    made.start()
    return made


@pytest.fixture(scope="module")
def third_bridge(runner: Runner) -> Bridge:
    """A third client process."""
    return runner.bridge()


def fill(make_client: ClientMaker, installation: Installation, bridge: Bridge) -> List[Client]:
    """Take both slots of the bridge's user with silent clients."""
    return [make_client(installation, bridge) for _ in range(2)]


def test_one_more_client_of_a_user_is_refused_byte_by_byte(
        small: Installation, make_client: ClientMaker, user_bridge: Bridge) -> None:
    fill(make_client, small, user_bridge)
    assert make_client(small, user_bridge).pipe.read() == REFUSED


def test_the_refusal_arrives_although_the_client_speaks_first(
        small: Installation, make_client: ClientMaker, user_bridge: Bridge) -> None:
    fill(make_client, small, user_bridge)
    client = make_client(small, user_bridge)
    client.send(startup("C:\\", "--verb 3"))
    assert client.pipe.read() == REFUSED


def test_the_refusal_arrives_although_the_client_reads_late(
        small: Installation, make_client: ClientMaker, user_bridge: Bridge) -> None:
    fill(make_client, small, user_bridge)
    client = make_client(small, user_bridge)
    client.send(startup("C:\\", "--verb 3"))
    small.record.wait_for("ReportEventW", where=lambda call: "Too many" in call["strings"][1])
    assert client.pipe.read() == REFUSED


def test_the_pipe_is_closed_after_the_refusal(small: Installation, make_client: ClientMaker,
                                              user_bridge: Bridge) -> None:
    fill(make_client, small, user_bridge)
    client = make_client(small, user_bridge)
    client.send(startup("C:\\", "--verb 3"))
    client.read()
    client.wait_closed()


def test_a_refused_client_is_not_served(small: Installation, make_client: ClientMaker,
                                        user_bridge: Bridge) -> None:
    fill(make_client, small, user_bridge)
    client = make_client(small, user_bridge)
    client.send(startup(rf"{small.folder}\config", "--verb 3"))
    client.read()
    client.wait_closed()
    assert not small.record.calls("ImpersonateNamedPipeClient", "CreateProcessAsUserW")


def test_a_refusal_is_logged(small: Installation, make_client: ClientMaker,
                             user_bridge: Bridge) -> None:
    fill(make_client, small, user_bridge)
    make_client(small, user_bridge).read()
    assert any("Too many concurrent clients" in text for text in small.record.events())


def test_silent_clients_of_one_user_leave_the_slots_of_another(
        small: Installation, make_client: ClientMaker, bridge: Bridge, user_bridge: Bridge) -> None:
    fill(make_client, small, user_bridge)
    assert not is_admitted(small, user_bridge)
    assert is_admitted(small, bridge)


def test_sessions_of_one_user_leave_the_slots_of_another(
        small: Installation, start_session: SessionMaker, bridge: Bridge, user_bridge: Bridge
        ) -> None:
    for _ in range(2):
        start_session(small)
    assert not is_admitted(small, user_bridge)
    assert is_admitted(small, bridge)


def test_a_user_is_counted_over_all_processes(small: Installation, make_client: ClientMaker,
                                              bridge: Bridge, user_bridge: Bridge) -> None:
    small.fakes.personas(ALICE)
    make_client(small, user_bridge)
    make_client(small, bridge)
    assert not is_admitted(small, user_bridge)


def test_the_total_of_slots_is_limited(small: Installation, make_client: ClientMaker,
                                       bridge: Bridge, user_bridge: Bridge,
                                       third_bridge: Bridge) -> None:
    fill(make_client, small, user_bridge)
    fill(make_client, small, bridge)
    make_client(small, third_bridge)
    client = make_client(small, third_bridge)
    assert client.pipe.read() == REFUSED


def test_a_slot_is_free_again_when_its_session_has_ended(
        small: Installation, start_session: SessionMaker, user_bridge: Bridge) -> None:
    sessions = [start_session(small) for _ in range(2)]
    assert not is_admitted(small, user_bridge)
    sessions[0].openvpn.exit(0)
    assert_admitted(small, user_bridge)


def test_a_slot_is_free_again_when_its_client_has_left(
        small: Installation, make_client: ClientMaker, user_bridge: Bridge) -> None:
    places = fill(make_client, small, user_bridge)
    places[0].close()
    assert_admitted(small, user_bridge)


def test_clients_that_cannot_be_identified_share_the_slots_of_one_user(
        small: Installation, make_client: ClientMaker, user_bridge: Bridge) -> None:
    small.fakes.fail("OpenProcessToken", ERROR_ACCESS_DENIED, times=0)
    fill(make_client, small, user_bridge)
    assert make_client(small, user_bridge).pipe.read() == REFUSED


def test_refused_clients_are_bounded_too(small: Installation, make_client: ClientMaker,
                                         bridge: Bridge, user_bridge: Bridge) -> None:
    fill(make_client, small, user_bridge)
    for _ in range(100):
        try:
            make_client(small, user_bridge)
        except BridgeError as error:  # disconnected before it could say how it wants to read
            assert error.code in CLOSED
    assert is_admitted(small, bridge)


# Clients that do not read.

def test_a_client_that_never_reads_frees_its_slot(
        small: Installation, start_session: SessionMaker, user_bridge: Bridge) -> None:
    for session in [start_session(small) for _ in range(2)]:
        session.openvpn.die(1)
    assert_admitted(small, user_bridge)


def test_changes_of_a_client_that_never_reads_are_undone(installation: Installation,
                                                         user_bridge: Bridge,
                                                         start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route("10.11.0.0/16", "10.8.0.1", TAP)) == 0
    session.openvpn.die(1)
    assert not eventually(installation.differences, lambda rows: not rows)


def test_a_client_that_never_reads_does_not_delay_the_undo(installation: Installation,
                                                           start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route("10.11.0.0/16", "10.8.0.1", TAP)) == 0
    ended = installation.record.mark()
    session.openvpn.die(1)
    undone = installation.record.wait_for("DeleteIpForwardEntry2", since=ended)
    logged = installation.record.wait_for("ReportEventW", since=ended)
    assert undone["t"] - logged["t"] < 1e6


def test_a_client_that_floods_the_pipe_harms_only_itself(
        installation: Installation, bridge: Bridge, start_session: SessionMaker) -> None:
    session = start_session()
    flood = [session.client.pipe.begin_write(b"x" * 1000, 1.0) for _ in range(50)]
    assert_serves(installation, bridge)
    assert session.openvpn.request(route("10.11.0.0/16", "10.8.0.1", TAP)) == 0
    session.openvpn.exit(0)
    assert not eventually(installation.differences, lambda rows: not rows)
    for write in flood:
        write.exception(10)


# Side by side.

def test_two_installations_serve_side_by_side(make_installation: InstallationMaker,
                                              start_session: SessionMaker) -> None:
    one, other = make_installation(), make_installation()
    one.start()
    other.start()
    sessions = [start_session(one), start_session(other)]
    for session in sessions:
        assert session.openvpn.request(route("10.11.0.0/16", "10.8.0.1", TAP)) == 0
    assert [session.client.server for session in sessions] == [
        one.service.status().process, other.service.status().process]
    assert [len(each.differences()) for each in (one, other)] == [1, 1]


def test_the_stop_of_one_installation_leaves_the_other(make_installation: InstallationMaker,
                                                       start_session: SessionMaker) -> None:
    one, other = make_installation(), make_installation()
    one.start()
    other.start()
    ended, session = start_session(one), start_session(other)
    ended.openvpn.exit(0)
    one.stop()
    assert session.openvpn.request(route("10.11.0.0/16", "10.8.0.1", TAP)) == 0
    assert session.process.is_alive()


def test_each_installation_has_its_own_settings(make_installation: InstallationMaker,
                                                user_bridge: Bridge) -> None:
    refusals = []
    for group in ("Ones", "Others"):
        each = make_installation(settings=(("ovpn_admin_group", group),))
        each.fakes.personas(PLAIN_USER)
        each.start()
        client = each.connect(user_bridge)
        refusals.append(client.start(each.folder, "--up evil").function)
        client.close()
    assert ['"Ones"' in refusals[0], '"Others"' in refusals[1]] == [True, True]
