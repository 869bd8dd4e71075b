# SPDX-License-Identifier: MIT
"""The client pipe: how it is made, who gets a place, and that no client can spoil it for others."""
from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Callable, Dict, Iterator, List

import pytest

from harness.bridge import Bridge, BridgeError
from harness.checks import eventually
from harness.client import ERROR_STARTUP_DATA, Client, Reply, startup
from harness.fakes import (GROUP_MEMBER_BY_DATABASE, PLAIN_USER, TAP, canonical_sddl)
from harness.installation import Installation
from harness.messages import route
from harness.runner import Runner
from harness.service import State
from harness.session import Session

Call = Dict[str, Any]
SessionMaker = Callable[..., Session]
InstallationMaker = Callable[..., Installation]
Connect = Callable[..., Client]

DUPLEX, OVERLAPPED, WRITE_DAC, FIRST_INSTANCE = 0x3, 0x40000000, 0x00040000, 0x00080000
TYPE_MESSAGE, READ_MESSAGES, REJECT_REMOTE = 0x4, 0x2, 0x8
UNLIMITED = 255

#: The access list entry by entry, as Wine writes it: SYSTEM everything; nobody else may make an
#: instance (LC is 0x4, FILE_CREATE_PIPE_INSTANCE); authenticated users; anonymous ones nothing.
ACCESS_LIST = canonical_sddl(
    "D:(A;OICI;GA;;;SY)(D;OICI;LC;;;WD)(A;OICI;GRGW;;;AU)(D;;GA;;;AN)")

NO_DATA = 232
ERROR_CANT_WAIT = 0x22A
REFUSED = "0x0000022a\r\nToo many concurrent clients\r\n(null)".encode("utf-16-le")
TIMED_OUT = "0x20000001\r\nGetStartupData (timeout)\r\n(null)".encode("utf-16-le")

#: What ConnectNamedPipe may say when the machine is in trouble.
TROUBLE = {"access": 5, "memory": 8, "bad_pipe": 230, "resources": 1450, "commitment": 1455}

ALICE, BOB = PLAIN_USER, GROUP_MEMBER_BY_DATABASE
CAROL = replace(PLAIN_USER, name="ella", sid=PLAIN_USER.sid + "1")


@pytest.fixture(scope="module")
def instances(shared_installation: Installation) -> List[Call]:
    """The pipe instances of a service that nobody has connected to, as they were asked for."""
    if shared_installation.service.status().state == State.RUNNING:
        shared_installation.stop()
    shared_installation.populate()
    shared_installation.start()
    listening = eventually(
        lambda: shared_installation.record.calls("CreateNamedPipeW", "ConnectNamedPipe"),
        lambda calls: len(calls) >= 12)
    return [call for call in listening if call["call"] == "CreateNamedPipeW"]


@pytest.fixture
def connect(installation: Installation, bridge: Bridge) -> Iterator[Connect]:
    """Makes clients that are closed with the test."""
    with ExitStack() as stack:
        def make(on: Installation = installation, at: Bridge = bridge) -> Client:
            client = on.connect(at)
            stack.callback(client.close)
            return client
        yield make


def ask(client: Client) -> Reply:
    """Say what is refused to everybody, to hear whether anybody answers."""
    client.send(b"\0\0")
    return client.read()


def assert_serves(installation: Installation, bridge: Bridge) -> None:
    """A new client is served, by a service that has never stopped."""
    client = installation.connect(bridge)
    try:
        assert ask(client).function == "GetStartupData"
    finally:
        client.close()
    assert installation.service.status().state == State.RUNNING


# How the pipe is made.

def test_every_instance_has_the_access_list(instances: List[Call]) -> None:
    assert {canonical_sddl(call["security"]) for call in instances} == {ACCESS_LIST}


def test_the_access_list_is_on_the_pipe(installation: Installation, connect: Connect) -> None:
    security = connect().pipe.security()
    assert canonical_sddl(security[security.index("D:"):]) == ACCESS_LIST


def test_only_the_first_instance_must_be_the_first(instances: List[Call]) -> None:
    first = [bool(int(call["open_mode"], 16) & FIRST_INSTANCE) for call in instances]
    assert first == [True] + [False] * (len(instances) - 1)


