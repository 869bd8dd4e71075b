# SPDX-License-Identifier: MIT
"""Answers to openvpn.exe on the session channel: docs/protocol.md, "Session channel"."""
from __future__ import annotations

import struct
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Callable

import pytest

from harness import messages
from harness.bridge import BridgeError
from harness.fakes import TAP
from harness.installation import Installation
from harness.messages import (BODIES, CLASSES, ERROR_MESSAGE_DATA, ERROR_MESSAGE_TYPE, NUMBERS,
                              Dialect, Machine, Message, address, encode, message_size, route)
from harness.openvpn import OpenvpnError
from harness.session import Session
from protocol.support.malformed import header

SessionMaker = Callable[..., Session]

ERROR_NOT_FOUND = 1168

ROUTE = route("10.20.0.0/16", "10.8.0.1", TAP)
MACHINES = pytest.mark.parametrize("machine", Machine, ids=[each.name for each in Machine])


def acknowledgement(machine: Machine, message_id: int, error: int) -> bytes:
    """The exact bytes, including padding."""
    if machine is Machine.X64:
        return struct.pack("<i4xQi4xI4x", 0, 32, message_id, error)
    return struct.pack("<iIiI", 0, 16, message_id, error)


def blank(name: str, dialect: Dialect, machine: Machine, message_id: int = 7) -> bytes:
    """A message of this kind with a correct header and only zeros after it."""
    size = message_size(name, machine)
    number = messages.type_number(name, dialect)
    return header(number, size, machine, message_id).ljust(size, b"\0")


# ---- the bytes of the answer ----

@MACHINES
@pytest.mark.parametrize("message_id", [0, 1, -1, 0x7FFFFFFF, -0x80000000])
def test_success_is_answered_in_the_senders_layout(start_session: SessionMaker, machine: Machine,
                                                   message_id: int) -> None:
    answer = start_session().openvpn.send(encode(ROUTE, machine=machine, message_id=message_id))
    assert answer == acknowledgement(machine, message_id, 0)


@MACHINES
def test_error_is_answered_in_the_senders_layout(start_session: SessionMaker, machine: Machine
                                                 ) -> None:
    missing = route("10.20.0.0/16", "10.8.0.1", TAP, delete=True)
    answer = start_session().openvpn.send(encode(missing, machine=machine, message_id=3))
    assert answer == acknowledgement(machine, 3, ERROR_NOT_FOUND)


@MACHINES
@pytest.mark.parametrize("padding", [0x00, 0xFF, 0xA5])
def test_garbage_in_the_padding_is_ignored(start_session: SessionMaker, machine: Machine,
                                           padding: int) -> None:
    data = bytearray(encode(ROUTE, machine=machine, padding=padding))
    start = struct.calcsize(machine.value[0])
    gaps = [start + 2, start + 3] + ([20, 21, 22, 23] if machine is Machine.X64 else [])
    for at in gaps:
        data[at] = padding
    data[start + 4 + 4:start + 4 + 16] = bytes([padding]) * 12  # after an IPv4 address
    assert start_session().openvpn.send(bytes(data)) == acknowledgement(machine, 0, 0)


# ---- malformed messages ----

LENGTHS = [1, 3, 4, 7, 8, 11, 12, 15, 16, 23]


@pytest.mark.parametrize("length", LENGTHS)
def test_message_shorter_than_a_header_has_no_id(start_session: SessionMaker, length: int) -> None:
    answer = start_session().openvpn.send(b"\3".ljust(length, b"\0"))
    assert answer == acknowledgement(Machine.X64, -1, ERROR_MESSAGE_DATA)


@MACHINES
@pytest.mark.parametrize("length", LENGTHS)
def test_short_message_is_answered_in_the_layout_of_the_last_valid_one(
        start_session: SessionMaker, machine: Machine, length: int) -> None:
    session = start_session()
    session.openvpn.send(encode(ROUTE, machine=machine))
    # Twelve bytes with the size "12" are a whole x86 header, and so are not short.
    answer = session.openvpn.send(b"\3".ljust(length, b"\0"))
    assert answer == acknowledgement(machine, -1, ERROR_MESSAGE_DATA)


LIES = {"one less": -1, "one more": 1, "nothing": -328, "a header": -304, "far more": 0x7FFFFF00}


@MACHINES
@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_size_that_is_not_the_length_has_no_id(start_session: SessionMaker, machine: Machine,
                                               lie: int) -> None:
    session = start_session()
    session.openvpn.send(encode(ROUTE, machine=machine))
    size = message_size("add_route", machine)
    data = header(3, max(size + lie, 0), machine).ljust(size, b"\0")
    assert session.openvpn.send(data) == acknowledgement(machine, -1, ERROR_MESSAGE_DATA)


