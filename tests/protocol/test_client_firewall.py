# SPDX-License-Identifier: MIT
"""gatehouse.exe and the kill switch: `firewall`, and `connect --kill-switch`."""
from __future__ import annotations

import signal
from typing import Any, Callable, Dict, Iterator, List

import pytest

from harness import process
from harness.bridge import Bridge
from harness.fakes import (ADMINISTRATOR, ETHERNET, LOCAL_GROUPS, PLAIN_USER,
                           REMOTE_INTERACTIVE)
from harness.installation import Installation
from harness.runner import Runner
from protocol.support.gatehouse_program import Gatehouse, Json, starting
from protocol.support.kill_switch import ALICE, BOB, KillSwitch
from protocol.test_client import read_until, start_here

Ask = Callable[[str], Gatehouse]
Connect = Callable[..., Gatehouse]

DONE, USAGE, NO_SERVICE, REFUSED, OPENVPN, DOWN, DAMAGED, UNRESOLVED = 0, 2, 3, 4, 5, 9, 10, 11

SERVER, OTHER = "198.51.100.7", "203.0.113.9"

#: No address for us, but Windows' functions for names take it for SERVER.
NAME = "0xc6336407"

#: No name server has it (RFC 6761).
NOBODY = "nowhere.invalid"


@pytest.fixture(autouse=True)
def machine(guarded: Installation, bridge: Bridge) -> Installation:
    """Alice is logged on; the test itself asks as an administrator."""
    guarded.fakes.personas(ALICE, ADMINISTRATOR.of(bridge.process))
    guarded.fakes.local_groups(*LOCAL_GROUPS)
    return guarded


@pytest.fixture
def ask(machine: Installation, user_bridge: Bridge) -> Iterator[Ask]:
    """Starts `gatehouse firewall` as Alice."""
    with starting(lambda arguments: Gatehouse.ask(machine, user_bridge, f"firewall {arguments}")
                  ) as start:
        yield start


@pytest.fixture
def connect(machine: Installation, user_bridge: Bridge) -> Iterator[Connect]:
    """Starts `gatehouse connect` as Alice with a configuration of this text."""
    def make(text: str, options: str = "--kill-switch") -> Gatehouse:
        config = machine.write_config("home.ovpn", f"client\n{text}")
        return Gatehouse.connect(machine, user_bridge, f'"{config}" {options}')

    with starting(make) as start:
        yield start


def log_of_openvpn(machine: Installation) -> str:
    return (machine.host_folder / "log" / "client.log").read_text(encoding="utf-8")


def lines_of(client: Gatehouse, state: str) -> List[Json]:
    """The objects with this state so far."""
    return [line for line in client.lines() if line["state"] == state]


# ---- start, stop, isup ----

def test_it_is_started_shown_and_stopped(ask: Ask) -> None:
    off = {"state": "off"}
    assert ask("isup --json").object(DOWN) == {"schema": 1, "firewall": off}
    made = ask(f"start --json allow-lan {SERVER}:1194/udp [2001:db8::7]:443/tcp").object()
    assert set(made) == {"schema", "firewall"}
    shown = made["firewall"]
    assert shown.pop("since") > 1_700_000_000
    assert "gatehouse firewall stop" in shown.pop("way_out")
    expected: Dict[str, Any] = {
        "state": "connecting", "damaged": False, "owner": rf"{ALICE.domain}\{ALICE.name}",
        "lan": True, "gateways": f"{SERVER}:1194/udp [2001:db8::7]:443/tcp", "tunnels": 0,
        "above": "", "yours": True}
    assert shown == expected
    assert ask("isup --json").object()["firewall"]["state"] == "connecting"
    assert ask("stop --json").object() == {"schema": 1, "firewall": off, "was_up": True}
    assert ask("stop --json").object() == {"schema": 1, "firewall": off, "was_up": False}
    ask("isup").done(DOWN)


def test_people_read_who_blocks_since_when_and_the_way_out(ask: Ask) -> None:
    assert "is down" in ask("isup").done(DOWN)
    assert f"gateways: {SERVER} {OTHER}:53" in ask(f"start restart {SERVER} {OTHER}:53").done()
    text = ask("isup").done()
    for words in (rf"is up (connecting), started by {ALICE.domain}\{ALICE.name}, 20",
                  "The local network is closed", "The way out: gatehouse firewall stop"):
        assert words in text
    assert "(lockdown)" in ask("start lockdown").done()
    assert "is down" in ask("stop").done()


