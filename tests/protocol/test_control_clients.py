# SPDX-License-Identifier: MIT
"""control_clients=installed: on the control pipe only programs of the installation are served, and
those of client_folders; with client_signers they are signed. Rights come from the token alone."""
from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

import pytest

from harness.access import let_administrators_write, let_everyone_write
from harness.bridge import Bridge
from harness.control import ACCESS_DENIED, Control, Pending
from harness.eventually import eventually
from harness.fakes import ADMINISTRATOR, GROUP_MEMBER_BY_DATABASE, LOCAL_GROUPS, PLAIN_USER
from harness.installation import Installation
from harness.process import Process
from harness.runner import Runner, bridge_program
from harness.session import Session
from harness.signatures import (BAD_DIGEST, EXPIRED, EXPLICIT_DISTRUST, NO_SIGNATURE, NOT_TRUSTED,
                                REVOKED, UNTRUSTED_ROOT, Revocation, sign, tamper, unsign)
from protocol.support.availability import assert_serves
from protocol.support.journal_file import events

InstallationMaker = Callable[..., Installation]
SessionMaker = Callable[..., Session]
ClientStarter = Callable[..., Bridge]

INSTALLED = ("control_clients", "installed")
SIGNER, OTHER_SIGNER = "OpenVPN, Inc.", "LEAP; Bitmask"
SIGNED = ("client_signers", f"{SIGNER} | {OTHER_SIGNER}")

#: Why a client is refused.
NO_LOOK = "The process of this client cannot be looked at"
TOO_YOUNG = "The process of this client was started after it had connected"
OTHER_LOGON = "The process of this client is of another log-on than its request"
NOT_INSTALLED = "The program of this client is not an installed one"
CHANGEABLE = "Users can change the program of this client"
MOVED = "The program of this client was moved since its start"
NO_PROGRAM = "The program of this client cannot be opened"
NOT_SIGNED = "The program of this client is not signed as client_signers says"

#: Of LoadLibraryEx: the library and what it needs come from Windows' own folder.
SEARCH_SYSTEM32 = "0x800"

#: Threads of the service that may hang in Windows at once.
MOST_OVERDUE = 8


@pytest.fixture
def install(make_installation: InstallationMaker) -> Callable[..., Installation]:
    """Starts an installation whose folder is protected, with these settings and clients of a plain
    user."""
    def make(*settings: Tuple[str, Optional[str]]) -> Installation:
        made = make_installation(settings=(INSTALLED, ("allow_writable_install", None), *settings))
        made.fakes.personas(PLAIN_USER)
        made.fakes.local_groups(*LOCAL_GROUPS)
        made.start()
        return made
    return make


@pytest.fixture
def start_client(make_installation: InstallationMaker, runner: Runner) -> Iterator[ClientStarter]:
    """Starts a client whose program is in this folder; it ends with the test."""
    clients: List[Bridge] = []

    def start(folder: str, prepare: Callable[[Path], None] = lambda path: None) -> Bridge:
        path = runner.host_path(folder) / "client.exe"
        shutil.copy2(bridge_program(), path)
        prepare(path)
        clients.append(Bridge(runner.command(path), runner.environment()))
        return clients[-1]

    yield start
    for client in clients:
        client.close()


@pytest.fixture
def make_folder(runner: Runner) -> Iterator[Callable[[str], Path]]:
    """Makes folders outside of the installation, which go with the test."""
    made: List[Path] = []

    def make(folder: str) -> Path:
        path = runner.host_path(folder)
        made.append(next(each for each in (*reversed(path.parents), path) if not each.exists()))
        path.mkdir(parents=True)
        return path

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


def is_served(installation: Installation, client: Bridge) -> bool:
    """Whether a connection of this client is served."""
    control = installation.control(client)
    try:
        return control.ask("version").code == 0
    finally:
        control.close()


def assert_refused(installation: Installation, client: Bridge, reason: str) -> str:
    """It is told why, disconnected, and an event says the same; returns that. Others are served."""
    before = len(events(installation, "A client of the control pipe is refused"))
    control = installation.control(client)
    reply = control.ask("status")
    assert (reply.code, reply.name, reply.reason) == (ACCESS_DENIED, "request", reason)
    control.wait_closed()
    control.close()
    told = events(installation, "A client of the control pipe is refused")[before:]
    assert len(told) == 1 and f"refused: {reason} (process {client.process}, " in told[0], told
    assert_serves(installation, client)
    return told[0]


