# SPDX-License-Identifier: MIT
"""The ids of events: the table in docs/recovery.md is what the service's message table has and what
the service writes."""
from __future__ import annotations

import re
import struct
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Iterator, List, NamedTuple, Set

import pytest

from harness.access import let_everyone_write
from harness.bridge import Bridge
from harness.client import startup
from harness.control import Control
from harness.eventually import HANG, eventually
from harness.fakes import ETHERNET, GROUP_MEMBER_BY_TOKEN, PLAIN_USER, TAP, Persona
from harness.image import Image
from harness.installation import Installation, default_service
from harness.messages import Flush, Interface, Message, encode, route
from harness.pipe import Pipe
from harness.process import Process
from harness.record import Call
from harness.runner import PROJECT
from harness.service import State
from harness.session import Session
from protocol.support.change_cases import block, dns, mtu, nrpt, on
from protocol.support.journal_file import Journal, crash
from protocol.support.kill_switch import GATEWAYS, KillSwitch
from protocol.support.service_program import Program
from release.support.repository import Keys
from release.support.updated_service import SETTINGS as UPDATE_SETTINGS
from release.support.updated_service import Updated

#: The upper half of every id: severity error, facility 2, as of the reference's one event.
UPPER_HALF = 0xC0020000

LEVELS = {"error": {1}, "information": {4}, "either": {1, 4}}

ACCESS_DENIED = 5
SEND_RESUME = 200

ROUTE = ("10.20.0.0/16", "10.8.0.1")
TAP_ADDRESS = "10.8.0.2"
TAP_SETTINGS = (r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\Interfaces"
                r"\{5E1D0002-AB12-4CD3-8A07-060504030201}")


# The table.

class Row(NamedTuple):
    """One row of docs/recovery.md, "Event ids"."""

    number: int
    level: str


def documented() -> Dict[int, Row]:
    """The rows by their numbers."""
    page = (PROJECT / "docs" / "recovery.md").read_text(encoding="utf-8")
    section = page.split("\n## Event ids\n")[1].split("\n## ")[0]
    rows = [Row(int(number), level)
            for number, level in re.findall(r"^\| (\d+) \| (\w+) \| \S", section, re.MULTILINE)]
    assert len({row.number for row in rows}) == len(rows)
    return {row.number: row for row in rows}


def test_the_documented_ids_are_those_of_the_message_file() -> None:
    source = (PROJECT / "src" / "service" / "messages.mc").read_text(encoding="utf-8")
    numbers = [int(number, 0) for number in re.findall(r"^MessageId=(\w+)$", source, re.MULTILINE)]
    assert numbers == sorted(documented())


def test_each_documented_id_has_its_message_in_the_program() -> None:
    messages = Image(default_service()).messages()
    assert {number: text.rstrip() for number, text in messages.items()} == {
        UPPER_HALF | number: "%1%n%2" for number in documented()}


def test_every_kind_of_line_has_the_id_of_its_name() -> None:
    header = (PROJECT / "src" / "base" / "log.h").read_text(encoding="utf-8")
    messages = (PROJECT / "src" / "service" / "messages.mc").read_text(encoding="utf-8")
    table = (PROJECT / "src" / "service" / "eventlog.c").read_text(encoding="utf-8")
    kinds = re.findall(r"^    LOG_(\w+),", header.split("enum log_event {")[1].split("}")[0], re.M)
    names = re.findall(r"^SymbolicName=EVT_(\w+)$", messages, re.M)
    assert kinds[1:] == names[1:]
    assert re.findall(r"\[LOG_(\w+)\] = EVT_(\w+),", table) == list(zip(kinds, names))


def test_reserved_numbers_are_not_in_use() -> None:
    assert not [number for number in documented() if 509 <= number <= 599 or 605 <= number <= 799]


# What is written.