def test_size_that_is_right_only_in_its_low_half_is_wrong(start_session: SessionMaker) -> None:
    data = header(3, 328 | 1 << 32, Machine.X64).ljust(328, b"\0")
    answer = start_session().openvpn.send(data)
    assert answer == acknowledgement(Machine.X64, -1, ERROR_MESSAGE_DATA)


SERVED = ("add_address", "delete_address", "add_route", "delete_route")
UNSERVED = ("add_nbt", "delete_nbt", "register_ring_buffers")
#: Kinds of 2.7 with a unique size: a wrong size makes no other message.
KINDS_2_7 = sorted(name for name, numbers in NUMBERS.items() if numbers[Dialect.V2_7] is not None)


@MACHINES
@pytest.mark.parametrize("name", [name for name in KINDS_2_7
                                  if name not in ("acknowledgement", "register_ring_buffers")])
def test_wrong_size_for_the_type_keeps_the_id(start_session: SessionMaker, machine: Machine,
                                              name: str) -> None:
    session = start_session()
    session.openvpn.send(encode(ROUTE, machine=machine))
    number = messages.type_number(name, Dialect.V2_7)
    unlike = 40  # no kind has this length
    answers = session.openvpn.batch([
        header(number, size, machine).ljust(size, b"\0")
        for size in (unlike, message_size(name, machine) - 1, 1696 - 1)
        if size > struct.calcsize(machine.value[0])]).answers
    assert set(answers) == {acknowledgement(machine, 7, ERROR_MESSAGE_DATA)}


UNKNOWN = [-0x80000000, -1, 0, 21, 22, 99, 0x10001, 0x7FFFFFFF]


@MACHINES
@pytest.mark.parametrize("number", UNKNOWN)
def test_unknown_type_is_answered(
        start_session: SessionMaker, machine: Machine, number: int) -> None:
    size = message_size("acknowledgement", machine)
    answer = start_session().openvpn.send(header(number, size, machine).ljust(size, b"\0"))
    assert answer == acknowledgement(machine, 7, ERROR_MESSAGE_TYPE)


@MACHINES
@pytest.mark.parametrize("name", [name for name in KINDS_2_7 if name in UNSERVED])
def test_kinds_not_served_are_unknown_types(start_session: SessionMaker, machine: Machine,
                                            name: str) -> None:
    answer = start_session().openvpn.send(blank(name, Dialect.V2_7, machine))
    assert answer == acknowledgement(machine, 7, ERROR_MESSAGE_TYPE)


@MACHINES
@pytest.mark.parametrize("name", sorted(
    name for name, numbers in NUMBERS.items()
    if numbers[Dialect.V2_6_6] is not None and name in UNSERVED))
def test_kinds_not_served_are_unknown_types_for_2_6_too(
        older: Installation, start_session: SessionMaker, machine: Machine, name: str) -> None:
    session = start_session(older)
    answer = session.openvpn.send(blank(name, Dialect.V2_6_6, machine))
    session.close()
    assert answer == acknowledgement(machine, 7, ERROR_MESSAGE_TYPE)


@MACHINES
@pytest.mark.parametrize("name", SERVED)
def test_addresses_and_routes_are_the_same_for_2_6(
        older: Installation, start_session: SessionMaker, machine: Machine, name: str) -> None:
    session = start_session(older)
    message: Message = {
        "add_address": address("10.8.0.10/24", TAP),
        "delete_address": address("10.8.0.2/24", TAP, delete=True),
        "add_route": ROUTE,
        "delete_route": route("172.20.0.0/16", "192.168.1.254", 5, delete=True),
    }[name]
    answer = session.openvpn.send(encode(message, Dialect.V2_6_6, machine, message_id=9))
    session.close()
    assert answer == acknowledgement(machine, 9, 0)


def test_type_that_only_the_other_dialect_has_is_malformed_once_it_is_known(
        start_session: SessionMaker) -> None:
    session = start_session()
    session.openvpn.send(blank("add_nrpt", Dialect.V2_7, Machine.X64))
    answer = session.openvpn.send(blank("set_mtu", Dialect.V2_6_6, Machine.X64))
    assert answer == acknowledgement(Machine.X64, 7, ERROR_MESSAGE_DATA)


# ---- the layout of a session ----

@pytest.mark.parametrize("first, second", [(Machine.X64, Machine.X86), (Machine.X86, Machine.X64)],
                         ids=["x64 first", "x86 first"])
def test_layout_is_fixed_by_the_first_valid_message(start_session: SessionMaker, first: Machine,
                                                    second: Machine) -> None:
    session = start_session()
    session.openvpn.send(encode(ROUTE, machine=first))
    answer = session.openvpn.send(encode(ROUTE, machine=second))
    assert answer == acknowledgement(first, -1, ERROR_MESSAGE_DATA)


