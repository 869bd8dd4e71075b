# SPDX-License-Identifier: MIT
"""Another program, an administrator's, works on the same filtering engine as the kill switch: what
is still blocked then, what the service says of it, and what it makes good."""
from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List

import pytest

from harness.eventually import eventually
from harness.fakes import ETHERNET, TAP, FakesError
from harness.installation import Installation
from harness.messages import route
from harness.session import Session
from protocol.support.kill_switch import (GATEWAYS, NO_ENGINE, OTHER_SUBLAYER, REMOVED, REPAIRED,
                                          KillSwitch, first_change, is_open, uses)
from protocol.support.verdict_rows import passing_wrongly, rows_of_the_machine, wrong_verdicts

SessionMaker = Callable[..., Session]

Filter = Dict[str, Any]

FABRIKAM = "Fabrikam"

#: Connect and accept, IPv4: what the rival's filters are for.
CONNECT, ACCEPT = "ALE_AUTH_CONNECT_V4", "ALE_AUTH_RECV_ACCEPT_V4"

#: Below ours, and ours.
LOW, HIGHEST = 0x100, 0xFFFF

UDP = 17


@pytest.fixture(autouse=True)
def rival(installation: Installation) -> Iterator[None]:
    """Its filters go with the test."""
    yield
    for row in installation.fakes.firewall()["filters"]:
        if row["name"] == FABRIKAM:
            installation.fakes.delete_filter(row["id"])


def reaches_a_gateway(machine: Installation) -> bool:
    """openvpn.exe does."""
    answer = machine.fakes.verdict(ETHERNET, "198.51.100.7", remote_port=1194, protocol=UDP,
                                   program=rf"{machine.folder}\bin\openvpn.exe")
    return bool(answer["action"] == "permit")


def filters_of(switch: KillSwitch) -> List[Filter]:
    """Those of the kill switch."""
    return [row for row in switch.objects()["filters"] if row["sublayer"] != OTHER_SUBLAYER]


def objects_of(switch: KillSwitch) -> Dict[str, str]:
    """The keys of its provider and of its sublayer."""
    row = filters_of(switch)[0]
    sublayer, = [each["key"] for each in switch.objects()["sublayers"]
                 if each["provider"] == row["provider"]]
    return {"provider": row["provider"], "sublayer": sublayer}


def delete_all_filters(switch: KillSwitch) -> None:
    """The rival does."""
    for row in filters_of(switch):
        switch.installation.fakes.delete_filter(row["id"])


# It has filters of its own.


def test_what_it_blocks_is_blocked(switch: KillSwitch, guarded: Installation) -> None:
    switch.start(*GATEWAYS)
    guarded.fakes.add_sublayer(LOW)
    assert reaches_a_gateway(guarded)
    guarded.fakes.add_filter(CONNECT, "block")
    assert not reaches_a_gateway(guarded)
    record = switch.isup()
    assert (record["firewall"], record["firewall_damaged"]) == ("connecting", "0")
    assert record["firewall_above"] == ""


@pytest.mark.parametrize("hard", [False, True], ids=["soft", "hard"])
def test_what_it_permits_below_is_blocked(switch: KillSwitch, guarded: Installation, hard: bool
                                          ) -> None:
    guarded.fakes.add_sublayer(LOW)
    for layer in (CONNECT, ACCEPT):
        guarded.fakes.add_filter(layer, "permit", hard=hard)
    switch.start(*GATEWAYS)
    assert not wrong_verdicts(guarded, "C", rows=rows_of_the_machine())
    assert switch.isup()["firewall_above"] == ""


def test_a_stop_leaves_its_objects(switch: KillSwitch, guarded: Installation) -> None:
    guarded.fakes.add_sublayer(LOW)
    guarded.fakes.add_filter(CONNECT, "block")
    before = switch.objects()
    switch.start(*GATEWAYS)
    switch.stop()
    assert switch.objects() == before


# It stands above.


def test_who_stands_above_is_named(switch: KillSwitch, guarded: Installation) -> None:
    guarded.fakes.add_sublayer(HIGHEST)
    guarded.fakes.add_sublayer(HIGHEST - 1, "Woodgrove")
    assert switch.start(*GATEWAYS)["firewall_above"] == f"{FABRIKAM}, Woodgrove"
    assert switch.isup()["firewall_damaged"] == "0"
    assert not wrong_verdicts(guarded, "C", rows=rows_of_the_machine())


def test_from_above_only_a_hard_permit_opens(switch: KillSwitch, guarded: Installation) -> None:
    guarded.fakes.add_sublayer(HIGHEST)
    switch.start(*GATEWAYS)
    guarded.fakes.add_filter(CONNECT, "permit")
    assert not is_open(guarded)
    guarded.fakes.add_filter(ACCEPT, "permit", hard=True)
    assert not wrong_verdicts(guarded, "C", rows=[row for row in rows_of_the_machine()
                                                  if row.layer != ACCEPT])
    assert passing_wrongly(guarded, "C", rows=rows_of_the_machine())
    assert switch.isup()["firewall_above"] == FABRIKAM


def test_the_next_change_takes_the_place_above(switch: KillSwitch, guarded: Installation) -> None:
    guarded.fakes.add_sublayer(HIGHEST)
    switch.start("lockdown")
    rival, = [row["key"] for row in switch.objects()["sublayers"] if row["name"] == FABRIKAM]
    guarded.fakes.delete_sublayer(rival)
    assert switch.isup()["firewall_above"] == ""
    switch.start(*GATEWAYS)
    with pytest.raises(FakesError):
        guarded.fakes.add_sublayer(HIGHEST)


# It has the lock.