def test_damage_has_an_exit_code(ask: Ask, switch: KillSwitch, machine: Installation) -> None:
    switch.start(SERVER)
    machine.fakes.delete_filter(switch.blocks()[0]["id"])
    assert ask("isup --json").object(DAMAGED)["firewall"]["damaged"]


@pytest.mark.parametrize("trouble", ["service", "engine"])
def test_that_it_cannot_be_told_has_an_exit_code(ask: Ask, switch: KillSwitch,
                                                 machine: Installation, trouble: str) -> None:
    switch.start(SERVER)
    if trouble == "service":
        machine.stop()
    else:
        machine.fakes.stop_bfe()
    assert ask("isup --json").failure(NO_SERVICE)["what"]


# ---- refusals ----

def test_somebody_else_may_not_touch_it(ask: Ask, switch: KillSwitch, machine: Installation,
                                        bridge: Bridge) -> None:
    switch.start("lockdown")
    machine.fakes.personas(BOB, ADMINISTRATOR.of(bridge.process))
    for words in ("stop", f"start {SERVER}"):
        failure = ask(f"{words} --json").failure(REFUSED)
        assert "Somebody else has started the kill switch" in failure["what"]
        assert "gatehouse firewall isup" in failure["advice"]
    assert not ask("isup --json").object()["firewall"]["yours"]


def test_a_remote_session_is_told_what_it_must_say(ask: Ask, switch: KillSwitch,
                                                   machine: Installation, bridge: Bridge) -> None:
    machine.fakes.personas(ALICE.with_group(REMOTE_INTERACTIVE), ADMINISTRATOR.of(bridge.process))
    failure = ask("start lockdown --json").failure(REFUSED)
    assert "remote session" in failure["what"]
    assert "remote-ok" in failure["advice"]
    assert switch.state() == "off"
    ask("start remote-ok lockdown").done()


def test_a_service_that_windows_does_not_start_is_told(ask: Ask, machine: Installation) -> None:
    machine.service.set_automatic(False)
    failure = ask("start lockdown --json").failure(REFUSED)
    assert f'sc config "{machine.service.name}" start= auto' in failure["advice"]


def test_an_engine_that_does_not_run_is_told(ask: Ask, machine: Installation) -> None:
    machine.fakes.stop_bfe()
    assert "net start bfe" in ask("start lockdown --json").failure(REFUSED)["advice"]


def test_who_may_not_start_it_is_told_why(ask: Ask, machine: Installation, bridge: Bridge) -> None:
    machine.fakes.personas(PLAIN_USER, ADMINISTRATOR.of(bridge.process))
    assert "firewall_users" in ask("start lockdown --json").failure(REFUSED)["advice"]


@pytest.mark.parametrize(("arguments", "words"), [
    ("", "say start, stop or isup"), ("status", "say start, stop or isup: status"),
    ("stop now", "unexpected argument: now"), ("isup --for a", "--for goes with start"),
    ("start", "Which gateways may be reached?"), ("start vpn.example", "vpn.example"),
    ("start 127.0.0.1", "loopback address: 127.0.0.1"), ("start 10.0.0.0/8", "10.0.0.0/8"),
    ("start lockdown 198.51.100.7", "A lockdown has no gateways"),
    ("start " + " ".join(f"203.0.113.{host}" for host in range(65)), "64 gateways"),
    ("start lockdown --allow-lan", "unknown option: --allow-lan"),
    ("start --for", "this option needs a value")])
def test_wrong_words_are_usage_errors(ask: Ask, switch: KillSwitch, arguments: str, words: str
                                      ) -> None:
    assert words in ask(f"{arguments} --json").failure(USAGE)["what"]
    assert switch.state() == "off"


# ---- start --for ----

@pytest.mark.parametrize(("text", "gateways"), [
    (f"remote {SERVER}\nremote {OTHER} 443 tcp\n", f"{SERVER}:1194/udp {OTHER}:443/tcp"),
    (f"remote {NAME}\nremote {SERVER}\n", f"{SERVER}:1194/udp"),
    (f"<connection>\nremote {SERVER} 53\n</connection>\nremote {OTHER}\n", f"{SERVER}:53/udp"),
    ("proto tcp6\nremote 2001:db8::7 443\n", "[2001:db8::7]:443/tcp"),
    (f"remote {NOBODY} 443 tcp\nhttp-proxy {OTHER} 3128\n", f"{OTHER}:3128/tcp")])
