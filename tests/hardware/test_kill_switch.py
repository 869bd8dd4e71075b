# SPDX-License-Identifier: MIT
"""The kill switch in Windows' own filtering platform: what is there, what it holds, and what it
leaves. While it blocks, whoever runs the tests may be cut off: for 20 seconds at most
(support/block.py). What needs a restart of Windows is in README.md, "By hand"."""
from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import uuid
from pathlib import Path
from typing import Callable, Iterator, List, Tuple

import pytest

from hardware.support import adapter as adapters
from hardware.support import filtering, here, looks, powershell
from hardware.support.adapter import Adapter
from hardware.support.block import (ELSEWHERE, ELSEWHERE_IPV6, GATEWAY, Block, blocking, is_blocked,
                                    is_blocked_for_others, this_program)
from hardware.support.capture import leaves
from hardware.support.filtering import BLOCK, BOOT, FORWARD_BLOCK, LOOPBACK, PERSISTENT
from hardware.support.fwpuclnt import (BOOT as BOOT_FLAG, CONNECT_V4, INCLUDE_BOOT,
                                       INCLUDE_DISABLED, INVALID_FLAGS, NOT_REGISTERED, TIMEOUT,
                                       Engine, PlatformError)
from hardware.support.fwpuclnt import PERSISTENT as PERSISTENT_FLAG
from hardware.support.release import Release, now
from harness.bridge import Bridge
from harness.eventually import HANG, eventually
from harness.installation import Options
from harness.messages import address
from harness.runner import Runner
from harness.session import Session

#: POLICY_RECORD_SIZE of src/firewall/policy_record.h: the service keeps no more with its provider.
LARGEST_POLICY = 1427

#: Outside; answers over plain HTTP.
WEB_SERVER = ("www.msftconnecttest.com", 80)

#: Under which Hyper-V's firewall has the guests of WSL.
WSL_CREATOR = "{40E0AC32-46A5-438A-A0B2-2B479E8F2E90}"

OPENVPN_PORT = 1194
GATEWAY_WORD = f"{GATEWAY}:{OPENVPN_PORT}/udp"


@pytest.fixture
def block(release: Release, bridge: Bridge) -> Iterator[Block]:
    """The kill switch of `release`; it is down before and after."""
    with blocking(release, bridge) as made:
        yield made


@contextlib.contextmanager
def block_of(runner: Runner, bridge: Bridge, name: str, *settings: Tuple[str, str]
             ) -> Iterator[Block]:
    """Of a release of its own with these settings."""
    release = Release(runner, bridge, runner.claim_name(name), Options(settings=settings))
    release.create()
    try:
        release.start()
        with blocking(release, bridge) as made:
            yield made
    finally:
        release.destroy()


@pytest.fixture
def own_block(runner: Runner, bridge: Bridge) -> Iterator[Block]:
    """Of a release that takes this program for openvpn.exe: its sockets may reach gateways."""
    with block_of(runner, bridge, "ghk", ("exe_path", this_program()),
                  ("allow_writable_install", "1")) as made:
        yield made


def router(family: str = "0.0.0.0/0") -> str:
    """The next hop of the default route. Skips without one."""
    rows = powershell.ask(
        f"Get-NetRoute -DestinationPrefix {family} -ErrorAction SilentlyContinue | "
        "Sort-Object { $_.RouteMetric + $_.InterfaceMetric } | "
        "Select-Object -First 1 NextHop, InterfaceIndex")
    if not rows:
        pytest.skip(f"no route to {family}")
    return f"{rows[0]['NextHop']}%{rows[0]['InterfaceIndex']}"


def own_address() -> str:
    """That from which packets leave this machine."""
    router()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.connect((ELSEWHERE, 9))
        return str(made.getsockname()[0])


# What is there.


