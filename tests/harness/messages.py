# SPDX-License-Identifier: MIT
"""Messages between openvpn.exe and the service, as the C compilers of its releases lay them out.

An independent encoder, which shares no code with the service's decoder. A message is a header
(type, size, id) and a body. The body's fields are the same on both machines; only the header, the
handles and the padding at the end differ. Facts: docs/protocol.md, "Session channel"."""
from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass, fields
from enum import Enum, IntEnum
from typing import Any, Dict, List, Sequence, Tuple, Type, TypeVar, Union

AF_INET, AF_INET6 = 2, 23
BY_NAME = 0xFFFFFFFF

ERROR_MESSAGE_DATA, ERROR_MESSAGE_TYPE = 0x20000002, 0x20000003


class Machine(Enum):
    """The machine that openvpn.exe was compiled for: its header and the size of a pointer."""

    X64 = ("<i4xQi4x", 8)
    X86 = ("<iIi", 4)


class Dialect(IntEnum):
    """Releases whose type numbers or messages differ, as columns of NUMBERS."""

    V2_4_0 = 0
    V2_4_7 = 1
    V2_5 = 2
    V2_6_6 = 3
    V2_7 = 4


#: The type number of each message in each dialect, None where it does not exist.
NUMBERS: Dict[str, Sequence[Union[int, None]]] = {
    "acknowledgement": (0, 0, 0, 0, 0),
    "add_address": (1, 1, 1, 1, 1),
    "delete_address": (2, 2, 2, 2, 2),
    "add_route": (3, 3, 3, 3, 3),
    "delete_route": (4, 4, 4, 4, 4),
    "add_dns": (5, 5, 5, 5, 5),
    "delete_dns": (6, 6, 6, 6, 6),
    "add_nrpt": (None, None, None, None, 7),
    "delete_nrpt": (None, None, None, None, 8),
    "add_nbt": (7, 7, 7, 7, 9),
    "delete_nbt": (8, 8, 8, 8, 10),
    "flush_neighbors": (9, 9, 9, 9, 11),
    "add_block_dns": (10, 10, 10, 10, None),
    "delete_block_dns": (11, 11, 11, 11, None),
    "add_wfp_block": (None, None, None, None, 12),
    "delete_wfp_block": (None, None, None, None, 13),
    "register_dns": (12, 12, 12, 12, 14),
    "enable_dhcp": (None, 13, 13, 13, 15),
    "register_ring_buffers": (None, None, 14, 14, 16),
    "set_mtu": (None, None, 15, 15, 17),
    "add_wins": (None, None, None, 16, 18),
    "delete_wins": (None, None, None, 17, 19),
    "create_adapter": (None, None, None, None, 20),
}


@dataclass(frozen=True)
class Interface:
    """An adapter by index, or by name when the index is BY_NAME."""

    index: int = BY_NAME
    name: str = ""


@dataclass(frozen=True)
class Message:
    """The part that all messages share. `name` is a key of NUMBERS."""

    name: str


@dataclass(frozen=True)
class Acknowledgement(Message):
    """The service's answer."""

    error: int


@dataclass(frozen=True)
class Address(Message):
    """add_address, delete_address."""

    family: int
    address: str
    prefix_length: int
    interface: Interface


@dataclass(frozen=True)
class Route(Message):
    """add_route, delete_route."""

    family: int
    prefix: str
    prefix_length: int
    gateway: str
    interface: Interface
    metric: int = -1


@dataclass(frozen=True)
class Dns(Message):
    """add_dns, delete_dns. There are always four addresses; `count` says how many are valid."""

    interface: Interface
    domains: str
    family: int
    count: int
    addresses: Tuple[bytes, ...]


@dataclass(frozen=True)
class Nrpt(Message):
    """add_nrpt, delete_nrpt. Resolve domains are sent zero-separated."""

    interface: Interface
    addresses: Tuple[bytes, ...]
    resolve_domains: bytes
    search_domains: str
    flags: int


@dataclass(frozen=True)
class Nbt(Message):
    """add_nbt, delete_nbt: declared, never sent."""

    interface: Interface
    disable: int
    type: int
    scope: str
    primary: bytes
    secondary: bytes


@dataclass(frozen=True)
class Flush(Message):
    """flush_neighbors."""

    family: int
    interface: Interface


@dataclass(frozen=True)
class OnInterface(Message):
    """add_block_dns, delete_block_dns, enable_dhcp."""

    interface: Interface


@dataclass(frozen=True)
class WfpBlock(Message):
    """add_wfp_block, delete_wfp_block."""

    flags: int
    interface: Interface


@dataclass(frozen=True)
class RegisterDns(Message):
    """register_dns: only a header."""


