# SPDX-License-Identifier: MIT
"""A hijacked openvpn.exe attacks the service in the ways to which earlier services were
vulnerable."""
from __future__ import annotations

import random
import struct
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Callable, Dict

import pytest

from harness.bridge import Bridge, BridgeError
from harness.client import ERROR_STARTUP_DATA
from harness.fakes import GROUP_MEMBER_BY_DATABASE, PLAIN_USER
from harness.installation import Installation
from harness.messages import (ERROR_MESSAGE_DATA, ERROR_MESSAGE_TYPE, Dialect,
                              decode_acknowledgement, encode, message_size, route, type_number)
from harness.openvpn import OpenvpnError
from harness.pipe import Pipe
from harness.session import Session
from protocol.support.change_cases import mtu

SessionMaker = Callable[..., Session]
InstallationMaker = Callable[..., Installation]

ROUTE = route("10.20.0.0/16", "10.8.0.1", 2)


def forged(name: str, at: int, field: bytes) -> bytes:
    """A message of a correct size with one field of the attacker's choice."""
    size = message_size(name)
    data = bytearray(size)
    struct.pack_into("<i4xQi", data, 0, type_number(name, Dialect.V2_7), size, 1)
    data[at:at + len(field)] = field
    return bytes(data)


# ---- CVE-2018-9336: malformed start-up data frees twice ----