def test_later_instances_are_not_first_either(instances: List[Call], installation: Installation,
                                              connect: Connect) -> None:
    ask(connect())
    made = installation.record.wait_for("CreateNamedPipeW")
    assert not int(made["open_mode"], 16) & FIRST_INSTANCE


def test_the_open_mode_is_duplex_overlapped_and_write_dac(instances: List[Call]) -> None:
    assert {int(call["open_mode"], 16) & ~FIRST_INSTANCE for call in instances} == {
        DUPLEX | OVERLAPPED | WRITE_DAC}


def test_the_pipe_carries_messages(instances: List[Call]) -> None:
    modes = {int(call["pipe_mode"], 16) for call in instances}
    assert all(mode & (TYPE_MESSAGE | READ_MESSAGES) == TYPE_MESSAGE | READ_MESSAGES
               for mode in modes)


def test_remote_clients_are_rejected(instances: List[Call]) -> None:
    assert all(int(call["pipe_mode"], 16) & REJECT_REMOTE for call in instances)


def test_the_pipe_mode_has_no_other_flag(instances: List[Call]) -> None:
    assert {call["pipe_mode"] for call in instances} == {
        hex(TYPE_MESSAGE | READ_MESSAGES | REJECT_REMOTE)}


def test_instances_are_unlimited(instances: List[Call]) -> None:
    assert {call["instances"] for call in instances} == {UNLIMITED}


def test_quotas_are_1024_each_way(instances: List[Call]) -> None:
    assert {(call["in_size"], call["out_size"]) for call in instances} == {(1024, 1024)}


def test_the_default_time_out_is_windows_own(instances: List[Call]) -> None:
    assert {call["timeout"] for call in instances} == {0}


def test_the_pipe_is_not_inherited(instances: List[Call]) -> None:
    assert {call["inherit"] for call in instances} == {False}


def test_the_pipe_is_made_by_the_service_as_itself(instances: List[Call]) -> None:
    assert {call["impersonating"] for call in instances} == {False}


def test_four_to_eight_instances_wait(instances: List[Call]) -> None:
    assert 4 <= len(instances) <= 8


def test_four_clients_come_in_while_the_listener_is_busy(installation: Installation,
                                                         connect: Connect) -> None:
    installation.fakes.fault("OpenProcessToken", "block")
    clients = [connect()]
    installation.fakes.wait_blocked("OpenProcessToken")
    clients += [connect() for _ in range(4)]
    installation.fakes.clear_faults()
    assert [ask(client).function for client in clients] == 5 * ["GetStartupData"]


def test_as_many_instances_wait_after_clients_as_before(instances: List[Call],
                                                        installation: Installation,
                                                        connect: Connect) -> None:
    for _ in range(20):
        ask(connect())
    made = eventually(lambda: installation.record.calls("CreateNamedPipeW"),
                      lambda calls: len(calls) >= 20)
    assert len(made) == 20


# Trouble while listening.

def test_a_client_that_left_before_it_was_served_stops_nothing(installation: Installation,
                                                               bridge: Bridge) -> None:
    installation.fakes.fail("ConnectNamedPipe", NO_DATA)
    for _ in range(8):
        assert_serves(installation, bridge)
    assert len(installation.record.calls(
        "ConnectNamedPipe", where=lambda call: bool(call["result"] == NO_DATA))) == 1


def test_a_client_that_left_is_disconnected_and_logged(installation: Installation,
                                                       bridge: Bridge) -> None:
    installation.fakes.fail("ConnectNamedPipe", NO_DATA)
    assert_serves(installation, bridge)
    failed = installation.record.wait_for(
        "ConnectNamedPipe", where=lambda call: bool(call["result"] == NO_DATA))
    parted = installation.record.wait_for("DisconnectNamedPipe")
    assert parted["pipe"] == failed["pipe"]
    assert "A client left before it was served" in installation.record.events()[0]


def test_a_storm_of_clients_that_left_is_survived(installation: Installation,
                                                  bridge: Bridge) -> None:
    installation.fakes.fail("ConnectNamedPipe", NO_DATA, times=30)
    for _ in range(8):
        assert_serves(installation, bridge)