def bin_of(installation: Installation) -> str:
    """The folder of openvpn.exe."""
    return rf"{installation.folder}\bin"


# Where the program lies.

def test_a_program_of_the_installation_is_served(install: Callable[..., Installation],
                                                 start_client: ClientStarter) -> None:
    installation = install()
    assert is_served(installation, start_client(bin_of(installation)))
    assert is_served(installation, start_client(installation.folder))


def test_any_other_program_is_refused(install: Callable[..., Installation], bridge: Bridge
                                      ) -> None:
    installation = install()
    event = assert_refused(installation, bridge, NOT_INSTALLED)
    assert "bridge.exe" in event


def test_a_folder_whose_name_begins_alike_is_another_one(
        install: Callable[..., Installation], start_client: ClientStarter,
        make_folder: Callable[[str], Path]) -> None:
    installation = install()
    make_folder(f"{installation.folder}-evil")
    assert_refused(installation, start_client(f"{installation.folder}-evil"), NOT_INSTALLED)


def test_an_administrator_s_program_is_refused_too(install: Callable[..., Installation],
                                                   bridge: Bridge) -> None:
    installation = install()
    installation.fakes.personas(ADMINISTRATOR)
    assert_refused(installation, bridge, NOT_INSTALLED)


def test_any_program_is_served_by_default(make_installation: InstallationMaker, bridge: Bridge
                                          ) -> None:
    installation = make_installation(settings=(("control_clients", None),))
    installation.start()
    assert is_served(installation, bridge)
    assert not installation.record.calls("GetProcessTimes", "LoadLibraryExW", "WinVerifyTrust")


def test_a_program_that_users_can_change_is_refused(install: Callable[..., Installation],
                                                    start_client: ClientStarter) -> None:
    installation = install()
    client = start_client(bin_of(installation))
    for place in ("bin/client.exe", "bin", "."):
        path = installation.host_folder / place
        let_everyone_write(path)
        assert_refused(installation, client, CHANGEABLE)
        let_administrators_write(path)
    assert is_served(installation, client)


def test_unless_the_machine_is_set_up_that_way(install: Callable[..., Installation],
                                               start_client: ClientStarter) -> None:
    installation = install(("allow_writable_install", "1"))
    let_everyone_write(installation.host_folder / "bin")
    assert is_served(installation, start_client(bin_of(installation)))


def test_a_program_of_client_folders_is_served(
        make_installation: InstallationMaker, install: Callable[..., Installation], bridge: Bridge,
        start_client: ClientStarter, make_folder: Callable[[str], Path], worker_name: str) -> None:
    outside = rf"C:\gatehouse\{worker_name} clients"
    let_everyone_write(make_folder(outside))
    make_folder(rf"{outside}; more, of them\below")
    installation = install(
        ("client_folders", rf"C:\nowhere|{outside.upper()}\ | {outside}; more, of them"))
    assert is_served(installation, start_client(outside))
    assert is_served(installation, start_client(rf"{outside}; more, of them\below"))
    assert_refused(installation, bridge, NOT_INSTALLED)


def test_client_folders_are_where_their_links_lead(
        install: Callable[..., Installation], start_client: ClientStarter,
        make_folder: Callable[[str], Path], worker_name: str) -> None:
    outside = rf"C:\gatehouse\{worker_name} clients"
    make_folder(rf"{outside}\real")
    make_folder(rf"{outside}\other").joinpath("link").symlink_to("../real")
    installation = install(("client_folders", rf"{outside}\other\link"))
    assert is_served(installation, start_client(rf"{outside}\real"))
    assert_refused(installation, start_client(rf"{outside}\other"), NOT_INSTALLED)


# What a user can do to a program that runs.