def test_windows_has_the_filters_with_the_lifetimes_of_the_plan(block: Block) -> None:
    block.start(GATEWAY_WORD)
    seen = filtering.state()
    block.stop()
    instance = block.release.instance
    provider = seen.providers[filtering.key(instance, filtering.PROVIDER)]
    assert provider.service == block.release.service.name
    assert filtering.PROVIDER_DISABLED not in provider.flags
    assert all(row.provider == provider.key for row in seen.ours(instance).values())
    persistent = [row for row in seen.of_role(instance, BLOCK) if PERSISTENT in row.flags]
    assert sorted(row.layer for row in persistent) == [
        "FWPM_LAYER_ALE_AUTH_CONNECT_V4", "FWPM_LAYER_ALE_AUTH_CONNECT_V6",
        "FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4", "FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V6"]
    gateway, = seen.of_role(instance, filtering.GATEWAY)
    assert not gateway.flags & {PERSISTENT, BOOT}


def test_the_sublayer_has_the_weight_that_it_asks_for(block: Block) -> None:
    block.start("lockdown")
    seen = filtering.state()
    block.stop()
    ours = seen.sublayers[filtering.key(block.release.instance, filtering.SUBLAYER)]
    assert int(ours.weight) == max(int(row.weight) for row in seen.sublayers.values()) == 0xFFFF


def test_the_twins_for_the_boot_are_in_the_boot_time_policy(block: Block) -> None:
    block.start(GATEWAY_WORD)
    seen = filtering.boot_time_policy()
    block.stop()
    instance = block.release.instance
    twins = {role: len(seen.of_role(instance, role)) for role in (LOOPBACK, BLOCK, FORWARD_BLOCK)}
    assert twins == {LOOPBACK: 4, BLOCK: 4, FORWARD_BLOCK: 2}
    assert len(seen.ours(instance)) == sum(twins.values())


def left(release: Release) -> List[str]:
    """Traces of the kill switch, as the platform lists its objects and as Windows keeps them."""
    seen = filtering.state()
    keys = [*seen.ours(release.instance), *filtering.boot_time_policy().ours(release.instance)]
    marks = [filtering.key(release.instance, role) for role in (
        filtering.PROVIDER, filtering.SUBLAYER, BLOCK, LOOPBACK)]
    keys += [mark for mark in marks if mark in seen.providers or mark in seen.sublayers]
    kept = powershell.run(["reg.exe", "query", r"HKLM\SYSTEM\CurrentControlSet\Services\BFE"
                           r"\Parameters\Policy", "/s"]).lower()
    return keys + [mark for mark in marks
                   if mark.strip("{}") in kept or uuid.UUID(mark).bytes_le.hex() in kept]


def test_a_stop_leaves_nothing(block: Block) -> None:
    block.start("allow-lan", GATEWAY_WORD)
    block.stop()
    assert not left(block.release)


def test_a_removed_service_leaves_nothing(block: Block) -> None:
    release = block.release
    block.start(GATEWAY_WORD)
    assert release.command("-remove") == 0
    try:
        assert not left(release)
        assert not is_blocked(ELSEWHERE, 443)
    finally:
        assert release.command("-install") == 0
        release.forbid_restarts()


def test_cleanup_opens_without_the_service(block: Block) -> None:
    block.start(GATEWAY_WORD)
    block.release.stop()
    held = is_blocked(ELSEWHERE, 443)
    assert block.release.command("-cleanup") == 0
    assert held
    assert not is_blocked(ELSEWHERE, 443)
    assert not left(block.release)


def test_windows_knows_openvpn_by_the_name_in_the_filter(block: Block) -> None:
    block.start(GATEWAY_WORD)
    seen = filtering.state()
    block.stop()
    gateway, = seen.of_role(block.release.instance, filtering.GATEWAY)
    written = re.sub(r"\s", "", gateway.text.lower())
    known = filtering.app_ids(rf"{block.release.folder}\bin\openvpn.exe")
    assert known and any(each in written for each in known)


# What the platform does with what it is asked.


def test_a_weight_that_is_taken_is_not_given_twice(block: Block) -> None:
    with Engine() as engine:
        first, second = engine.add_sublayer(0xFFFF), engine.add_sublayer(0xFFFF)
        assert engine.sublayer_weight(second) < engine.sublayer_weight(first) == 0xFFFF
        assert block.start("lockdown")["firewall_damaged"] == "0"
        held = is_blocked(ELSEWHERE, 443)
        block.stop()
        assert held


