# SPDX-License-Identifier: MIT
"""Which adapters openvpn.exe of a user without rights may change: docs/protocol.md, "VPN
adapters"."""
from __future__ import annotations

from typing import Callable, Dict

import pytest

from harness.bridge import Bridge
from harness.fakes import (ETHERNET, GROUP_MEMBER_BY_TOKEN, LOOPBACK, PLAIN_USER, TAP, TAP_ALIAS,
                           WIFI, WINTUN, WINTUN_ALIAS)
from harness.installation import Installation
from harness.messages import BY_NAME, AF_INET, AF_INET6, Flush, Interface, Message, address, route
from harness.session import Session
from protocol.support.change_cases import block, dns, mtu, nrpt, on, wins

SessionMaker = Callable[..., Session]

ERROR_ACCESS_DENIED = 5

ALIASES = {TAP: TAP_ALIAS, WINTUN: WINTUN_ALIAS, ETHERNET: "Ethernet", WIFI: "Wi-Fi",
           LOOPBACK: "Loopback Pseudo-Interface 1"}


def limited(index: int, alias: str) -> Dict[str, Message]:
    """The requests that are served for VPN adapters only, for this adapter."""
    both = Interface(index, alias)
    return {
        "add_address": address("10.9.0.10/24", index),
        "add_address by name": address("10.9.0.10/24", BY_NAME, name=alias),
        "delete_address": address("192.168.1.20/24", index, delete=True),
        "add_dns": dns("10.8.0.53", interface=both),
        "add_dns, index of another": dns("10.8.0.53", interface=Interface(TAP, alias)),
        "add_dns, domains": dns(domains="a.example", interface=both),
        "delete_dns": dns(interface=both, delete=True),
        "add_nrpt": nrpt("10.8.0.53", interface=both),
        "delete_nrpt": nrpt(interface=both, delete=True),
        "add_wins": wins("10.8.0.55", interface=both),
        "delete_wins": wins(interface=both, delete=True),
        "enable_dhcp": on("enable_dhcp", index),
        "set_mtu": mtu(1340, interface=Interface(index)),
        "flush_neighbors": Flush("flush_neighbors", AF_INET, Interface(index)),
        "flush_neighbors by name": Flush("flush_neighbors", AF_INET6, Interface(BY_NAME, alias)),
        "add_wfp_block": block(2, index),
        "delete_wfp_block": block(2, index, delete=True),
    }


@pytest.mark.parametrize("index", [ETHERNET, WIFI, LOOPBACK], ids=lambda index: ALIASES[index])
def test_other_adapters_are_left_alone(installation: Installation, start_session: SessionMaker,
                                       index: int) -> None:
    session = start_session()
    answers = {name: session.openvpn.request(message)
               for name, message in limited(index, ALIASES[index]).items()}
    assert {name: error for name, error in answers.items() if error != ERROR_ACCESS_DENIED} == {}
    assert not installation.differences()


def test_tunnel_of_another_user_is_left_alone(
        installation: Installation, bridge: Bridge, user_bridge: Bridge,
        start_session: SessionMaker) -> None:
    installation.fakes.personas(PLAIN_USER.of(user_bridge.process),
                                GROUP_MEMBER_BY_TOKEN.of(bridge.process))
    alices, bobs = start_session(), start_session(client_bridge=bridge)
    tunnel = ("10.20.0.0/16", "10.8.0.1", TAP)
    assert alices.openvpn.request(address("10.8.0.10/24", TAP)) == 0
    assert alices.openvpn.request(route(*tunnel)) == 0
    made = installation.differences()
    routes: Dict[str, Message] = {"add_route": route("10.21.0.0/16", "10.8.0.1", TAP),
                                  "delete_route": route(*tunnel, delete=True)}
    requests = {**limited(TAP, TAP_ALIAS), **routes}
    answers = {name: bobs.openvpn.request(message) for name, message in requests.items()}
    assert {name: error for name, error in answers.items() if error != ERROR_ACCESS_DENIED} == {}
    assert installation.differences() == made
    alices.end()
    assert bobs.openvpn.request(mtu(1340)) == 0


