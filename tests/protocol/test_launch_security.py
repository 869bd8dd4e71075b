# SPDX-License-Identifier: MIT
"""Owners and access lists of everything that a start creates, and the identity of the service
meanwhile."""
from __future__ import annotations

import re
from typing import Callable

import pytest

from harness.bridge import Bridge, BridgeError
from harness.client import ERROR_STARTUP_DATA
from harness.fakes import ADMINISTRATORS, PLAIN_USER, canonical_sddl
from harness.impersonation import Impersonations
from harness.installation import Installation
from harness.pipe import IDENTIFICATION, Pipe
from harness.record import Call
from harness.session import Session

SessionMaker = Callable[..., Session]

GROUP_ENABLED, GROUP_DENY_ONLY = 0x4, 0x10
DUPLEX, OVERLAPPED, FIRST_INSTANCE = 0x3, 0x40000000, 0x00080000
MESSAGES, READ_MESSAGES, REJECT_REMOTE = 0x4, 0x2, 0x8
ERROR_ACCESS_DENIED, ERROR_PIPE_BUSY = 5, 231


def session_pipes(installation: Installation) -> "list[Call]":
    """The pipes for messages, in the order of their sessions."""
    return installation.record.calls("CreateNamedPipeW",
                                     where=lambda call: r"\service_" in call["name"])


# ---- the child's objects ----

#: The user's rights to the process: read its access list and memory, query, wait for and end it.
USERS_RIGHTS = 0x121411

#: What SYSTEM and administrators may have, besides.
MORE_RIGHTS = {"SY": 0x1FFFFF, "BA": 0x101000}


def test_user_may_only_end_and_query_the_child(installation: Installation,
                                               start_session: SessionMaker) -> None:
    installation.fakes.personas(PLAIN_USER)
    start_session()
    process, = installation.record.calls("CreateProcessAsUserW")
    allowed = {**MORE_RIGHTS, PLAIN_USER.sid: USERS_RIGHTS}
    granted = re.findall(r"\(A;;0x([0-9a-f]+);;;([^)]+)\)", canonical_sddl(
        process["process_security"]))
    assert len(granted) == process["process_security"].count("(")
    assert not [(who, rights) for rights, who in granted
                if int(rights, 16) & ~allowed.get(who, 0)]


@pytest.mark.parametrize("what, rights, more", [
    ("process_security", "0x121411", "(A;;0x101000;;;BA)"), ("thread_security", "0x120840", "")],
    ids=["process", "thread"])
def test_access_lists_of_the_child_are_exact(installation: Installation,
                                             start_session: SessionMaker, what: str,
                                             rights: str, more: str) -> None:
    installation.fakes.personas(PLAIN_USER)
    start_session()
    process, = installation.record.calls("CreateProcessAsUserW")
    wanted = f"O:SYD:(A;;0x1fffff;;;SY)(A;;{rights};;;{PLAIN_USER.sid}){more}"
    assert canonical_sddl(process[what]) == canonical_sddl(wanted)


def test_child_has_the_access_list_from_its_first_instruction(installation: Installation,
                                                              start_session: SessionMaker) -> None:
    installation.fakes.personas(PLAIN_USER)
    described = start_session().openvpn.describe()
    process, = installation.record.calls("CreateProcessAsUserW")
    assert canonical_sddl(described["process_security"]) == canonical_sddl(
        process["process_security"])


@pytest.mark.parametrize("restricted", [True, False], ids=["ordinary user", "administrator"])
def test_token_of_the_child_is_that_of_the_client(bridge: Bridge, user_bridge: Bridge,
                                                  start_session: SessionMaker, restricted: bool
                                                  ) -> None:
    session = start_session(client_bridge=user_bridge if restricted else bridge)
    groups = {row["sid"]: row["attributes"] for row in session.openvpn.describe()["groups"]}
    kind = GROUP_DENY_ONLY if restricted else GROUP_ENABLED
    assert groups[ADMINISTRATORS] & (GROUP_DENY_ONLY | GROUP_ENABLED) == kind


def test_token_of_the_child_comes_from_this_client(installation: Installation,
                                                   user_bridge: Bridge,
                                                   start_session: SessionMaker) -> None:
    start_session()
    process, = installation.record.calls("CreateProcessAsUserW")
    assert process["client"] == user_bridge.process


# ---- the session pipe ----

def test_session_pipe_is_made_for_one_client_and_no_remote_one(installation: Installation,
                                                               start_session: SessionMaker
                                                               ) -> None:
    start_session()
    pipe, = session_pipes(installation)
    assert int(pipe["open_mode"], 16) == DUPLEX | OVERLAPPED | FIRST_INSTANCE
    assert int(pipe["pipe_mode"], 16) == MESSAGES | READ_MESSAGES | REJECT_REMOTE
    assert pipe["instances"] == 1


def test_session_pipe_belongs_to_the_system_alone(installation: Installation,
                                                  start_session: SessionMaker) -> None:
    start_session()
    pipe, = session_pipes(installation)
    assert canonical_sddl(pipe["security"] or "none") == "D:P(A;;GA;;;SY)"
    assert not pipe["inherit"]