def test_a_filter_for_the_boot_is_not_persistent_too() -> None:
    with Engine(is_dynamic=False) as engine:
        engine.begin()
        try:
            sublayer = engine.add_sublayer(0x1000)
            with pytest.raises(PlatformError) as refused:
                engine.add_filter(sublayer, PERSISTENT_FLAG | BOOT_FLAG)
        finally:
            engine.abort()
        assert refused.value.code == INVALID_FLAGS


def test_a_list_has_the_filters_for_the_boot_if_it_is_told_to(block: Block) -> None:
    block.start("lockdown")
    with Engine() as engine:
        told = engine.filter_keys(CONNECT_V4, INCLUDE_BOOT | INCLUDE_DISABLED)
        untold = engine.filter_keys(CONNECT_V4)
        without_template = engine.filter_keys()
    block.stop()
    ours = filtering.role_keys(block.release.instance, BLOCK)
    assert [len([key for key in keys if key in ours]) for keys in (told, untold)] == [2, 1]
    assert len([key for key in without_template if key in ours]) == 4


@pytest.mark.parametrize("size", [LARGEST_POLICY, 16384])
def test_a_provider_keeps_as_much_data_as_a_policy_has(size: int) -> None:
    data = os.urandom(size)
    with Engine() as engine:
        assert engine.provider_data(engine.add_provider(data)) == data


def test_who_holds_the_platform_is_named(block: Block) -> None:
    since = now()
    with Engine() as engine:
        engine.begin()
        try:
            reply = block.ask("start", "remote-ok", "lockdown", seconds=HANG)
        finally:
            engine.abort()
    assert reply.code == TIMEOUT
    assert any("Gatehouse hardware test" in text and f"process {os.getpid()}" in text
               for text in block.release.events(since))
    assert block.state() == "off"


def restart_bfe() -> None:
    """With the services that depend on it. Skips where Windows does not let itself."""
    try:
        powershell.do("Restart-Service -Name BFE -Force; Start-Service -Name mpssvc")
    except powershell.CommandFailed as error:
        pytest.skip(f"BFE can't be restarted here: {error}")


@pytest.mark.disruptive
@pytest.mark.parametrize("kind, is_held", [("auto", True), ("delayed-auto", True),
                                           ("demand", False)])
def test_a_restart_opens_if_windows_does_not_start_the_service(block: Block, kind: str,
                                                               is_held: bool) -> None:
    """The service is stopped, so that it does not put anything back."""
    name = block.release.service.name
    block.start("lockdown")
    block.release.stop()
    powershell.run(["sc.exe", "config", name, "start=", kind])
    try:
        restart_bfe()
        held = is_blocked(ELSEWHERE, 443)
        seen = filtering.state()
        block.check_time()
    finally:
        block.release.command("-cleanup")
        powershell.run(["sc.exe", "config", name, "start=", "auto"])
    assert held == is_held
    provider = seen.providers.get(filtering.key(block.release.instance, filtering.PROVIDER))
    assert not is_held or provider
    if provider:
        assert (filtering.PROVIDER_DISABLED not in provider.flags) == is_held


@pytest.mark.disruptive
def test_without_the_platform_nothing_is_promised(block: Block) -> None:
    try:
        powershell.do("Stop-Service -Name BFE -Force")
    except powershell.CommandFailed as error:
        pytest.skip(f"BFE can't be stopped here: {error}")
    try:
        assert block.ask("start", "remote-ok", "lockdown").code == NOT_REGISTERED
    finally:
        powershell.do("Start-Service -Name BFE; Start-Service -Name mpssvc")
    assert eventually(block.state, lambda state: state == "off") == "off"


# What it holds.


def test_a_lockdown_holds_programs_and_spares_loopback(block: Block) -> None:
    name_server = router().split("%")[0]
    packets = [f"tcp {ELSEWHERE} 443", f"udp {ELSEWHERE} 443", f"udp {name_server} 53",
               f"tcp {name_server} 9100"]
    assert not any(is_blocked_for_others(packets)), "something else blocks here"
    with socket.create_server(("127.0.0.1", 0)) as server:
        block.start("lockdown")
        held = is_blocked_for_others(packets)
        with socket.create_connection(server.getsockname(), 5):
            pass
        block.stop()
    assert held == [True] * len(packets)