def test_malformed_message_does_not_fix_the_layout(start_session: SessionMaker) -> None:
    session = start_session()
    session.openvpn.send(b"\3\0\0\0")
    answer = session.openvpn.send(encode(ROUTE, machine=Machine.X86))
    assert answer == acknowledgement(Machine.X86, 0, 0)


IMAGE_FILE_MACHINE = {Machine.X64: 0x8664, Machine.X86: 0x014C}


@MACHINES
def test_before_any_valid_message_the_programs_machine_decides(
        installation: Installation, start_session: SessionMaker, machine: Machine) -> None:
    path = installation.host_folder / "bin" / "openvpn.exe"
    genuine = path.read_bytes()
    other = bytearray(genuine)
    at, = struct.unpack_from("<I", genuine, 0x3C)
    struct.pack_into("<H", other, at + 4, IMAGE_FILE_MACHINE[machine])
    path.write_bytes(other)
    # The service reads the file's version just before it starts the program, so it starts the
    # genuine one.
    installation.fakes.fault("CreateProcessAsUserW", "block")
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(start_session)
        installation.fakes.wait_blocked("CreateProcessAsUserW")
        path.write_bytes(genuine)
        installation.fakes.clear_faults()
        session = starting.result(30)
    assert session.openvpn.send(b"\0") == acknowledgement(machine, -1, ERROR_MESSAGE_DATA)


# ---- the end of a session ----

TOO_LONG = [1697, 1704, 4096, 65536]


@pytest.mark.parametrize("length", TOO_LONG)
def test_message_longer_than_any_ends_the_session(installation: Installation,
                                                  start_session: SessionMaker, length: int
                                                  ) -> None:
    session = start_session()
    session.openvpn.request(ROUTE)
    with suppress(BridgeError, OpenvpnError):  # it may be ended while it writes
        session.openvpn.write(header(3, length, Machine.X64).ljust(length, b"\0"))
    assert session.process.wait() == 1, "terminated after its two seconds"
    session.client.wait_end()
    assert not installation.differences()


@pytest.mark.parametrize("length", TOO_LONG)
def test_message_longer_than_any_is_logged_with_its_length(installation: Installation,
                                                           start_session: SessionMaker,
                                                           length: int) -> None:
    session = start_session()
    session.openvpn.write(bytes(length))
    session.end()
    assert any("OpenVPN process sent too large payload length to the pipe "
               f"({length} bytes), it will be terminated" in event
               for event in installation.record.events())


def test_longest_message_is_read_whole(start_session: SessionMaker) -> None:
    answer = start_session().openvpn.send(blank("add_nrpt", Dialect.V2_7, Machine.X64))
    assert len(blank("add_nrpt", Dialect.V2_7, Machine.X64)) == 1696
    assert answer == acknowledgement(Machine.X64, 7, ERROR_MESSAGE_DATA)  # it names no interface


def test_message_without_bytes_ends_the_session(installation: Installation,
                                                start_session: SessionMaker) -> None:
    session = start_session()
    session.openvpn.request(ROUTE)
    session.openvpn.write(b"")
    assert session.process.wait() == 1
    session.client.wait_end()
    assert not installation.differences()


def test_what_was_sent_before_the_end_is_still_served(installation: Installation,
                                                      start_session: SessionMaker) -> None:
    session = start_session()
    installation.fakes.fault("CreateIpForwardEntry2", "block")
    for third in range(5):
        session.openvpn.write(encode(route(f"10.20.{third}.0/24", "10.8.0.1", TAP)))
    installation.fakes.wait_blocked("CreateIpForwardEntry2")
    session.openvpn.exit(0)
    session.process.wait()  # so that nobody reads any of the answers
    installation.fakes.clear_faults()
    session.client.wait_closed()
    assert len(installation.record.calls("CreateIpForwardEntry2")) == 5


# ---- many messages ----

def test_pipelined_messages_are_answered_one_by_one_in_order(start_session: SessionMaker) -> None:
    data = [encode(route(f"10.20.{number}.0/24", "10.8.0.1", TAP), message_id=number)
            for number in range(200)]
    answers = start_session().openvpn.batch(data, pipelined=True).answers
    assert list(answers) == [acknowledgement(Machine.X64, number, 0) for number in range(200)]


def test_malformed_message_among_many_does_not_affect_the_others(
        start_session: SessionMaker) -> None:
    good = [encode(route(f"10.20.{number}.0/24", "10.8.0.1", TAP)) for number in range(3)]
    answers = start_session().openvpn.batch(
        [good[0], b"\1", good[1], header(99, 24, Machine.X64), good[2]], pipelined=True).answers
    errors = [messages.decode_acknowledgement(answer)[0] for answer in answers]
    assert errors == [0, ERROR_MESSAGE_DATA, 0, ERROR_MESSAGE_TYPE, 0]


def test_every_kind_is_known_to_these_tests() -> None:
    assert set(CLASSES) == set(NUMBERS) == {name for names, _ in BODIES.values() for name in names}