def test_the_servers_of_a_configuration_become_gateways(
        ask: Ask, machine: Installation, text: str, gateways: str) -> None:
    config = machine.write_config("home.ovpn", text)
    shown = ask(f'start --json --for "{config}"').object()["firewall"]
    assert (shown["state"], shown["gateways"]) == ("connecting", gateways)


def test_more_words_go_with_a_configuration(ask: Ask, machine: Installation) -> None:
    config = machine.write_config("home.ovpn", f"remote {SERVER}\n")
    shown = ask(f'start allow-lan {OTHER} --json "--for={config}"').object()["firewall"]
    assert (shown["lan"], shown["gateways"]) == (True, f"{OTHER} {SERVER}:1194/udp")


MANY = "".join(f"remote 203.0.113.{host}\n" for host in range(1, 34))


@pytest.mark.parametrize(("text", "code", "words"), [
    (f"remote {SERVER}\nremote {NOBODY}\n", UNRESOLVED, f"can't be resolved: {NOBODY}"),
    ("client\n", USAGE, "it names no server"),
    ("client\nremote a https\n", USAGE, "a port is a number from 1 to 65535: https (line 2)"),
    ("remote 127.0.0.1\n", USAGE, "127.0.0.1: No gateway has a loopback address"),
    (f"remote {SERVER}\nremote-random-hostname\n", USAGE, "remote-random-hostname (line 2)"),
    (f"{MANY}{MANY}".replace("\n", " 53\n", 33), USAGE, "64")])
def test_a_configuration_that_gives_no_gateways_changes_nothing(
        ask: Ask, switch: KillSwitch, machine: Installation, text: str, code: int, words: str
        ) -> None:
    config = machine.write_config("home.ovpn", text)
    assert words in ask(f'start --json --for "{config}"').failure(code)["what"]
    assert switch.state() == "off"


def test_a_configuration_that_is_not_there_is_a_usage_error(ask: Ask) -> None:
    assert "no such file" in ask("start --json --for nowhere.ovpn").failure(USAGE)["what"]


# ---- connect --kill-switch ----

def test_it_blocks_before_openvpn_is_started(connect: Connect, switch: KillSwitch,
                                             machine: Installation) -> None:
    client = connect(f"remote {SERVER}\nremote {NAME} 443 tcp\n", "--kill-switch --allow-lan")
    client.wait_for("CONNECTED")
    assert client.states()[:2] == ["KILL_SWITCH", "STARTED"]
    told = client.lines()[0]
    shown = told["firewall"]
    assert (shown["state"], shown["lan"], told["was_up"]) == ("connecting", True, False)
    assert shown["gateways"] == f"{SERVER}:1194/udp {SERVER}:443/tcp"
    assert switch.state() == "connected"
    browser = machine.fakes.verdict(ETHERNET, "93.184.216.34", remote_port=443, protocol=6)
    assert browser["action"] == "block"
    assert f"remote ACCEPT for {SERVER},1194,udp" in log_of_openvpn(machine)
    call = machine.record.wait_for("CreateProcessAsUserW")
    assert "--management-query-remote" in call["command_line"]


def test_a_name_is_answered_by_its_address(connect: Connect, machine: Installation) -> None:
    client = connect(f"remote {NAME} 1195\n")
    client.wait_for("CONNECTED")
    assert f"remote MOD {SERVER} 1195 for {NAME},1195,udp" in log_of_openvpn(machine)


