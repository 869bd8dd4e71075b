# SPDX-License-Identifier: MIT
"""The control pipe: how it is made, who is refused, and that no client can make it unusable for
others: hostile bytes, floods, silence, clients that never read."""
from __future__ import annotations

import random
from typing import Any, Callable, Dict, List

import pytest

from harness.bridge import Bridge, BridgeError
from harness.client import CLOSED
from harness.control import (ACCESS_DENIED, ANONYMOUS_CLIENT, LONGEST_REQUEST, NO_MEMORY,
                             NO_REQUEST, NO_RESOURCES, SILENT, TOO_MANY, Control, request)
from harness.eventually import HANG, eventually
from harness.fakes import GROUP_MEMBER_BY_DATABASE, PLAIN_USER, TAP, canonical_sddl
from harness.installation import Installation
from harness.messages import route
from harness.pipe import ANONYMOUS, IDENTIFICATION, IMPERSONATION, Pipe
from harness.service import State
from harness.session import Session
from protocol.support.availability import ControlMaker, assert_serves
from protocol.support.raw_client import units

Call = Dict[str, Any]
InstallationMaker = Callable[..., Installation]
SessionMaker = Callable[..., Session]

DUPLEX, OVERLAPPED, WRITE_DAC, FIRST_INSTANCE = 0x3, 0x40000000, 0x00040000, 0x00080000
TYPE_MESSAGE, READ_MESSAGES, REJECT_REMOTE = 0x4, 0x2, 0x8

#: What the service asks for, as Windows and as Wine write it, which has no words for a label (its
#: bits are those of CC and DC) and enforces neither that nor access lists.
ACCESS = "D:(A;OICI;GA;;;SY)(D;OICI;LC;;;WD)(A;OICI;GRGW;;;AU)(D;;GA;;;AN)"
SECURITY = {canonical_sddl(ACCESS + label) for label in ("S:(ML;;NWNR;;;ME)", "S:(;;CCDC;;;ME)")}


def refusal(code: int, reason: str) -> bytes:
    """The bytes of a reply to what has no verb."""
    return units(f"0x{code:08x}\nrequest\nreason={reason}\n")


def assert_answers(installation: Installation, bridge: Bridge) -> None:
    """A new client of each pipe is served, by a service that has not stopped."""
    control = installation.control(bridge)
    try:
        assert control.ask("version").code == 0
    finally:
        control.close()
    assert_serves(installation, bridge)


def is_admitted(installation: Installation, bridge: Bridge) -> bool:
    """Whether the service serves one more connection."""
    control = installation.control(bridge)
    try:
        return control.ask("version").code != TOO_MANY
    finally:
        control.close()


# How the pipe is made.

@pytest.fixture(scope="module")
def instances(shared_installation: Installation) -> List[Call]:
    """The recorded instances of a service to which nobody has connected."""
    shared_installation.create()
    shared_installation.populate()
    shared_installation.start()
    eventually(lambda: shared_installation.record.calls("ConnectNamedPipe"),
               lambda calls: len(calls) >= 12)
    return shared_installation.record.calls(
        "CreateNamedPipeW", where=lambda call: bool(call["name"].endswith("\\control")))


def test_access_list_and_label_are_asked_for(instances: List[Call]) -> None:
    assert {canonical_sddl(call["security"]) for call in instances} <= SECURITY


def test_it_carries_messages_of_local_clients_only(instances: List[Call]) -> None:
    assert {call["pipe_mode"] for call in instances} == {
        hex(TYPE_MESSAGE | READ_MESSAGES | REJECT_REMOTE)}


def test_it_is_made_first_and_as_the_service_itself(instances: List[Call]) -> None:
    first = [bool(int(call["open_mode"], 16) & FIRST_INSTANCE) for call in instances]
    assert first == [True] + [False] * (len(instances) - 1)
    assert {call["impersonating"] for call in instances} == {False}
    assert {int(call["open_mode"], 16) & ~FIRST_INSTANCE for call in instances} == {
        DUPLEX | OVERLAPPED | WRITE_DAC}


def test_several_instances_wait(instances: List[Call]) -> None:
    assert 4 <= len(instances) <= 8


def test_another_program_that_has_the_name_stops_the_start(make_installation: InstallationMaker,
                                                           bridge: Bridge) -> None:
    installation = make_installation()
    squatter = Pipe.create(bridge, installation.control_name)
    try:
        status = installation.try_start()
    finally:
        squatter.close()
    assert (status.state, status.exit_code) == (State.STOPPED, ACCESS_DENIED)
    assert "\\control" in installation.record.events()[-1]


