# SPDX-License-Identifier: MIT
"""A failing start names the function and leaves nothing behind, and the next start works."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Iterator

import pytest

from harness.bridge import Bridge
from harness.client import Client, Reply, startup
from harness.eventually import eventually
from harness.fakes import PLAIN_USER, Level
from harness.impersonation import Impersonations
from harness.installation import Installation
from harness.process import Process, handle_count
from harness.session import Session
from protocol.support.availability import THREAD_STARTS

SessionMaker = Callable[..., Session]

ERROR_FILE_NOT_FOUND, ERROR_ACCESS_DENIED = 2, 5
ERROR_NOT_ENOUGH_MEMORY, ERROR_DIRECTORY = 8, 267
ERROR_BAD_IMPERSONATION_LEVEL, ERROR_NO_SYSTEM_RESOURCES = 1346, 1450


@dataclass(frozen=True)
class Failure:
    """The nth `call` after the client has been identified fails; the expected reply."""

    call: str
    function: str
    nth: int = 1
    #: The code in the reply, if it is not the injected error.
    code: int = ERROR_NO_SYSTEM_RESOURCES


CONFIG_UNOPENED = "The config file ("

#: In the order in which a user without rights makes them.
FAILURES = {
    "impersonation": Failure("ImpersonateNamedPipeClient", "ImpersonateNamedPipeClient"),
    "token of the thread": Failure("OpenThreadToken", "OpenThreadToken"),
    "level of the token": Failure("GetTokenInformation",
                                  "GetTokenInformation (impersonation token)"),
    "user of the token": Failure("GetTokenInformation",
                                 "GetTokenInformation (impersonation token)", nth=3),
    "wearing the token for the config": Failure("SetThreadToken", CONFIG_UNOPENED),
    "opening the config": Failure("CreateFileW", CONFIG_UNOPENED, nth=2),
    "own token": Failure("OpenProcessToken", "OpenProcessToken"),
    "own user": Failure("GetTokenInformation", "GetTokenInformation (service token)", nth=5),
    "primary token": Failure("DuplicateTokenEx", "DuplicateTokenEx"),
    "NUL": Failure("CreateFileW", "CreateFile for stdout", nth=4),
    "session pipe": Failure("CreateNamedPipeW", "CreateNamedPipe"),
    "client's end of the session pipe": Failure("CreateFileW", "CreateFile", nth=5),
    "message mode": Failure("SetNamedPipeHandleState", "SetNamedPipeHandleState"),
    "handle list": Failure("UpdateProcThreadAttribute", "UpdateProcThreadAttribute"),
    "job list": Failure("UpdateProcThreadAttribute", "UpdateProcThreadAttribute", nth=2),
    "environment": Failure("CreateEnvironmentBlock", "CreateEnvironmentBlock"),
    "wearing the token for the folder": Failure("SetThreadToken", "CreateProcessAsUser", nth=2,
                                                code=ERROR_DIRECTORY),
    "opening the folder": Failure("CreateFileW", "CreateProcessAsUser", nth=6,
                                  code=ERROR_DIRECTORY),
    "process": Failure("CreateProcessAsUserW", "CreateProcessAsUser"),
}


@pytest.fixture
def plain(installation: Installation) -> Iterator[Installation]:
    """The installation with ordinary clients, for whom the service makes every step of a start."""
    installation.fakes.personas(PLAIN_USER)
    yield installation


def connect(installation: Installation, bridge: Bridge) -> Client:
    """A client whose session waits for start-up data: the listener is done with it."""
    mark = installation.record.mark()
    client = installation.connect(bridge)
    installation.record.wait_for(*THREAD_STARTS, since=mark)
    return client


def start_failing(installation: Installation, bridge: Bridge, failure: Failure) -> Reply:
    """A start that meets the failure, to its end."""
    client = connect(installation, bridge)
    config = installation.write_config("fails.ovpn", "client\n")
    installation.fakes.fail(failure.call, ERROR_NO_SYSTEM_RESOURCES, nth=failure.nth)
    reply = client.start(rf"{installation.folder}\config", f'--config "{config}"')
    client.wait_closed()
    client.close()
    installation.fakes.clear_faults()
    return reply


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_failing_function_is_named(plain: Installation, user_bridge: Bridge, failure: Failure
                                   ) -> None:
    reply = start_failing(plain, user_bridge, failure)
    assert reply.code == failure.code
    assert reply.function.startswith(failure.function)


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_failing_start_ends_the_impersonation(plain: Installation, user_bridge: Bridge,
                                              failure: Failure) -> None:
    start_failing(plain, user_bridge, failure)
    assert not Impersonations(plain.record).open


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_failing_start_leaks_no_handle(plain: Installation, bridge: Bridge, user_bridge: Bridge,
                                       failure: Failure) -> None:
    service = plain.service.status().process
    start_failing(plain, user_bridge, failure)  # what is loaded at first use stays
    before = handle_count(bridge, service)
    for _ in range(3):
        start_failing(plain, user_bridge, failure)
    after = eventually(lambda: handle_count(bridge, service), lambda count: count <= before)
    assert after <= before


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_next_start_after_a_failing_one_works(plain: Installation, user_bridge: Bridge,
                                              start_session: SessionMaker, failure: Failure
                                              ) -> None:
    start_failing(plain, user_bridge, failure)
    assert start_session().openvpn.describe()["in_job"]


def test_failing_version_query_of_the_program_is_ignored(plain: Installation,
                                                         user_bridge: Bridge,
                                                         start_session: SessionMaker) -> None:
    plain.fakes.fail("CreateFileW", ERROR_ACCESS_DENIED, nth=7)
    assert start_session().openvpn.describe()["in_job"]


def test_client_is_told_that_no_thread_could_be_created(
        installation: Installation, user_bridge: Bridge) -> None:
    installation.fakes.fail("_beginthreadex", ERROR_NOT_ENOUGH_MEMORY)
    client = installation.connect(user_bridge)
    reply = client.read()
    client.close()
    assert reply.code == ERROR_NO_SYSTEM_RESOURCES
    assert reply.function == "Insufficient resources to service new clients"


def test_service_that_cannot_stop_impersonating_ends(plain: Installation, bridge: Bridge,
                                                     user_bridge: Bridge) -> None:
    client = connect(plain, user_bridge)
    service = Process.open(bridge, plain.service.status().process)
    plain.fakes.fail("RevertToSelf", ERROR_ACCESS_DENIED)
    client.send(startup(rf"{plain.folder}\config", "--verb 3"))
    assert service.wait() == ERROR_ACCESS_DENIED
    service.close()
    client.close()
    events, starts = plain.record.events(), plain.record.calls("CreateProcessAsUserW")
    plain.create()  # Wine's service manager does not notice that a process has ended itself
    plain.populate()
    assert any("RevertToSelf failed" in event for event in events)
    assert not starts


@pytest.mark.parametrize("level", ["identification", "anonymous"])
def test_client_that_may_not_be_impersonated_is_told_what_to_do(
        installation: Installation, user_bridge: Bridge, level: Level) -> None:
    installation.fakes.personas(PLAIN_USER.granting(level))
    client = installation.connect(user_bridge)
    reply = client.start(rf"{installation.folder}\config", "--verb 3")
    client.wait_closed()
    client.close()
    assert reply.code == ERROR_BAD_IMPERSONATION_LEVEL
    assert "SECURITY_IMPERSONATION" in reply.function


# ---- the program ----

def start_to_fail(installation: Installation, bridge: Bridge, directory: str) -> Reply:
    """A start of which only the result is awaited."""
    client = installation.connect(bridge)
    reply = client.start(directory, "--verb 3")
    client.wait_closed()
    client.close()
    return reply


@pytest.fixture
def program(installation: Installation) -> Iterator[Installation]:
    """The installation without its openvpn.exe, which is restored after the test."""
    path = installation.host_folder / "bin" / "openvpn.exe"
    away = path.with_suffix(".away")
    path.rename(away)
    yield installation
    if path.is_dir():
        path.rmdir()
    away.replace(path)


def test_missing_program_is_reported(program: Installation, user_bridge: Bridge) -> None:
    reply = start_to_fail(program, user_bridge, rf"{program.folder}\config")
    assert (reply.code, reply.function) == (ERROR_FILE_NOT_FOUND, "CreateProcessAsUser")


@pytest.mark.parametrize("content", [b"", b"MZ", b"not a program\n" * 100, b"MZ" + b"\xff" * 1000],
                         ids=["empty", "short", "text", "wrong header"])
def test_file_that_is_not_a_program_is_reported(
        program: Installation, user_bridge: Bridge, content: bytes) -> None:
    (program.host_folder / "bin" / "openvpn.exe").write_bytes(content)
    reply = start_to_fail(program, user_bridge, rf"{program.folder}\config")
    assert reply.code
    assert reply.function == "CreateProcessAsUser"


def test_folder_in_place_of_the_program_is_reported(program: Installation, user_bridge: Bridge
                                                    ) -> None:
    (program.host_folder / "bin" / "openvpn.exe").mkdir()
    reply = start_to_fail(program, user_bridge, rf"{program.folder}\config")
    assert reply.code
    assert reply.function == "CreateProcessAsUser"


# ---- the working folder ----

FOLDERS = {
    "missing": r"{folder}\none",
    "a file": r"{folder}\bin\openvpn.exe",
    "empty": "",
    "relative": "config",
    "of a drive": "C:config",
    "on a server": r"\\server\share",
    "on this machine as a server": r"\\localhost\c$",
    "a device path": r"\\.\{folder}\config",
    "on a server, with the long path prefix": r"\\?\UNC\localhost\c$",
    "of the object manager": r"\\?\GLOBALROOT\??\{folder}\config",
    "a volume": r"\\?\Volume{{00000000-0000-0000-0000-000000000000}}\\",
    "with the prefix, of a drive": r"\\?\C:config",
    "a device": r"\\.\pipe",
    "an absent drive": "Q:\\",
    "too long": "C:\\" + "x" * 2000,
}


@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS.keys())
def test_unusable_working_folder_is_reported(installation: Installation, user_bridge: Bridge,
                                             folder: str) -> None:
    reply = start_to_fail(installation, user_bridge, folder.format(folder=installation.folder))
    assert (reply.code, reply.function) == (ERROR_DIRECTORY, "CreateProcessAsUser")
    assert not installation.record.calls("CreateProcessAsUserW")


def test_folder_on_a_server_without_a_name_is_not_used(installation: Installation,
                                                       user_bridge: Bridge) -> None:
    (installation.host_folder / "unmounted server").mkdir()
    reply = start_to_fail(installation, user_bridge, rf"{installation.folder}\unmounted server")
    assert (reply.code, reply.function) == (ERROR_DIRECTORY, "CreateProcessAsUser")
    assert not installation.record.calls("CreateProcessAsUserW")


@pytest.mark.parametrize("folder", [r"\\server\share", r"\\?\UNC\server\share", r"\\.\pipe"])
def test_folder_elsewhere_is_not_even_opened(installation: Installation, user_bridge: Bridge,
                                             folder: str) -> None:
    start_to_fail(installation, user_bridge, folder)
    paths = [call["path"] for call in installation.record.calls("CreateFileW")]
    assert folder not in paths


def test_failure_is_in_the_event_log(installation: Installation, user_bridge: Bridge) -> None:
    installation.fakes.fail("CreateProcessAsUserW", ERROR_ACCESS_DENIED)
    start_to_fail(installation, user_bridge, rf"{installation.folder}\config")
    assert any("0x00000005" in event and "CreateProcessAsUser" in event
               for event in installation.record.events())


def test_client_that_leaves_before_it_speaks_does_not_stop_others(
        installation: Installation, user_bridge: Bridge, start_session: SessionMaker) -> None:
    connect(installation, user_bridge).close()
    assert start_session().openvpn.describe()["in_job"]
