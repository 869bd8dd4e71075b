# SPDX-License-Identifier: MIT
"""The programs that the service runs: which, how, for how long, and what it serves meanwhile."""
from __future__ import annotations

import shutil
import time
from typing import Callable, Dict, Iterator, List, Set, Tuple

import pytest

from harness import process
from harness.bridge import Bridge
from harness.eventually import eventually
from harness.fakes import TAP
from harness.installation import Installation
from harness.messages import (ERROR_MESSAGE_TYPE, CreateAdapter, Dialect, Interface, Machine,
                              Message, OnInterface, RegisterDns, Rings, address,
                              decode_acknowledgement, encode, route, wins_servers)
from harness.programs import runs
from harness.record import Call
from harness.service import CONTROL_STOP, State
from harness.session import Session
from protocol.support.journal_file import events

SessionMaker = Callable[..., Session]
InstallationMaker = Callable[..., Installation]

ACCESS_DENIED, ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_QUOTA = 5, 87, 1816
WAIT_TIMEOUT = 258
CREATE_NO_WINDOW, EXTENDED_STARTUPINFO_PRESENT = 0x08000000, 0x00080000
DCO, TAP_DRIVER = 0, 1

#: Attempts of all sessions of a user to make one.
USER_ADAPTERS = 32

#: Registry key of all network adapters.
ADAPTER_CLASS = r"\Control\Class\{4d36e972-e325-11ce-bfc1-08002be10318}"
SYSTEM = r"c:\windows\system32"

REGISTER = RegisterDns("register_dns")
DHCP = OnInterface("enable_dhcp", interface=Interface(TAP))
OTHER = route("10.21.0.0/16", "10.8.0.1", TAP)


def create_adapter(kind: int) -> Message:
    """The request for an adapter of a type."""
    return CreateAdapter("create_adapter", adapter_type=kind)


#: The programs that each request runs, in order, with their arguments.
COMMANDS: Dict[str, Tuple[Message, List[Tuple[str, str]]]] = {
    "WINS servers": (wins_servers(TAP, "10.8.0.7", "10.8.0.8"), [
        ("netsh", "interface ip delete wins 2 all"),
        ("netsh", "interface ip set wins 2 static 10.8.0.7"),
        ("netsh", "interface ip add wins 2 10.8.0.8")]),
    "DHCP": (DHCP, [("netsh", "interface ipv4 set address name=2 source=dhcp")]),
    "DNS registration": (REGISTER, [("ipconfig", "/flushdns"), ("ipconfig", "/registerdns")]),
    "DCO adapter": (create_adapter(DCO), [("tapctl", "create --hwid ovpn-dco")]),
    "TAP adapter": (create_adapter(TAP_DRIVER), [("tapctl", r"create --hwid root\tap0901")]),
}
ALL_COMMANDS = pytest.mark.parametrize("message, commands", COMMANDS.values(),
                                       ids=COMMANDS.keys())


def keep_clean(installation: Installation) -> Iterator[Installation]:
    """The installation, for tests that create adapters, which stay as on a real machine."""
    before = adapters(installation)
    yield installation
    installation.fakes.clear_faults()
    eventually(lambda: have_all_ended(installation), bool)
    made = {*(adapters(installation) - before), ADAPTER_CLASS}
    assert not eventually(lambda: [line for line in installation.differences()
                                   if not any(part in line for part in made)],
                          lambda lines: not lines)
    installation.populate()


@pytest.fixture
def clean(installation: Installation) -> Iterator[Installation]:
    """The installation that tests share."""
    yield from keep_clean(installation)


def adapters(installation: Installation) -> Set[str]:
    """The GUIDs of all adapters."""
    return {row["guid"] for row in installation.fakes.dump()["interfaces"]}


def starts(installation: Installation, since: int = 0) -> List[Call]:
    """Every CreateProcessW call of the service."""
    return installation.record.calls("CreateProcessW", since=since)


def have_all_ended(installation: Installation) -> bool:
    """Whether all programs of the service have ended."""
    return not [row for row in installation.strangers() if row.image.lower() != "openvpn.exe"]


def run_all(installation: Installation, session: Session, message: Message, count: int) -> int:
    """Send it and wait until so many programs have ended; returns the mark in the record before."""
    mark = installation.record.mark()
    assert session.openvpn.request(message) == 0
    assert eventually(lambda: len(runs(installation, mark)), lambda n: n == count) == count
    assert eventually(lambda: have_all_ended(installation), bool)
    return mark


# ---- how they are run ----

@ALL_COMMANDS
def test_programs_of_a_request(clean: Installation, start_session: SessionMaker, message: Message,
                               commands: List[Tuple[str, str]]) -> None:
    mark = run_all(clean, start_session(), message, len(commands))
    assert [(run.program, " ".join(run.arguments)) for run in runs(clean, mark)] == commands