def test_ipv6_is_held_too(block: Block) -> None:
    router("::/0")
    packets = [f"tcp {ELSEWHERE_IPV6} 443", f"udp {ELSEWHERE_IPV6} 53"]
    assert not any(is_blocked_for_others(packets)), "something else blocks here"
    block.start("lockdown")
    held = is_blocked_for_others(packets)
    block.stop()
    assert held == [True, True]


def test_the_lan_is_open_if_it_is_allowed(block: Block) -> None:
    lan = router().split("%")[0]
    packets = [f"tcp {lan} 9100", f"udp {lan} 53", f"tcp {ELSEWHERE} 443"]
    block.start("lockdown", "allow-lan")
    held = is_blocked_for_others(packets)
    block.stop()
    assert held == [False, True, True]


def test_openvpn_alone_reaches_its_gateway(own_block: Block) -> None:
    router()
    assert not is_blocked(GATEWAY, OPENVPN_PORT, is_udp=True)
    own_block.start(GATEWAY_WORD)
    held = [is_blocked(GATEWAY, OPENVPN_PORT, is_udp=True), is_blocked(GATEWAY, OPENVPN_PORT),
            is_blocked(GATEWAY, 443, is_udp=True), is_blocked(ELSEWHERE, 443)]
    others, = is_blocked_for_others([f"udp {GATEWAY} {OPENVPN_PORT}"])
    own_block.stop()
    assert held == [False, True, True, True]
    assert others


@pytest.mark.adapter
def test_a_tunnel_is_open_as_long_as_its_session(block: Block, plugged: Adapter,
                                                 connect: Callable[..., Session]) -> None:
    router()
    session = connect()
    block.start(GATEWAY_WORD)
    before = is_blocked(here.allowed("198.51.100.99"), 443)
    assert session.openvpn.request(address(here.allowed("198.51.100.10/24"), plugged.index)) == 0
    eventually(lambda: "198.51.100.10/24" in looks.addresses(plugged), bool)
    meanwhile = [is_blocked("198.51.100.99", 443), is_blocked(ELSEWHERE, 443)]
    session.end()
    after = is_blocked("198.51.100.99", 443)
    block.stop()
    assert (before, meanwhile, after) == (True, [False, True], True)


def test_a_socket_of_both_families_is_held(block: Block) -> None:
    router()
    mapped = f"::ffff:{ELSEWHERE}"
    assert not is_blocked(mapped, 443, both=True), "something else blocks here"
    block.start("lockdown")
    held = is_blocked(mapped, 443, both=True)
    block.stop()
    assert held


def test_an_own_address_counts_as_loopback(block: Block) -> None:
    with socket.create_server((own_address(), 0)) as server:
        block.start("lockdown")
        held = is_blocked(*server.getsockname())
        block.stop()
    assert not held


def _answers(made: socket.socket) -> bool:
    """Whether a web server answers once more on an open connection."""
    try:
        made.sendall(b"GET /connecttest.txt HTTP/1.1\r\nHost: " + WEB_SERVER[0].encode() +
                     b"\r\nConnection: keep-alive\r\n\r\n")
        return made.recv(4096).startswith(b"HTTP/1.1")
    except OSError:
        return False


def test_an_old_connection_dies_and_one_over_loopback_lives(block: Block) -> None:
    with contextlib.ExitStack() as stack:
        try:
            old = stack.enter_context(socket.create_connection(WEB_SERVER, 5))
        except OSError as error:
            pytest.skip(f"no web server can be reached: {error}")
        if not _answers(old) or not _answers(old):
            pytest.skip("the web server does not keep connections open")
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        near = stack.enter_context(socket.create_connection(server.getsockname(), 5))
        far = stack.enter_context(server.accept()[0])
        block.start("lockdown")
        old_lives = _answers(old)
        near.sendall(b"still here")
        heard = far.recv(64)
        block.stop()
    assert (old_lives, heard) == (False, b"still here")


