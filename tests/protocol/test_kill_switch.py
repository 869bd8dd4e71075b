# SPDX-License-Identifier: MIT
"""The kill switch over the release binary: what may be sent in each state, what it outlives, who
may start and stop it, and that a stop leaves the filtering engine as it was."""
from __future__ import annotations

from typing import Callable, List

import pytest

from harness.bridge import Bridge
from harness.eventually import eventually
from harness.fakes import (ADMINISTRATOR, ETHERNET, FILTERED_ADMINISTRATOR, FROM_NETWORK,
                           LOCAL_GROUPS, LOOPBACK, PLAIN_USER, REMOTE_INTERACTIVE, TAP, WINTUN,
                           LocalGroup)
from harness.installation import Installation
from harness.messages import address
from harness.session import Session
from protocol.support.change_cases import block
from protocol.support.journal_file import events
from protocol.support.kill_switch import (ACCESS_DENIED, ALICE, CHANGED, CLOSED, GATEWAYS, KEPT,
                                          LOCKED, NO_ENGINE, NO_FILE, NOT_A_NAME, NOT_AUTOMATIC,
                                          OPENED, REMOTE, REMOVED, REPAIRED, SEND_RESUME, SERVER,
                                          STARTED, STOPPED, TCP, WRONG_WORDS, KillSwitch, is_open,
                                          uses)
from protocol.support.service_program import DONE, Outcome, Program
from protocol.support.verdict_rows import while_interfaces_exist, wrong_verdicts

SessionMaker = Callable[..., Session]


@pytest.fixture
def machine(guarded: Installation) -> Installation:
    """Nothing blocks at the end."""
    return guarded


# What may be sent.


@pytest.mark.parametrize(("column", "words"), [
    ("L", ("lockdown",)), ("L+", ("allow-lan", "lockdown")), ("C", GATEWAYS)])
def test_packets_have_their_verdicts_without_a_tunnel(switch: KillSwitch, machine: Installation,
                                                      column: str, words: List[str]) -> None:
    switch.start(*words)
    with while_interfaces_exist(machine):
        assert not wrong_verdicts(machine, column)


@pytest.mark.parametrize(("column", "words"), [
    ("T", GATEWAYS), ("T+", ("allow-lan", *GATEWAYS))])
def test_packets_have_their_verdicts_with_two_tunnels(
        switch: KillSwitch, machine: Installation, start_session: SessionMaker, column: str,
        words: List[str]) -> None:
    first, second = start_session(), start_session()
    uses(first)
    switch.start(*words)
    uses(second, WINTUN)
    with while_interfaces_exist(machine):
        assert not wrong_verdicts(machine, column)


def test_packets_have_their_verdicts_while_windows_starts(switch: KillSwitch, machine: Installation
                                                          ) -> None:
    switch.start(*GATEWAYS)
    machine.reboot(bfe=False)
    with while_interfaces_exist(machine):
        assert not wrong_verdicts(machine, "bt")
        machine.fakes.start_bfe()
        assert not wrong_verdicts(machine, "L")
        machine.start()
        assert not wrong_verdicts(machine, "C")


def test_connections_that_are_open_are_judged_anew(switch: KillSwitch, machine: Installation,
                                                   start_session: SessionMaker) -> None:
    for name, interface, remote in (("web", ETHERNET, SERVER), ("local", LOOPBACK, "127.0.0.1")):
        assert machine.fakes.open_flow(name, interface, remote, remote_port=443,
                                       protocol=TCP)["action"] == "permit"
    switch.start(*GATEWAYS)
    web, local = (machine.fakes.flow_packet(name) for name in ("web", "local"))
    assert (web["action"], web["judged_again"]) == ("block", True)
    assert local["action"] == "permit"
    session = start_session()
    uses(session)
    assert machine.fakes.open_flow("tunnel", TAP, SERVER, remote_port=443,
                                   protocol=TCP)["action"] == "permit"
    session.end()
    assert machine.fakes.flow_packet("tunnel")["action"] == "block"
    assert machine.fakes.flow_packet("local")["action"] == "permit"