@ALL_COMMANDS
def test_programs_are_started_by_absolute_paths_without_a_shell(
        clean: Installation, start_session: SessionMaker, message: Message,
        commands: List[Tuple[str, str]]) -> None:
    mark = run_all(clean, start_session(), message, len(commands))
    folders = {"tapctl": rf"{clean.folder}\bin".lower()}
    assert [call["application"].lower() for call in starts(clean, mark)] == [
        rf"{folders.get(program, SYSTEM)}\{program}.exe" for program, _ in commands]
    assert {call["directory"].lower() for call in starts(clean, mark)} == {SYSTEM}


@ALL_COMMANDS
def test_programs_inherit_nothing_and_show_nothing(
        clean: Installation, start_session: SessionMaker, message: Message,
        commands: List[Tuple[str, str]]) -> None:
    mark = run_all(clean, start_session(), message, len(commands))
    for call in starts(clean, mark):
        assert not call["inherit"] and not call["impersonating"]
        assert int(call["flags"], 16) & ~EXTENDED_STARTUPINFO_PRESENT == CREATE_NO_WINDOW
        assert int(call["startup_flags"], 16) == 0


@ALL_COMMANDS
def test_programs_are_logged(clean: Installation, start_session: SessionMaker, message: Message,
                             commands: List[Tuple[str, str]]) -> None:
    mark = run_all(clean, start_session(), message, len(commands))
    lines = eventually(lambda: [event for event in clean.record.events(mark)
                                if "ExecCommand" in event],
                       lambda events: len(events) == len(commands))
    for line, (program, _) in zip(lines, commands):
        assert f"{program}.exe {program} " in line and line.endswith("completed")


@pytest.fixture
def elsewhere(make_installation: InstallationMaker) -> Iterator[Installation]:
    """One whose tapctl.exe lies in a folder of its own. Not started."""
    made = make_installation()
    (made.host_folder / "elsewhere").mkdir()
    shutil.copy2(made.host_folder / "bin" / "tapctl.exe", made.host_folder / "elsewhere")
    made.registry.set_text(made.key, "bin_dir", rf"{made.folder}\elsewhere")
    yield from keep_clean(made)


def test_tapctl_is_that_of_bin_dir(elsewhere: Installation, start_session: SessionMaker) -> None:
    elsewhere.start()
    session = start_session(elsewhere)
    mark = elsewhere.record.mark()
    assert session.openvpn.request(create_adapter(DCO)) == 0
    call, = starts(elsewhere, mark)
    assert call["application"].lower() == rf"{elsewhere.folder}\elsewhere\tapctl.exe".lower()


@pytest.mark.parametrize("place", ["elsewhere", "elsewhere/tapctl.exe"], ids=["folder", "program"])
@pytest.mark.parametrize("is_allowed", [False, True], ids=["refused", "allowed"])
def test_tapctl_does_not_run_as_system_when_users_can_change_it(
        elsewhere: Installation, start_session: SessionMaker, place: str, is_allowed: bool
        ) -> None:
    (elsewhere.host_folder / place).chmod(0o777)
    elsewhere.registry.set_text(elsewhere.key, "allow_writable_install", str(int(is_allowed)))
    elsewhere.start()
    session = start_session(elsewhere)
    mark = elsewhere.record.mark()
    answer = session.openvpn.request(create_adapter(DCO))
    assert (answer, len(starts(elsewhere, mark))) == ((0, 1) if is_allowed else (ACCESS_DENIED, 0))
    assert len(events(elsewhere, "tapctl.exe is not started: ")) == (0 if is_allowed else 1)


# ---- the results ----