@dataclass
class Stage:
    """What the events need that are provoked below."""

    running: Installation
    make: Callable[..., Installation]
    start_session: Callable[..., Session]
    ask_control: Callable[..., Control]
    bridge: Bridge
    user_bridge: Bridge

    def user(self) -> Installation:
        """The running installation; the client at `user_bridge` is an ordinary user."""
        self.running.fakes.personas(PLAIN_USER.of(self.user_bridge.process),
                                    GROUP_MEMBER_BY_TOKEN.of(self.bridge.process))
        return self.running

    def refuse(self, installation: Installation, options: str, folder: str = "") -> Installation:
        """Ask for openvpn.exe in vain."""
        return self.refuse_data(installation, startup(
            folder or rf"{installation.folder}\config", options))

    def refuse_data(self, installation: Installation, data: bytes) -> Installation:
        """The same with data of any kind."""
        client = installation.connect(self.user_bridge)
        writing = client.pipe.begin_write(data)
        assert client.read().code
        client.close()
        writing.exception(HANG)
        return installation

    def session_with(self, *requests: Message) -> Session:
        """A session with these changes."""
        session = self.start_session()
        for message in requests:
            assert session.openvpn.request(message) == 0
        return session


def events(installation: Installation, text: str) -> List[Call]:
    """The events whose line has this text."""
    return installation.record.calls("ReportEventW", where=lambda call: text in call["strings"][1])


@pytest.fixture
def stage(installation: Installation, make_installation: Callable[..., Installation],
          start_session: Callable[..., Session], ask_control: Callable[..., Control],
          bridge: Bridge, user_bridge: Bridge) -> Stage:
    """A running service, and how to get another one."""
    return Stage(installation, make_installation, start_session, ask_control, bridge, user_bridge)


# Lines of the reference.

def refused_option(stage: Stage) -> Installation:
    return stage.refuse(stage.user(), "--up evil")


def refused_config(stage: Stage) -> Installation:
    return stage.refuse(stage.user(), r"--config C:\windows\win.ini")


def malformed_start(stage: Stage) -> Installation:
    return stage.refuse_data(stage.user(), b"\0\0")


def authorised_user(stage: Stage) -> Installation:
    stage.running.fakes.personas(GROUP_MEMBER_BY_TOKEN)
    stage.start_session(options="--route-method exe").end()
    return stage.running


def failed_openvpn(stage: Stage) -> Installation:
    session = stage.start_session()
    session.openvpn.exit(7)
    session.client.read()
    session.client.wait_closed()
    return stage.running


def unknown_type(stage: Stage) -> Installation:
    session = stage.start_session()
    session.openvpn.send(struct.pack("<i4xQi4x", 77, 24, 0))
    session.end()
    return stage.running


def too_large(stage: Stage) -> Installation:
    session = stage.start_session()
    session.openvpn.write(b"x" * 1697)
    session.end()
    return stage.running


def no_filters(stage: Stage) -> Installation:
    stage.session_with(block(2, delete=True)).end()
    return stage.running


def a_program(stage: Stage) -> Installation:
    stage.session_with(on("enable_dhcp")).end()
    return stage.running


# Refusals.

def service_account(stage: Stage) -> Installation:
    stage.running.fakes.personas(Persona("SYSTEM", "S-1-5-18", "NT AUTHORITY"))
    return stage.refuse(stage.running, "--verb 3")


def no_working_folder(stage: Stage) -> Installation:
    return stage.refuse(stage.user(), "--verb 3", r"C:\no such folder")


def long_start(stage: Stage) -> Installation:
    return stage.refuse_data(stage.user(), startup("C:\\", "--verb 3", 5000 * "x"))


def missing_config(stage: Stage) -> Installation:
    return stage.refuse(stage.user(), "--config missing.ovpn")


def writable_program(stage: Stage) -> Installation:
    strict = stage.make(settings=(("allow_writable_install", None),))
    strict.fakes.personas(PLAIN_USER)
    let_everyone_write(strict.host_folder / "bin" / "openvpn.exe")
    strict.start()
    return stage.refuse(strict, "--verb 3")


def refused_request(stage: Stage) -> Installation:
    session = stage.start_session()
    assert session.openvpn.request(mtu(1340, family=7))
    session.openvpn.send(b"\1")
    session.end()
    return stage.running


def no_vpn_adapter(stage: Stage) -> Installation:
    session = stage.start_session()
    assert session.openvpn.request(mtu(1340, interface=Interface(ETHERNET))) == ACCESS_DENIED
    session.end()
    return stage.running


def odd_domain(stage: Stage) -> Installation:
    stage.session_with(nrpt("10.8.0.53", resolve=".a..b,.corp")).end()
    return stage.running