def test_a_block_of_windows_firewall_holds_over_our_permit(own_block: Block) -> None:
    """Our permits are soft: they open nothing that another sublayer blocks."""
    router()
    if not powershell.ask("Get-NetFirewallProfile | Where-Object Enabled -eq True | "
                          "Select-Object Name"):
        pytest.skip("Windows Firewall is off")
    own_block.start(GATEWAY)
    ours = is_blocked(GATEWAY, 443)
    powershell.do("New-NetFirewallRule -Name gatehouse-test -DisplayName gatehouse-test "
                  f"-Direction Outbound -Action Block -RemoteAddress {GATEWAY} | Out-Null")
    try:
        both = is_blocked(GATEWAY, 443)
    finally:
        own_block.stop()
        powershell.do("Remove-NetFirewallRule -Name gatehouse-test")
    assert (ours, both) == (False, True)


@pytest.mark.adapter
@pytest.mark.disruptive
def test_a_tunnels_address_does_not_leave_elsewhere(block: Block, plugged: Adapter,
                                                    connect: Callable[..., Session]) -> None:
    """Where hosts are weak, a program that sends from it may do so over another interface: the
    filters that judge by the address let that pass, those of forwarded packets must not."""
    own = here.allowed("198.51.100.10/24").split("/")[0]
    session = connect()
    assert session.openvpn.request(address("198.51.100.10/24", plugged.index)) == 0
    eventually(lambda: "198.51.100.10/24" in looks.addresses(plugged), bool)

    def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made, \
                contextlib.suppress(OSError):
            made.bind((own, 0))
            made.sendto(b"gatehouse", (ELSEWHERE, 9))

    with weak_hosts(plugged.index, int(router().split("%")[1])):
        if not leaves(ELSEWHERE, send):
            pytest.skip("Windows sends nothing from this address over another interface")
        block.start(GATEWAY_WORD)
        leaked = leaves(ELSEWHERE, send)
        block.stop()
    assert not leaked


@contextlib.contextmanager
def weak_hosts(*interfaces: int) -> Iterator[None]:
    """Packets may be sent over other interfaces than the one that has their address."""
    settings = [f"-InterfaceIndex {each} -AddressFamily IPv4" for each in interfaces]
    before = [powershell.do(f"[string](Get-NetIPInterface {each}).WeakHostSend").strip()
              for each in settings]
    for each in settings:
        powershell.do(f"Set-NetIPInterface {each} -WeakHostSend Enabled")
    try:
        yield
    finally:
        for each, was in zip(settings, before):
            powershell.do(f"Set-NetIPInterface {each} -WeakHostSend {was}")


# openvpn.exe itself.


def real_openvpn() -> str:
    """The program that an installed OpenVPN has beside tapctl.exe. Skips without it."""
    program = here.tapctl().with_name("openvpn.exe")
    if not program.exists():
        pytest.skip(f"{program} is not there")
    return str(program)


@pytest.fixture
def openvpn_block(runner: Runner, bridge: Bridge) -> Iterator[Block]:
    """Of a release whose openvpn.exe is that of an installed OpenVPN."""
    with block_of(runner, bridge, "ghd", ("exe_path", real_openvpn())) as made:
        yield made


@pytest.mark.adapter
@pytest.mark.parametrize("hardware_id", [adapters.HARDWARE_ID, adapters.OF_DCO],
                         ids=["TAP", "DCO"])