def test_adapter_refused_stays_refused_beside_one_that_is_served(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    for _ in range(2):
        assert session.openvpn.request(mtu(1340)) == 0
        assert session.openvpn.request(mtu(1340, interface=Interface(ETHERNET))) == 5
        assert session.openvpn.request(mtu(1340, interface=Interface(WINTUN))) == 0
    assert len(installation.requested_differences()) == 2


def test_refusal_is_logged_once_a_session(installation: Installation, start_session: SessionMaker
                                          ) -> None:
    session = start_session()
    mark = installation.record.mark()
    for _ in range(3):
        session.openvpn.request(address("10.9.0.10/24", ETHERNET))
        session.openvpn.request(on("enable_dhcp", WIFI))
    refusals = [event for event in installation.record.events(since=mark) if "VPN adapter" in event]
    assert len(refusals) == 1
    assert "add_address" in refusals[0] and str(session.openvpn.process) in refusals[0]
    assert r"PCI\VEN_8086&DEV_15BD" in refusals[0]


@pytest.mark.parametrize("index", [ETHERNET, WIFI], ids=lambda index: ALIASES[index])
def test_routes_are_served_for_every_adapter(
        start_session: SessionMaker, index: int) -> None:
    session = start_session()
    host = route("203.0.113.7/32", "192.168.1.1", index)
    assert session.openvpn.request(host) == 0
    assert session.openvpn.request(
        route("203.0.113.7/32", "192.168.1.1", index, delete=True)) == 0


def test_restriction_can_be_turned_off(make_installation: Callable[..., Installation],
                                       start_session: SessionMaker) -> None:
    installation = make_installation(settings=(("vpn_adapters", "*"),))
    installation.start()
    session = start_session(installation)
    assert session.openvpn.request(address("10.9.0.10/24", ETHERNET)) == 0
    assert session.openvpn.request(dns("10.8.0.53", interface=Interface(WIFI, "Wi-Fi"))) == 0
    assert len(installation.requested_differences()) == 2
    session.openvpn.die(1)


@pytest.mark.parametrize("setting", ["brand0901", "tap0901,BRAND0901", "x,,brand0901"])
def test_brand_adds_its_own_component(make_installation: Callable[..., Installation],
                                      start_session: SessionMaker, setting: str) -> None:
    installation = make_installation(settings=(("vpn_adapters", setting),))
    installation.start()
    installation.fakes.add_interface(31, "Brand VPN", component_id="brand0901")
    before = installation.requested_differences()
    session = start_session(installation)
    assert session.openvpn.request(address("10.9.0.10/24", 31)) == 0
    assert session.openvpn.request(address("10.9.0.10/24", WINTUN)) == ERROR_ACCESS_DENIED
    expected = 0 if "tap0901" in setting else ERROR_ACCESS_DENIED
    assert session.openvpn.request(mtu(1340)) == expected
    assert len(installation.requested_differences()) == len(before) + (2 if expected == 0 else 1)
    session.end()
    assert installation.requested_differences() == before
    installation.populate()


def test_tunnel_of_another_product_is_left_alone_by_default(
        make_installation: Callable[..., Installation], start_session: SessionMaker) -> None:
    installation = make_installation(settings=(("vpn_adapters", None),))
    installation.start()
    session = start_session(installation)
    answers = {name: session.openvpn.request(message)
               for name, message in limited(WINTUN, WINTUN_ALIAS).items()}
    assert {name: error for name, error in answers.items() if error != ERROR_ACCESS_DENIED} == {}
    assert not installation.differences()
    session.end()


@pytest.mark.parametrize("component", ["tap0901", r"root\tap0901", "ovpn-dco"])
def test_adapters_of_openvpn_are_served_by_default(make_installation: Callable[..., Installation],
                                                   start_session: SessionMaker, component: str
                                                   ) -> None:
    installation = make_installation(settings=(("vpn_adapters", None),))
    installation.start()
    installation.fakes.add_interface(31, "Tunnel", component_id=component)
    session = start_session(installation)
    assert session.openvpn.request(address("10.9.0.10/24", 31)) == 0
    session.end()
    installation.populate()


@pytest.mark.parametrize("component", ["", "tap09011", "tap090", "ap0901", "tap0901,wintun"])
def test_component_must_be_the_whole_name(installation: Installation, start_session: SessionMaker,
                                          component: str) -> None:
    installation.fakes.add_interface(31, "Almost", component_id=component)
    answer = start_session().openvpn.request(address("10.9.0.10/24", 31))
    installation.populate()
    assert answer == ERROR_ACCESS_DENIED


@pytest.mark.parametrize("component", ["TAP0901", "ROOT\\Tap0901", "Wintun", "OVPN-DCO"])
def test_letter_case_does_not_matter(installation: Installation, start_session: SessionMaker,
                                     component: str) -> None:
    installation.fakes.add_interface(31, "Tunnel", component_id=component)
    session = start_session()
    assert session.openvpn.request(address("10.9.0.10/24", 31)) == 0
    session.end()
    installation.populate()