@pytest.mark.parametrize("code", TROUBLE.values(), ids=TROUBLE.keys())
def test_another_failure_to_connect_is_survived(installation: Installation, bridge: Bridge,
                                                code: int) -> None:
    installation.fakes.fail("ConnectNamedPipe", code)
    for _ in range(8):
        assert_serves(installation, bridge)


def test_lasting_trouble_is_logged_once_and_left_behind(installation: Installation,
                                                        bridge: Bridge) -> None:
    installation.fakes.fail("ConnectNamedPipe", TROUBLE["resources"], times=0)
    for _ in range(6):
        client = installation.connect(bridge)  # the instances that wait already
        client.close()
    failures = eventually(
        lambda: installation.record.calls(
            "ConnectNamedPipe", where=lambda call: bool(call["result"] == TROUBLE["resources"])),
        lambda calls: len(calls) >= 12)
    installation.fakes.clear_faults()
    assert len(failures) >= 12
    eventually(lambda: can_connect(installation, bridge), bool)
    assert_serves(installation, bridge)
    logged = [text for text in installation.record.events() if "ConnectNamedPipe" in text]
    assert len(logged) == 1
    assert "0x5aa" in logged[0]


def can_connect(installation: Installation, bridge: Bridge) -> bool:
    """Whether there is an instance to connect to."""
    try:
        installation.connect(bridge).close()
    except BridgeError:
        return False
    return True


def test_a_later_instance_that_cannot_be_made_is_survived(installation: Installation,
                                                          bridge: Bridge) -> None:
    installation.fakes.fail("CreateNamedPipeW", TROUBLE["memory"], times=3)
    for _ in range(8):
        assert_serves(installation, bridge)


def test_a_client_is_served_that_came_before_it_was_waited_for(installation: Installation,
                                                               connect: Connect) -> None:
    installation.stop()
    installation.fakes.fault("ConnectNamedPipe", "block")
    installation.service.start()
    installation.fakes.wait_blocked("ConnectNamedPipe")
    client = connect()
    installation.fakes.clear_faults()
    assert ask(client).function == "GetStartupData"
    assert installation.service.wait(State.RUNNING, State.STOPPED).state == State.RUNNING


def test_a_client_that_came_and_left_before_it_was_waited_for_stops_nothing(
        installation: Installation, bridge: Bridge) -> None:
    installation.stop()
    installation.fakes.fault("ConnectNamedPipe", "block")
    installation.service.start()
    installation.fakes.wait_blocked("ConnectNamedPipe")
    installation.connect(bridge).close()
    installation.fakes.clear_faults()
    assert installation.service.wait(State.RUNNING, State.STOPPED).state == State.RUNNING
    assert_serves(installation, bridge)


def test_connecting_and_leaving_200_times_stops_nothing(installation: Installation,
                                                        bridge: Bridge) -> None:
    process = installation.service.status().process
    for _ in range(200):
        installation.connect(bridge).close()
    assert_serves(installation, bridge)
    assert installation.service.status().process == process


def test_those_who_left_take_no_place(installation: Installation, bridge: Bridge,
                                      make_installation: InstallationMaker) -> None:
    small = make_installation(settings=(("max_clients", "3"),))
    small.start()
    for _ in range(30):
        small.connect(bridge).close()
    assert_admitted(small, bridge)


def test_a_client_without_a_thread_is_told_so(installation: Installation,
                                              connect: Connect) -> None:
    installation.fakes.fail("_beginthreadex", TROUBLE["memory"])
    reply = connect().read()
    assert reply.code
    assert reply.function == "Insufficient resources to service new clients"


def test_a_client_without_a_thread_leaves_the_others(installation: Installation, bridge: Bridge,
                                                     connect: Connect) -> None:
    installation.fakes.fail("_beginthreadex", TROUBLE["memory"])
    connect().read()
    assert_serves(installation, bridge)


def test_a_client_that_cannot_be_identified_is_served(installation: Installation,
                                                      bridge: Bridge) -> None:
    installation.fakes.fail("OpenProcessToken", TROUBLE["access"])
    assert_serves(installation, bridge)


# Silent clients.

def test_a_silent_client_is_answered_after_two_seconds(connect: Connect) -> None:
    begun = time.monotonic()
    client = connect()
    raw = client.read().raw
    assert 1.95 < time.monotonic() - begun < 4.5
    assert raw == TIMED_OUT
    client.wait_closed()