def test_openvpn_sends_to_its_gateway_whatever_its_driver(
        openvpn_block: Block, tmp_path: Path, hardware_id: str) -> None:
    """With DCO the driver has the socket: by which name does the platform know that? The gateway
    does not exist, so the first packet is all that there is to see."""
    router()
    secret = tmp_path / "secret.txt"
    secret.write_text("nobody\nnothing\n", encoding="ascii")
    output: List[str] = []
    try:
        with adapters.made("driver", hardware_id) as made:
            def call() -> None:
                output.append(run_for_a_while([
                    real_openvpn(), "--client", "--dev", "tun", "--dev-node", made.name, "--nobind",
                    "--remote", GATEWAY, str(OPENVPN_PORT), "udp", "--verb", "4",
                    "--auth-user-pass", str(secret),
                    "--peer-fingerprint", ":".join(["00"] * 32)]))

            if not leaves(GATEWAY, call):
                pytest.skip(f"openvpn.exe sends nothing, even if nothing is blocked: {output}")
            openvpn_block.start(GATEWAY_WORD)
            left_machine = leaves(GATEWAY, call)
            openvpn_block.stop()
    except powershell.CommandFailed as error:
        pytest.skip(f"no adapter of {hardware_id}: {error}")
    assert ("dco" in output[-1].lower()) == (hardware_id == adapters.OF_DCO), output[-1]
    assert left_machine, output[-1]


def run_for_a_while(command: List[str]) -> str:
    """What a program prints in its first seconds; then it is killed."""
    started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, encoding="utf-8", errors="replace")
    try:
        text, _ = started.communicate(timeout=5)
    except subprocess.TimeoutExpired:
        started.kill()
        text, _ = started.communicate()
    return text


# Guests of this machine.


def test_a_guest_of_wsl2_is_held(block: Block) -> None:
    """Whether its packets come to the layers that the kill switch filters."""
    fetch = ["wsl.exe", "-e", "curl", "-sS", "-m", "5", f"http://{WEB_SERVER[0]}/connecttest.txt"]
    try:
        powershell.run(fetch, seconds=60)
    except (OSError, powershell.CommandFailed, subprocess.TimeoutExpired) as error:
        pytest.skip(f"no guest that reaches the Internet: {error}")
    block.start("lockdown")
    try:
        powershell.run(fetch, seconds=10)
    except (powershell.CommandFailed, subprocess.TimeoutExpired):
        return
    finally:
        block.stop()
    pytest.xfail("guests of WSL2 pass the kill switch")


def test_the_hyper_v_firewall_knows_wsl() -> None:
    """By the id that its rules need."""
    try:
        rows = powershell.ask("Get-NetFirewallHyperVVMCreator | Select-Object VMCreatorId")
    except powershell.CommandFailed as error:
        pytest.skip(f"this Windows has no Hyper-V firewall: {error}")
    assert WSL_CREATOR in [str(row["VMCreatorId"]).upper() for row in rows]


# What the network itself needs.


@pytest.mark.disruptive
def test_an_address_can_be_renewed(block: Block) -> None:
    index = router().split("%")[1]
    if not powershell.ask(f"Get-NetIPInterface -InterfaceIndex {index} -AddressFamily IPv4 | "
                          "Where-Object Dhcp -eq Enabled | Select-Object InterfaceIndex"):
        pytest.skip("the address is not from DHCP")
    name = powershell.do(f"(Get-NetAdapter -InterfaceIndex {index}).Name").strip()
    before = own_address()
    block.start("lockdown")
    try:
        powershell.run(["ipconfig.exe", "/renew", name], seconds=15)
    finally:
        block.stop()
    assert own_address() == before


def test_a_neighbour_is_found_while_it_blocks(block: Block) -> None:
    """By IPv6's neighbour discovery."""
    neighbour, index = router("::/0").split("%")
    if not neighbour.lower().startswith("fe80:"):
        pytest.skip("the router has no link-local address")
    look = (f"Get-NetNeighbor -InterfaceIndex {index} -IPAddress {neighbour} "
            "-ErrorAction SilentlyContinue")
    block.start("lockdown", "allow-lan")
    try:
        powershell.do(f"{look} | Remove-NetNeighbor -Confirm:$false")
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as made:
            made.sendto(b"gatehouse", (neighbour, 9, 0, int(index)))
        found = eventually(
            lambda: powershell.do(f"[string]({look}).State").strip(),
            lambda state: state in ("Reachable", "Stale", "Delay", "Probe"), 5, longest_pause=1)
    finally:
        block.stop()
    assert found in ("Reachable", "Stale", "Delay", "Probe")