# Tunnels.


def test_a_tunnel_is_open_from_its_first_change_to_the_end_of_its_session(
        switch: KillSwitch, machine: Installation, start_session: SessionMaker) -> None:
    switch.start(*GATEWAYS)
    session = start_session()
    assert not is_open(machine, TAP)
    uses(session)
    assert is_open(machine, TAP)
    assert not is_open(machine)
    assert switch.isup()["firewall_tunnels"] == "1"
    session.end()
    assert not is_open(machine, TAP)
    assert switch.events() == [STARTED, OPENED, CLOSED]


@pytest.mark.parametrize("exit_code", [0, 1])
def test_a_lost_tunnel_goes_on_blocking(switch: KillSwitch, machine: Installation,
                                        start_session: SessionMaker, exit_code: int) -> None:
    switch.start(*GATEWAYS)
    session = start_session()
    uses(session)
    session.openvpn.die(exit_code)
    if exit_code:
        assert f"exit code = {exit_code}" in session.client.read().function
    session.client.wait_closed()
    assert not is_open(machine, TAP)
    assert not is_open(machine)
    assert switch.state() == "connecting"


def test_the_tunnel_goes_first_at_the_end(switch: KillSwitch, machine: Installation,
                                          start_session: SessionMaker) -> None:
    switch.start(*GATEWAYS)
    session = start_session()
    assert session.openvpn.request(address("10.8.7.2/24", TAP)) == 0
    machine.record.forget()
    session.end()
    calls = [call["call"] for call in machine.record.calls(
        "FwpmTransactionCommit0", "DeleteUnicastIpAddressEntry")]
    assert calls == ["FwpmTransactionCommit0", "DeleteUnicastIpAddressEntry"]


def test_a_change_whose_tunnel_cannot_be_opened_is_refused(
        switch: KillSwitch, machine: Installation, start_session: SessionMaker) -> None:
    switch.start(*GATEWAYS)
    session = start_session()
    machine.fakes.fail("FwpmFilterAdd0", 8)
    assert session.openvpn.request(address("10.8.7.2/24", TAP)) == 8
    assert switch.state() == "connecting"
    assert events(machine, "the kill switch can't let traffic through its tunnel")
    assert session.openvpn.request(address("10.8.7.2/24", TAP)) == 0
    assert switch.state() == "connected"


def test_filters_of_openvpn_live_beside_it(switch: KillSwitch, machine: Installation,
                                           start_session: SessionMaker) -> None:
    switch.start(*GATEWAYS)
    before = switch.objects()["filters"]
    session = start_session()
    assert session.openvpn.request(block(1)) == 0
    session.end()
    assert switch.objects()["filters"] == before


# What it outlives.


def test_a_killed_service_leaves_it_and_the_next_one_goes_on(
        switch: KillSwitch, machine: Installation, start_session: SessionMaker) -> None:
    switch.start("allow-lan", *GATEWAYS)
    since = switch.isup()["firewall_since"]
    uses(start_session())
    machine.crash()
    assert not is_open(machine)
    machine.start()
    record = switch.isup()
    assert (record["firewall"], record["firewall_lan"]) == ("connecting", "1")
    assert record["firewall_since"] == since
    assert record["firewall_gateways"] == " ".join(GATEWAYS)
    assert KEPT in switch.events()


def test_a_stopped_service_leaves_it(switch: KillSwitch, machine: Installation) -> None:
    switch.start(*GATEWAYS)
    before = switch.objects()
    machine.stop()
    assert switch.objects() == before
    assert not is_open(machine)
    machine.start()
    assert switch.state() == "connecting"


