# SPDX-License-Identifier: MIT
"""The kill switch while others are at work, too: sessions whose tunnels come and go, adapters that
are taken away and come again, users, instances, and what an old version has left."""
from __future__ import annotations

import uuid
from typing import Callable, Iterator, List, Tuple

import pytest

from harness.bridge import Bridge
from harness.eventually import eventually
from harness.fakes import ADMINISTRATOR, ETHERNET, TAP, WINTUN
from harness.installation import Installation
from harness.messages import AF_INET6, Flush, Interface, Message, address, route
from harness.session import Session
from protocol.support.change_cases import WINTUN_NAME, block, dns, mtu, nrpt, on, wins
from protocol.support.journal_file import events
from protocol.support.kill_switch import (ACCESS_DENIED, ALICE, BOB, GATEWAYS, OTHER_SUBLAYER,
                                          KillSwitch, first_change, is_open, uses)
from protocol.support.verdict_rows import rows_of_the_machine, wrong_verdicts

SessionMaker = Callable[..., Session]

#: Adapters that come and go.
FIRST, SECOND = 12, 13

#: PRODUCT_FIREWALL_SPACE of src/product.h: an object's key is the UUID of instance/role/index.
SPACE = uuid.UUID("7f5e25c4-2fac-47ed-a330-2b440eaaf2c9")
ROLE_DHCPV6_IN, NO_ROLE = 18, 999


def plug_in(machine: Installation, index: int, nth: int = 0) -> None:
    """A VPN adapter appears. Its LUID is of its index, and it is the nth that has it."""
    machine.fakes.add_interface(index, f"Tunnel {index}", component_id="wintun", nth=nth)


# Sessions.


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first", "second"])
def test_each_session_ends_with_its_own_tunnel(switch: KillSwitch, guarded: Installation,
                                               start_session: SessionMaker, order: Tuple[int, int]
                                               ) -> None:
    sessions = [start_session(), start_session()]
    switch.start(*GATEWAYS)
    for session, interface in zip(sessions, (TAP, WINTUN)):
        uses(session, interface)
    assert not wrong_verdicts(guarded, "T", rows=rows_of_the_machine())
    sessions[order[0]].end()
    left = ("TUN2", "TUN")[order[0]]
    assert not wrong_verdicts(guarded, "T", (left,), rows_of_the_machine())
    sessions[order[1]].end()
    assert not wrong_verdicts(guarded, "C", rows=rows_of_the_machine())


def test_two_sessions_of_one_adapter_are_one_tunnel(switch: KillSwitch, guarded: Installation,
                                                    start_session: SessionMaker) -> None:
    switch.start(*GATEWAYS)
    first, second = start_session(), start_session()
    uses(first)
    uses(second)
    assert switch.isup()["firewall_tunnels"] == "1"
    first.end()
    assert is_open(guarded, TAP)
    second.end()
    assert not is_open(guarded, TAP)


def test_a_session_has_the_tunnel_that_it_has_changed_last(
        switch: KillSwitch, guarded: Installation, start_session: SessionMaker) -> None:
    switch.start(*GATEWAYS)
    session = start_session()
    uses(session, TAP)
    uses(session, WINTUN)
    assert (is_open(guarded, TAP), is_open(guarded, WINTUN)) == (False, True)
    session.end()
    assert not is_open(guarded, WINTUN)


@pytest.mark.parametrize("first", ["the kill switch", "the session"])
def test_it_does_not_matter_what_is_started_first(switch: KillSwitch, guarded: Installation,
                                                  start_session: SessionMaker, first: str) -> None:
    if first == "the kill switch":
        switch.start(*GATEWAYS)
    session = start_session()
    uses(session)
    if first == "the session":
        switch.start(*GATEWAYS)
    assert not wrong_verdicts(guarded, "T", ("TUN",), rows_of_the_machine())
    session.end()
    assert not wrong_verdicts(guarded, "C", rows=rows_of_the_machine())


# The first change. A TAP adapter with openvpn's default `--ip-win32 dynamic` gets no IPv4 address:
# the others come first there.

FIRST_CHANGES: List[Message] = [
    address("10.8.7.2/24", TAP), address("fd00:8:7::2/64", TAP), first_change(),
    Flush("flush_neighbors", AF_INET6, Interface(TAP)), on("enable_dhcp"), dns("10.8.0.53"),
    dns("fd00:8::53", family=AF_INET6), wins("10.8.0.55"), mtu(1400), mtu(1400, AF_INET6),
    nrpt("10.8.0.53", resolve=".a.example"),
]


@pytest.mark.parametrize("message", FIRST_CHANGES,
                         ids=lambda each: str(each.name))
def test_any_first_change_opens_the_tunnel_before_it_is_acknowledged(
        switch: KillSwitch, guarded: Installation, start_session: SessionMaker, message: Message
        ) -> None:
    switch.start(*GATEWAYS)
    session = start_session()
    guarded.record.forget()
    assert session.openvpn.request(message) == 0
    assert is_open(guarded, TAP)
    assert guarded.record.calls("FwpmTransactionCommit0")
    session.end()
    assert not is_open(guarded, TAP)


