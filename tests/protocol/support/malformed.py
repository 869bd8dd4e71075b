# SPDX-License-Identifier: MIT
"""Malformed messages of every kind, with the expected answers. Facts: docs/protocol.md, "Session
channel"."""
from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from harness.fakes import ETHERNET, TAP
from harness.messages import (AF_INET, AF_INET6, BY_NAME, CLASSES, ERROR_MESSAGE_DATA,
                              ERROR_MESSAGE_TYPE, NUMBERS, Address, CreateAdapter, Dns, Flush,
                              Interface, Machine, Message, Mtu, Nbt, Nrpt, OnInterface, Rings,
                              Route, WfpBlock, Wins, address, encode, message_size, route,
                              type_number)
from protocol.support.change_cases import Release, block, dns, mtu, nrpt, on, wins

ERROR_FILE_NOT_FOUND, ERROR_ACCESS_DENIED, ERROR_INVALID_PARAMETER = 2, 5, 87
ERROR_NOT_FOUND, ERROR_OBJECT_ALREADY_EXISTS = 1168, 5010

NO_ID, ID = -1, 7

#: A longer message ends the session.
LONGEST = 1696

#: A byte that is never valid in UTF-8, in the form that messages.py expects.
BAD_UTF8 = "\udcff"


class Malformed(NamedTuple):
    """Bytes that must not change anything, and the error and message id of the answer."""

    label: str
    data: bytes
    error: int
    message_id: int = ID


#: A valid message of each kind, to be varied.
VALID: Dict[str, Message] = {
    "add_address": address("10.8.0.10/24", TAP),
    "delete_address": address("10.8.0.2/24", TAP, delete=True),
    "add_route": route("10.20.0.0/16", "10.8.0.1", TAP),
    "delete_route": route("10.99.0.0/16", "10.8.0.1", TAP, 50, delete=True),
    "add_dns": dns("10.8.0.53"),
    "delete_dns": dns(delete=True),
    "add_nrpt": nrpt("10.8.0.53", resolve=".a.example"),
    "delete_nrpt": nrpt(delete=True),
    "add_nbt": Nbt("add_nbt", Interface(TAP), 0, 2, "", b"\x0a\x08\x00\x35", b""),
    "delete_nbt": Nbt("delete_nbt", Interface(TAP), 0, 2, "", b"", b""),
    "flush_neighbors": Flush("flush_neighbors", AF_INET, Interface(TAP)),
    "add_block_dns": on("add_block_dns"),
    "delete_block_dns": on("delete_block_dns"),
    "add_wfp_block": block(2),
    "delete_wfp_block": block(2, delete=True),
    "register_dns": CLASSES["register_dns"]("register_dns"),
    "enable_dhcp": on("enable_dhcp"),
    "register_ring_buffers": Rings("register_ring_buffers", 4, 8, 12, 16, 20),
    "set_mtu": mtu(1340),
    "add_wins": wins("10.8.0.55"),
    "delete_wins": wins(delete=True),
    "create_adapter": CreateAdapter("create_adapter", 0),
}

#: Kinds that the protocol declares and the service does not serve.
UNSERVED = ("add_nbt", "delete_nbt", "register_ring_buffers")

# ---- wrong fields ----

Changed = Tuple[str, Dict[str, Any], int]

FAMILIES: Tuple[Changed, ...] = tuple(
    (f"family {family}", {"family": family}, ERROR_INVALID_PARAMETER)
    for family in (0, 1, 10, 24, -1))

#: For messages that name the interface by index, or by name if the index says so.
INTERFACES: Tuple[Changed, ...] = tuple(
    (label, {"interface": interface}, error) for label, interface, error in (
        ("index 0", Interface(0), ERROR_INVALID_PARAMETER),
        ("index of nobody", Interface(77), ERROR_FILE_NOT_FOUND),
        ("no name", Interface(BY_NAME, ""), ERROR_INVALID_PARAMETER),
        ("name of nobody", Interface(BY_NAME, "nobody"), ERROR_INVALID_PARAMETER),
        ("name in other letters, of nobody", Interface(BY_NAME, "\u63a5\u7d9a"),
         ERROR_INVALID_PARAMETER),
        ("name without an end", Interface(BY_NAME, "A" * 256), ERROR_INVALID_PARAMETER),
        ("name that is not UTF-8", Interface(BY_NAME, BAD_UTF8), ERROR_INVALID_PARAMETER)))