def test_a_restart_of_windows_without_our_service_opens(switch: KillSwitch, machine: Installation
                                                        ) -> None:
    before = switch.objects()
    switch.start(*GATEWAYS)
    machine.service.set_automatic(False)
    machine.reboot()
    assert is_open(machine)
    machine.service.set_automatic(True)
    machine.start()
    assert is_open(machine)
    assert switch.state() == "off"
    assert switch.objects() == before
    assert switch.events()[-1] == REMOVED


def test_a_restart_of_windows_opens_what_an_uninstalled_service_has_left(
        switch: KillSwitch, machine: Installation, bridge: Bridge) -> None:
    before = switch.objects()
    switch.start(*GATEWAYS)
    machine.stop()
    machine.service.delete()
    assert not is_open(machine)
    machine.reboot()
    assert is_open(machine)
    assert Program(machine, bridge).command("-cleanup").exit_code == DONE
    assert switch.objects() == before
    machine.service.create(machine.binary, machine.options.privileges)


def test_a_restart_of_the_engine_is_repaired(switch: KillSwitch, machine: Installation,
                                             start_session: SessionMaker) -> None:
    switch.start(*GATEWAYS)
    uses(start_session())
    machine.fakes.restart_bfe()
    switch.wait_whole("connected")
    assert is_open(machine, TAP)
    assert not is_open(machine)


def test_a_filter_that_is_missing_comes_back_when_windows_has_slept(
        switch: KillSwitch, machine: Installation) -> None:
    switch.start(*GATEWAYS)
    machine.fakes.delete_filter(switch.blocks()[0]["id"])
    machine.service.control(SEND_RESUME)
    switch.wait_whole("connecting")


def test_a_filter_that_is_missing_comes_back(switch: KillSwitch, machine: Installation) -> None:
    switch.start(*GATEWAYS)
    whole = len(switch.objects()["filters"])
    machine.fakes.delete_filter(switch.blocks()[0]["id"])
    assert switch.isup()["firewall_damaged"] == "1"
    machine.fakes.add_address(ETHERNET, "192.168.1.77")  # the network has changed: it is looked at
    machine.fakes.delete_address(ETHERNET, "192.168.1.77")
    switch.wait_whole("connecting")
    assert len(switch.objects()["filters"]) == whole
    assert REPAIRED in switch.events()


def test_its_objects_have_keys_that_every_version_knows(
        switch: KillSwitch, start_session: SessionMaker) -> None:
    others = switch.objects()
    switch.start("allow-lan", *GATEWAYS)
    uses(start_session())
    for kind, rows in switch.objects().items():
        keys = [row["key"] for row in rows if row not in others[kind]]
        assert keys and len(keys) == len(set(keys)), kind
        assert set(keys) <= switch.possible_keys(), kind


# A stop leaves nothing.


def test_a_stop_leaves_the_engine_as_it_was(switch: KillSwitch, machine: Installation,
                                            start_session: SessionMaker) -> None:
    before = switch.objects()
    assert switch.state() == "off"
    switch.start("allow-lan", *GATEWAYS)
    uses(start_session())
    switch.start("lockdown")
    assert switch.stop() == {"firewall": "off", "firewall_was_up": "1"}
    assert switch.objects() == before
    assert is_open(machine)
    assert switch.stop() == {"firewall": "off", "firewall_was_up": "0"}
    assert switch.events() == [STARTED, OPENED, CHANGED, STOPPED]


#: The calls of a change that shall fail in turn, and how.
CALLS = ("FwpmGetAppIdFromFileName0", "FwpmEngineOpen0", "FwpmTransactionBegin0",
         "FwpmFilterCreateEnumHandle0", "FwpmFilterEnum0", "FwpmFilterDeleteByKey0",
         "FwpmSubLayerDeleteByKey0", "FwpmProviderDeleteByKey0", "FwpmProviderAdd0",
         "FwpmSubLayerAdd0", "FwpmFilterAdd0", "FwpmTransactionCommit0")


