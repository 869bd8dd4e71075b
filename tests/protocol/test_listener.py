# SPDX-License-Identifier: MIT
"""The client pipe: how it is created, and that no client can make it unusable for others."""
from __future__ import annotations

import time
from typing import Any, Callable, Dict, List

import pytest

from harness.bridge import Bridge, BridgeError
from harness.eventually import eventually
from harness.fakes import canonical_sddl
from harness.installation import Installation
from harness.service import State
from protocol.support.availability import ClientMaker, ask, assert_admitted, assert_serves

Call = Dict[str, Any]
InstallationMaker = Callable[..., Installation]

DUPLEX, OVERLAPPED, WRITE_DAC, FIRST_INSTANCE = 0x3, 0x40000000, 0x00040000, 0x00080000
TYPE_MESSAGE, READ_MESSAGES, REJECT_REMOTE = 0x4, 0x2, 0x8
UNLIMITED = 255

#: The access list, entry by entry as Wine writes it: SYSTEM has full access; nobody else may create
#: an instance (LC is 0x4, FILE_CREATE_PIPE_INSTANCE); authenticated users have access; anonymous
#: ones have none.
ACCESS_LIST = canonical_sddl(
    "D:(A;OICI;GA;;;SY)(D;OICI;LC;;;WD)(A;OICI;GRGW;;;AU)(D;;GA;;;AN)")

NO_DATA = 232
TIMED_OUT = "0x20000001\r\nGetStartupData (timeout)\r\n(null)".encode("utf-16-le")

#: Errors of ConnectNamedPipe when the machine is in trouble.
TROUBLE = {"access": 5, "memory": 8, "bad_pipe": 230, "resources": 1450, "commitment": 1455}


@pytest.fixture(scope="module")
def instances(shared_installation: Installation) -> List[Call]:
    """The recorded instances of the pipe of a service to which nobody has connected."""
    shared_installation.create()
    shared_installation.populate()
    shared_installation.start()
    listening = eventually(
        lambda: shared_installation.record.calls("CreateNamedPipeW", "ConnectNamedPipe"),
        lambda calls: len(calls) >= 24)
    return [call for call in listening if call["call"] == "CreateNamedPipeW"
            and call["name"] == shared_installation.pipe_name]


# How the pipe is made.

def test_every_instance_has_the_access_list(instances: List[Call]) -> None:
    assert {canonical_sddl(call["security"]) for call in instances} == {ACCESS_LIST}


def test_the_access_list_is_on_the_pipe(installation: Installation,
                                        make_client: ClientMaker) -> None:
    security = make_client().pipe.security()
    assert canonical_sddl(security[security.index("D:"):]) == ACCESS_LIST


def test_only_the_first_instance_must_be_the_first(instances: List[Call]) -> None:
    first = [bool(int(call["open_mode"], 16) & FIRST_INSTANCE) for call in instances]
    assert first == [True] + [False] * (len(instances) - 1)


def test_later_instances_are_not_first_either(instances: List[Call], installation: Installation,
                                              make_client: ClientMaker) -> None:
    ask(make_client())
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


def test_clients_have_room_for_the_longest_message(instances: List[Call]) -> None:
    """What is beyond the quota stays with its writer."""
    assert all(call["in_size"] > 2 * 4096 for call in instances)


def test_the_service_sees_by_its_write_that_the_client_has_read(instances: List[Call]) -> None:
    """There is no room for a reply: the write ends when it is read. (0 may mean a default.)"""
    assert {call["out_size"] for call in instances} == {1}


def test_the_default_time_out_is_windows_own(instances: List[Call]) -> None:
    assert {call["timeout"] for call in instances} == {0}


def test_the_pipe_is_not_inherited(instances: List[Call]) -> None:
    assert {call["inherit"] for call in instances} == {False}


def test_the_pipe_is_made_by_the_service_as_itself(instances: List[Call]) -> None:
    assert {call["impersonating"] for call in instances} == {False}


def test_four_to_eight_instances_wait(instances: List[Call]) -> None:
    assert 4 <= len(instances) <= 8


def test_four_clients_come_in_while_the_listener_is_busy(installation: Installation,
                                                         make_client: ClientMaker) -> None:
    installation.fakes.fault("OpenProcessToken", "block")
    clients = [make_client()]
    installation.fakes.wait_blocked("OpenProcessToken")
    clients += [make_client() for _ in range(4)]
    installation.fakes.clear_faults()
    assert [ask(client).function for client in clients] == 5 * ["GetStartupData"]


def test_as_many_instances_wait_after_clients_as_before(instances: List[Call],
                                                        installation: Installation,
                                                        make_client: ClientMaker) -> None:
    for _ in range(20):
        ask(make_client())
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
    assert "A client disconnected before it was served" in installation.record.events()[0]


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


