# SPDX-License-Identifier: MIT
"""Start-up data, well-formed and malformed, in time and late: docs/protocol.md, "Start-up"."""
from __future__ import annotations

import time
from typing import Callable, Iterator

import pytest

from harness import process
from harness.bridge import WAIT_TIMEOUT, Bridge, BridgeError
from harness.client import Reply, startup
from harness.eventually import eventually
from harness.fakes import PLAIN_USER, Level
from harness.messages import route
from harness.openvpn import Openvpn
from harness.pipe import READ_BYTES
from harness.runner import Runner
from protocol.support.availability import THREAD_STARTS
from protocol.support.raw_client import (ERROR_BAD_IMPERSONATION_LEVEL, SYSTEM_TEXTS, Caller,
                                         data_error, error_reply, option_refusal, units)

Release = Callable[[], None]

MOST_UNITS = 4096
TIMEOUT = 2.0

MALFORMED = data_error("GetStartupData")
LATE = data_error("GetStartupData (timeout)")

#: The reply to well-formed data with `OPTION`: nothing is started in these tests. It has a value,
#: because a single token is a config to other services.
OPTION = "--up x"
UNDERSTOOD = option_refusal("--up")


def padded(count: int) -> bytes:
    """Well-formed data with so many units."""
    head, tail = r"C:\windows" + "\0" + OPTION + "\0", "\0"
    return units(head + "x" * (count - len(head) - len(tail)) + tail)


MALFORMED_DATA = {
    "empty": b"",
    "one byte": b"\0",
    "one zero unit": units("\0"),
    "one unit": units("x"),
    "two zero units": units("\0\0"),
    "no zero at all": units(r"C:\windows --verb 3"),
    "not terminated": units("C:\\windows\0--up\0secret"),
    "not terminated but by half a unit": units("C:\\windows\0--up\0secret") + b"\0",
    "ends at the working folder": units("C:\\windows\0"),
    "ends at the options": units("C:\\windows\0--up\0"),
    "ends inside the options": units("C:\\windows\0--up"),
    "UTF-8": b"C:\\windows\0--up\0\0\0",
    "one unit too many": padded(MOST_UNITS + 1),
    "two units too many": padded(MOST_UNITS + 2),
    "far too many": padded(30000),
    "zeros, one too many": b"\0\0" * (MOST_UNITS + 1),
    "high surrogate in the folder": units("C:\\\ud800\0--up\0\0"),
    "low surrogate in the folder": units("C:\\\udc00x\0--up\0\0"),
    "high surrogate in the options": units("C:\\windows\0--up \ud83dx\0\0"),
    "low surrogate in the options": units("C:\\windows\0--up \ude00\0\0"),
    "high surrogate in the input": units("C:\\windows\0--up\0\ud800\0"),
    "low surrogate in the input": units("C:\\windows\0--up\0\udfff\0"),
    "surrogates the wrong way round": units("C:\\windows\0--up\0\ude00\ud83d\0"),
    "surrogate torn by a terminator": units("C:\\windows\0--up \ud83d\0\ude00\0"),
}

WELL_FORMED_DATA = {
    "plain": startup(r"C:\windows", OPTION),
    "with input": startup(r"C:\windows", OPTION, "secret\n"),
    "no working folder": startup("", OPTION),
    "text after the third zero": startup(r"C:\windows", OPTION) + units("more\0and more\0"),
    "a fourth zero": startup(r"C:\windows", OPTION) + units("\0"),
    "a surrogate after the third zero": startup(r"C:\windows", OPTION) + units("\ud800\0"),
    "surrogate pairs": startup("C:\\\U0001F600", OPTION, "\U0001F511"),
    "one odd byte": startup(r"C:\windows", OPTION) + b"\0",
    "another odd byte": startup(r"C:\windows", OPTION) + b"\xff",
    "as much as is allowed": padded(MOST_UNITS),
    "as much as is allowed and an odd byte": padded(MOST_UNITS) + b"x",
}


@pytest.mark.parametrize("data", MALFORMED_DATA.values(), ids=MALFORMED_DATA.keys())
def test_malformed_data_is_refused(caller: Caller, data: bytes) -> None:
    assert caller.reply_to(data) == MALFORMED