@pytest.mark.parametrize("call", CALLS)
def test_a_change_that_fails_leaves_what_was_there(switch: KillSwitch, machine: Installation,
                                                   call: str) -> None:
    switch.start("lockdown")
    before = switch.objects()
    machine.fakes.fail(call, ACCESS_DENIED + 3)
    assert switch.ask("start", *GATEWAYS).code == ACCESS_DENIED + 3
    assert switch.objects() == before
    assert switch.state() == "lockdown"
    assert switch.start(*GATEWAYS)["firewall"] == "connecting"


@pytest.mark.parametrize("code", [0x8032000F, 0x80320010, 1722, 1726])
def test_what_the_engine_has_ended_is_done_again(switch: KillSwitch, machine: Installation,
                                                 code: int) -> None:
    machine.fakes.fail("FwpmTransactionCommit0", code)
    assert switch.start(*GATEWAYS)["firewall"] == "connecting"
    assert not is_open(machine)
    machine.fakes.fail("FwpmTransactionCommit0", code)
    assert switch.stop()["firewall_was_up"] == "1"
    assert is_open(machine)


def test_without_an_engine_nothing_is_promised(switch: KillSwitch, machine: Installation) -> None:
    machine.fakes.stop_bfe()
    assert switch.ask("start", "lockdown").code == NO_ENGINE
    machine.fakes.start_bfe()
    assert switch.start("lockdown")["firewall"] == "lockdown"


def test_who_holds_the_engine_is_named(switch: KillSwitch, machine: Installation) -> None:
    machine.fakes.hold_firewall()
    reply = switch.ask("start", "lockdown")
    machine.fakes.release_firewall()
    assert reply.code == LOCKED
    assert events(machine, "Another program holds the filtering platform")
    assert switch.start("lockdown")["firewall"] == "lockdown"


# -cleanup and -remove.


def test_cleanup_opens_and_the_service_leaves_it_so(switch: KillSwitch, machine: Installation,
                                                    bridge: Bridge) -> None:
    before = switch.objects()
    switch.start(*GATEWAYS)
    outcome = Program(machine, bridge).command("-cleanup")
    assert outcome.exit_code == DONE
    assert "The kill switch was up. It is removed" in outcome.output
    assert switch.objects() == before
    assert switch.state() == "off"
    machine.fakes.restart_bfe()  # whatever has the service look again
    assert eventually(lambda: REMOVED in switch.events(), bool)
    assert switch.objects() == before


def test_cleanup_opens_while_the_service_is_stopped(switch: KillSwitch, machine: Installation,
                                                    bridge: Bridge) -> None:
    before = switch.objects()
    switch.start(*GATEWAYS)
    machine.stop()
    outcome = Program(machine, bridge).command("-cleanup")
    assert outcome.exit_code == DONE
    assert switch.objects() == before
    machine.start()
    assert switch.state() == "off"


def test_unblock_opens_without_a_service(
        switch: KillSwitch, machine: Installation, bridge: Bridge) -> None:
    before = switch.objects()
    switch.start(*GATEWAYS)
    machine.stop()
    machine.service.delete()
    outcome = Program(machine, bridge).command("-unblock")
    assert outcome == Outcome(DONE, "The kill switch was up. It is removed: nothing is blocked any "
                                    "more.\nNo filter of the kill switch is left.\n")
    assert switch.objects() == before
    machine.service.create(machine.binary, machine.options.privileges)


def test_undo_and_withdraw_leave_it_up(switch: KillSwitch, machine: Installation,
                                       bridge: Bridge) -> None:
    switch.start(*GATEWAYS)
    up = switch.objects()
    machine.stop()
    program = Program(machine, bridge)
    assert program.command("-undo").exit_code == DONE
    assert program.command("-withdraw").exit_code == DONE
    assert switch.objects() == up
    assert program.command("-unblock").exit_code == DONE
    machine.service.create(machine.binary, machine.options.privileges)


