# SPDX-License-Identifier: MIT
"""How openvpn.exe is started, as it sees that itself: docs/protocol.md, "Starting openvpn.exe"."""
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Dict, List

import pytest

from harness.bridge import Bridge
from harness.eventually import eventually
from harness.installation import Installation
from harness.messages import route
from harness.process import Process, kill
from harness.record import Call
from harness.registry import Registry
from harness.session import Session

SessionMaker = Callable[..., Session]
InstallationMaker = Callable[..., Installation]

CREATE_NO_WINDOW, CREATE_UNICODE_ENVIRONMENT = 0x08000000, 0x00000400
EXTENDED_STARTUPINFO_PRESENT = 0x00080000
NORMAL_PRIORITY = 0x20
TYPE_CHARACTER_DEVICE, TYPE_PIPE = 2, 3

#: Options as a client sends them, and the arguments that result.
COMMAND_LINES = {
    "one word": ("--verb 4", ["--verb", "4"]),
    "quoted blank": ('--setenv A "b c"', ["--setenv", "A", "b c"]),
    "empty argument": ('--setenv A ""', ["--setenv", "A", ""]),
    "quotes within a word": ('--setenv A b" c "d', ["--setenv", "A", "b c d"]),
    "escaped quote": (r'--setenv A "b \" c"', ["--setenv", "A", 'b " c']),
    "backslash at the end": (r'--setenv A "b c\\"', ["--setenv", "A", "b c\\"]),
    "backslashes elsewhere": (r"--setenv A \\b\\\c", ["--setenv", "A", r"\\b\\\c"]),
    "backslashes before a quote": (r'--setenv A b\\\"c', ["--setenv", "A", r'b\"c']),
    "doubled quotes": ('--setenv A "b ""c"" d"', ["--setenv", "A", 'b "c" d']),
    "unended quote": ('--setenv A "b c', ["--setenv", "A", "b c"]),
    "tabs and many blanks": ("--verb\t \t4   --mute  20", ["--verb", "4", "--mute", "20"]),
    "not ASCII": ("--setenv Ä \"Büro € \U0001d11e\"", ["--setenv", "Ä", "Büro € \U0001d11e"]),
    "shell's characters": ("--setenv A b&c|d>e^%PATH%", ["--setenv", "A", "b&c|d>e^%PATH%"]),
    "line ends": ("--setenv A \"b\nc\"", ["--setenv", "A", "b\nc"]),
}


def creation(installation: Installation) -> Call:
    """The one CreateProcessAsUser."""
    calls = installation.record.calls("CreateProcessAsUserW")
    assert len(calls) == 1, calls
    return calls[0]


def attribute(installation: Installation, name: str) -> List[int]:
    """The handles of the one attribute of this name."""
    calls = installation.record.calls("UpdateProcThreadAttribute",
                                      where=lambda call: call.get("name") == name)
    assert len(calls) == 1, calls
    handles: List[int] = calls[0]["handles"]
    return handles


@pytest.mark.parametrize("options, arguments", COMMAND_LINES.values(), ids=COMMAND_LINES.keys())
def test_child_has_the_arguments_that_were_sent(start_session: SessionMaker, options: str,
                                                arguments: List[str]) -> None:
    seen = start_session(options=options).openvpn.describe()["arguments"]
    assert seen[3:-2] == arguments


def test_first_word_is_openvpn_whatever_the_program_is(start_session: SessionMaker) -> None:
    assert start_session().openvpn.describe()["arguments"][0] == "openvpn"


def test_message_channel_is_the_last_option(installation: Installation,
                                            start_session: SessionMaker) -> None:
    described = start_session(options="--verb 3").openvpn.describe()
    opened, = installation.record.calls("CreateFileW", where=lambda call: bool(
        r"\service_" in call["path"]))
    channel = int(opened["handle"], 16)
    assert described["arguments"][-2:] == ["--msg-channel", str(channel)]
    assert described["command_line"].endswith(f" --msg-channel {channel}")


def test_another_message_channel_before_ours_loses(start_session: SessionMaker) -> None:
    session = start_session(options="--msg-channel 4")
    assert session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", 2)) == 0


@pytest.mark.parametrize("name", ["working folder", "Büro € Ω"], ids=["blank", "not ASCII"])
def test_child_works_in_the_folder_that_was_sent(installation: Installation,
                                                 start_session: SessionMaker, name: str) -> None:
    (installation.host_folder / name).mkdir(exist_ok=True)
    folder = rf"{installation.folder}\{name}"
    described = start_session(directory=folder).openvpn.describe()
    assert described["directory"].rstrip("\\") == folder