@pytest.mark.parametrize("data", WELL_FORMED_DATA.values(), ids=WELL_FORMED_DATA.keys())
def test_well_formed_data_is_understood(caller: Caller, data: bytes) -> None:
    assert caller.reply_to(data) == UNDERSTOOD


def test_data_without_a_terminator_after_4096_units_is_refused(caller: Caller) -> None:
    assert caller.reply_to(padded(MOST_UNITS)[:-2] + units("x")) == MALFORMED


def test_a_mebibyte_is_refused(caller: Caller) -> None:
    assert caller.reply_to(padded(1 << 19)) == MALFORMED


def test_mebibytes_take_no_memory(caller: Caller, bridge: Bridge) -> None:
    """The service reads into buffers of fixed size: no allocation depends on the message."""
    service = caller.installation.service.status().process
    caller.reply_to(padded(1 << 19))
    before = process.handle_count(bridge, service)
    for _ in range(10):
        assert caller.reply_to(padded(1 << 19)) == MALFORMED
    assert eventually(lambda: process.handle_count(bridge, service),
                      lambda count: count <= before) <= before


def test_malformed_data_starts_nothing_and_looks_up_no_account(caller: Caller) -> None:
    """Only for longer data the caller has to be known (test_startup_long.py)."""
    for data in MALFORMED_DATA.values():
        if len(data) <= 2 * MOST_UNITS + 1:
            caller.reply_to(data)
    assert not caller.installation.record.calls("ImpersonateNamedPipeClient", "LookupAccountSidW",
                                                "CreateProcessAsUserW")


def test_service_goes_on_after_all_malformed_data(caller: Caller) -> None:
    service = caller.installation.service.status().process
    for _ in range(3):
        for data in MALFORMED_DATA.values():
            caller.reply_to(data)
    assert caller.start('--config "{config}"').reply.process
    assert caller.installation.service.status().process == service


def test_input_arrives_as_utf_8(caller: Caller) -> None:
    text = "p\u00e4ssw\u00f6rd \u65e5 \U0001F511\n"
    session = caller.start('--config "{config}"', stdin=text)
    assert session.openvpn.stdin(100, 0.2) == text.encode()


# ---- several messages

@pytest.fixture
def release(caller: Caller) -> Iterator[Release]:
    """The service accepts no client until the returned function is called."""
    for name in THREAD_STARTS:
        caller.installation.fakes.fault(name, "block")

    def go_on() -> None:
        assert eventually(caller.installation.fakes.waiting, bool)
        caller.installation.fakes.clear_faults()

    yield go_on
    caller.installation.fakes.clear_faults()


@pytest.mark.parametrize("mode", [None, READ_BYTES], ids=["messages", "bytes"])
def test_two_messages_at_once_are_two_messages(caller: Caller, release: Release,
                                               mode: int) -> None:
    client = caller.connect(mode=mode)
    client.send(startup(caller.directory, OPTION))
    client.send(startup(caller.directory, "--down"))
    release()
    assert client.read().raw == UNDERSTOOD


def test_data_in_two_pieces_is_refused(caller: Caller, release: Release) -> None:
    data = startup(caller.directory, OPTION)
    client = caller.connect(mode=READ_BYTES)
    client.send(data[:20])
    client.send(data[20:])
    release()
    assert client.read().raw == MALFORMED


def test_good_message_after_a_malformed_one_is_not_served(caller: Caller,
                                                          release: Release) -> None:
    client = caller.connect()
    client.send(b"\0\0")
    client.send(startup(caller.directory, "--verb 3"))
    release()
    assert client.read().raw == MALFORMED
    client.wait_closed()
    assert not caller.installation.record.calls("CreateProcessAsUserW")


def test_message_after_the_start_is_ignored(caller: Caller) -> None:
    session = caller.start('--config "{config}"')
    session.client.send(startup(caller.directory, OPTION))
    assert session.openvpn.request(route("10.11.0.0/16", "10.8.0.1", 2)) == 0
    with pytest.raises(BridgeError) as nothing:
        session.client.read(0.05)
    assert nothing.value.code == WAIT_TIMEOUT


# ---- time limits