def many_refusals(stage: Stage) -> Installation:
    session = stage.start_session()
    session.openvpn.batch([encode(mtu(1340, family=7))] * 100)
    session.end()
    return stage.running


def refused_control(stage: Stage) -> Installation:
    assert stage.ask_control(stage.user(), stage.user_bridge).ask("cleanup").code == ACCESS_DENIED
    return stage.running


def another_users_session(stage: Stage) -> Installation:
    stage.user()
    session = stage.start_session()
    assert stage.ask_control().ask("stop", str(session.reply.process)).code == ACCESS_DENIED
    session.end()
    return stage.running


# The control pipe ends sessions.

def stopped_session(stage: Stage) -> Installation:
    session = stage.start_session()
    assert stage.ask_control().ask("stop", str(session.reply.process)).code == 0
    return stage.running


def left_session(stage: Stage) -> Installation:
    session = stage.start_session()
    control = stage.ask_control(at=stage.user_bridge)
    assert control.ask("attach", str(session.reply.process)).code == 0
    control.close()
    session.client.read()
    return stage.running


def unheard_session(stage: Stage) -> Installation:
    session = stage.start_session(options="--service gatehouse_exit_ids 0")
    stage.running.fakes.fail("OpenEventW", 2)
    assert stage.ask_control().ask("stop", str(session.reply.process)).code == 0
    return stage.running


# Undo and recovery.

def crashed_service(stage: Stage) -> Installation:
    stage.session_with(route(*ROUTE, TAP))
    crash(stage.running)
    stage.running.start()
    return stage.running


def changed_by_another(stage: Stage) -> Installation:
    before = stage.running.fakes.registry()[TAP_SETTINGS]["NameServer"]["data"]
    session = stage.session_with(dns("10.8.0.53"))
    stage.running.fakes.set_value(TAP_SETTINGS, "NameServer", "REG_SZ", "192.0.2.1")
    session.end()
    stage.running.fakes.set_value(TAP_SETTINGS, "NameServer", "REG_SZ", before)
    return stage.running


def left_network(stage: Stage) -> Installation:
    session = stage.session_with(route(*ROUTE, TAP))
    fakes = stage.running.fakes
    address, = [row for row in fakes.dump()["addresses"] if row["address"] == TAP_ADDRESS]
    fakes.delete_route(TAP, *ROUTE)
    fakes.delete_address(TAP, TAP_ADDRESS)
    stage.running.service.control(SEND_RESUME)
    assert eventually(lambda: events(stage.running, "is not made again yet"), bool)
    session.end()
    fakes.edit("address", "add", **address)
    return stage.running


def failed_undo(stage: Stage) -> Installation:
    session = stage.session_with(route(*ROUTE, TAP))
    stage.running.fakes.fail("DeleteIpForwardEntry2", ACCESS_DENIED, times=0)
    session.end()
    stage.running.fakes.clear_faults()
    return stage.running


def undone_after_all(stage: Stage) -> Installation:
    """By a service that does not still look at the network after an earlier test: such a look puts
    back, too, and then there is nothing to try again."""
    stage.running.stop()
    stage.running.start()
    failed_undo(stage)
    assert eventually(lambda: events(stage.running, "are undone now"), bool, 3 * HANG)
    return stage.running


def failed_undo_cleaned(stage: Stage) -> Installation:
    failed_undo(stage)
    assert stage.ask_control().ask("cleanup").code == 0
    return stage.running


def lost_in_sleep(stage: Stage, failures: int = 0) -> Installation:
    session = stage.session_with(route(*ROUTE, TAP))
    stage.running.fakes.delete_route(TAP, *ROUTE)
    if failures:
        stage.running.fakes.fail("CreateIpForwardEntry2", ACCESS_DENIED, times=failures)
    stage.running.service.control(SEND_RESUME)
    assert eventually(lambda: events(stage.running, "After Windows slept: "), bool)
    session.end()
    return stage.running


def lost_for_now(stage: Stage) -> Installation:
    return lost_in_sleep(stage, failures=1)


def damaged_journal(stage: Stage) -> Installation:
    stage.session_with(route(*ROUTE, TAP))
    crash(stage.running)
    journal = Journal(stage.running)
    journal.damage_header()
    stage.running.start()
    journal.beside("damaged").unlink()
    return stage.running


