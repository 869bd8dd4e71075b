# SPDX-License-Identifier: MIT
"""The encoder of channel messages, compared with sizes, numbers and offsets measured with
compilers, and with what a real openvpn.exe sent."""
from __future__ import annotations

import struct
from typing import Dict, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import messages
from harness.messages import (AF_INET, AF_INET6, CLASSES, NUMBERS, Acknowledgement, Address,
                              CreateAdapter, Dialect, Dns, Flush, Interface, Machine, Message, Mtu,
                              Nbt, Nrpt, OnInterface, RegisterDns, Rings, Route, WfpBlock, Wins)

# Sizes on x64 and x86.
SIZES: Dict[str, Tuple[int, int]] = {
    "acknowledgement": (32, 16), "add_address": (312, 296), "add_route": (328, 316),
    "add_dns": (872, 856), "add_nrpt": (1696, 1684), "add_wins": (352, 340),
    "add_nbt": (560, 544), "flush_neighbors": (288, 276), "add_block_dns": (288, 272),
    "add_wfp_block": (288, 276), "enable_dhcp": (288, 272), "register_ring_buffers": (64, 32),
    "set_mtu": (296, 280), "register_dns": (24, 12), "create_adapter": (32, 16),
}

ON_2 = Interface(2, "tun")

# A message, the bytes of one field, and its offset on x64 and x86.
OFFSETS: List[Tuple[Message, bytes, int, int]] = [
    (Acknowledgement("acknowledgement", 5010), struct.pack("<i", 5010), 24, 12),
    (Address("add_address", AF_INET, "10.8.0.10", 24, ON_2), b"\x02\0", 24, 12),
    (Address("add_address", AF_INET, "10.8.0.10", 24, ON_2), b"\x0a\x08\0\x0a", 28, 16),
    (Address("add_address", AF_INET, "10.8.0.10", 24, ON_2), b"\x18\0\0\0", 44, 32),
    (Address("add_address", AF_INET, "10.8.0.10", 24, ON_2), b"\x02\0\0\0tun\0", 48, 36),
    (messages.route("fd00::/64", "fe80::8", 9, 3), b"\x17\0", 24, 12),
    (messages.route("fd00::/64", "fe80::8", 9, 3), b"\xfd\0", 28, 16),
    (messages.route("fd00::/64", "fe80::8", 9, 3), b"\x40\0\0\0", 44, 32),
    (messages.route("fd00::/64", "fe80::8", 9, 3), b"\xfe\x80", 48, 36),
    (messages.route("fd00::/64", "fe80::8", 9, 3), b"\x09\0\0\0\0", 64, 52),
    (messages.route("fd00::/64", "fe80::8", 9, 3), b"\x03\0\0\0", 324, 312),
    (Dns("add_dns", ON_2, "a.example", AF_INET, 2, (b"\1\2\3\4",)), b"a.example\0", 284, 272),
    (Dns("add_dns", ON_2, "a.example", AF_INET, 2, (b"\1\2\3\4",)), b"\x02\0", 796, 784),
    (Dns("add_dns", ON_2, "a.example", AF_INET, 2, (b"\1\2\3\4",)), b"\x02\0\0\0", 800, 788),
    (Dns("add_dns", ON_2, "a.example", AF_INET, 2, (b"\1\2\3\4",)), b"\1\2\3\4", 804, 792),
    (Nrpt("add_nrpt", ON_2, (b"1.1.1.1", b"2.2"), b".a\0.b\0", "s.example", 1), b"2.2\0", 332, 320),
    (Nrpt("add_nrpt", ON_2, (b"1.1.1.1", b"2.2"), b".a\0.b\0", "s.example", 1), b".a\0.b\0", 668,
     656),
    (Nrpt("add_nrpt", ON_2, (b"1.1.1.1",), b".a\0.b\0", "s.example", 1), b"s.example", 1180, 1168),
    (Nrpt("add_nrpt", ON_2, (b"1.1.1.1",), b".a\0.b\0", "s.example", 7), b"\x07\0\0\0", 1692, 1680),
    (Wins("add_wins", ON_2, 1, (b"\1\2\3\4",)), b"\1\0\0\0\1\2\3\4", 284, 272),
    (Nbt("add_nbt", ON_2, 1, 8, "scope", b"\1\2\3\4", b"\5\6\7\x08"), b"\1\0\0\0\x08\0\0\0scope",
     284, 272),
    (Nbt("add_nbt", ON_2, 1, 8, "scope", b"\1\2\3\4", b"\5\6\7\x08"), b"\1\2\3\4\5\6\7\x08", 548,
     536),
    (Flush("flush_neighbors", AF_INET6, ON_2), b"\x17\0", 24, 12),
    (Flush("flush_neighbors", AF_INET6, ON_2), b"\2\0\0\0tun", 28, 16),
    (OnInterface("enable_dhcp", ON_2), b"\2\0\0\0tun", 24, 12),
    (WfpBlock("add_wfp_block", 3, ON_2), b"\3\0\0\0\2\0\0\0tun", 24, 12),
    (Mtu("set_mtu", ON_2, AF_INET, 1400), b"\2\0", 284, 272),
    (Mtu("set_mtu", ON_2, AF_INET, 1400), struct.pack("<I", 1400), 288, 276),
    (CreateAdapter("create_adapter", 1), b"\1\0\0\0", 24, 12),
]


