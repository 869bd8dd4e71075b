# SPDX-License-Identifier: MIT
"""What requests for addresses and routes do, and the errors with which they are answered."""
from __future__ import annotations

import struct
from dataclasses import replace
from typing import Callable, Dict, List, Tuple

import pytest

from harness import messages
from harness.fakes import ETHERNET, TAP, TAP_ALIAS, WINTUN, WINTUN_ALIAS
from harness.installation import Installation
from harness.messages import BY_NAME, Machine, Message, address, encode, route
from harness.session import Session

SessionMaker = Callable[..., Session]

ERROR_FILE_NOT_FOUND, ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY = 2, 5, 8
ERROR_INVALID_PARAMETER, ERROR_NOT_FOUND, ERROR_OBJECT_ALREADY_EXISTS = 87, 1168, 5010

ROUTE = route("10.20.0.0/16", "10.8.0.1", TAP)
MACHINES = pytest.mark.parametrize("machine", Machine, ids=[each.name for each in Machine])


ADDED = {
    "route": (route("10.20.0.0/16", "10.8.0.1", TAP, metric=7),
              {"interface": TAP, "prefix": "10.20.0.0/16", "next_hop": "10.8.0.1", "metric": 7,
               "protocol": 3, "valid_lifetime": 0xFFFFFFFF, "preferred_lifetime": 0xFFFFFFFF}),
    "IPv6 route": (route("fd00:9::/48", "fe80::8", TAP, metric=0),
                   {"interface": TAP, "prefix": "fd00:9::/48", "next_hop": "fe80::8",
                    "metric": 0, "protocol": 3}),
    "host route": (route("203.0.113.1/32", "192.168.1.1", 5, metric=1),
                   {"interface": 5, "prefix": "203.0.113.1/32", "metric": 1}),
    "everything": (route("0.0.0.0/0", "10.8.0.1", TAP, metric=1),
                   {"interface": TAP, "prefix": "0.0.0.0/0", "metric": 1}),
    "address": (address("10.8.0.10/24", TAP),
                {"interface": TAP, "address": "10.8.0.10", "prefix_length": 24}),
    "IPv6 address": (address("fd00:8::1000/128", TAP),
                     {"interface": TAP, "address": "fd00:8::1000", "prefix_length": 128}),
}


@MACHINES
@pytest.mark.parametrize("message, fields", ADDED.values(), ids=ADDED.keys())
def test_machine_has_what_was_requested(installation: Installation, start_session: SessionMaker,
                                        message: Message, fields: Dict[str, object],
                                        machine: Machine) -> None:
    session = start_session()
    assert session.openvpn.request(message, machine=machine) == 0
    dump = installation.fakes.dump()
    rows = [row for row in dump["routes"] + dump["addresses"] if fields.items() <= row.items()]
    assert len(rows) == 1, installation.differences()


@MACHINES
@pytest.mark.parametrize("message", [message for message, _ in ADDED.values()],
                         ids=ADDED.keys())
def test_deleting_it_makes_the_machine_as_before(installation: Installation,
                                                 start_session: SessionMaker, message: Message,
                                                 machine: Machine) -> None:
    session = start_session()
    session.openvpn.request(message, machine=machine)
    delete = replace(message, name=message.name.replace("add_", "delete_"))
    assert session.openvpn.request(delete, machine=machine) == 0
    assert not installation.differences()


def test_length_of_a_prefix_counts_in_its_low_eight_bits(installation: Installation,
                                                         start_session: SessionMaker) -> None:
    message = messages.Route("add_route", 2, "10.20.0.0", 16 + 256, "10.8.0.1",
                             messages.Interface(TAP))
    assert start_session().openvpn.request(message) == 0
    call, = installation.record.calls("CreateIpForwardEntry2")
    assert call["prefix"] == "10.20.0.0/16"


BY_ALIAS = {"ASCII": (TAP, TAP_ALIAS), "not ASCII": (WINTUN, WINTUN_ALIAS)}


@MACHINES
@pytest.mark.parametrize("index, alias", BY_ALIAS.values(), ids=BY_ALIAS.keys())
@pytest.mark.parametrize("kind", ["address", "route"])
def test_interface_may_be_named_by_its_alias(installation: Installation,
                                             start_session: SessionMaker, kind: str, index: int,
                                             alias: str, machine: Machine) -> None:
    message: Message = address("10.30.0.1/24", BY_NAME, name=alias) if kind == "address" else (
        route("10.20.0.0/16", "10.30.0.1", BY_NAME, name=alias))
    assert start_session().openvpn.request(message, machine=machine) == 0
    call, = installation.record.calls("CreateUnicastIpAddressEntry", "CreateIpForwardEntry2")
    assert (call["interface"], call["alias"]) == (index, alias)


def test_alias_counts_only_without_an_index(installation: Installation,
                                            start_session: SessionMaker) -> None:
    message = route("10.20.0.0/16", "10.8.0.1", TAP, name=WINTUN_ALIAS)
    assert start_session().openvpn.request(message) == 0
    call, = installation.record.calls("CreateIpForwardEntry2")
    assert call["interface"] == TAP