# Who is who.

def test_identification_is_enough(ask_control: ControlMaker) -> None:
    for flags in (IDENTIFICATION, IMPERSONATION):
        assert ask_control(flags=flags).ask("version").code == 0


def test_a_client_that_tells_nothing_of_itself_is_refused(installation: Installation,
                                                          ask_control: ControlMaker) -> None:
    installation.fakes.personas(PLAIN_USER.granting("anonymous"))
    control = ask_control(flags=ANONYMOUS)
    reply = control.ask("status")
    assert (reply.code, reply.name) == (ANONYMOUS_CLIENT, "request")
    control.wait_closed()


def test_the_token_of_each_request_counts_and_not_the_first_one_s(
        installation: Installation, ask_control: ControlMaker, start_session: SessionMaker,
        user_bridge: Bridge) -> None:
    installation.fakes.personas(PLAIN_USER.of(user_bridge.process))
    start_session()
    control = ask_control()
    assert len(control.sessions()) == 1
    installation.fakes.personas(PLAIN_USER.of(user_bridge.process), GROUP_MEMBER_BY_DATABASE)
    assert not control.sessions()


def test_the_service_never_acts_as_a_client_of_this_pipe(installation: Installation,
                                                         ask_control: ControlMaker) -> None:
    control = ask_control()
    mark = installation.record.mark()
    assert control.ask("status").code == 0
    calls = installation.record.calls("ImpersonateNamedPipeClient", "OpenThreadToken",
                                      "RevertToSelf", "SetThreadToken", since=mark)
    assert [call["call"] for call in calls] == ["ImpersonateNamedPipeClient", "OpenThreadToken",
                                                "RevertToSelf"]


def test_nothing_is_done_for_a_client_that_has_not_asked(installation: Installation,
                                                         ask_control: ControlMaker) -> None:
    ask_control()
    ask_control().ask("version")
    assert len(installation.record.calls("ImpersonateNamedPipeClient")) == 1


# Hostile bytes.