def test_wins_servers_of_the_request_replace_those_before_until_the_end(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(wins_servers(TAP, "10.8.0.7", "10.8.0.8")) == 0
    line, = installation.differences()
    assert "['10.99.0.44']" in line and "['10.8.0.7', '10.8.0.8']" in line
    assert session.openvpn.request(wins_servers(TAP, delete=True)) == 0
    assert not installation.differences()


@pytest.mark.parametrize("message", [wins_servers(TAP), wins_servers(0, "10.8.0.7"),
                                     wins_servers(0, delete=True),
                                     wins_servers(TAP, delete=True)],
                         ids=["no servers", "no interface", "deletion without interface",
                              "deletion of nothing"])
def test_wins_request_for_nothing_runs_nothing(installation: Installation,
                                               start_session: SessionMaker, message: Message
                                               ) -> None:
    session = start_session()
    mark = installation.record.mark()
    assert session.openvpn.request(message) == 0
    assert not starts(installation, mark)
    assert not installation.differences()


@pytest.mark.undo
def test_dhcp_gives_the_static_address_back_at_the_end(installation: Installation,
                                                       start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(DHCP) == 0
    assert any("EnableDHCP" in line for line in installation.differences())
    session.end()
    assert not installation.differences()


@pytest.mark.parametrize("kind, component", [(DCO, "ovpn-dco"), (TAP_DRIVER, r"root\tap0901")],
                         ids=["DCO", "TAP"])
def test_created_adapter_is_a_vpn_adapter_and_stays(clean: Installation,
                                                    start_session: SessionMaker, kind: int,
                                                    component: str) -> None:
    session = start_session()
    before = adapters(clean)
    assert session.openvpn.request(create_adapter(kind)) == 0
    made, = [row for row in clean.fakes.dump()["interfaces"] if row["guid"] not in before]
    assert made["component_id"] == component
    assert session.openvpn.request(address("10.30.0.1/24", made["index"])) == 0
    session.end()
    assert made in clean.fakes.dump()["interfaces"]


@pytest.mark.parametrize("kind", [2, -1, 0x7FFFFFFF])
def test_adapter_of_an_unknown_type_is_refused(installation: Installation,
                                               start_session: SessionMaker, kind: int) -> None:
    session = start_session()
    mark = installation.record.mark()
    assert session.openvpn.request(create_adapter(kind)) == ERROR_INVALID_PARAMETER
    assert not starts(installation, mark)


def test_a_user_makes_a_few_adapters_at_most(make_installation: InstallationMaker,
                                             start_session: SessionMaker) -> None:
    """In all sessions together, also when none of them lives any more."""
    installation = make_installation()
    installation.start()
    installation.fakes.fail("CreateProcessW", 5, times=0)
    session = start_session(installation)
    answers = [session.openvpn.request(create_adapter(DCO)) for _ in range(USER_ADAPTERS + 1)]
    assert answers == USER_ADAPTERS * [5] + [ERROR_NOT_ENOUGH_QUOTA]
    session.end()
    again = start_session(installation)
    assert again.openvpn.request(create_adapter(DCO)) == ERROR_NOT_ENOUGH_QUOTA
    again.end()


@pytest.mark.parametrize("program, message", [("tapctl", create_adapter(DCO)), ("netsh", DHCP)],
                         ids=["tapctl", "netsh"])
def test_exit_code_is_the_answer(installation: Installation, start_session: SessionMaker,
                                 program: str, message: Message) -> None:
    session = start_session()
    installation.fakes.fail(program, 7)
    assert session.openvpn.request(message) == 7
    assert not installation.differences()
    assert any("exited with status = 7" in event for event in installation.record.events())


@pytest.mark.parametrize("message", [COMMANDS[name][0] for name in (
    "DHCP", "TAP adapter", "WINS servers")], ids=["DHCP", "TAP adapter", "WINS servers"])
def test_program_that_cannot_be_started_is_an_error(installation: Installation,
                                                    start_session: SessionMaker,
                                                    message: Message) -> None:
    session = start_session()
    installation.fakes.fail("CreateProcessW", 5, times=0)
    assert session.openvpn.request(message) == 5
    installation.fakes.clear_faults()
    assert not installation.differences()
    assert session.openvpn.request(OTHER) == 0


@pytest.mark.parametrize("machine", Machine)
@pytest.mark.parametrize("release", ["2.6", "2.7"])
def test_ring_buffers_are_an_unknown_type(make_installation: InstallationMaker,
                                          start_session: SessionMaker, release: str,
                                          machine: Machine) -> None:
    installation = make_installation(openvpn=release)
    installation.start()
    dialect = Dialect.V2_6_6 if release == "2.6" else Dialect.V2_7
    session = start_session(installation)
    rings = Rings("register_ring_buffers", 0x100, 0x104, 0x108, 0x10C, 0x110)
    mark = installation.record.mark()
    assert session.openvpn.request(rings, dialect, machine) == ERROR_MESSAGE_TYPE
    assert session.openvpn.request(OTHER, dialect, machine) == 0
    assert not installation.record.calls("DuplicateHandle", "DeviceIoControl", since=mark)
    told = any("windows-driver tap-windows6" in event for event in installation.record.events())
    assert told == (release == "2.6"), "2.7 knows no ring buffers: its number 16 is an unknown type"


# ---- slow programs ----

SLOW: Dict[str, Tuple[str, Message, float]] = {
    "DHCP": ("netsh", DHCP, 5.0),
    "adapter": ("tapctl", create_adapter(TAP_DRIVER), 10.0),
    "WINS servers": ("netsh", wins_servers(TAP, "10.8.0.7"), 30.0),
}


@pytest.mark.parametrize("program, message, limit", SLOW.values(), ids=SLOW.keys())
def test_slow_program_is_killed_after_its_time(installation: Installation, bridge: Bridge,
                                               start_session: SessionMaker, program: str,
                                               message: Message, limit: float) -> None:
    session = start_session()
    # The first command for WINS servers is a deletion, which may fail: so the second one is
    # blocked.
    installation.fakes.fault(program, "block", nth=2 if limit == 30.0 else 1)
    began = time.monotonic()
    session.openvpn.write(encode(message))
    blocked = installation.fakes.wait_blocked(program)
    answer = session.openvpn.read(limit + 30)
    took = time.monotonic() - began
    assert decode_acknowledgement(answer)[0] == WAIT_TIMEOUT
    assert limit <= took
    running = process.running(bridge, f"{program}.exe")
    assert blocked["pid"] not in {row.process for row in running}
    installation.fakes.clear_faults()
    assert not installation.differences()
    assert any("killed after timeout" in event for event in installation.record.events())
    assert session.openvpn.request(OTHER) == 0


@pytest.mark.parametrize("program, message", [(row[0], row[1]) for row in SLOW.values()],
                         ids=SLOW.keys())
def test_slow_program_delays_no_other_session(clean: Installation, start_session: SessionMaker,
                                              program: str, message: Message) -> None:
    slow, other = start_session(), start_session()
    clean.fakes.fault(program, "block")
    slow.openvpn.write(encode(message))
    clean.fakes.wait_blocked(program)
    assert decode_acknowledgement(other.openvpn.send(encode(OTHER), 3))[0] == 0
    assert start_session().openvpn.describe()["in_job"]
    assert clean.fakes.waiting()
    clean.fakes.clear_faults()
    assert decode_acknowledgement(slow.openvpn.read(20))[0] == 0


# ---- register_dns ----

def test_dns_registration_is_acknowledged_at_once(clean: Installation, start_session: SessionMaker
                                                  ) -> None:
    session = start_session()
    clean.fakes.fault("ipconfig", "block")
    assert decode_acknowledgement(session.openvpn.send(encode(REGISTER), 3))[0] == 0
    clean.fakes.wait_blocked("ipconfig")
    assert decode_acknowledgement(session.openvpn.send(encode(OTHER), 3))[0] == 0
    assert clean.fakes.waiting()


def test_dns_registrations_run_one_after_another(clean: Installation, start_session: SessionMaker
                                                 ) -> None:
    clean.stop()  # the service waits after a registration before it begins another
    clean.start()
    sessions = [start_session(), start_session()]
    mark = clean.record.mark()
    clean.fakes.fault("ipconfig", "block")
    for session in sessions * 2:
        assert decode_acknowledgement(session.openvpn.send(encode(REGISTER), 3))[0] == 0
    clean.fakes.wait_blocked("ipconfig")
    assert [run.arguments for run in runs(clean, mark)] == [("/flushdns",)]
    clean.fakes.clear_faults()
    # One more registration serves all requests that have come meanwhile.
    assert eventually(lambda: len(runs(clean, mark)), lambda count: count == 4) == 4
    assert eventually(lambda: have_all_ended(clean), bool)
    assert [run.arguments for run in runs(clean, mark)] == [("/flushdns",), ("/registerdns",)] * 2
    order = [call["call"] for call in clean.record.calls("ProgramStart", "ipconfig", since=mark)]
    assert order == ["ProgramStart", "ipconfig"] * 4


def test_dns_registration_outlives_its_session(clean: Installation, start_session: SessionMaker
                                               ) -> None:
    session = start_session()
    mark = clean.record.mark()
    clean.fakes.fault("ipconfig", "block")
    assert session.openvpn.request(REGISTER) == 0
    clean.fakes.wait_blocked("ipconfig")
    session.end()
    clean.fakes.clear_faults()
    assert eventually(lambda: len(runs(clean, mark)), lambda count: count == 2) == 2


def test_stop_of_the_service_does_not_wait_for_ipconfig(clean: Installation, bridge: Bridge,
                                                        start_session: SessionMaker) -> None:
    session = start_session()
    clean.fakes.fault("ipconfig", "block")
    assert session.openvpn.request(REGISTER) == 0
    blocked = clean.fakes.wait_blocked("ipconfig")
    clean.service.control(CONTROL_STOP)
    session.openvpn.exit(0)
    clean.service.wait(State.STOPPED)
    assert blocked["pid"] not in {row.process for row in process.running(bridge, "ipconfig.exe")}


@pytest.mark.parametrize("name", ["WINS servers", "DNS registration"])
def test_program_ends_with_a_crash_of_the_service(
        clean: Installation, start_session: SessionMaker, name: str) -> None:
    message, commands = COMMANDS[name]
    session = start_session()
    clean.fakes.fault(commands[0][0], "block")
    session.openvpn.post(encode(message))
    clean.fakes.wait_blocked(commands[0][0])
    clean.crash()
    clean.start()
    assert eventually(lambda: have_all_ended(clean), bool), "it would change what has been put back"