def test_others_are_served_while_clients_are_silent(installation: Installation, bridge: Bridge,
                                                    connect: Connect) -> None:
    silent = [connect() for _ in range(20)]
    for _ in range(10):
        assert_serves(installation, bridge)
    assert silent[0].pipe.available() == 0, "this was to happen within two seconds"


def test_a_silent_client_costs_its_slot_for_two_seconds_only(
        bridge: Bridge, make_installation: InstallationMaker, connect: Connect) -> None:
    small = make_installation(settings=(("max_clients", "1"),))
    small.start()
    silent = connect(small)
    assert silent.read().raw == TIMED_OUT
    assert_admitted(small, bridge)


def test_a_silent_client_that_never_reads_costs_no_more(
        bridge: Bridge, make_installation: InstallationMaker, connect: Connect) -> None:
    small = make_installation(settings=(("max_clients", "1"),))
    small.start()
    connect(small)
    assert_admitted(small, bridge)


def test_a_silent_client_can_read_its_answer_late(installation: Installation,
                                                  connect: Connect) -> None:
    client = connect()
    installation.record.wait_for("ReportEventW")
    assert client.read().raw == TIMED_OUT


def test_nothing_is_flushed_to_a_silent_client(installation: Installation,
                                               connect: Connect) -> None:
    client = connect()
    client.read()
    client.wait_closed()
    assert not installation.record.calls("FlushFileBuffers")


def test_a_silent_client_is_never_impersonated(installation: Installation,
                                               connect: Connect) -> None:
    connect().read()
    assert not installation.record.calls("ImpersonateNamedPipeClient")


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


def test_by_default_a_user_has_256_places(installation: Installation, connect: Connect) -> None:
    # They have spoken, so the two seconds of silent clients do not count, however slow we are.
    installation.fakes.personas(PLAIN_USER)
    installation.fakes.fault("ImpersonateNamedPipeClient", "block", times=0)
    clients = []
    for _ in range(256):
        clients.append(connect())
        clients[-1].send(startup("C:\\", "--config stdin"))
    assert connect().pipe.read() == REFUSED
    installation.fakes.clear_faults()
    assert {client.read().code for client in clients} == {ERROR_STARTUP_DATA}


@pytest.fixture
def small(make_installation: InstallationMaker, bridge: Bridge, user_bridge: Bridge
          ) -> Installation:
    """A service with five places, two for each user: alice and bob in two processes."""
    made = make_installation(settings=(("max_clients", "5"), ("max_clients_per_user", "2")))
    made.fakes.personas(ALICE.of(user_bridge.process), BOB.of(bridge.process), CAROL)
    made.start()
    return made


@pytest.fixture(scope="module")
def third_bridge(runner: Runner) -> Bridge:
    """Another process."""
    return runner.bridge()


def is_admitted(installation: Installation, bridge: Bridge) -> bool:
    """Whether there is a place for one more client."""
    client = installation.connect(bridge)
    try:
        return ask(client).code != ERROR_CANT_WAIT
    finally:
        client.close()


def assert_admitted(installation: Installation, bridge: Bridge) -> None:
    """There is a place, or one becomes free soon."""
    assert eventually(lambda: is_admitted(installation, bridge), bool)


def fill(client_maker: Connect, installation: Installation, bridge: Bridge) -> List[Client]:
    """Take both places of the bridge's user, saying nothing."""
    return [client_maker(installation, bridge) for _ in range(2)]


def test_one_more_client_of_a_user_is_refused_byte_by_byte(
        small: Installation, connect: Connect, user_bridge: Bridge) -> None:
    fill(connect, small, user_bridge)
    assert connect(small, user_bridge).pipe.read() == REFUSED


def test_the_refusal_arrives_although_the_client_speaks_first(
        small: Installation, connect: Connect, user_bridge: Bridge) -> None:
    fill(connect, small, user_bridge)
    client = connect(small, user_bridge)
    client.send(startup("C:\\", "--verb 3"))
    assert client.pipe.read() == REFUSED