@pytest.mark.parametrize("name", SIZES)
def test_sizes(name: str) -> None:
    assert (messages.message_size(name, Machine.X64),
            messages.message_size(name, Machine.X86)) == SIZES[name]


def test_every_message_has_its_size_tested() -> None:
    tested = {CLASSES[name] for name in SIZES}
    assert tested == set(CLASSES.values())


@pytest.mark.parametrize("row", OFFSETS, ids=lambda row: f"{row[0].name}@{row[2]}")
def test_offsets(row: Tuple[Message, bytes, int, int]) -> None:
    message, field, x64, x86 = row
    for machine, offset in ((Machine.X64, x64), (Machine.X86, x86)):
        data = messages.encode(message, Dialect.V2_7 if NUMBERS[message.name][-1] is not None
                               else Dialect.V2_5, machine)
        assert data[offset:offset + len(field)] == field, machine


def test_ring_handles_are_pointers() -> None:
    rings = Rings("register_ring_buffers", 0x11, 0x22, 0x33, 0x44, 0x55)
    x64 = messages.encode(rings, Dialect.V2_5, Machine.X64)
    x86 = messages.encode(rings, Dialect.V2_5, Machine.X86)
    assert struct.unpack_from("<5Q", x64, 24) == (0x11, 0x22, 0x33, 0x44, 0x55)
    assert struct.unpack_from("<5I", x86, 12) == (0x11, 0x22, 0x33, 0x44, 0x55)


def test_numbers_from_7_moved_by_two_in_2_7() -> None:
    for name, numbers in NUMBERS.items():
        old, new = numbers[Dialect.V2_6_6], numbers[Dialect.V2_7]
        if old is not None and new is not None:
            assert new == (old + 2 if old >= 7 else old), name


def test_no_dialect_uses_a_number_twice() -> None:
    for dialect in Dialect:
        used = [number for number in (row[dialect] for row in NUMBERS.values())
                if number is not None]
        assert sorted(used) == list(range(len(used))), dialect


def test_messages_of_a_real_client_are_decoded() -> None:
    header = bytes.fromhex("0100000000000000380100000000000000000000000000000200000"
                           "00a08000a0000000000000000000000001800000002000000")
    message, number = messages.decode(header.ljust(312, b"\0"))
    assert message == messages.address("10.8.0.10/24", 2)
    assert number == 0


interfaces = st.builds(Interface, st.integers(0, 0xFFFFFFFF),
                       st.text("abc ä–", max_size=40))
any_route = st.builds(
    Route, st.sampled_from(["add_route", "delete_route"]), st.just(AF_INET6),
    st.ip_addresses(v=6).map(str), st.integers(-2**31, 2**31 - 1), st.ip_addresses(v=6).map(str),
    interfaces, st.integers(-2**31, 2**31 - 1))
any_mtu = st.builds(Mtu, st.just("set_mtu"), interfaces, st.sampled_from([AF_INET, AF_INET6]),
                    st.integers(0, 2**32 - 1))
any_register = st.just(RegisterDns("register_dns"))


@given(st.one_of(any_route, any_mtu, any_register), st.sampled_from(Machine),
       st.sampled_from([Dialect.V2_6_6, Dialect.V2_7]), st.integers(-2**31, 2**31 - 1),
       st.integers(0, 255))
def test_decoding_gives_back_what_was_encoded(message: Message, machine: Machine, dialect: Dialect,
                                              number: int, padding: int) -> None:
    data = messages.encode(message, dialect, machine, number, padding)
    assert messages.decode(data, dialect, machine) == (message, number)


@pytest.mark.parametrize("cut", [0, 11, 23, 327])
def test_cut_messages_are_refused(cut: int) -> None:
    data = messages.encode(messages.route("10.0.0.0/8", "10.8.0.1", 2))
    with pytest.raises(ValueError):
        messages.decode(data[:cut])