def test_silent_client_is_answered_after_two_seconds(caller: Caller) -> None:
    begun = time.monotonic()
    client = caller.connect()
    raw = client.pipe.read(10)
    passed = time.monotonic() - begun
    assert raw == LATE
    assert TIMEOUT - 0.1 <= passed < TIMEOUT + 2
    client.wait_closed(1)


def test_client_that_sends_late_but_in_time_is_served(caller: Caller) -> None:
    client = caller.connect()
    with pytest.raises(BridgeError) as silence:
        client.read(1.5)
    assert silence.value.code == WAIT_TIMEOUT
    assert client.start(caller.directory, OPTION).raw == UNDERSTOOD


def test_silent_clients_do_not_delay_others(caller: Caller) -> None:
    silent = [caller.connect() for _ in range(20)]
    begun = time.monotonic()
    assert caller.ask(OPTION) == UNDERSTOOD
    assert time.monotonic() - begun < TIMEOUT - 0.5
    assert {client.pipe.read(10) for client in silent} == {LATE}


# ---- the identity and presence of the client

@pytest.mark.parametrize("level", ["identification", "anonymous"])
def test_client_that_forbids_impersonation_is_told_what_to_do(caller: Caller, level: Level
                                                              ) -> None:
    caller.installation.fakes.personas(PLAIN_USER.granting(level))
    assert caller.ask("--verb 3") == error_reply(
        ERROR_BAD_IMPERSONATION_LEVEL, "ImpersonateNamedPipeClient (the client must open the pipe "
        "with SECURITY_IMPERSONATION)", SYSTEM_TEXTS[ERROR_BAD_IMPERSONATION_LEVEL])
    assert not caller.installation.record.calls("CreateProcessAsUserW")


def test_client_that_allows_delegation_is_served(caller: Caller) -> None:
    caller.installation.fakes.personas(PLAIN_USER.granting("delegation"))
    assert caller.start('--config "{config}"').reply.process


@pytest.fixture
def killable_bridge(runner: Runner) -> Iterator[Bridge]:
    """The process of a client that close() can end."""
    made = runner.bridge(restricted=True)
    yield made
    made.close()


def test_client_that_leaves_without_sending_is_forgotten(
        caller: Caller, killable_bridge: Bridge) -> None:
    service = caller.installation.service.status().process
    caller.connect(killable_bridge)
    killable_bridge.close()
    assert caller.ask(OPTION) == UNDERSTOOD
    assert caller.installation.service.status().process == service


def test_client_that_leaves_after_its_message_is_forgotten(caller: Caller, killable_bridge: Bridge,
                                                           release: Release) -> None:
    client = caller.connect(killable_bridge)
    client.send(startup(caller.directory, OPTION))
    killable_bridge.close()
    release()
    assert caller.ask(OPTION) == UNDERSTOOD


#: After so many requests a service that cares would have noticed that its client has left.
GOES_ON = 200


def test_client_that_leaves_during_the_start_still_gets_its_openvpn(
        caller: Caller, bridge: Bridge, killable_bridge: Bridge) -> None:
    openvpn = Openvpn(bridge)
    path = caller.installation.write_config("leaves.ovpn", openvpn.config())
    caller.installation.fakes.fault("CreateProcessAsUserW", "block")
    client = caller.connect(killable_bridge)
    client.send(startup(caller.directory, f'--config "{path}"', "secret"))
    caller.installation.fakes.wait_blocked("CreateProcessAsUserW")
    killable_bridge.close()
    caller.installation.fakes.clear_faults()
    openvpn.accept()
    for number in range(GOES_ON):
        asked = route("10.11.0.0/16", "10.8.0.1", 2, delete=bool(number % 2))
        assert openvpn.request(asked) == 0
    assert openvpn.stdin(6) == b"secret"
    openvpn.exit()
    openvpn.close()


def test_client_that_leaves_in_the_middle_of_a_mebibyte_is_forgotten(
        caller: Caller, killable_bridge: Bridge) -> None:
    client = caller.connect(killable_bridge)
    client.pipe.begin_write(padded(1 << 19))
    killable_bridge.close()
    assert caller.ask(OPTION) == UNDERSTOOD


def test_reply_is_one_message_to_a_reader_of_messages(caller: Caller) -> None:
    client = caller.connect()
    client.send(startup(caller.directory, OPTION))
    assert Reply.parse(client.pipe.read(5)).raw == UNDERSTOOD