# Set-up.

def missing_program(stage: Stage) -> Installation:
    made = stage.make()
    (made.host_folder / "bin" / "openvpn.exe").unlink()
    made.start()
    assert eventually(lambda: events(made, "there is no program openvpn.exe"), bool)
    return made


def writable_folder(stage: Stage) -> Installation:
    made = stage.make()
    let_everyone_write(made.host_folder / "bin")
    made.start()
    assert eventually(lambda: events(made, "may be changed by"), bool)
    return made


def wrong_setting(stage: Stage) -> Installation:
    made = stage.make(settings=(("priority", "HIGHEST"),))
    assert made.try_start().state == State.STOPPED
    return made


def wrong_command(stage: Stage) -> Installation:
    made = stage.make()
    program = Process.start(stage.bridge, rf'"{made.folder}\{made.image}" -strat',
                            output=rf"{made.folder}\log\wrong.txt")
    assert program.wait() == 2
    program.close()
    return made


def taken_pipe(stage: Stage) -> Installation:
    made = stage.make()
    squatter = Pipe.create(stage.bridge, made.control_name)
    try:
        assert made.try_start().state == State.STOPPED
    finally:
        squatter.close()
    return made


def switch_of(stage: Stage, *words: str) -> KillSwitch:
    """A kill switch of the running installation, started with these words."""
    stage.running.service.set_automatic(True)
    switch = KillSwitch(stage.running, stage.bridge)
    switch.start(*words)
    return switch


def stopped(switch: KillSwitch) -> Installation:
    switch.stop()
    switch.installation.service.set_automatic(False)
    return switch.installation


def kill_switch(stage: Stage) -> Installation:
    switch = switch_of(stage, "lockdown")
    switch.start(*GATEWAYS)
    session = stage.session_with(Flush("flush_neighbors", 2, Interface(TAP)))
    session.end()
    return stopped(switch)


def kill_switch_kept(stage: Stage) -> Installation:
    switch = switch_of(stage, "lockdown")
    stage.running.stop()
    stage.running.start()
    return stopped(switch)


def kill_switch_damaged(stage: Stage) -> Installation:
    switch = switch_of(stage, "lockdown")
    stage.running.fakes.delete_filter(switch.blocks()[0]["id"])
    stage.running.fakes.restart_bfe()
    switch.wait_whole("lockdown")
    return stopped(switch)


def kill_switch_removed(stage: Stage) -> Installation:
    switch = switch_of(stage, "lockdown")
    assert Program(stage.running, stage.bridge).command("-cleanup").exit_code == 0
    stage.running.fakes.restart_bfe()
    assert eventually(lambda: events(stage.running, "The kill switch is down"), bool)
    return stopped(switch)


def kill_switch_failed(stage: Stage) -> Installation:
    switch = switch_of(stage, "lockdown")
    stage.running.fakes.fail("FwpmFilterAdd0", ACCESS_DENIED + 3)
    assert switch.ask("start", "lockdown").code
    return stopped(switch)


# Updates.

@contextmanager
def updated_by(stage: Stage) -> Iterator[Updated]:
    """A service that takes updates over."""
    with tempfile.TemporaryDirectory() as folder:
        made = Updated.make(stage.make(settings=UPDATE_SETTINGS), Keys(Path(folder)), stage.bridge)
        made.installation.start()
        yield made


def refused_update(stage: Stage) -> Installation:
    with updated_by(stage) as updated:
        assert updated.offer(updated.repository.offer(signed_by=[])).code
    return updated.installation


def failed_update(stage: Stage) -> Installation:
    with updated_by(stage) as updated:
        assert updated.offer(updated.repository.offer()).code == 0
        updated.wait_state("failed")
    return updated.installation


def waiting_update(stage: Stage) -> Installation:
    with updated_by(stage) as updated:
        updated.installation.fakes.fail("msiexec", 3010)
        assert updated.offer(updated.repository.offer()).code == 0
        updated.wait_state("restart_needed")
    return updated.installation