def test_lasting_trouble_is_logged_once_and_survived(installation: Installation,
                                                     bridge: Bridge) -> None:
    installation.fakes.fail("ConnectNamedPipe", TROUBLE["resources"], times=0)
    for _ in range(6):
        client = installation.connect(bridge)  # for the instances that wait already
        client.close()
    failures = eventually(
        lambda: installation.record.calls(
            "ConnectNamedPipe", where=lambda call: bool(call["result"] == TROUBLE["resources"])),
        lambda calls: len(calls) >= 12)
    installation.fakes.clear_faults()
    assert len(failures) >= 12
    eventually(lambda: try_connect(installation, bridge), bool)
    assert_serves(installation, bridge)
    logged = [text for text in installation.record.events() if "ConnectNamedPipe" in text]
    assert len(logged) == 1
    assert "0x5aa" in logged[0]


def try_connect(installation: Installation, bridge: Bridge) -> bool:
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
                                                               make_client: ClientMaker) -> None:
    installation.stop()
    installation.fakes.fault("ConnectNamedPipe", "block")
    installation.service.start()
    installation.fakes.wait_blocked("ConnectNamedPipe")
    client = make_client()
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


def test_clients_that_left_take_no_slot(installation: Installation, bridge: Bridge,
                                        make_installation: InstallationMaker) -> None:
    small = make_installation(settings=(("max_clients", "3"),))
    small.start()
    for _ in range(30):
        small.connect(bridge).close()
    assert_admitted(small, bridge)


def test_a_client_is_told_that_no_thread_could_be_created(installation: Installation,
                                                          make_client: ClientMaker) -> None:
    installation.fakes.fail("_beginthreadex", TROUBLE["memory"])
    reply = make_client().read()
    assert reply.code
    assert reply.function == "Insufficient resources to service new clients"


def test_a_failing_thread_does_not_affect_other_clients(installation: Installation, bridge: Bridge,
                                                        make_client: ClientMaker) -> None:
    installation.fakes.fail("_beginthreadex", TROUBLE["memory"])
    make_client().read()
    assert_serves(installation, bridge)


def test_a_client_that_cannot_be_identified_is_served(installation: Installation,
                                                      bridge: Bridge) -> None:
    installation.fakes.fail("OpenProcessToken", TROUBLE["access"])
    assert_serves(installation, bridge)


# Silent clients.

def test_a_silent_client_is_answered_after_two_seconds(make_client: ClientMaker) -> None:
    begun = time.monotonic()
    client = make_client()
    raw = client.read().raw
    assert 1.95 < time.monotonic() - begun < 4.5
    assert raw == TIMED_OUT
    client.wait_closed()


def test_others_are_served_while_clients_are_silent(installation: Installation, bridge: Bridge,
                                                    make_client: ClientMaker) -> None:
    began = time.monotonic()
    for _ in range(10):
        assert_serves(installation, bridge)
    alone = time.monotonic() - began
    silent = [make_client() for _ in range(20)]
    served = 0  # before the service has given up on the last silent one, after two seconds
    for _ in range(10):
        assert_serves(installation, bridge)
        served += silent[-1].pipe.available() == 0
    assert served == 10 if alone < 0.5 else served


def test_a_silent_client_costs_its_slot_for_two_seconds_only(
        bridge: Bridge, make_installation: InstallationMaker, make_client: ClientMaker) -> None:
    small = make_installation(settings=(("max_clients", "1"),))
    small.start()
    silent = make_client(small)
    assert silent.read().raw == TIMED_OUT
    assert_admitted(small, bridge)


def test_a_silent_client_that_never_reads_costs_no_more(
        bridge: Bridge, make_installation: InstallationMaker, make_client: ClientMaker) -> None:
    small = make_installation(settings=(("max_clients", "1"),))
    small.start()
    make_client(small)
    assert_admitted(small, bridge)


def test_a_silent_client_can_read_its_answer_late(installation: Installation,
                                                  make_client: ClientMaker) -> None:
    client = make_client()
    installation.record.wait_for("ReportEventW")
    assert client.read().raw == TIMED_OUT


def test_nothing_is_flushed_to_a_silent_client(installation: Installation,
                                               make_client: ClientMaker) -> None:
    client = make_client()
    client.read()
    client.wait_closed()
    assert not installation.record.calls("FlushFileBuffers")


def test_a_silent_client_is_never_impersonated(installation: Installation,
                                               make_client: ClientMaker) -> None:
    make_client().read()
    assert not installation.record.calls("ImpersonateNamedPipeClient")