PHYSICAL: Tuple[Changed, ...] = (
    ("physical adapter", {"interface": Interface(ETHERNET, "Ethernet")}, ERROR_ACCESS_DENIED),
    ("physical adapter by name", {"interface": Interface(BY_NAME, "Ethernet")},
     ERROR_ACCESS_DENIED))

#: For messages that always name the interface by name.
NAMES: Tuple[Changed, ...] = tuple(
    (label, {"interface": Interface(TAP, name)}, error) for label, name, error in (
        ("no name", "", ERROR_MESSAGE_DATA),
        ("name of nobody", "nobody", ERROR_INVALID_PARAMETER),
        ("name without an end", "A" * 256, ERROR_INVALID_PARAMETER),
        ("name that is not UTF-8", BAD_UTF8, ERROR_INVALID_PARAMETER),
        ("physical adapter", "Ethernet", ERROR_ACCESS_DENIED)))

PREFIXES: Tuple[Changed, ...] = tuple(
    (f"prefix of {length}", {"prefix_length": length}, ERROR_INVALID_PARAMETER)
    for length in (33, 255, -1, 289))

DOMAINS = ("a b", "a;b", "a'b", "a..b", "x" * 64, "x" * 512, BAD_UTF8, "\u3000", "a\u00a0b")


#: What is no domain name is left out, so these have nothing else.
_DNS_TEXTS: Tuple[Changed, ...] = tuple(
    (f"nothing but domains {text[:9]!r}", {"domains": text, "count": 0}, ERROR_MESSAGE_DATA)
    for text in DOMAINS)

_NRPT_TEXTS: Tuple[Changed, ...] = (
    *((f"nothing but domains {text[:9]!r}",
       {"resolve_domains": b"." + text[:500].encode("utf-8", "surrogateescape")},
       ERROR_MESSAGE_DATA) for text in DOMAINS),
    ("no server", {"addresses": ()}, ERROR_MESSAGE_DATA),
    ("first server missing", {"addresses": (b"", b"10.8.0.53")}, ERROR_MESSAGE_DATA),
    ("server that is none", {"addresses": (b"10.8.0.53", b"nobody")}, ERROR_MESSAGE_DATA),
    ("server without an end", {"addresses": (b"1" * 48,)}, ERROR_MESSAGE_DATA),
    ("domains without an end", {"resolve_domains": b".a" * 256}, ERROR_MESSAGE_DATA),
    ("domains with one zero", {"resolve_domains": b".a" * 255 + b"a"}, ERROR_MESSAGE_DATA),
    ("domains that are none", {"resolve_domains": b".a..b\0a b"}, ERROR_MESSAGE_DATA),
    ("domain that is not UTF-8", {"resolve_domains": b".\xff"}, ERROR_MESSAGE_DATA),
)

_SIZES: Tuple[Changed, ...] = tuple(
    (f"MTU {size}", {"mtu": size}, ERROR_INVALID_PARAMETER) for size in (0, 1, 575))

