# SPDX-License-Identifier: MIT
"""exe_signers: openvpn.exe is started only if one of them has signed it, and the file whose
signature was looked at is the one that is started."""
from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Callable, Dict, Tuple

import pytest

from harness.access import let_everyone_write
from harness.bridge import Bridge, BridgeError
from harness.client import startup
from harness.eventually import eventually
from harness.fakes import ADMINISTRATOR, GROUP_MEMBER_BY_DATABASE, LOCAL_GROUPS, PLAIN_USER
from harness.installation import Installation
from harness.openvpn import Openvpn
from harness.pipe import GENERIC_WRITE, Pipe
from harness.session import Session
from harness.signatures import BAD_DIGEST, EXPIRED, NO_SIGNATURE, NOT_TRUSTED, REVOKED, sign, tamper
from protocol.support.availability import assert_serves
from protocol.support.journal_file import events
from protocol.support.raw_client import ask, error_reply

InstallationMaker = Callable[..., Installation]
SessionMaker = Callable[..., Session]
Preparation = Callable[[Path], None]

FILE_NOT_FOUND, ACCESS_DENIED, SHARING_VIOLATION = 2, 5, 32
DELETE, SHARE_ALL = 0x10000, 0x7
SIGNER = "OpenVPN, Inc."
EXE_SIGNERS = ("exe_signers", f"{SIGNER}|LEAP")
REFUSED = error_reply(ACCESS_DENIED, "openvpn.exe is not signed as exe_signers says",
                      "Access denied.\r\n")
NOT_OPENED = "CreateFile (exe_path)"


def openvpn_of(installation: Installation) -> Path:
    """The program that exe_path leads to."""
    return installation.host_folder / "bin" / "openvpn.exe"


@pytest.fixture
def signed(make_installation: InstallationMaker) -> Installation:
    """An installation that starts what one of two has signed, as one of them has."""
    made = make_installation(settings=(EXE_SIGNERS, ("allow_writable_install", None)))
    made.fakes.personas(GROUP_MEMBER_BY_DATABASE)
    made.fakes.local_groups(*LOCAL_GROUPS)
    sign(openvpn_of(made), SIGNER)
    made.start()
    return made


def test_it_is_started_if_one_of_them_has_signed_it(signed: Installation, user_bridge: Bridge,
                                                    start_session: SessionMaker) -> None:
    for signer in (SIGNER, "LEAP"):
        sign(openvpn_of(signed), signer)
        start_session(signed, client_bridge=user_bridge).end()


def test_without_the_setting_nobody_looks(installation: Installation, start_session: SessionMaker
                                          ) -> None:
    start_session().end()
    assert not installation.record.calls("WinVerifyTrust", "LoadLibraryExW")


def signed_as(signer: str, **more: Any) -> Preparation:
    """Signs a program."""
    return lambda path: sign(path, signer, **more)


def unsigned(path: Path) -> None:
    """Somebody has put the program of another build there."""
    shutil.copy2(path.with_name("tapctl.exe"), path)


NOT_AS_LISTED: Dict[str, Tuple[Preparation, int]] = {
    "unsigned": (unsigned, NO_SIGNATURE),
    "by another one": (signed_as("Example AB"), NOT_TRUSTED),
    "changed since": (tamper, BAD_DIGEST),
    "expired": (signed_as(SIGNER, status=EXPIRED), EXPIRED),
    "revoked": (signed_as(SIGNER, revocation="revoked"), REVOKED),
}


@pytest.mark.parametrize("prepare, status", NOT_AS_LISTED.values(), ids=NOT_AS_LISTED.keys())
def test_what_none_of_them_has_signed_is_not_started(
        signed: Installation, user_bridge: Bridge, start_session: SessionMaker,
        prepare: Preparation, status: int) -> None:
    prepare(openvpn_of(signed))
    assert ask(signed, user_bridge).raw == REFUSED
    assert not signed.record.calls("CreateProcessAsUserW")
    reported = [call["strings"] for call in signed.record.calls("ReportEventW")]
    code, = [strings[0] for strings in reported if "openvpn.exe is not started: " in strings[1]]
    assert code.endswith(f"(0x{status:x})")
    assert_serves(signed, user_bridge)


def test_the_event_names_who_has_signed_it_instead(signed: Installation, user_bridge: Bridge
                                                   ) -> None:
    sign(openvpn_of(signed), "Example AB")
    ask(signed, user_bridge)
    event, = events(signed, "openvpn.exe is not started: ")
    assert event.endswith(r"\bin\openvpn.exe is not signed by one of exe_signers, but by "
                          "Example AB")