def test_a_program_that_was_moved_is_not_the_one_that_its_name_leads_to_now(
        install: Callable[..., Installation], start_client: ClientStarter,
        make_folder: Callable[[str], Path], worker_name: str) -> None:
    """Wine tells the name that a program was started by, whatever becomes of it."""
    installation = install()
    shutil.copy2(bridge_program(), installation.host_folder / "bin" / "client.exe")
    place = make_folder(rf"C:\gatehouse\{worker_name} evil\here")
    client = start_client(rf"C:\gatehouse\{worker_name} evil\here")
    place.rename(place.with_name("moved"))
    place.symlink_to(installation.host_folder / "bin")
    assert_refused(installation, client, MOVED)
    place.unlink()
    assert_refused(installation, client, NO_PROGRAM)


def test_a_file_in_the_place_of_a_program_is_looked_at_as_it_is(
        install: Callable[..., Installation], start_client: ClientStarter,
        make_folder: Callable[[str], Path], worker_name: str) -> None:
    outside = rf"C:\gatehouse\{worker_name} clients"
    place = make_folder(outside)
    installation = install(("client_folders", outside), SIGNED)
    client = start_client(outside, lambda path: sign(path, SIGNER))
    assert is_served(installation, client)
    unsign(place / "client.exe")
    assert_refused(installation, client, NOT_SIGNED)
    (place / "client.exe").unlink()
    assert_refused(installation, client, NO_PROGRAM)


def test_a_program_is_opened_with_the_rights_of_its_process(
        install: Callable[..., Installation], start_client: ClientStarter) -> None:
    """By a link that a user has made it may be on a server, to which SYSTEM must not log on."""
    installation = install()
    client = start_client(bin_of(installation))
    installation.fakes.personas(PLAIN_USER.granting("identification"))
    assert is_served(installation, client)
    opened, = installation.record.calls("CreateFileW", where=lambda call: bool(
        call["path"].lower().endswith("client.exe")))
    assert opened["impersonating"]


# Whose process it is.

def test_a_process_that_is_younger_than_the_connection_is_refused(
        install: Callable[..., Installation], start_client: ClientStarter) -> None:
    installation = install()
    client = start_client(bin_of(installation))
    installation.fakes.personas(PLAIN_USER.younger_than_its_connection())
    assert_refused(installation, client, TOO_YOUNG)


def test_a_process_that_connects_at_once_is_not_too_young(
        install: Callable[..., Installation], start_client: ClientStarter) -> None:
    installation = install()
    for _ in range(5):
        assert is_served(installation, start_client(bin_of(installation)))


@pytest.mark.parametrize("other", [{"logon": 4711}, {"session": 4711}], ids=str)
def test_a_token_of_another_logon_is_refused(
        install: Callable[..., Installation], start_client: ClientStarter, other: Dict[str, int]
        ) -> None:
    installation = install()
    client = start_client(bin_of(installation))
    installation.fakes.personas(PLAIN_USER.acting(**other))
    assert_refused(installation, client, OTHER_LOGON)


def test_the_process_is_looked_at_for_each_request_and_its_program_once(
        install: Callable[..., Installation], start_client: ClientStarter) -> None:
    installation = install(SIGNED)
    client = start_client(bin_of(installation), lambda path: sign(path, SIGNER))
    control = installation.control(client)
    assert control.ask("version").code == control.ask("status").code == 0
    verified = installation.record.calls("WinVerifyTrust")
    assert [call["state_action"] for call in verified] == [1, 2]
    installation.fakes.personas(PLAIN_USER.acting(logon=4711))
    reply = control.ask("version")
    assert (reply.code, reply.reason) == (ACCESS_DENIED, OTHER_LOGON)
    control.wait_closed()
    control.close()


def test_rights_still_come_from_the_token(
        install: Callable[..., Installation], start_client: ClientStarter, user_bridge: Bridge,
        start_session: SessionMaker) -> None:
    installation = install()
    client = start_client(bin_of(installation))
    installation.fakes.personas(PLAIN_USER.of(client.process), GROUP_MEMBER_BY_DATABASE)
    session = start_session(installation, client_bridge=user_bridge)
    control = installation.control(client)
    assert not control.sessions()
    assert control.ask("cleanup").code == ACCESS_DENIED
    assert control.ask("stop", str(session.reply.process)).code == ACCESS_DENIED
    control.close()
    session.end()


