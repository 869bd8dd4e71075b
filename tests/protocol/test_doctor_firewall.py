# SPDX-License-Identifier: MIT
"""gatehouse doctor about the kill switch: who blocks, since when, and the way out."""
from __future__ import annotations

import time
from typing import Iterator

import pytest

from harness.bridge import Bridge
from harness.fakes import ETHERNET, TAP, ListedService
from harness.messages import address
from protocol.support.doctor import Machine, SessionMaker
from protocol.support.kill_switch import GATEWAYS, KillSwitch

RUNNING = 4
WAY_OUT = "gatehouse firewall stop"


@pytest.fixture
def switch(machine: Machine, bridge: Bridge) -> Iterator[KillSwitch]:
    """Of the doctor's machine, whose service Windows starts. Nothing blocks at the end."""
    machine.service.set_automatic(True)
    switch = KillSwitch(machine.installation, bridge)
    yield switch
    switch.stop()
    machine.service.set_automatic(False)


def test_it_is_no_trouble_while_it_is_down(machine: Machine) -> None:
    line, = machine.run().named("firewall.state")
    assert (line["result"], line["state"]) == ("ok", "off")
    assert line["what"] == "The kill switch is down: nothing is blocked"


def test_who_blocks_and_the_way_out_are_said(machine: Machine, switch: KillSwitch) -> None:
    before = int(time.time())
    switch.start("allow-lan", *GATEWAYS)
    outcome = machine.run()
    line, = outcome.named("firewall.state")
    assert (line["result"], line["state"], line["damaged"]) == ("warning", "connecting", "0")
    assert line["owner"] == switch.isup()["firewall_owner"]
    assert before <= int(line["since"]) <= time.time()
    assert f"started by {line['owner']}, 20" in line["what"]
    assert "The local network is open" in line["what"]
    assert all(gateway in line["what"] for gateway in GATEWAYS)
    assert WAY_OUT in line["advice"]
    assert [each["name"] for each in outcome.wrong()] == ["firewall.state"]


def test_a_lockdown_is_said(machine: Machine, switch: KillSwitch) -> None:
    switch.start("lockdown")
    line, = machine.run().named("firewall.state")
    assert (line["result"], line["state"]) == ("warning", "lockdown")
    assert "nothing may be sent. The local network is closed" in line["what"]


def test_it_is_as_it_should_be_with_a_tunnel(machine: Machine, switch: KillSwitch,
                                             open_session: SessionMaker) -> None:
    switch.start(*GATEWAYS)
    assert open_session().openvpn.request(address("10.8.7.2/24", TAP)) == 0
    switch.wait_whole("connected")
    line, = machine.run().named("firewall.state")
    assert (line["result"], line["state"]) == ("ok", "connected")


def test_missing_parts_are_said(machine: Machine, switch: KillSwitch) -> None:
    switch.start("lockdown")
    machine.fakes.delete_filter(switch.blocks()[0]["id"])
    line, = machine.run().named("firewall.state")
    assert (line["result"], line["damaged"]) == ("warning", "1")
    assert "(lockdown, damaged)" in line["what"]


def test_an_engine_that_does_not_answer_is_said(machine: Machine, switch: KillSwitch) -> None:
    switch.start("lockdown")
    machine.fakes.stop_bfe()
    try:
        line, = machine.run().named("firewall.state")
    finally:
        machine.fakes.start_bfe()
    assert (line["result"], line["state"]) == ("warning", "unknown")
    assert "Whether the kill switch is up is not known: " in line["what"]


def test_without_a_service_the_other_way_out_is_said(machine: Machine, switch: KillSwitch) -> None:
    switch.start("lockdown")
    machine.stop()
    line, = machine.run().named("firewall.state")
    assert line["result"] == "warning"
    assert line["advice"].endswith("-cleanup")
    machine.installation.start()


def test_who_stands_above_is_said(machine: Machine, switch: KillSwitch) -> None:
    machine.fakes.add_sublayer(0xFFFF)
    assert not machine.run().named("firewall.above")
    switch.start("lockdown")
    line, = machine.run().named("firewall.above")
    assert (line["result"], line["names"]) == ("warning", "Fabrikam")
    assert "what Fabrikam lets out without exception" in line["what"]


@pytest.mark.parametrize(("service", "title"), [
    ("vmms", "Hyper-V"), ("WslService", "the Windows Subsystem for Linux"),
    ("vmcompute", "Windows Sandbox")])
def test_virtual_machines_are_not_held(machine: Machine, switch: KillSwitch, service: str,
                                       title: str) -> None:
    machine.list_service(ListedService("Dnscache"), ListedService("BFE"),
                         ListedService(service, state=RUNNING))
    assert not machine.run().named("firewall.guests")
    switch.start("lockdown")
    line, = machine.run().named("firewall.guests")
    assert line["result"] == "warning"
    assert title in line["what"] and service in line["what"]


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_weak_host_is_said(machine: Machine, switch: KillSwitch, family: str) -> None:
    machine.fakes.set_interface(ETHERNET, **{family: {"weak_host_send": 1}})
    assert not machine.run().named("firewall.weak_host")
    switch.start("lockdown")
    line, = machine.run().named("firewall.weak_host")
    assert (line["result"], line["interface"]) == ("warning", str(ETHERNET))
    assert line["advice"].endswith(
        f"netsh.exe interface {family} set interface {ETHERNET} weakhostsend=disabled")