@dataclass(frozen=True)
class Rings(Message):
    """register_ring_buffers: five handles."""

    device: int
    send_ring: int
    receive_ring: int
    send_tail_moved: int
    receive_tail_moved: int


@dataclass(frozen=True)
class Mtu(Message):
    """set_mtu."""

    interface: Interface
    family: int
    mtu: int


@dataclass(frozen=True)
class Wins(Message):
    """add_wins, delete_wins."""

    interface: Interface
    count: int
    addresses: Tuple[bytes, ...]


@dataclass(frozen=True)
class CreateAdapter(Message):
    """create_adapter: 0 for DCO, 1 for TAP."""

    adapter_type: int


#: The names of each class, and its fields' formats in order ("P" is a handle, "x" the padding
#: between fields).
BODIES: Dict[Type[Message], Tuple[Tuple[str, ...], Tuple[str, ...]]] = {
    Acknowledgement: (("acknowledgement",), ("i",)),
    Address: (("add_address", "delete_address"), ("h2x", "ip", "i", "interface")),
    Route: (("add_route", "delete_route"), ("h2x", "ip", "i", "ip", "interface", "i")),
    Dns: (("add_dns", "delete_dns"), ("interface", "text512", "h2x", "I", "4*16s")),
    Nrpt: (("add_nrpt", "delete_nrpt"), ("interface", "8*48s", "512s", "text512", "I")),
    Nbt: (("add_nbt", "delete_nbt"), ("interface", "i", "i", "text256", "4s", "4s")),
    Flush: (("flush_neighbors",), ("h2x", "interface")),
    OnInterface: (("add_block_dns", "delete_block_dns", "enable_dhcp"), ("interface",)),
    WfpBlock: (("add_wfp_block", "delete_wfp_block"), ("I", "interface")),
    RegisterDns: (("register_dns",), ()),
    Rings: (("register_ring_buffers",), ("P", "P", "P", "P", "P")),
    Mtu: (("set_mtu",), ("interface", "h2x", "I")),
    Wins: (("add_wins", "delete_wins"), ("interface", "I", "4*16s")),
    CreateAdapter: (("create_adapter",), ("i",)),
}

CLASSES = {name: cls for cls, (names, _) in BODIES.items() for name in names}

M = TypeVar("M", bound=Message)


def ip_field(address: str) -> bytes:
    """An address in the union of both families; "" is all zero."""
    return (ipaddress.ip_address(address).packed if address else b"").ljust(16, b"\0")


def ip_text(field: bytes, family: int) -> str:
    """The address as text."""
    if family == AF_INET:
        return str(ipaddress.IPv4Address(field[:4]))
    return str(ipaddress.IPv6Address(field))