@pytest.mark.parametrize("message", [
    route("10.20.0.0/16", "10.8.0.1", TAP), block(1), address("10.8.0.2/24", TAP, delete=True),
    nrpt("10.9.0.53", interface=WINTUN_NAME)], ids=lambda each: str(each.name))
def test_no_other_change_opens_it(switch: KillSwitch, guarded: Installation,
                                  start_session: SessionMaker, message: Message) -> None:
    switch.start(*GATEWAYS)
    session = start_session()
    assert session.openvpn.request(message) == 0
    assert not is_open(guarded, TAP)
    session.end()


def test_another_vendors_adapter_is_no_tunnel(switch: KillSwitch, guarded: Installation,
                                              start_session: SessionMaker) -> None:
    switch.start(*GATEWAYS)
    guarded.fakes.add_interface(FIRST, "Contoso VPN", component_id="contosotap")
    session = start_session()
    assert session.openvpn.request(first_change(FIRST)) == ACCESS_DENIED
    assert session.openvpn.request(first_change(ETHERNET)) == ACCESS_DENIED
    assert not is_open(guarded, FIRST)
    assert switch.state() == "connecting"
    session.end()
    guarded.fakes.delete_interface(FIRST)


def test_no_adapter_is_a_tunnel_when_all_are_named(
        make_installation: Callable[..., Installation], start_session: SessionMaker,
        bridge: Bridge) -> None:
    made = make_installation(settings=(("vpn_adapters", "*"),))
    made.service.set_automatic(True)
    made.start()
    switch = KillSwitch(made, bridge)
    switch.start(*GATEWAYS)
    session = start_session(made)
    uses(session)
    assert not is_open(made, TAP)
    assert switch.state() == "connecting"
    session.end()
    switch.stop()
    made.service.set_automatic(False)


# Adapters that come and go.


def test_an_adapter_that_is_made_anew_is_no_tunnel_before_a_session_uses_it(
        switch: KillSwitch, guarded: Installation, start_session: SessionMaker) -> None:
    plug_in(guarded, FIRST)
    switch.start(*GATEWAYS)
    first = start_session()
    uses(first, FIRST)
    guarded.fakes.delete_interface(FIRST)
    plug_in(guarded, SECOND)
    switch.wait_whole("connecting")
    assert not is_open(guarded, SECOND)
    second = start_session()
    uses(second, SECOND)
    assert is_open(guarded, SECOND)
    first.end()
    assert is_open(guarded, SECOND)
    second.end()
    assert not is_open(guarded, SECOND)
    guarded.fakes.delete_interface(SECOND)


def test_an_adapter_with_the_luid_of_a_tunnel_is_none(
        switch: KillSwitch, guarded: Installation, start_session: SessionMaker) -> None:
    plug_in(guarded, FIRST)
    switch.start(*GATEWAYS)
    slow = start_session()
    uses(slow, FIRST)
    guarded.fakes.delete_interface(FIRST)
    plug_in(guarded, FIRST, nth=1)
    switch.wait_whole("connecting")
    assert not is_open(guarded, FIRST)
    session = start_session()
    uses(session, FIRST)
    assert is_open(guarded, FIRST)
    slow.end()
    assert is_open(guarded, FIRST)
    session.end()
    assert not is_open(guarded, FIRST)
    guarded.fakes.delete_interface(FIRST)


def test_an_adapter_that_comes_back_is_the_tunnel_that_it_was(
        switch: KillSwitch, guarded: Installation, start_session: SessionMaker) -> None:
    plug_in(guarded, FIRST)
    switch.start(*GATEWAYS)
    session = start_session()
    uses(session, FIRST)
    guarded.fakes.delete_interface(FIRST)
    switch.look_again()
    switch.wait_whole("connecting")
    plug_in(guarded, FIRST)
    switch.wait_whole("connected")
    assert is_open(guarded, FIRST)
    session.end()
    guarded.fakes.delete_interface(FIRST)


# Users.


def test_sessions_of_two_users_are_two_tunnels(switch: KillSwitch, users: Installation,
                                               bridge: Bridge, user_bridge: Bridge,
                                               start_session: SessionMaker) -> None:
    switch.start(*GATEWAYS, at=user_bridge)
    alices, bobs = start_session(client_bridge=user_bridge), start_session(client_bridge=bridge)
    uses(alices, TAP)
    uses(bobs, WINTUN)
    assert bobs.openvpn.request(first_change(TAP)) == ACCESS_DENIED  # and he has his own still
    assert (is_open(users, TAP), is_open(users, WINTUN)) == (True, True)
    alices.end()
    assert (is_open(users, TAP), is_open(users, WINTUN)) == (False, True)
    assert switch.isup()["firewall_yours"] == "0"
    bobs.end()