def test_a_lost_tunnel_is_told_with_the_way_out(connect: Connect, switch: KillSwitch,
                                                machine: Installation) -> None:
    client = connect(f"remote {SERVER}\nremote {NAME} 443 tcp\nsetenv GATEHOUSE_LOSSES 2\n"
                     "setenv GATEHOUSE_DIES_AFTER 1\n")
    client.failure(OPENVPN)
    lost = lines_of(client, "BLOCKED")
    assert [line["ended"] for line in lost] == [False, False, True]
    assert all("gatehouse firewall stop" in line["way_out"] for line in lost)
    assert client.states().count("CONNECTED") == 3
    assert client.states()[-1] == "DISCONNECTED"
    answers = [line for line in log_of_openvpn(machine).splitlines() if ": remote " in line]
    assert [line.split(": remote ")[1] for line in answers] == [
        f"ACCEPT for {SERVER},1194,udp", f"MOD {SERVER} 443 for {NAME},443,tcp-client",
        f"ACCEPT for {SERVER},1194,udp"]
    assert switch.state() == "connecting"


def test_a_server_that_was_not_named_before_is_left_out(connect: Connect, machine: Installation
                                                        ) -> None:
    """The stand-in takes what stands in a file within the configuration for a server, as if that
    had been added meanwhile."""
    client = connect(f"remote {SERVER}\n<ca>\nremote {OTHER}\n</ca>\nsetenv GATEHOUSE_LOSSES 1\n"
                     "setenv GATEHOUSE_DIES_AFTER 1\n")
    client.failure(OPENVPN)
    assert client.states().count("CONNECTED") == 2
    warning, = lines_of(client, "WARNING")
    assert f"{OTHER},1194,udp" in warning["what"]
    assert f"remote SKIP for {OTHER},1194,udp" in log_of_openvpn(machine)


def test_without_any_server_that_it_knows_the_connection_fails(connect: Connect, switch: KillSwitch
                                                               ) -> None:
    client = connect(f"setenv opt remote {SERVER}\n<ca>\nremote {OTHER}\n</ca>\n")
    assert "No usable connection profiles" in client.failure(OPENVPN)["what"]
    assert [line["ended"] for line in lines_of(client, "BLOCKED")] == [True]
    assert switch.state() == "connecting"


@pytest.mark.parametrize("release", [False, True])
@pytest.mark.parametrize("end", ["ctrl_c", "disconnect", "death"])
def test_what_becomes_of_it_at_the_end_is_said(
        runner: Runner, switch: KillSwitch, machine: Installation, bridge: Bridge, end: str,
        release: bool) -> None:
    config = machine.write_config("home.ovpn", f"remote {SERVER}\n")
    machine.fakes.personas(ADMINISTRATOR)
    client = start_here(runner, machine,
                        f"'{config}' --kill-switch{' --release' if release else ''}")
    assert read_until(client, "CONNECTED")[:2] == ["KILL_SWITCH", "STARTED"]
    if end == "ctrl_c":
        client.send_signal(signal.SIGINT)
    elif end == "disconnect":
        control = machine.control(bridge)
        assert control.ask("stop", "all").code == 0
        control.close()
    else:
        openvpn, = [row for row in machine.processes() if row.image == "openvpn.exe"]
        process.kill(bridge, openvpn.process)
    states = read_until(client, "")
    assert states[-2:] == ["RELEASED" if release else "BLOCKED", "DISCONNECTED"]
    assert client.wait() == (OPENVPN if end == "death" else DONE)
    assert client.stdin and client.stdout
    client.stdin.close()
    client.stdout.close()
    assert switch.state() == ("off" if release else "connecting")


def test_a_dead_client_leaves_it(connect: Connect, switch: KillSwitch, machine: Installation
                                 ) -> None:
    client = connect(f"remote {SERVER}\n", "--kill-switch --release")
    client.wait_for("CONNECTED")
    client.process.kill()
    switch.wait_whole("connecting")


# What keeps it from being started keeps openvpn from it, too.

@pytest.mark.parametrize(("text", "code", "words"), [
    (f"remote {NOBODY}\n", UNRESOLVED, NOBODY),
    ("", USAGE, "it names no server"),
    (f"remote {SERVER}\nsocks-proxy {OTHER}\n", USAGE, "goes through a proxy")])
def test_without_addresses_nothing_is_started(connect: Connect, switch: KillSwitch,
                                              machine: Installation, text: str, code: int,
                                              words: str) -> None:
    client = connect(text)
    assert words in client.failure(code)["what"]
    assert client.states() == ["ERROR"]
    assert switch.state() == "off"
    assert not machine.record.calls("CreateProcessAsUserW")