def test_name_of_the_session_pipe_cannot_be_guessed(installation: Installation,
                                                    start_session: SessionMaker) -> None:
    start_session()
    start_session()
    uuids = set()
    for pipe in session_pipes(installation):
        match = re.fullmatch(
            re.escape(rf"\\.\pipe\openvpn{installation.instance}\service_{pipe['tid']}_")
            + "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", pipe["name"])
        assert match, f"expected a name that ends in a UUID; came {pipe['name']}"
        uuids.add(match[1])
    assert len(uuids) == 2


def test_nobody_else_can_open_the_session_pipe(installation: Installation, bridge: Bridge,
                                               start_session: SessionMaker) -> None:
    start_session()
    pipe, = session_pipes(installation)
    with pytest.raises(BridgeError) as refused:
        Pipe.connect(bridge, pipe["name"], seconds=0.05)
    assert refused.value.code in (ERROR_ACCESS_DENIED, ERROR_PIPE_BUSY, 121, 258)


def test_nobody_else_can_serve_the_session_pipe(installation: Installation, bridge: Bridge,
                                                start_session: SessionMaker) -> None:
    start_session()
    pipe, = session_pipes(installation)
    with pytest.raises(BridgeError) as refused:
        Pipe.create(bridge, pipe["name"])
    assert refused.value.code in (ERROR_ACCESS_DENIED, ERROR_PIPE_BUSY)


def test_session_pipe_goes_with_its_session(installation: Installation, bridge: Bridge,
                                            start_session: SessionMaker) -> None:
    session = start_session()
    pipe, = session_pipes(installation)
    session.end()
    with pytest.raises(BridgeError) as missing:
        Pipe.connect(bridge, pipe["name"])
    assert missing.value.code == 2


# ---- impersonation ----

def test_as_the_user_only_folder_and_config_are_opened(installation: Installation,
                                                       start_session: SessionMaker) -> None:
    installation.fakes.personas(PLAIN_USER)
    start_session()
    done = Impersonations(installation.record)
    assert done.begun == {"ImpersonateNamedPipeClient": 1, "SetThreadToken": 2}
    files = [call["path"] for call in done.calls if call["call"] == "CreateFileW"]
    assert len(files) == 2
    assert files[0].endswith(".ovpn")
    assert files[1] == rf"{installation.folder}\config"
    others = {call["call"] for call in done.calls} - {"CreateFileW"}
    assert others == {"OpenThreadToken"}


def test_whatever_is_made_is_made_as_the_service(installation: Installation,
                                                 start_session: SessionMaker) -> None:
    installation.fakes.personas(PLAIN_USER)
    start_session()
    as_user = installation.record.calls(where=lambda call: bool(call.get("impersonating")))
    assert {call["call"] for call in as_user} == {"CreateFileW"}
    assert {call["disposition"] for call in as_user} == {3}, "OPEN_EXISTING"


def test_server_of_a_path_may_only_identify_the_service(installation: Installation,
                                                        start_session: SessionMaker) -> None:
    installation.fakes.personas(PLAIN_USER)
    start_session()
    as_user = installation.record.calls(where=lambda call: bool(call.get("impersonating")))
    for call in as_user:
        assert int(call["flags"], 16) & 0x00130000 == IDENTIFICATION, call


def test_impersonation_has_ended_when_a_request_is_refused(installation: Installation,
                                                           user_bridge: Bridge) -> None:
    installation.fakes.personas(PLAIN_USER)
    client = installation.connect(user_bridge)
    reply = client.start(rf"{installation.folder}\config", r"--config C:\windows\win.ini")
    client.wait_closed()
    client.close()
    assert reply.code == ERROR_STARTUP_DATA
    assert not Impersonations(installation.record).open


# ---- secrets ----

SECRET = "Xyzzy€plugh"


def test_text_for_stdin_is_in_no_record_and_no_event(installation: Installation,
                                                     start_session: SessionMaker) -> None:
    session = start_session(stdin=f"{SECRET}\n")
    session.openvpn.die(7)
    session.client.read()
    session.client.wait_closed()
    said = "\n".join(map(str, installation.record))
    assert "OpenVPN exited with error" in said
    assert SECRET not in said


def test_text_for_stdin_is_on_no_command_line(start_session: SessionMaker) -> None:
    described = start_session(stdin=f"{SECRET}\n").openvpn.describe()
    assert SECRET not in described["command_line"]
    assert SECRET not in str(described["environment"])


def test_text_for_stdin_is_not_revealed_when_the_start_fails(installation: Installation,
                                                             user_bridge: Bridge) -> None:
    installation.fakes.fail("CreateProcessAsUserW", 5)
    client = installation.connect(user_bridge)
    reply = client.start(rf"{installation.folder}\config", "--verb 3", f"{SECRET}\n")
    client.wait_closed()
    client.close()
    assert reply.code == 5
    assert SECRET.encode("utf-16-le") not in reply.raw
    assert SECRET not in "\n".join(map(str, installation.record))