def test_remove_opens(switch: KillSwitch, machine: Installation, bridge: Bridge) -> None:
    before = switch.objects()
    switch.start(*GATEWAYS)
    outcome = Program(machine, bridge).command("-remove")
    assert outcome.exit_code == DONE, outcome.output
    assert switch.objects() == before
    machine.service.create(machine.binary, machine.options.privileges)


def test_cleanup_says_that_it_could_not_open(switch: KillSwitch, machine: Installation,
                                             bridge: Bridge) -> None:
    switch.start("lockdown")
    machine.fakes.stop_bfe()
    outcome = Program(machine, bridge).command("-cleanup")
    assert outcome.exit_code != DONE
    assert "kill switch" in outcome.output
    machine.fakes.start_bfe()
    assert not is_open(machine)


def test_the_pipes_cleanup_does_not_touch_it(switch: KillSwitch, machine: Installation) -> None:
    switch.start(*GATEWAYS)
    control = machine.control()
    assert control.ask("cleanup").code == 0
    control.close()
    assert switch.state() == "connecting"


# Who may.


def test_it_belongs_to_who_has_started_it(switch: KillSwitch, users: Installation, bridge: Bridge,
                                          user_bridge: Bridge) -> None:
    started = switch.start(*GATEWAYS, at=user_bridge)
    assert started["firewall_owner"] == rf"{ALICE.domain}\{ALICE.name}"
    assert started["firewall_yours"] == "1"
    seen = switch.isup()
    assert (seen["firewall_owner"], seen["firewall_yours"]) == (started["firewall_owner"], "0")
    assert "gatehouse firewall stop" in seen["firewall_way_out"]
    for words in (("stop",), ("start", "lockdown")):
        reply = switch.ask(*words)
        assert (reply.code, reply.name) == (ACCESS_DENIED, "firewall")
        assert "Somebody else" in reply.reason
    assert events(users, "the kill switch is another user's")
    users.fakes.personas(ALICE.of(user_bridge.process), ADMINISTRATOR.of(bridge.process))
    assert switch.start("lockdown")["firewall_owner"] == started["firewall_owner"]
    assert switch.stop(at=user_bridge)["firewall_was_up"] == "1"


def test_status_tells_everybody(switch: KillSwitch, users: Installation, user_bridge: Bridge
                                ) -> None:
    switch.start(*GATEWAYS, at=user_bridge)
    control = users.control()
    service = control.ask("status").records[0]
    control.close()
    assert service["firewall"] == "connecting"
    assert service["firewall_gateways"] == " ".join(GATEWAYS)
    assert service["firewall_yours"] == "0"


def test_who_is_not_logged_on_may_not_start_it(switch: KillSwitch, users: Installation,
                                               bridge: Bridge) -> None:
    for persona in (PLAIN_USER, FILTERED_ADMINISTRATOR):
        users.fakes.personas(persona.of(bridge.process))
        reply = switch.ask("start", "lockdown")
        assert reply.code == ACCESS_DENIED
        assert "firewall_users" in reply.reason
    assert switch.state() == "off"


@pytest.mark.parametrize("group", [REMOTE_INTERACTIVE, FROM_NETWORK])
def test_a_remote_session_must_say_that_it_knows(switch: KillSwitch, users: Installation,
                                                 bridge: Bridge, group: str) -> None:
    users.fakes.personas(ALICE.with_group(group).of(bridge.process))
    reply = switch.ask("start", "lockdown")
    assert (reply.code, switch.state()) == (REMOTE, "off")
    assert switch.start("lockdown", "remote-ok")["firewall"] == "lockdown"
    assert switch.stop()["firewall_was_up"] == "1"


def test_a_service_that_windows_does_not_start_does_not_start_it(
        switch: KillSwitch, machine: Installation) -> None:
    machine.service.set_automatic(False)
    assert switch.ask("start", "lockdown").code == NOT_AUTOMATIC
    assert switch.state() == "off"