def test_it_is_looked_at_anew_for_each_connection(signed: Installation, user_bridge: Bridge,
                                                  start_session: SessionMaker) -> None:
    start_session(signed, client_bridge=user_bridge).end()
    sign(openvpn_of(signed), "Example AB")
    assert ask(signed, user_bridge).raw == REFUSED
    sign(openvpn_of(signed), SIGNER)
    start_session(signed, client_bridge=user_bridge).end()


def test_an_administrator_is_refused_too(signed: Installation, bridge: Bridge) -> None:
    signed.fakes.personas(ADMINISTRATOR)
    sign(openvpn_of(signed), "Example AB")
    assert ask(signed, bridge).raw == REFUSED


def test_a_signature_does_not_make_up_for_users_who_can_change_it(signed: Installation,
                                                                  user_bridge: Bridge) -> None:
    let_everyone_write(signed.host_folder / "bin")
    reply = ask(signed, user_bridge)
    assert (reply.code, reply.function) == (ACCESS_DENIED,
                                            "Users can change openvpn.exe (exe_path)")


def test_a_writable_installation_that_is_allowed_has_to_be_signed_all_the_same(
        make_installation: InstallationMaker, user_bridge: Bridge) -> None:
    made = make_installation(settings=(EXE_SIGNERS,))
    made.fakes.personas(PLAIN_USER)
    made.start()
    assert ask(made, user_bridge).raw == REFUSED


def test_a_missing_program_is_told_as_such(signed: Installation, user_bridge: Bridge) -> None:
    openvpn_of(signed).unlink()
    reply = ask(signed, user_bridge)
    assert (reply.code, reply.function) == (FILE_NOT_FOUND, NOT_OPENED)


def open_file(bridge: Bridge, path: str, access: int) -> Pipe:
    """As a program does that shares the file with all others. Raises BridgeError."""
    return Pipe.connect(bridge, path, access=access, share=SHARE_ALL, mode=None)


def error_of_opening(bridge: Bridge, path: str, access: int) -> int:
    """0, or the error of opening the file."""
    try:
        open_file(bridge, path, access).close()
    except BridgeError as error:
        return error.code
    return 0


@pytest.mark.parametrize("function", ["WinVerifyTrust", "CreateProcessAsUserW"])
def test_nobody_can_change_the_file_between_the_look_and_the_start(
        signed: Installation, bridge: Bridge, user_bridge: Bridge, function: str) -> None:
    path = rf"{signed.folder}\bin\openvpn.exe"
    openvpn = Openvpn(bridge)
    config = signed.write_config("held.ovpn", openvpn.config())
    client = signed.connect(user_bridge)
    signed.fakes.fault(function, "block")
    client.send(startup(rf"{signed.folder}\config", f'--config "{config}"'))
    signed.fakes.wait_blocked(function)
    errors = [error_of_opening(bridge, path, access) for access in (GENERIC_WRITE, DELETE)]
    signed.fakes.clear_faults()
    assert client.read().process
    openvpn.accept()
    openvpn.exit(0)
    client.wait_closed()
    openvpn.close()
    client.close()
    assert errors == [SHARING_VIOLATION, SHARING_VIOLATION]
    verified = signed.record.calls("WinVerifyTrust")[0]
    started, = signed.record.calls("CreateProcessAsUserW")
    assert started["application"].lower() == verified["path"].lower() == path.lower()
    assert eventually(lambda: error_of_opening(bridge, path, GENERIC_WRITE),
                      lambda code: code == 0) == 0


def test_a_file_that_somebody_is_changing_is_not_started(signed: Installation, bridge: Bridge,
                                                         user_bridge: Bridge) -> None:
    path = rf"{signed.folder}\bin\openvpn.exe"
    writer = open_file(bridge, path, GENERIC_WRITE)
    reply = ask(signed, user_bridge)
    writer.close()
    assert (reply.code, reply.function) == (SHARING_VIOLATION, NOT_OPENED)


def test_windows_hanging_keeps_only_those_waiting_who_connect(
        signed: Installation, user_bridge: Bridge, start_session: SessionMaker) -> None:
    living = start_session(signed, client_bridge=user_bridge)
    signed.fakes.fault("WinVerifyTrust", "block", times=0)
    client = signed.connect(user_bridge)
    client.send(startup(rf"{signed.folder}\config", "--verb 3"))
    signed.fakes.wait_blocked("WinVerifyTrust")
    control = signed.control(user_bridge)
    assert len(control.sessions()) == 1
    control.close()
    living.end()
    assert client.read().raw == REFUSED
    client.close()
    signed.fakes.clear_faults()
    start_session(signed, client_bridge=user_bridge).end()