@pytest.mark.parametrize("call, reason", [
    ("OpenProcess", NO_LOOK), ("OpenProcessToken", NO_LOOK), ("GetProcessTimes", NO_LOOK),
    ("DuplicateTokenEx", NO_PROGRAM), ("SetThreadToken", NO_PROGRAM)])
def test_who_cannot_be_looked_at_is_refused(install: Callable[..., Installation],
                                            start_client: ClientStarter, call: str, reason: str
                                            ) -> None:
    installation = install()
    client = start_client(bin_of(installation))
    installation.fakes.fail(call, ACCESS_DENIED, times=0)
    control = installation.control(client)
    reply = control.ask("status")
    installation.fakes.clear_faults()
    assert (reply.code, reply.reason) == (ACCESS_DENIED, reason)
    control.wait_closed()
    control.close()
    assert is_served(installation, client)


def test_cleanup_of_the_service_s_own_program_is_served(install: Callable[..., Installation],
                                                        bridge: Bridge) -> None:
    installation = install()
    installation.fakes.personas(ADMINISTRATOR)
    program = Process.start(bridge, f"{installation.binary} -cleanup")
    assert program.wait() == 0
    program.close()
    assert not events(installation, "A client of the control pipe is refused")


# Who has signed it.

@pytest.mark.parametrize("signer", [SIGNER, OTHER_SIGNER])
def test_each_of_client_signers_is_taken(install: Callable[..., Installation],
                                         start_client: ClientStarter, signer: str) -> None:
    installation = install(SIGNED)
    client = start_client(bin_of(installation), lambda path: sign(path, signer))
    assert is_served(installation, client)


Preparation = Callable[[Path], None]


def signed_as(signer: str, **more: Any) -> Preparation:
    """Signs a program."""
    return lambda path: sign(path, signer, **more)


def signed_and_changed(path: Path) -> None:
    """What was signed is no longer what is there."""
    sign(path, SIGNER)
    tamper(path)


NOT_AS_LISTED: Dict[str, Tuple[Preparation, int]] = {
    "unsigned": (unsign, NO_SIGNATURE),
    "by another one": (signed_as("Example AB"), NOT_TRUSTED),
    "in other letters": (signed_as(SIGNER.upper()), NOT_TRUSTED),
    "a longer name": (signed_as(f"{SIGNER} Ltd"), NOT_TRUSTED),
    "a shorter name": (signed_as(SIGNER[:-1]), NOT_TRUSTED),
    "two of them": (signed_as(SIGNED[1]), NOT_TRUSTED),
    "a zero in the name": (signed_as(f"{SIGNER}\0.example"), NOT_TRUSTED),
    "a name without end": (signed_as((SIGNER + " ") * 73), NOT_TRUSTED),
    "no name": (signed_as(""), NOT_TRUSTED),
    "changed since": (signed_and_changed, BAD_DIGEST),
    "expired": (signed_as(SIGNER, status=EXPIRED), EXPIRED),
    "by whoever says so": (signed_as(SIGNER, status=UNTRUSTED_ROOT), UNTRUSTED_ROOT),
    "distrusted": (signed_as(SIGNER, status=EXPLICIT_DISTRUST), EXPLICIT_DISTRUST),
    "a status that is no error": (signed_as(SIGNER, status=1), 1),
    "revoked": (signed_as(SIGNER, revocation="revoked"), REVOKED),
}


@pytest.mark.parametrize("prepare, status", NOT_AS_LISTED.values(), ids=NOT_AS_LISTED.keys())
def test_what_none_of_them_has_signed_is_refused(
        install: Callable[..., Installation], start_client: ClientStarter, prepare: Preparation,
        status: int) -> None:
    installation = install(SIGNED)
    client = start_client(bin_of(installation), prepare)
    assert_refused(installation, client, NOT_SIGNED)
    reported = [call["strings"] for call in installation.record.calls("ReportEventW")]
    codes = [strings[0] for strings in reported if NOT_SIGNED in strings[1]]
    assert len(codes) == 1 and codes[0].endswith(f"(0x{status:x})")