def _text(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode("utf-8")


def _bytes(text: str) -> bytes:
    """A lone surrogate U+DC80 to U+DCFF stands for a byte that is not UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def _pack_field(kind: str, value: Any, machine: Machine) -> bytes:
    if kind == "ip":
        return ip_field(value)
    if kind == "interface":
        return struct.pack("<I256s", value.index, _bytes(value.name))
    if kind.startswith("text"):
        return struct.pack(f"<{kind[4:]}s", _bytes(value))
    if "*" in kind:
        count, item = kind.split("*")
        items = [*value, *[b""] * int(count)][:int(count)]
        return b"".join(struct.pack(f"<{item}", entry) for entry in items)
    if kind == "P":
        return struct.pack("<Q", value)[:machine.value[1]]
    return struct.pack(f"<{kind}", value)


def _field_size(kind: str, machine: Machine) -> int:
    if kind == "P":
        return machine.value[1]
    if "*" in kind:
        count, item = kind.split("*")
        return int(count) * struct.calcsize(f"<{item}")
    named = {"ip": "16s", "interface": "I256s"}
    format_ = named.get(kind) or (f"{kind[4:]}s" if kind.startswith("text") else kind)
    return struct.calcsize(f"<{format_}")


def _unpack_field(kind: str, data: bytes, family: int) -> Any:
    if kind == "ip":
        return ip_text(data, family)
    if kind == "interface":
        index, name = struct.unpack("<I256s", data)
        return Interface(index, _text(name))
    if kind.startswith("text"):
        return _text(data)
    if "*" in kind:
        length = struct.calcsize(f"<{kind.split('*')[1]}")
        return tuple(data[at:at + length] for at in range(0, len(data), length))
    if kind == "P":
        return int.from_bytes(data, "little")
    return struct.unpack(f"<{kind}", data)[0]


def type_number(name: str, dialect: Dialect) -> int:
    """The message's number. Raises ValueError when the dialect has no such message."""
    number = NUMBERS[name][dialect]
    if number is None:
        raise ValueError(f"{name} does not exist in {dialect.name}")
    return number


def message_size(name: str, machine: Machine = Machine.X64) -> int:
    """Size of the whole message, including padding."""
    header, alignment = machine.value
    size = struct.calcsize(header) + sum(
        _field_size(kind, machine) for kind in BODIES[CLASSES[name]][1])
    return -(-size // alignment) * alignment


def encode(message: Message, dialect: Dialect = Dialect.V2_7, machine: Machine = Machine.X64,
           message_id: int = 0, padding: int = 0) -> bytes:
    """The bytes that openvpn.exe would write; `padding` fills the padding at the end."""
    size = message_size(message.name, machine)
    header = struct.pack(machine.value[0], type_number(message.name, dialect), size, message_id)
    values = [getattr(message, field.name) for field in fields(message)][1:]
    kinds = BODIES[type(message)][1]
    body = b"".join(_pack_field(kind, value, machine) for kind, value in zip(kinds, values))
    return (header + body).ljust(size, bytes([padding]))


def decode(data: bytes, dialect: Dialect = Dialect.V2_7,
           machine: Machine = Machine.X64) -> Tuple[Message, int]:
    """The message and its id. Raises ValueError for what is not exactly one message."""
    header = machine.value[0]
    if len(data) < struct.calcsize(header):
        raise ValueError(f"{len(data)} bytes are no header")
    number, size, message_id = struct.unpack_from(header, data)
    names = [name for name, numbers in NUMBERS.items() if numbers[dialect] == number]
    if not names:
        raise ValueError(f"{dialect.name} has no type {number}")
    name = names[0]
    if len(data) != size or size != message_size(name, machine):
        raise ValueError(f"{name}: {len(data)} bytes, header says {size}")
    cls = CLASSES[name]
    values: List[Any] = []
    at = struct.calcsize(header)
    family = AF_INET
    for kind, field in zip(BODIES[cls][1], fields(cls)[1:]):
        length = _field_size(kind, machine)
        values.append(_unpack_field(kind, data[at:at + length], family))
        family = values[-1] if field.name == "family" else family
        at += length
    return cls(name, *values), message_id


def decode_acknowledgement(data: bytes, machine: Machine = Machine.X64) -> Tuple[int, int]:
    """Error number and message id of an answer."""
    message, message_id = decode(data, Dialect.V2_7, machine)
    if not isinstance(message, Acknowledgement):
        raise ValueError(f"{message.name} is no acknowledgement")
    return message.error & 0xFFFFFFFF, message_id


# Short forms of the most frequent messages.

def _family(address: str) -> int:
    return AF_INET if ipaddress.ip_address(address).version == 4 else AF_INET6


def route(network: str, gateway: str, index: int, metric: int = -1, *, delete: bool = False,
          name: str = "") -> Route:
    """route("10.9.0.0/16", "10.8.0.1", 2)."""
    prefix, _, length = network.partition("/")
    return Route("delete_route" if delete else "add_route", _family(prefix), prefix, int(length),
                 gateway, Interface(index, name), metric)


def address(network: str, index: int, *, delete: bool = False, name: str = "") -> Address:
    """address("10.8.0.10/24", 2)."""
    host, _, length = network.partition("/")
    return Address("delete_address" if delete else "add_address", _family(host), host, int(length),
                   Interface(index, name))


def _addresses(*addresses: str) -> Tuple[bytes, ...]:
    return tuple(ip_field(each) for each in addresses)


def name_servers(alias: str, *addresses: str, domains: str = "", family: int = 0,
                 delete: bool = False) -> Dns:
    """Name servers of one family, or domains, or both. The family is that of the addresses; without
    any it is IPv4 unless given."""
    family = family or (_family(addresses[0]) if addresses else AF_INET)
    return Dns("delete_dns" if delete else "add_dns", Interface(BY_NAME, alias), domains, family,
               len(addresses), _addresses(*addresses))


def resolution(alias: str, *addresses: str, resolve: Sequence[str] = (), search: str = "",
               dnssec: bool = False, delete: bool = False) -> Nrpt:
    """Name servers that `resolve` these domains, or all domains when there are none."""
    domains = b"".join(domain.encode("utf-8") + b"\0" for domain in resolve)
    return Nrpt("delete_nrpt" if delete else "add_nrpt", Interface(BY_NAME, alias),
                tuple(each.encode("ascii") for each in addresses), domains, search, int(dnssec))


def wins_servers(index: int, *addresses: str, delete: bool = False) -> Wins:
    """WINS servers."""
    return Wins("delete_wins" if delete else "add_wins", Interface(index), len(addresses),
                _addresses(*addresses))