FIELDS: Dict[str, Tuple[Changed, ...]] = {
    "add_address": (
        *FAMILIES, *INTERFACES, *PHYSICAL, *PREFIXES,
        ("prefix of 129", {"family": AF_INET6, "address": "fd00::1", "prefix_length": 129},
         ERROR_INVALID_PARAMETER),
        ("one that is there", {"address": "10.8.0.2"}, ERROR_OBJECT_ALREADY_EXISTS)),
    "delete_address": (*FAMILIES, *INTERFACES, *PHYSICAL, *PREFIXES,
                       ("one that is not there", {"address": "10.8.0.99"}, ERROR_NOT_FOUND)),
    "add_route": (
        *FAMILIES, *INTERFACES, *PREFIXES,
        ("prefix of 129", {"family": AF_INET6, "prefix": "fd00::", "gateway": "fe80::8",
                           "prefix_length": 129}, ERROR_INVALID_PARAMETER),
        ("bits behind the prefix", {"prefix": "10.20.0.1"}, ERROR_INVALID_PARAMETER),
        ("one that is there", {"prefix": "10.99.0.0", "metric": 50},
         ERROR_OBJECT_ALREADY_EXISTS)),
    "delete_route": (*FAMILIES, *INTERFACES, *PREFIXES,
                     ("one that is not there", {"prefix": "10.98.0.0"}, ERROR_NOT_FOUND)),
    "add_dns": (*FAMILIES, *NAMES, *_DNS_TEXTS),
    "delete_dns": (*FAMILIES, *NAMES),
    "add_nrpt": (*NAMES, *_NRPT_TEXTS),
    "delete_nrpt": (("no name", {"interface": Interface(TAP, "")}, ERROR_MESSAGE_DATA),
                    ("physical adapter", {"interface": Interface(TAP, "Ethernet")},
                     ERROR_ACCESS_DENIED)),
    "flush_neighbors": (*FAMILIES, *INTERFACES, *PHYSICAL),
    "add_block_dns": (*INTERFACES, *PHYSICAL),
    "delete_block_dns": PHYSICAL,
    "add_wfp_block": (*INTERFACES, *PHYSICAL),
    "delete_wfp_block": PHYSICAL,
    "enable_dhcp": (*INTERFACES, *PHYSICAL),
    "set_mtu": (*FAMILIES, *INTERFACES, *PHYSICAL, *_SIZES),
    "add_wins": (*INTERFACES[1:], *PHYSICAL),
    "delete_wins": (*INTERFACES[1:], *PHYSICAL),
    "create_adapter": tuple((f"type {number}", {"adapter_type": number}, ERROR_INVALID_PARAMETER)
                            for number in (2, 3, -1, 0x7FFFFFFF)),
}


def wrong_fields(name: str, release: Release, machine: Machine) -> Iterator[Malformed]:
    """Messages of this kind with one invalid field each."""
    for label, fields, error in FIELDS.get(name, ()):
        varied = replace(VALID[name], **fields)
        yield Malformed(f"{name}, {label}", encode(varied, release.dialect, machine, ID), error)


# ---- wrong sizes ----

def header(number: int, size: int, machine: Machine, message_id: int = ID) -> bytes:
    """A header with any type and size."""
    return struct.pack(machine.value[0], number, size, message_id)


def wrong_sizes(name: str, release: Release, machine: Machine) -> Iterator[Malformed]:
    """Messages that are longer or shorter than their kind, or whose header has the wrong size. No
    release has another kind with this type and one of these sizes."""
    number = type_number(name, release.dialect)
    size = message_size(name, machine)
    least = struct.calcsize(machine.value[0])
    body = encode(VALID[name], release.dialect, machine, ID)[least:] + b"\0"
    error = ERROR_MESSAGE_TYPE if name == "register_ring_buffers" else ERROR_MESSAGE_DATA
    for length in (size - 1, size + 1, least, least + 1):
        if least <= length <= LONGEST and length != size:
            yield Malformed(f"{name}, {length - size:+d} bytes",
                            (header(number, length, machine) + body).ljust(length, b"\0")[:length],
                            error)
    for lie in (size - 1, size + 1, 0, least - 1, 0x7FFFFFFF):
        yield Malformed(f"{name}, says {lie}", (header(number, lie, machine) + body)[:size],
                        ERROR_MESSAGE_DATA, NO_ID)


# ---- wrong kinds ----

def wrong_kinds(release: Release, machine: Machine) -> Iterator[Malformed]:
    """Types that no release has, and kinds that are never served."""
    for number in (-1, 0x7FFFFFFF, -0x80000000, 99, 21):
        yield Malformed(f"type {number}", header(number, 280, machine).ljust(280, b"\0"),
                        ERROR_MESSAGE_TYPE)
    for name in UNSERVED:
        if release.sends(name):
            data = encode(VALID[name], release.dialect, machine, ID)
            yield Malformed(name, data, ERROR_MESSAGE_TYPE)


def malformed_messages(release: Release, machine: Machine) -> List[Malformed]:
    """All malformed messages for this release."""
    rows = list(wrong_kinds(release, machine))
    for name in VALID:
        if release.sends(name):
            rows += wrong_fields(name, release, machine)
            if name != "register_ring_buffers" or release.version != "2.7":
                rows += wrong_sizes(name, release, machine)
    return rows


def covers_every_kind() -> bool:
    """Whether VALID has a message of each kind."""
    return set(VALID) == set(NUMBERS) - {"acknowledgement"}


#: Classes whose fields FIELDS varies.
VARIED_CLASSES = {Address, Route, Dns, Nrpt, Flush, OnInterface, WfpBlock, Mtu, Wins, CreateAdapter}