def test_a_tunnel_is_closed_when_the_lock_is_free(switch: KillSwitch, guarded: Installation,
                                                  start_session: SessionMaker) -> None:
    switch.start(*GATEWAYS)
    session = start_session()
    uses(session)
    guarded.fakes.hold_firewall()
    try:
        session.openvpn.exit(0)
        guarded.record.wait_for("ReportEventW",
                                where=lambda call: "Another program holds" in str(call["strings"]))
        assert not is_open(guarded)
    finally:
        guarded.fakes.release_firewall()
    session.client.wait_closed()
    switch.wait_whole("connecting")
    assert not is_open(guarded, TAP)


# It deletes.


def test_each_filter_that_it_deletes_is_missed_and_comes_back(
        switch: KillSwitch, guarded: Installation, start_session: SessionMaker) -> None:
    switch.start("allow-lan", *GATEWAYS)
    uses(start_session())
    whole = sorted(row["key"] for row in filters_of(switch))
    rows = rows_of_the_machine()
    assert len(whole) == 28 + 10 + len(GATEWAYS) + 8
    for key in whole:
        row, = [each for each in filters_of(switch) if each["key"] == key]
        guarded.fakes.delete_filter(row["id"])
        assert switch.isup()["firewall_damaged"] == "1", row
        if row["action"] == "block":
            opened = passing_wrongly(guarded, "T+", ("TUN",), rows)
            assert {each.layer for each in opened} <= {row["layer"]}, row
        else:
            assert not passing_wrongly(guarded, "T+", ("TUN",), rows[::8]), row
        switch.look_again()
        found = eventually(lambda: sorted(each["key"] for each in filters_of(switch)),
                           lambda keys: keys == whole)
        assert found == whole, row
    switch.wait_whole("connected")
    assert not wrong_verdicts(guarded, "T+", ("TUN",), rows)
    assert switch.events().count(REPAIRED) == len(whole)


def test_all_filters_come_back(switch: KillSwitch, guarded: Installation) -> None:
    switch.start(*GATEWAYS)
    delete_all_filters(switch)
    assert is_open(guarded)
    record = switch.isup()
    assert (record["firewall"], record["firewall_damaged"]) == ("connecting", "1")
    switch.look_again()
    switch.wait_whole("connecting")
    assert not wrong_verdicts(guarded, "C", rows=rows_of_the_machine())


def test_its_sublayer_comes_back(switch: KillSwitch, guarded: Installation) -> None:
    switch.start(*GATEWAYS)
    keys = objects_of(switch)
    with pytest.raises(FakesError):
        guarded.fakes.delete_sublayer(keys["sublayer"])
    delete_all_filters(switch)
    guarded.fakes.delete_sublayer(keys["sublayer"])
    assert switch.isup()["firewall_damaged"] == "1"
    switch.look_again()
    switch.wait_whole("connecting")
    assert not wrong_verdicts(guarded, "C", rows=rows_of_the_machine())


def test_without_its_provider_it_is_removed(switch: KillSwitch, guarded: Installation) -> None:
    before = switch.objects()
    switch.start(*GATEWAYS)
    keys = objects_of(switch)
    with pytest.raises(FakesError):
        guarded.fakes.delete_provider(keys["provider"])
    delete_all_filters(switch)
    guarded.fakes.delete_sublayer(keys["sublayer"])
    guarded.fakes.delete_provider(keys["provider"])
    assert switch.objects() == before
    assert switch.state() == "off"
    switch.look_again()
    assert eventually(lambda: REMOVED in switch.events(), bool)
    assert switch.objects() == before
    assert switch.start("lockdown")["firewall"] == "lockdown"
    assert not is_open(guarded)


# It puts its own among ours.


@pytest.mark.parametrize("way", ["look", "stop"])
def test_what_it_puts_into_our_sublayer_goes(switch: KillSwitch, guarded: Installation, way: str
                                             ) -> None:
    before = switch.objects()
    switch.start("lockdown")
    guarded.fakes.add_filter(CONNECT, "permit", sublayer=filters_of(switch)[0]["sublayer"])
    assert is_open(guarded)
    assert switch.isup()["firewall_damaged"] == "1"
    if way == "stop":
        switch.stop()
        assert switch.objects() == before
        return
    switch.look_again()
    switch.wait_whole("lockdown")
    assert not is_open(guarded)


# It stops the engine.


def test_while_the_engine_is_stopped_no_tunnel_is_opened(
        switch: KillSwitch, guarded: Installation, start_session: SessionMaker) -> None:
    switch.start(*GATEWAYS)
    session = start_session()
    guarded.fakes.stop_bfe()
    assert switch.ask("isup").code == NO_ENGINE
    assert switch.ask("stop").code == NO_ENGINE
    assert session.openvpn.request(first_change()) == NO_ENGINE
    guarded.fakes.start_bfe()
    switch.wait_whole("connecting")
    assert not is_open(guarded, TAP)
    uses(session)
    assert is_open(guarded, TAP)
    session.end()


# A lock that it holds.


def test_a_session_ends_and_the_service_stops_while_it_holds_the_lock(
        guarded: Installation, switch: KillSwitch, start_session: SessionMaker) -> None:
    switch.start(*GATEWAYS)
    sessions = [start_session() for _ in range(3)]
    uses(sessions[0])
    for number, session in enumerate(sessions):
        assert session.openvpn.request(route(f"10.{66 + number}.0.0/16", "10.8.0.1", TAP)) == 0
    guarded.fakes.hold_firewall()
    guarded.stop()
    guarded.fakes.release_firewall()
    assert not [line for line in guarded.differences() if line.startswith("routes ")]
    guarded.start()
    switch.wait_whole("connecting")
    assert not is_open(guarded, TAP)