def test_a_refused_kill_switch_is_no_connection(connect: Connect, machine: Installation) -> None:
    machine.service.set_automatic(False)
    client = connect(f"remote {SERVER}\n")
    client.failure(REFUSED)
    assert client.states() == ["ERROR"]
    assert not machine.record.calls("CreateProcessAsUserW")


def test_another_users_kill_switch_is_no_connection(connect: Connect, switch: KillSwitch,
                                                    machine: Installation) -> None:
    switch.start("lockdown")
    failure = connect(f"remote {NOBODY}\n").failure(REFUSED)
    assert ADMINISTRATOR.name in failure["what"]
    assert "gatehouse firewall stop" in failure["advice"]
    assert not machine.record.calls("CreateProcessAsUserW")


def test_a_refused_option_leaves_it_and_says_so(make_installation: Callable[..., Installation],
                                                bridge: Bridge, user_bridge: Bridge) -> None:
    made = make_installation(settings=(("query_remote", "0"),))
    made.service.set_automatic(True)
    made.start()
    made.fakes.personas(ALICE, ADMINISTRATOR.of(bridge.process))
    made.fakes.local_groups(*LOCAL_GROUPS)
    config = made.write_config("home.ovpn", f"remote {SERVER}\n")
    client = Gatehouse.connect(made, user_bridge, f'"{config}" --kill-switch')
    assert "query_remote" in client.failure(REFUSED)["advice"]
    client.process.close()
    assert client.states() == ["KILL_SWITCH", "ERROR", "BLOCKED"]
    assert KillSwitch(made, bridge).stop()["firewall_was_up"] == "1"
    made.service.set_automatic(False)


# ---- one that is up already ----

@pytest.mark.parametrize(("words", "changed"), [
    ([f"{SERVER}:1194/udp"], False), ([OTHER], True), (["lockdown"], True)])
def test_the_users_own_is_replaced_and_a_change_is_told(
        connect: Connect, switch: KillSwitch, user_bridge: Bridge, words: List[str], changed: bool
        ) -> None:
    switch.start(*words, at=user_bridge)
    client = connect(f"remote {SERVER}\n")
    client.wait_for("CONNECTED")
    told, = lines_of(client, "KILL_SWITCH")
    assert (told["was_up"], told["changed"]) == (True, changed)
    assert switch.isup()["firewall_gateways"] == f"{SERVER}:1194/udp"


def test_a_name_that_cannot_be_resolved_now_keeps_its_address(
        connect: Connect, switch: KillSwitch, machine: Installation, user_bridge: Bridge) -> None:
    switch.start(f"{SERVER}:1194/udp", f"{OTHER}:443/tcp", at=user_bridge)
    client = connect(f"remote {NOBODY}\n")
    client.wait_for("CONNECTED")
    warning, = lines_of(client, "WARNING")
    assert "can't be resolved" in warning["what"]
    assert f"remote MOD {SERVER} 1194 for {NOBODY},1194,udp" in log_of_openvpn(machine)


def test_a_name_without_any_address_needs_it_stopped(connect: Connect, switch: KillSwitch,
                                                     user_bridge: Bridge) -> None:
    switch.start(f"{SERVER}:1194/udp", at=user_bridge)
    failure = connect(f"remote {NOBODY} 443 tcp\n").failure(UNRESOLVED)
    assert "gatehouse firewall stop" in failure["advice"]
    assert switch.isup()["firewall_gateways"] == f"{SERVER}:1194/udp"


def test_people_read_what_is_blocked(machine: Installation, switch: KillSwitch,
                                     user_bridge: Bridge) -> None:
    switch.start(OTHER, at=user_bridge)
    config = machine.write_config("home.ovpn", f"remote {SERVER}\nsetenv GATEHOUSE_LOSSES 1\n"
                                  "setenv GATEHOUSE_DIES_AFTER 1\n")
    client = Gatehouse.ask(machine, user_bridge, f'connect "{config}" --kill-switch '
                           rf'--log "{machine.folder}\log\client.log"')
    text = client.done(OPENVPN)
    for words in (f"it was up already, with other servers: {OTHER}",
                  f"nothing is let out but openvpn to {SERVER}:1194/udp",
                  "the tunnel is lost, and nothing is let out until it is back; to open it: gate",
                  "the kill switch stays, and nothing is let out; to open it: gatehouse firewall"):
        assert words in text, text
    client.process.close()