HOSTILE = {
    "nothing": b"",
    "half a unit": b"s",
    "an odd byte": request("status") + b"\0",
    "no terminator": units("status"),
    "no verb": b"\0\0",
    "no verb before an argument": units("\0all\0"),
    "97 strings": request(*("a" * 97)),
    "half a character": b"\x00\xd8\0\0",
    "one unit too many": request("s" * LONGEST_REQUEST),
    "a start-up message": request("C:\\", "--config stdin", "secret") * 40,
    "bytes of all kinds": bytes(range(256)),
    "far too long": b"s\0" * 100000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_request_is_answered_and_ends_the_connection(
        installation: Installation, ask_control: ControlMaker, bridge: Bridge, data: bytes) -> None:
    control = ask_control()
    control.send(data)
    assert control.pipe.read() == refusal(NO_REQUEST, "This is no request of the control pipe")
    control.wait_closed()
    assert_answers(installation, bridge)


def test_the_longest_request_is_read(ask_control: ControlMaker) -> None:
    control = ask_control()
    control.send(request("s" * (LONGEST_REQUEST - 1)))
    assert control.read().name == "request"
    assert control.ask("version").code == 0


def test_random_bytes_end_their_connection_at_most(installation: Installation,
                                                   ask_control: ControlMaker, bridge: Bridge
                                                   ) -> None:
    choices = random.Random(4711)
    words = ["status", "stop", "all", "attach", "cleanup", "version", "1", "\0", "%", "\ud800"]
    for _ in range(60):
        control = ask_control()
        count = choices.randrange(1, 5)
        data = request(*(choices.choice(words) for _ in range(count)))
        if choices.randrange(2):
            data = bytes(byte ^ (choices.randrange(16) == 0) << choices.randrange(8)
                         for byte in data)
        control.send(data)
        control.read()
        control.close()
    assert_answers(installation, bridge)


# Silence.

def test_a_silent_client_is_told_after_two_seconds_and_disconnected(ask_control: ControlMaker
                                                                    ) -> None:
    control = ask_control()
    assert control.pipe.read() == refusal(SILENT, "No request has come within two seconds")
    control.wait_closed()


def test_a_client_that_asks_nothing_more_is_disconnected_without_a_word(ask_control: ControlMaker
                                                                        ) -> None:
    control = ask_control()
    assert control.ask("version").code == 0
    control.wait_closed()


# Floods, and clients that do not read.

def test_requests_that_are_sent_at_once_are_answered_one_after_the_other(ask_control: ControlMaker
                                                                         ) -> None:
    control = ask_control()
    for _ in range(20):
        control.send(request("version"))
    assert [control.read().code for _ in range(20)] == [0] * 20


def test_a_client_that_never_reads_is_disconnected(installation: Installation, bridge: Bridge,
                                                   ask_control: ControlMaker) -> None:
    control = ask_control()

    def write_one_more() -> int:
        try:
            control.pipe.write(request("status"), 1.0)
        except BridgeError as error:
            return error.code
        return 0

    assert eventually(write_one_more, lambda code: code in CLOSED) in CLOSED
    assert_answers(installation, bridge)


def test_a_flood_harms_neither_sessions_nor_other_clients(
        installation: Installation, bridge: Bridge, ask_control: ControlMaker,
        start_session: SessionMaker) -> None:
    session = start_session()
    control = ask_control()
    flood = [control.pipe.begin_write(b"x" * 1000, 1.0) for _ in range(50)]
    assert_answers(installation, bridge)
    assert session.openvpn.request(route("10.11.0.0/16", "10.8.0.1", TAP)) == 0
    session.end()
    for write in flood:
        write.exception(HANG)


def test_connecting_and_leaving_200_times_stops_nothing(installation: Installation,
                                                        bridge: Bridge) -> None:
    process = installation.service.status().process
    for _ in range(200):
        installation.control(bridge).close()
    assert_answers(installation, bridge)
    assert installation.service.status().process == process


# How many.

@pytest.fixture
def small(make_installation: InstallationMaker, bridge: Bridge, user_bridge: Bridge
          ) -> Installation:
    """Three connections, two for each user: alice in `user_bridge`, another in `bridge`."""
    made = make_installation(settings=(("max_clients", "3"), ("max_clients_per_user", "2")))
    made.fakes.personas(PLAIN_USER.of(user_bridge.process),
                        GROUP_MEMBER_BY_DATABASE.of(bridge.process))
    made.start()
    return made


def fill(ask_control: ControlMaker, small: Installation, bridge: Bridge) -> List[Control]:
    """Take both slots of the bridge's user."""
    return [ask_control(small, bridge) for _ in range(2)]


def test_one_more_connection_of_a_user_is_refused(small: Installation, ask_control: ControlMaker,
                                                  bridge: Bridge, user_bridge: Bridge) -> None:
    fill(ask_control, small, user_bridge)
    control = ask_control(small, user_bridge)
    control.send(request("version"))
    assert control.pipe.read() == refusal(TOO_MANY, "Too many concurrent clients")
    control.wait_closed()
    assert is_admitted(small, bridge)


def test_connections_of_all_users_are_limited(small: Installation, ask_control: ControlMaker,
                                              bridge: Bridge, user_bridge: Bridge) -> None:
    fill(ask_control, small, user_bridge)
    ask_control(small, bridge)
    assert not is_admitted(small, bridge)


def test_a_slot_is_free_again_when_its_client_has_left(small: Installation,
                                                       ask_control: ControlMaker,
                                                       user_bridge: Bridge) -> None:
    slots = fill(ask_control, small, user_bridge)
    slots[0].close()
    assert eventually(lambda: is_admitted(small, user_bridge), bool)


def test_connections_and_sessions_take_no_slots_from_each_other(
        small: Installation, ask_control: ControlMaker, start_session: SessionMaker,
        bridge: Bridge, user_bridge: Bridge) -> None:
    sessions = [start_session(small, client_bridge=user_bridge) for _ in range(2)]
    slots = fill(ask_control, small, user_bridge)
    assert all(slot.ask("version").code == 0 for slot in slots)
    assert_serves(small, bridge)
    for session in sessions:
        session.end()


def test_refused_connections_are_bounded_too(small: Installation, ask_control: ControlMaker,
                                             bridge: Bridge, user_bridge: Bridge) -> None:
    fill(ask_control, small, user_bridge)
    for _ in range(100):
        try:
            ask_control(small, user_bridge)
        except BridgeError as error:  # it may have been turned away already
            assert error.code in CLOSED
    assert is_admitted(small, bridge)


def test_a_client_is_told_that_no_thread_could_be_created(installation: Installation,
                                                          bridge: Bridge,
                                                          ask_control: ControlMaker) -> None:
    installation.fakes.fail("_beginthreadex", NO_MEMORY)
    control = ask_control()
    reply = control.ask("version")
    assert (reply.code, reply.reason) == (
        NO_RESOURCES, "Insufficient resources to service new clients")
    control.wait_closed()
    assert_answers(installation, bridge)