#: As CreateProcess takes them, too. {rest} is the folder without its drive.
SPELLINGS = {
    "forward slashes": "C:{forward}/config",
    "both": "C:{forward}\\config/",
    "backslash at the end": "C:{rest}\\config\\",
    "lower-case drive": "c:{rest}\\config",
    "long path prefix": "\\\\?\\C:{rest}\\config",
    "long path prefix and a backslash at the end": "\\\\?\\C:{rest}\\config\\",
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_working_folder_may_be_written_as_windows_takes_it(
        installation: Installation, start_session: SessionMaker, spelling: str) -> None:
    rest = installation.folder[2:]
    folder = spelling.format(rest=rest, forward=rest.replace("\\", "/"))
    described = start_session(directory=folder).openvpn.describe()
    given = described["directory"].rstrip("\\")
    assert given.lower() == rf"{installation.folder}\config".lower()


def test_working_folder_may_lie_on_a_volume_that_the_mount_manager_does_not_know(
        installation: Installation, start_session: SessionMaker) -> None:
    (installation.host_folder / "unmounted volume" / "work").mkdir(parents=True)
    folder = rf"{installation.folder}\unmounted volume\WORK"
    described = start_session(directory=folder).openvpn.describe()
    assert described["directory"].rstrip("\\") == rf"{installation.folder}\unmounted volume\work"


def test_relative_names_lie_in_the_working_folder(installation: Installation,
                                                  start_session: SessionMaker) -> None:
    start_session(options="--log child.log").openvpn.exit()
    assert (installation.host_folder / "config" / "child.log").exists()


def test_child_has_the_users_environment(installation: Installation, bridge: Bridge,
                                         start_session: SessionMaker) -> None:
    registry = Registry(bridge)
    registry.set_text(r"HKCU\Environment", "GATEHOUSE_OF_USER", "Grüße")
    try:
        environment = start_session().openvpn.describe()["environment"]
    finally:
        registry.delete(r"HKCU\Environment", "GATEHOUSE_OF_USER")
    assert environment["GATEHOUSE_OF_USER"] == "Grüße"


def test_environment_is_that_of_the_childs_token_only(installation: Installation,
                                                      start_session: SessionMaker) -> None:
    start_session()
    block, = installation.record.calls("CreateEnvironmentBlock")
    process = creation(installation)
    assert block["token"] == process["token"]
    assert not block["inherit"], "nothing of the service's own environment"
    assert process["environment"]


def test_child_is_started_without_a_window_in_the_users_desktop(installation: Installation,
                                                                start_session: SessionMaker
                                                                ) -> None:
    start_session()
    process = creation(installation)
    assert int(process["flags"], 16) & ~EXTENDED_STARTUPINFO_PRESENT == (
        NORMAL_PRIORITY | CREATE_NO_WINDOW | CREATE_UNICODE_ENVIRONMENT)
    assert process["desktop"] is None


PRIORITIES = {
    "idle_priority_class": 0x40, "BELOW_NORMAL_PRIORITY_CLASS": 0x4000,
    "Above_Normal_Priority_Class": 0x8000, "HIGH_PRIORITY_CLASS": 0x80,
}


@pytest.mark.parametrize("name, flag", PRIORITIES.items(), ids=PRIORITIES.keys())
def test_child_is_started_at_the_priority_that_is_set(make_installation: InstallationMaker,
                                                      start_session: SessionMaker, name: str,
                                                      flag: int) -> None:
    installation = make_installation(settings=(("priority", name),))
    installation.start()
    start_session(installation).close()
    all_others = CREATE_NO_WINDOW | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT
    assert int(creation(installation)["flags"], 16) & ~all_others == flag


def test_program_is_the_one_of_the_installation(installation: Installation,
                                                start_session: SessionMaker) -> None:
    described = start_session().openvpn.describe()
    assert described["image"] == rf"{installation.folder}\bin\openvpn.exe"
    assert creation(installation)["application"] == described["image"]


def test_path_of_the_program_may_hold_blanks_and_any_letter(make_installation: InstallationMaker,
                                                            worker_name: str,
                                                            start_session: SessionMaker) -> None:
    path = rf"C:\gatehouse\{worker_name}n1\my bin Ω\the openvpn.exe"
    installation = make_installation(settings=(("exe_path", path),))
    assert path.startswith(installation.folder)
    folder = installation.host_folder / "my bin Ω"
    folder.mkdir()
    (installation.host_folder / "bin" / "openvpn.exe").rename(folder / "the openvpn.exe")
    installation.start()
    session = start_session(installation)
    described = session.openvpn.describe()
    session.close()
    assert described["image"] == path
    assert described["arguments"][0] == "openvpn"


# ---- standard handles ----

STDIN = {
    "nothing": "",
    "a password": "secret\n",
    "line ends as they are": "one\r\ntwo\n\rthree",
    "not ASCII": "Paßwort € Ω\n",
    "beyond 16 bits": "\U0001d11e\U0001f511\n",
    "as much as fits": "€" * 3500,
}


@pytest.mark.parametrize("text", STDIN.values(), ids=STDIN.keys())
def test_child_reads_the_third_text_as_utf8(start_session: SessionMaker, text: str) -> None:
    session = start_session(stdin=text)
    wanted = text.encode()
    assert session.openvpn.stdin(len(wanted), 10) == wanted


def test_nothing_follows_the_text(start_session: SessionMaker) -> None:
    session = start_session(stdin="secret\n")
    session.openvpn.stdin(7, 10)
    session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", 2))
    assert session.openvpn.stdin(100, 0.1) == b"secret\n"


def test_stdin_has_no_end_while_the_session_lives(start_session: SessionMaker) -> None:
    session = start_session(stdin="secret\n")
    session.openvpn.stdin(7, 10)
    session.client.close()
    session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", 2))
    assert not session.openvpn.stdin_has_ended(0.1)


def test_child_that_never_reads_does_not_delay_others(start_session: SessionMaker) -> None:
    session = start_session(stdin="€" * 3500, config="setenv GATEHOUSE_STDIN unread\n")
    assert session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", 2)) == 0


def test_stdin_is_a_pipe_and_output_goes_nowhere(start_session: SessionMaker) -> None:
    described = start_session().openvpn.describe()
    assert described["stdin"]["type"] == TYPE_PIPE
    assert described["stdout"]["type"] == TYPE_CHARACTER_DEVICE
    assert described["stderr"] == described["stdout"]


def test_output_is_opened_for_writing_only(installation: Installation,
                                           start_session: SessionMaker) -> None:
    start_session()
    null, = installation.record.calls("CreateFileW",
                                      where=lambda call: bool(call["path"] == r"\\.\NUL"))
    assert (null["access"], null["share"], null["inherit"]) == ("0x40000000", "0x2", True)


# ---- what is inherited ----

def test_list_of_inherited_handles_is_exact(installation: Installation,
                                            start_session: SessionMaker) -> None:
    start_session()
    process = creation(installation)
    stdin, null, channel = attribute(installation, "handle_list")
    assert (int(process["stdin"], 16), int(process["stdout"], 16)) == (stdin, null)
    assert process["stderr"] == process["stdout"]
    client_end, = installation.record.calls("CreateFileW",
                                            where=lambda call: bool(
                                                r"\service_" in call["path"]))
    assert int(client_end["handle"], 16) == channel
    assert process["inherit"], "without this the list would mean nothing"


def inheritable(session: Session) -> Dict[int, int]:
    """The inherited handles of a child, as types by value: its own handles are not inheritable."""
    rows = session.openvpn.handles()
    return {row["value"]: row["type"] for row in rows if row and row["inheritable"]}


def start_two_together(installation: Installation, start: SessionMaker) -> List[Session]:
    """Start two sessions so that both have opened all handles before either process is created."""
    installation.fakes.fault("CreateProcessAsUserW", "block", times=2)
    with ThreadPoolExecutor(2) as pool:
        starting = [pool.submit(start) for _ in range(2)]
        waiting = eventually(installation.fakes.waiting, lambda rows: len(rows) == 2)
        installation.fakes.clear_faults()
        sessions = [each.result(30) for each in starting]
    assert len(waiting) == 2
    return sessions


def test_sessions_that_start_together_inherit_no_handles_of_each_other(
        installation: Installation, start_session: SessionMaker) -> None:
    sessions = start_two_together(installation, start_session)
    for session in sessions:
        described = session.openvpn.describe()
        inherited = inheritable(session)
        assert set(inherited) == {described["stdin"]["value"], described["stdout"]["value"]}
        assert set(inherited.values()) == {TYPE_PIPE, TYPE_CHARACTER_DEVICE}


def test_end_of_one_session_is_noticed_although_another_started_with_it(
        installation: Installation, start_session: SessionMaker) -> None:
    first, second = start_two_together(installation, start_session)
    first.openvpn.close_channel()
    assert first.process.wait() == 1, "the pipe broke, so nobody else held its end"
    assert second.openvpn.request(route("10.20.0.0/16", "10.8.0.1", 2)) == 0


# ---- job ----

def test_child_is_in_a_job_from_its_first_instruction(installation: Installation,
                                                      start_session: SessionMaker) -> None:
    described = start_session().openvpn.describe()
    assert described["in_job"]
    assert len(attribute(installation, "job_list")) == 1


def test_crash_of_the_service_ends_the_child(installation: Installation,
                                             start_session: SessionMaker) -> None:
    session = start_session()
    installation.crash()
    session.process.wait()


def test_grandchild_outlives_a_crash_of_the_service(installation: Installation, bridge: Bridge,
                                                    start_session: SessionMaker) -> None:
    session = start_session()
    grandchild = Process.open(bridge, session.openvpn.spawn())
    installation.crash()
    session.process.wait()
    assert grandchild.is_alive()
    kill(bridge, grandchild.id)
    grandchild.close()


def test_grandchild_outlives_the_session(bridge: Bridge, start_session: SessionMaker) -> None:
    session = start_session()
    grandchild = Process.open(bridge, session.openvpn.spawn())
    session.end()
    assert grandchild.is_alive()
    kill(bridge, grandchild.id)
    grandchild.close()


#: After so many requests a service that cares would have noticed that its client has left.
GOES_ON = 200


def test_leaving_client_leaves_the_child_running(start_session: SessionMaker) -> None:
    session = start_session()
    session.client.close()
    for number in range(GOES_ON):
        asked = route("10.20.0.0/16", "10.8.0.1", 2, delete=bool(number % 2))
        assert session.openvpn.request(asked) == 0
    assert session.process.is_alive()