MALFORMED: Dict[str, bytes] = {
    "no terminator": "C:\\".encode("utf-16-le"),
    "directory only": "C:\\\0".encode("utf-16-le"),
    "directory and options": "C:\\\0--verb 3\0".encode("utf-16-le"),
    "last text unended": "C:\\\0--verb 3\0secret".encode("utf-16-le"),
    "terminators only": b"\0\0" * 2,
    "one byte": b"\0",
    "unpaired surrogate": "C:\\\0--verb 3\0".encode("utf-16-le") + b"\x00\xd8\0\0",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_repeated_malformed_start_up_data_does_not_corrupt_the_heap(
        installation: Installation, user_bridge: Bridge, start_session: SessionMaker, data: bytes
        ) -> None:
    service = installation.service.status().process
    for _ in range(20):
        client = installation.connect(user_bridge)
        client.send(data)
        assert client.read().code == ERROR_STARTUP_DATA
        client.close()
    assert start_session().openvpn.request(ROUTE) == 0
    assert installation.service.status().process == service


# ---- CVE-2024-27459: a huge message overflows the stack ----

@pytest.mark.parametrize("size", [1697, 20_000, 65_536, 1_000_000])
def test_huge_message_ends_only_its_own_session(installation: Installation,
                                                start_session: SessionMaker, size: int) -> None:
    hijacked, other = start_session(), start_session()
    service = installation.service.status().process
    hijacked.openvpn.request(ROUTE)
    try:
        hijacked.openvpn.write(b"\x41" * size)
        hijacked.openvpn.exit()
    except (OpenvpnError, BridgeError):
        pass  # it was ended while it wrote
    hijacked.process.wait()
    assert other.openvpn.request(route("10.21.0.0/16", "10.8.0.1", 2)) == 0
    assert installation.service.status().process == service


def test_huge_message_after_many_good_ones_is_still_undone(installation: Installation,
                                                           start_session: SessionMaker) -> None:
    session = start_session()
    session.openvpn.batch([encode(route(f"10.20.{each}.0/24", "10.8.0.1", 2))
                           for each in range(50)])
    with suppress(BridgeError, OpenvpnError):  # it may be ended while it writes
        session.openvpn.write(b"\x41" * 5000)
    session.process.wait()
    session.client.wait_end()
    assert not installation.differences()


# ---- the session pipe is opened by another process ----

def test_session_pipe_is_taken_from_its_first_moment(installation: Installation, bridge: Bridge,
                                                     start_session: SessionMaker) -> None:
    installation.fakes.fault("CreateProcessAsUserW", "block")
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(start_session)
        installation.fakes.wait_blocked("CreateProcessAsUserW")
        pipe, = installation.record.calls("CreateNamedPipeW", where=lambda call: bool(
            r"\service_" in call["name"]))
        try:
            with pytest.raises(BridgeError):
                Pipe.connect(bridge, pipe["name"], seconds=0.05)
        finally:
            installation.fakes.clear_faults()
        assert starting.result(30).openvpn.request(ROUTE) == 0


# ---- wrong lengths and counts inside a message ----

COUNTS = [-1, -0x80000000, 0x7FFFFFFF, 5, 4]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name, at", [("add_dns", 800), ("add_wins", 284)])
def test_wrong_count_of_addresses_reads_nothing_beyond_the_message(
        start_session: SessionMaker, name: str, at: int, count: int) -> None:
    session = start_session()
    answer = session.openvpn.send(forged(name, at, struct.pack("<i", count)))
    assert decode_acknowledgement(answer)[1] == 1
    assert session.openvpn.request(ROUTE) == 0


UNENDED: Dict[str, bytes] = {
    "alias of a route": forged("add_route", 64, struct.pack("<I", 0xFFFFFFFF) + b"A" * 256),
    "alias of an address": forged("add_address", 48, struct.pack("<I", 0xFFFFFFFF) + b"A" * 256),
    "alias, not UTF-8": forged("add_route", 64, struct.pack("<I", 0xFFFFFFFF) + b"\xff" * 256),
    "domains": forged("add_dns", 284, b"a" * 512),
    "resolve domains": forged("add_nrpt", 668, b"a" * 512),
    "search domains": forged("add_nrpt", 1180, b"a" * 512),
    "addresses": forged("add_nrpt", 284, b"1" * 384),
}


@pytest.mark.parametrize("data", UNENDED.values(), ids=UNENDED.keys())
def test_unterminated_text_reads_nothing_beyond_its_field(start_session: SessionMaker, data: bytes
                                                          ) -> None:
    session = start_session()
    assert decode_acknowledgement(session.openvpn.send(data))[0] != 0
    assert session.openvpn.request(ROUTE) == 0


@pytest.mark.parametrize("length", [-1, 0x7FFFFFFF, 33, 129, 255])
@pytest.mark.parametrize("name", ["add_route", "add_address", "delete_route", "delete_address"])
def test_invalid_prefix_length_changes_nothing(installation: Installation,
                                               start_session: SessionMaker, name: str,
                                               length: int) -> None:
    at = 64 if "route" in name else 48
    data = bytearray(forged(name, at, struct.pack("<I", 2)))
    struct.pack_into("<h", data, 24, 2)
    struct.pack_into("<i", data, 44, length)
    answer = start_session().openvpn.send(bytes(data))
    assert decode_acknowledgement(answer)[0] == 87
    assert not installation.differences()


@pytest.mark.parametrize("seed", range(5))
def test_random_messages_break_nothing(installation: Installation, start_session: SessionMaker,
                                       seed: int) -> None:
    dice = random.Random(seed)
    session = start_session()
    data = [encode(ROUTE)]
    for _ in range(300):
        noise = bytearray(dice.randbytes(dice.choice([24, 288, 296, 312, 328, 352, 872, 1696])))
        struct.pack_into("<i4xQ", noise, 0, dice.randrange(21), len(noise))
        data.append(bytes(noise))
    answers = session.openvpn.batch(data).answers
    assert {len(answer) for answer in answers} == {32}
    session.end()
    assert not installation.differences()


# ---- flooding the event log ----

def test_unknown_types_do_not_flood_the_event_log(installation: Installation,
                                                  start_session: SessionMaker) -> None:
    session = start_session()
    data = struct.pack("<i4xQi4x", 77, 24, 0)
    answers = session.openvpn.batch([data] * 500).answers
    assert {decode_acknowledgement(answer)[0] for answer in answers} == {ERROR_MESSAGE_TYPE}
    lines = [event for event in installation.record.events() if "Unknown message type 77" in event]
    assert len(lines) == 8


def test_malformed_messages_do_not_flood_the_event_log(installation: Installation,
                                                       start_session: SessionMaker) -> None:
    session = start_session()
    answers = session.openvpn.batch([b"\1"] * 500).answers
    assert {decode_acknowledgement(answer)[0] for answer in answers} == {ERROR_MESSAGE_DATA}
    assert len(installation.record.events()) < 20


def test_refused_requests_do_not_flood_the_event_log(installation: Installation,
                                                     start_session: SessionMaker) -> None:
    session = start_session()
    answers = session.openvpn.batch([encode(mtu(1340, family=7))] * 500).answers
    assert {decode_acknowledgement(answer)[0] for answer in answers} == {87}
    lines = [event for event in installation.record.events() if "set_mtu" in event]
    assert len(lines) == 64
    refused = f"set_mtu of process {session.openvpn.process} refused: "
    assert all(refused in line and "(0x57)" in line for line in lines)
    assert len([event for event in installation.record.events() if "not logged" in event]) == 1


# ---- exhausting the memory of the service ----

ERROR_NOT_ENOUGH_QUOTA = 1816


def test_sessions_of_a_user_have_a_limit_of_claims(make_installation: InstallationMaker,
                                                   bridge: Bridge, user_bridge: Bridge,
                                                   start_session: SessionMaker) -> None:
    installation = make_installation(settings=(("max_changes_per_user", "5"),))
    installation.fakes.personas(PLAIN_USER.of(user_bridge.process),
                                GROUP_MEMBER_BY_DATABASE.of(bridge.process))
    installation.start()
    hijacked = [start_session(installation), start_session(installation)]
    others = start_session(installation, client_bridge=bridge)
    answers = [[session.openvpn.request(route(f"11.{own}.{each}.0/24", "10.8.0.1", 2))
                for each in range(4)] for own, session in enumerate(hijacked)]
    assert answers == [[0, 0, 0, 0], [0, ERROR_NOT_ENOUGH_QUOTA, ERROR_NOT_ENOUGH_QUOTA,
                                      ERROR_NOT_ENOUGH_QUOTA]]
    assert others.openvpn.request(ROUTE) == 0
    hijacked[0].end()
    assert hijacked[1].openvpn.request(route("11.2.0.0/24", "10.8.0.1", 2)) == 0