REFUSED: Dict[str, Tuple[Message, int]] = {
    "a route that is there": (route("10.99.0.0/16", "10.8.0.1", TAP), ERROR_OBJECT_ALREADY_EXISTS),
    "an address that is there": (address("10.8.0.2/24", TAP), ERROR_OBJECT_ALREADY_EXISTS),
    "no such route": (route("10.20.0.0/16", "10.8.0.1", TAP, delete=True), ERROR_NOT_FOUND),
    "no such address": (address("10.20.0.1/24", TAP, delete=True), ERROR_NOT_FOUND),
    "no such index, route": (route("10.20.0.0/16", "10.8.0.1", 77), ERROR_FILE_NOT_FOUND),
    "no such index, address": (address("10.20.0.1/24", 77), ERROR_FILE_NOT_FOUND),
    "no such alias": (route("10.20.0.0/16", "10.8.0.1", BY_NAME, name="nobody"),
                      ERROR_INVALID_PARAMETER),
    "no alias": (address("10.20.0.1/24", BY_NAME), ERROR_INVALID_PARAMETER),
    "index 0": (route("10.20.0.0/16", "10.8.0.1", 0), ERROR_INVALID_PARAMETER),
    "33 bits": (messages.Route("add_route", 2, "10.20.0.0", 33, "10.8.0.1",
                               messages.Interface(TAP)), ERROR_INVALID_PARAMETER),
    "129 bits": (messages.Address("add_address", 23, "fd00::1", 129, messages.Interface(TAP)),
                 ERROR_INVALID_PARAMETER),
    "bits behind the prefix": (messages.Route("add_route", 2, "10.20.0.1", 16, "10.8.0.1",
                                              messages.Interface(TAP)), ERROR_INVALID_PARAMETER),
}


@pytest.mark.parametrize("message, error", REFUSED.values(), ids=REFUSED.keys())
def test_what_windows_refuses_is_answered_with_its_error(start_session: SessionMaker,
                                                         message: Message, error: int) -> None:
    assert start_session().openvpn.request(message) == error


def test_routes_that_windows_has_derived_are_not_deleted(
        installation: Installation, start_session: SessionMaker) -> None:
    """Half of the Internet, from an address: it would come back when that has gone."""
    session = start_session()
    assert session.openvpn.request(address("1.2.3.4/1", TAP)) == 0
    made = installation.differences()
    for network, index in {"0.0.0.0/1": TAP, "1.2.3.4/32": TAP, "192.168.1.0/24": ETHERNET}.items():
        derived = {"prefix": network, "interface": index, "next_hop": "0.0.0.0"}
        rows = installation.fakes.dump()["routes"]
        assert any(derived.items() <= row.items() for row in rows)
        deletion = route(network, "0.0.0.0", index, delete=True)
        assert session.openvpn.request(deletion) == ERROR_ACCESS_DENIED
    assert installation.differences() == made


@pytest.mark.parametrize("family", [0, 1, 10, -1, 24])
def test_unknown_family_is_an_invalid_parameter(start_session: SessionMaker, family: int
                                                ) -> None:
    data = bytearray(encode(ROUTE))
    struct.pack_into("<h", data, 24, family)
    answer = start_session().openvpn.send(bytes(data))
    assert messages.decode_acknowledgement(answer)[0] == ERROR_INVALID_PARAMETER


CALLS: List[Tuple[str, Message]] = [
    ("CreateIpForwardEntry2", ROUTE),
    ("DeleteIpForwardEntry2", route("10.99.0.0/16", "10.8.0.1", TAP, delete=True)),
    ("GetIpForwardEntry2", ROUTE),
    ("CreateUnicastIpAddressEntry", address("10.8.0.10/24", TAP)),
    ("DeleteUnicastIpAddressEntry", address("10.8.0.2/24", TAP, delete=True)),
    ("GetUnicastIpAddressEntry", address("10.8.0.10/24", TAP)),
    ("ConvertInterfaceIndexToLuid", ROUTE),
    ("ConvertInterfaceAliasToLuid", route("10.20.0.0/16", "10.8.0.1", BY_NAME, name=TAP_ALIAS)),
]


@pytest.mark.parametrize("code", [ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY, 0x80070005])
@pytest.mark.parametrize("call, message", CALLS, ids=[call for call, _ in CALLS])
def test_error_of_a_call_is_passed_on(installation: Installation, start_session: SessionMaker,
                                      call: str, message: Message, code: int) -> None:
    session = start_session()
    installation.fakes.fail(call, code)
    assert session.openvpn.request(message) == code


@pytest.mark.parametrize("call, message", CALLS, ids=[call for call, _ in CALLS])
def test_what_failed_has_changed_nothing(installation: Installation, start_session: SessionMaker,
                                         call: str, message: Message) -> None:
    session = start_session()
    installation.fakes.fail(call, ERROR_ACCESS_DENIED)
    session.openvpn.request(message)
    assert not installation.differences()