@pytest.mark.parametrize(("words", "code", "reason"), [
    (("start",), WRONG_WORDS, "Which gateways"),
    (("start", "vpn.example"), NOT_A_NAME, "must be resolved before: vpn.example"),
    (("start", "lockdown", "198.51.100.7"), WRONG_WORDS, "A lockdown has no gateways"),
    (("begin",), WRONG_WORDS, "start, stop or isup"),
    (("stop", "now"), WRONG_WORDS, "no argument")])
def test_wrong_words_change_nothing(switch: KillSwitch, words: List[str], code: int, reason: str
                                    ) -> None:
    before = switch.objects()
    reply = switch.ask(*words)
    assert reply.code == code
    assert reason in reply.reason
    assert switch.objects() == before


def test_without_openvpn_there_are_no_gateways(switch: KillSwitch, machine: Installation) -> None:
    program = machine.host_folder / "bin" / "openvpn.exe"
    aside = program.rename(program.with_suffix(".aside"))
    try:
        assert switch.ask("start", *GATEWAYS).code == NO_FILE
        assert switch.start("lockdown")["firewall"] == "lockdown"
    finally:
        aside.rename(program)


@pytest.mark.parametrize(("setting", "allowed"), [
    ("administrators", (False, False, True)), ("VPN users", (False, True, True)),
    ("interactive", (True, True, True)), (None, (True, True, True))])
def test_a_setting_says_who_may_start_it(
        make_installation: Callable[..., Installation], bridge: Bridge, setting: str,
        allowed: List[bool]) -> None:
    group = LocalGroup("VPN users", f"{PLAIN_USER.sid}77")
    made = make_installation(settings=(("firewall_users", setting),))
    made.service.set_automatic(True)
    made.start()
    switch = KillSwitch(made, bridge)
    made.fakes.local_groups(*LOCAL_GROUPS, group)
    personas = (ALICE, ALICE.with_group(group.sid), ADMINISTRATOR)
    for persona, is_allowed in zip(personas, allowed):
        made.fakes.personas(persona.of(bridge.process))
        assert (switch.ask("start", "lockdown").code == 0) == is_allowed
        assert switch.ask("stop").code == 0
    made.service.set_automatic(False)


# Another program of the machine.


def test_further_programs_reach_the_gateways(make_installation: Callable[..., Installation],
                                             bridge: Bridge) -> None:
    made = make_installation()
    tool = rf"{made.folder}\bin\tapctl.exe"
    made.registry.set_text(made.key, "firewall_programs", rf"{tool}|relative.exe|C:\gone\x.exe")
    made.service.set_automatic(True)
    made.start()
    switch = KillSwitch(made, bridge)
    switch.start(*GATEWAYS)
    for program, action in ((tool, "permit"), (r"C:\browser.exe", "block")):
        answer = made.fakes.verdict(ETHERNET, "198.51.100.7", remote_port=1194, protocol=17,
                                    program=program)
        assert answer["action"] == action
    assert events(made, "relative.exe is not used: it is no absolute path")
    assert events(made, "C:\\gone\\x.exe is not used: it can't be opened")
    assert switch.isup()["firewall_damaged"] == "0"
    switch.stop()
    made.service.set_automatic(False)


def test_a_further_program_that_users_can_change_is_not_used(
        make_installation: Callable[..., Installation], bridge: Bridge) -> None:
    made = make_installation(settings=(("allow_writable_install", "0"),))
    tool = rf"{made.folder}\bin\tapctl.exe"
    made.registry.set_text(made.key, "firewall_programs", tool)
    made.service.set_automatic(True)
    made.start()
    assert events(made, "tapctl.exe is not used: ")
    switch = KillSwitch(made, bridge)
    switch.start(*GATEWAYS)
    answer = made.fakes.verdict(ETHERNET, "198.51.100.7", remote_port=1194, protocol=17,
                                program=tool)
    assert answer["action"] == "block"
    switch.stop()
    made.service.set_automatic(False)