def installed_update(stage: Stage) -> Installation:
    with updated_by(stage) as updated:
        assert updated.offer(updated.repository.offer()).code == 0
        updated.wait_state("failed")
        updated.restart(updated.release)
    return updated.installation


class Case(NamedTuple):
    """How an event is provoked, and a text in its line."""

    number: int
    provoke: Callable[[Stage], Installation]
    text: str


CASES = (
    Case(1, refused_option, "You have specified an option (--up)"),
    Case(1, refused_config, "You have specified a config file location"),
    Case(1, malformed_start, "GetStartupData"),
    Case(1, authorised_user, "Authorizing user"),
    Case(1, failed_openvpn, "OpenVPN exited with error: exit code = 7"),
    Case(1, unknown_type, "Unknown message type 77"),
    Case(1, too_large, "OpenVPN process sent too large payload length"),
    Case(1, no_filters, "No previous block filters to delete"),
    Case(1, a_program, "ExecCommand: "),
    Case(100, service_account, "SYSTEM, LOCAL SERVICE and NETWORK SERVICE are not served"),
    Case(100, no_working_folder, "The working folder "),
    Case(100, long_start, "Start-up data of more than "),
    Case(100, missing_config, "The config file (missing.ovpn "),
    Case(101, writable_program, "openvpn.exe is not started: "),
    Case(101, writable_program, "Users can change openvpn.exe (exe_path)"),
    Case(102, refused_request, "set_mtu of process "),
    Case(102, refused_request, "Message without a type of process "),
    Case(102, no_vpn_adapter, "is no VPN adapter"),
    Case(103, odd_domain, "served in part"),
    Case(104, refused_control, "is for administrators only"),
    Case(104, another_users_session, "is another user's"),
    Case(105, many_refusals, "Further requests of this session"),
    Case(200, stopped_session, "A client of the control pipe ends openvpn.exe"),
    Case(200, left_session, "is ended, because its client has gone"),
    Case(200, unheard_session, "cannot be told to end by its event"),
    Case(300, crashed_service, "This service did not end normally last time"),
    Case(301, changed_by_another, "changed by another program since, left as it is"),
    Case(302, left_network, "was lost, and is not made again yet, because "),
    Case(303, failed_undo_cleaned, "cannot be undone now"),
    Case(303, failed_undo_cleaned, "1 network changes could not be undone yet"),
    Case(304, undone_after_all, "All network changes that could not be undone before"),
    Case(305, lost_in_sleep, "After Windows slept: "),
    Case(306, lost_for_now, "was lost and cannot be made again"),
    Case(307, damaged_journal, "is damaged: "),
    Case(400, missing_program, "there is no program openvpn.exe at exe_path"),
    Case(400, writable_folder, "may be changed by"),
    Case(401, wrong_setting, "The registry value priority has an unknown name"),
    Case(402, wrong_command, "Unknown word in the command line: "),
    Case(403, taken_pipe, " is served by process "),
    Case(500, kill_switch, "The kill switch is started by "),
    Case(501, kill_switch, "The kill switch is changed by "),
    Case(502, kill_switch, "The kill switch is stopped by "),
    Case(503, kill_switch, "The kill switch lets traffic through a tunnel"),
    Case(504, kill_switch, "The kill switch has closed a tunnel"),
    Case(505, kill_switch_kept, "The kill switch stays up"),
    Case(506, kill_switch_damaged, "Parts of the kill switch were missing"),
    Case(507, kill_switch_removed, "The kill switch is down"),
    Case(508, kill_switch_failed, "The kill switch can't be started or changed"),
    Case(600, failed_update, "is taken over"),
    Case(601, refused_update, "An update is refused: "),
    Case(602, installed_update, "is installed"),
    Case(603, failed_update, "has failed, and version "),
    Case(604, waiting_update, "is not installed yet: "),
)


def test_each_documented_id_is_provoked_below() -> None:
    assert {case.number for case in CASES} == set(documented())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.number} {case.text.strip()}")
def test_the_event_has_its_id_and_a_documented_level(stage: Stage, case: Case) -> None:
    found = events(case.provoke(stage), case.text)
    assert found
    ids: Set[int] = {int(call["event"], 16) for call in found}
    assert ids == {UPPER_HALF | case.number}
    assert {call["type"] for call in found} <= LEVELS[documented()[case.number].level]