def test_the_refusal_arrives_although_the_client_reads_late(
        small: Installation, connect: Connect, user_bridge: Bridge) -> None:
    fill(connect, small, user_bridge)
    client = connect(small, user_bridge)
    client.send(startup("C:\\", "--verb 3"))
    small.record.wait_for("ReportEventW", where=lambda call: "Too many" in call["strings"][1])
    assert_admitted(small, user_bridge)
    assert client.pipe.read() == REFUSED


def test_the_pipe_is_closed_after_the_refusal(small: Installation, connect: Connect,
                                              user_bridge: Bridge) -> None:
    fill(connect, small, user_bridge)
    client = connect(small, user_bridge)
    client.send(startup("C:\\", "--verb 3"))
    client.read()
    client.wait_closed()


def test_a_refused_client_is_not_served(small: Installation, connect: Connect,
                                        user_bridge: Bridge) -> None:
    fill(connect, small, user_bridge)
    client = connect(small, user_bridge)
    client.send(startup(rf"{small.folder}\config", "--verb 3"))
    client.read()
    client.wait_closed()
    assert not small.record.calls("ImpersonateNamedPipeClient", "CreateProcessAsUserW")


def test_a_refusal_is_logged(small: Installation, connect: Connect, user_bridge: Bridge) -> None:
    fill(connect, small, user_bridge)
    connect(small, user_bridge).read()
    assert any("Too many concurrent clients" in text for text in small.record.events())


def test_silent_clients_of_one_user_leave_the_places_of_another(
        small: Installation, connect: Connect, bridge: Bridge, user_bridge: Bridge) -> None:
    fill(connect, small, user_bridge)
    assert not is_admitted(small, user_bridge)
    assert is_admitted(small, bridge)


def test_sessions_of_one_user_leave_the_places_of_another(
        small: Installation, start_session: SessionMaker, bridge: Bridge, user_bridge: Bridge
        ) -> None:
    for _ in range(2):
        start_session(small)
    assert not is_admitted(small, user_bridge)
    assert is_admitted(small, bridge)


def test_a_user_is_counted_over_all_processes(small: Installation, connect: Connect,
                                              bridge: Bridge, user_bridge: Bridge) -> None:
    small.fakes.personas(ALICE)
    connect(small, user_bridge)
    connect(small, bridge)
    assert not is_admitted(small, user_bridge)


def test_all_places_together_are_limited(small: Installation, connect: Connect, bridge: Bridge,
                                         user_bridge: Bridge, third_bridge: Bridge) -> None:
    fill(connect, small, user_bridge)
    fill(connect, small, bridge)
    connect(small, third_bridge)
    client = connect(small, third_bridge)
    assert client.pipe.read() == REFUSED


def test_a_place_is_free_again_when_its_session_has_ended(
        small: Installation, start_session: SessionMaker, user_bridge: Bridge) -> None:
    sessions = [start_session(small) for _ in range(2)]
    assert not is_admitted(small, user_bridge)
    sessions[0].openvpn.exit(0)
    assert_admitted(small, user_bridge)


def test_a_place_is_free_again_when_its_client_has_left(
        small: Installation, connect: Connect, user_bridge: Bridge) -> None:
    places = fill(connect, small, user_bridge)
    places[0].close()
    assert_admitted(small, user_bridge)


def test_clients_that_cannot_be_identified_share_the_places_of_one(
        small: Installation, connect: Connect, user_bridge: Bridge) -> None:
    small.fakes.fail("OpenProcessToken", TROUBLE["access"], times=0)
    fill(connect, small, user_bridge)
    assert connect(small, user_bridge).pipe.read() == REFUSED


def test_refused_clients_are_bounded_too(small: Installation, connect: Connect,
                                         bridge: Bridge, user_bridge: Bridge) -> None:
    fill(connect, small, user_bridge)
    for _ in range(100):
        connect(small, user_bridge)
    assert is_admitted(small, bridge)


# Clients that do not read.

def test_a_client_that_never_reads_gives_its_place_back(
        small: Installation, start_session: SessionMaker, user_bridge: Bridge) -> None:
    for session in [start_session(small) for _ in range(2)]:
        session.openvpn.die(1)
    assert_admitted(small, user_bridge)


def test_a_client_that_never_reads_is_undone(installation: Installation,
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
    told = installation.record.wait_for("ReportEventW", since=ended)
    assert undone["t"] - told["t"] < 1e6


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