def test_the_owners_logoff_changes_nothing(switch: KillSwitch, users: Installation, bridge: Bridge,
                                           user_bridge: Bridge) -> None:
    switch.start(*GATEWAYS, at=user_bridge)
    before = switch.objects()
    users.fakes.personas(BOB.of(user_bridge.process), BOB.of(bridge.process))
    assert switch.ask("stop").code == ACCESS_DENIED
    assert switch.ask("start", "lockdown").code == ACCESS_DENIED
    assert switch.objects() == before
    users.fakes.personas(ALICE.acting(logon=7).of(user_bridge.process),
                         ADMINISTRATOR.of(bridge.process))
    assert switch.isup(at=user_bridge)["firewall_yours"] == "1"
    assert switch.stop(at=user_bridge)["firewall_was_up"] == "1"


# Instances.


@pytest.fixture
def other(guarded: Installation, bridge: Bridge) -> Iterator[KillSwitch]:
    """The kill switch of a second instance."""
    sibling = guarded.sibling("b")
    sibling.service.set_automatic(True)
    sibling.start()
    try:
        yield KillSwitch(sibling, bridge)
    finally:
        sibling.remove_sibling()


def test_two_instances_are_two_kill_switches(switch: KillSwitch, other: KillSwitch,
                                             guarded: Installation) -> None:
    switch.start(*GATEWAYS)
    alone = switch.objects()
    other.start("lockdown")
    other.stop()
    assert switch.objects() == alone
    other.start("lockdown")
    switch.stop()
    assert not is_open(guarded)
    assert (switch.state(), other.state()) == ("off", "lockdown")
    other.stop()
    assert is_open(guarded)


@pytest.mark.parametrize("first", [0, 1], ids=["first", "second"])
def test_a_tunnel_of_one_instance_does_not_pass_the_other(
        switch: KillSwitch, other: KillSwitch, guarded: Installation, start_session: SessionMaker,
        first: int) -> None:
    before = switch.objects()
    switch.start(*GATEWAYS)
    other.start(*GATEWAYS)
    session = start_session()
    uses(session)
    assert not is_open(guarded, TAP)
    assert (switch.state(), other.state()) == ("connected", "connecting")
    (switch, other)[first].stop()
    assert is_open(guarded, TAP) == (first == 1)
    (other, switch)[first].stop()
    assert is_open(guarded)
    assert switch.objects() == before
    session.end()


# An old version.


def key_of(machine: Installation, role: int, index: int = 0) -> str:
    """Of an object of the instance."""
    return "{%s}" % uuid.uuid5(SPACE, f"{machine.instance}/{role}/{index}")


def leave_old_filters(switch: KillSwitch, guarded: Installation) -> None:
    """What an old version had in force is still there: filters of roles that this one does not
    know, which let everything out."""
    row = switch.blocks()[0]
    sublayer = next(each for each in switch.objects()["sublayers"]
                    if each["provider"] == row["provider"])
    for role, layer in enumerate(("ALE_AUTH_CONNECT_V4", "IPFORWARD_V6"), NO_ROLE):
        guarded.fakes.add_filter(layer, "permit", sublayer=sublayer["name"], persistent=True,
                                 key=key_of(guarded, role), provider=row["provider"])


@pytest.mark.parametrize("way", ["stop", "start", "restart of the service", "look"])
def test_what_an_old_version_has_left_goes(switch: KillSwitch, guarded: Installation, way: str
                                           ) -> None:
    before = switch.objects()
    switch.start("lockdown")
    whole = len(switch.objects()["filters"])
    leave_old_filters(switch, guarded)
    assert switch.isup()["firewall_damaged"] == "1"
    if way == "stop":
        switch.stop()
        assert switch.objects() == before
        return
    if way == "start":
        switch.start("lockdown")
    elif way == "look":
        switch.look_again()
    else:
        guarded.stop()
        guarded.start()
    switch.wait_whole("lockdown")
    assert len(switch.objects()["filters"]) == whole
    assert not wrong_verdicts(guarded, "L", rows=rows_of_the_machine())


def test_a_filter_that_has_lost_its_provider_is_known_by_its_key(
        switch: KillSwitch, guarded: Installation) -> None:
    before = switch.objects()
    key = key_of(guarded, ROLE_DHCPV6_IN)
    switch.start("lockdown")
    assert key in [row["key"] for row in switch.objects()["filters"]]
    switch.stop()
    guarded.fakes.add_filter("ALE_AUTH_RECV_ACCEPT_V6", "permit", sublayer=OTHER_SUBLAYER, key=key)
    assert switch.objects() != before
    assert switch.stop()["firewall_was_up"] == "0"
    assert switch.objects() == before


def test_such_a_filter_is_in_nobodys_way(switch: KillSwitch, guarded: Installation) -> None:
    guarded.fakes.add_filter("ALE_AUTH_RECV_ACCEPT_V6", "permit", sublayer=OTHER_SUBLAYER,
                             key=key_of(guarded, ROLE_DHCPV6_IN))
    switch.start("lockdown")
    switch.wait_whole("lockdown")
    assert not events(guarded, "can't be")
    assert not eventually(lambda: wrong_verdicts(guarded, "L", rows=rows_of_the_machine()),
                          lambda wrong: not wrong)