def test_a_signature_does_not_make_it_an_installed_one(
        install: Callable[..., Installation], start_client: ClientStarter,
        make_folder: Callable[[str], Path], worker_name: str) -> None:
    outside = rf"C:\gatehouse\{worker_name} clients"
    make_folder(outside)
    installation = install(SIGNED)
    client = start_client(outside, lambda path: sign(path, SIGNER))
    assert_refused(installation, client, NOT_INSTALLED)
    assert not installation.record.calls("WinVerifyTrust")


def test_what_nobody_knows_to_be_revoked_is_taken(install: Callable[..., Installation],
                                                  start_client: ClientStarter) -> None:
    """Windows has fetched no list: it is asked once more, without that question."""
    revocation: Revocation = "offline"
    installation = install(SIGNED)
    client = start_client(bin_of(installation),
                          lambda path: sign(path, SIGNER, revocation=revocation))
    assert is_served(installation, client)
    asked = installation.record.calls("WinVerifyTrust",
                                      where=lambda call: bool(call["state_action"] == 1))
    assert [call["revocation"] for call in asked] == [1, 0]


def test_windows_is_asked_about_the_open_file_and_shows_and_fetches_nothing(
        install: Callable[..., Installation], start_client: ClientStarter) -> None:
    installation = install(SIGNED)
    client = start_client(bin_of(installation), lambda path: sign(path, SIGNER))
    assert is_served(installation, client)
    asked, closed = installation.record.calls("WinVerifyTrust")
    assert (asked["state_action"], closed["state_action"]) == (1, 2)
    assert asked["file"] != "0x0" and asked["path"].lower() == (
        rf"{bin_of(installation)}\client.exe".lower())
    assert asked["ui"] == 2 and int(asked["flags"], 16) & 0x1000
    assert int(asked["window"], 16) in (2**64 - 1, 2**32 - 1)
    opened, = installation.record.calls("CreateFileW", where=lambda call: bool(
        call["path"].lower().endswith("client.exe")))
    assert opened["share"] == "0x1"


def test_windows_libraries_come_from_windows_folder(install: Callable[..., Installation],
                                                    start_client: ClientStarter) -> None:
    installation = install(SIGNED)
    client = start_client(bin_of(installation), lambda path: sign(path, SIGNER))
    assert is_served(installation, client) and is_served(installation, client)
    loaded = installation.record.calls("LoadLibraryExW")
    assert [(call["path"].lower(), call["flags"]) for call in loaded] == [
        (rf"c:\windows\system32\{name}.dll", SEARCH_SYSTEM32) for name in ("wintrust", "crypt32")]


def test_without_windows_libraries_nobody_is_taken(install: Callable[..., Installation],
                                                   start_client: ClientStarter) -> None:
    installation = install(SIGNED)
    client = start_client(bin_of(installation), lambda path: sign(path, SIGNER))
    installation.fakes.fail("LoadLibraryExW", 126)
    assert_refused(installation, client, NOT_SIGNED)
    assert is_served(installation, client)


def test_windows_hanging_keeps_nobody_else_waiting(
        install: Callable[..., Installation], start_client: ClientStarter, user_bridge: Bridge,
        start_session: SessionMaker) -> None:
    installation = install(SIGNED)
    client = start_client(bin_of(installation), lambda path: sign(path, SIGNER))
    installation.fakes.fault("WinVerifyTrust", "block", times=0)
    hanging: List[Control] = []
    replies: List[Pending] = []
    for _ in range(MOST_OVERDUE):
        hanging.append(installation.control(client))
        replies.append(hanging[-1].begin("version"))
    installation.fakes.wait_blocked("WinVerifyTrust")
    installation.fakes.personas(PLAIN_USER.of(client.process), GROUP_MEMBER_BY_DATABASE)
    start_session(installation, client_bridge=user_bridge).end()
    assert not any(reply.is_there() for reply in replies)
    assert [reply.end().reason for reply in replies] == [NOT_SIGNED] * MOST_OVERDUE
    assert len(installation.fakes.waiting()) == MOST_OVERDUE
    assert_refused(installation, client, NOT_SIGNED)
    assert len(installation.fakes.waiting()) == MOST_OVERDUE
    installation.fakes.clear_faults()
    assert eventually(lambda: is_served(installation, client), bool)
    for control in hanging:
        control.close()
