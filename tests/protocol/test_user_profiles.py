# SPDX-License-Identifier: MIT
"""Profiles of users without rights: what runs is a copy of what was checked, for as long as the
session lives: docs/profiles.md."""
from __future__ import annotations

from dataclasses import replace
from typing import Callable, List, Optional, Tuple

import pytest

from harness.bridge import Bridge, BridgeError
from harness.client import Client, startup
from harness.eventually import eventually
from harness.fakes import (ADMINISTRATOR, DOMAIN_SID, GROUP_MEMBER_BY_TOKEN, INTERACTIVE,
                           PLAIN_USER, USERS)
from harness.openvpn import Openvpn
from harness.pipe import Pipe
from protocol.support.profile_user import (ALICE, CHECKED, KEY, RUNS, SECRET, ProfileUser, Setting,
                                           not_allowed)
from protocol.support.raw_client import (ADMIN_GROUP, config_missing, config_refusal, data_error,
                                         option_refusal)

UserMaker = Callable[[Setting], ProfileUser]

STRICT: Setting = {"option_policy": "strict"}

BOB = replace(ALICE, name="bert", sid=f"{DOMAIN_SID}-1008")

MEBIBYTE = 1 << 20
#: Three of these are less than a mebibyte, and four are not: an odd byte is counted for each.
MOST_UNITS = 131072
#: More than a message of others may have.
LONG = ("# " + "x" * 200 + "\n") * 30

#: Classes of GetTokenInformation.
TOKEN_INTEGRITY_LEVEL, TOKEN_IS_APP_CONTAINER = 25, 29

ERROR_ACCESS_DENIED = 5
ERROR_SHARING_VIOLATION, ERROR_CLOUD_FILE_REQUEST_TIMEOUT = 32, 426


# ---- what runs ----

def test_a_copy_of_what_was_checked_runs_and_is_removed(user: ProfileUser) -> None:
    session = user.start(f"user nobody\n{KEY}verb  3 # comment\n")
    copy, = user.copies()
    arguments = session.openvpn.describe()["arguments"]
    assert arguments[1] == "--config"
    assert arguments[2].lower().endswith(
        rf"\gatehouse\{user.installation.service.name}.profiles\{copy.name}".lower())
    lines = copy.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["", "client"] and lines[2].startswith("setenv UV_GATEHOUSE_CONTROL ")
    assert lines[3:] == ["", *KEY.splitlines(), "verb 3"]
    session.end()
    assert not eventually(user.copies, lambda copies: not copies)


def test_nothing_is_left_when_the_service_stops(user: ProfileUser) -> None:
    user.start(KEY).end()
    assert user.store.exists()
    user.installation.stop()
    assert not user.store.exists()
    user.installation.start()


def test_session_is_known_by_the_users_own_file(user: ProfileUser, bridge: Bridge) -> None:
    user.start(name="my work.ovpn")
    control = user.installation.control(bridge)
    session, = control.sessions()
    control.close()
    assert session["config"].endswith(r"\my work.ovpn") and "profiles" not in str(session)


def test_copy_is_what_was_read_whatever_becomes_of_the_file(user: ProfileUser) -> None:
    session = user.start("verb 3\n")
    user.write("home.ovpn", "plugin evil.dll\n")
    copy, = user.copies()
    assert "plugin" not in copy.read_text(encoding="utf-8")
    (user.installation.host_folder / "log" / "home.ovpn").unlink()
    assert copy.read_text(encoding="utf-8").endswith("verb 3\n")
    session.end()


def test_copy_cannot_be_changed_or_removed_while_it_runs(user: ProfileUser, user_bridge: Bridge
                                                         ) -> None:
    user.start()
    copy, = user.copies()
    path = (rf"{user.installation.folder}\ProgramData\Gatehouse"
            rf"\{user.installation.service.name}.profiles\{copy.name}")
    for access in (0x40000000, 0x00010000):  # GENERIC_WRITE, DELETE
        with pytest.raises(BridgeError) as error:
            Pipe.connect(user_bridge, path, access=access, share=7, flags=0, mode=None)
        assert error.value.code == ERROR_SHARING_VIOLATION


def test_file_that_is_swapped_meanwhile_changes_nothing(user: ProfileUser, bridge: Bridge) -> None:
    fakes = user.installation.fakes
    mark = user.installation.record.mark()
    user.start().end()
    calls = user.installation.record.calls("CreateFileW", since=mark)
    number = next(at for at, call in enumerate(calls, 1) if ".profiles" in str(call))
    fakes.fault("CreateFileW", "block", nth=number)
    openvpn = Openvpn(bridge)
    file = user.write("home.ovpn", openvpn.profile() + "verb 3\n")
    client = user.caller.connect()
    client.send(startup(user.caller.directory, f'--config "{file}"', ""))
    fakes.wait_blocked("CreateFileW")
    user.write("home.ovpn", "plugin evil.dll\n")
    fakes.clear_faults()
    assert not client.read().code
    openvpn.accept()
    copy, = user.copies()
    assert copy.read_text(encoding="utf-8").endswith("verb 3\n")
    openvpn.exit()
    openvpn.close()


def test_relative_names_belong_to_the_working_folder(user: ProfileUser) -> None:
    session = user.start("ca ca.crt\n")
    description = session.openvpn.describe()
    assert description["directory"].rstrip("\\").lower() == user.caller.directory.lower()


def test_two_sessions_of_one_file_have_a_copy_each(user: ProfileUser) -> None:
    first, second = user.start(), user.start()
    assert len(user.copies()) == 2
    first.end()
    assert len(eventually(user.copies, lambda copies: len(copies) == 1)) == 1
    second.end()


# ---- what does not ----

def test_refusal_names_the_line_and_the_reason(user: ProfileUser) -> None:
    assert user.refusal("client\nup evil.exe\n") == not_allowed(2, "up", RUNS)
    assert user.refusal(f"client\nplugin x\n{SECRET}\n") == not_allowed(
        2, "plugin", RUNS, " 1 more lines are not, either.")
    unknown = user.refusal(f"client\n{SECRET}\n")
    assert unknown == not_allowed(2, "", "it is no directive of a client that is known here")


def test_secrets_reach_no_log(user: ProfileUser) -> None:
    user.start(KEY).end()
    user.refusal(KEY + SECRET + "\n")
    user.refusal("askpass \"" + SECRET + "\n")
    assert not any(SECRET in event for event in user.installation.record.events())


@pytest.mark.parametrize("file", [r"\\server\share\home.ovpn", r"\\.\pipe\home", "home.ovpn:x",
                                  r"\\?\C:\windows\win.ini", "nul", "stdin.ovpn."])
def test_what_is_no_plain_local_file_is_refused(user: ProfileUser, file: str) -> None:
    assert user.caller.ask(f'--config "{file}"') == config_refusal(file, user.caller.directory)


@pytest.mark.parametrize("folder", ["unmounted volume", "unmounted server", "mapped server"])
def test_file_whose_place_windows_cannot_name_is_refused(user: ProfileUser, folder: str) -> None:
    place = user.installation.host_folder / "log" / folder
    place.mkdir()
    (place / "home.ovpn").write_text("client\n", encoding="ascii")
    file = rf"{user.installation.folder}\log\{folder}\home.ovpn"
    assert user.caller.ask(f'--config "{file}"') == config_refusal(file, user.caller.directory)
    assert not user.copies()


@pytest.mark.parametrize("code", [ERROR_SHARING_VIOLATION, ERROR_CLOUD_FILE_REQUEST_TIMEOUT])
def test_file_that_cannot_be_read_is_told_as_that(user: ProfileUser, code: int) -> None:
    user.start().end()  # whatever is opened once only
    user.installation.fakes.fail("CreateFileW", code, nth=2, times=3)
    assert "cannot be opened" in user.refusal("client\n").decode("utf-16-le")


def test_links_are_followed_once(user: ProfileUser) -> None:
    log = user.installation.host_folder / "log"
    openvpn = Openvpn(user.bridge)
    (log / "target.ovpn").write_text(openvpn.profile(), encoding="ascii")
    (log / "link.ovpn").symlink_to("target.ovpn")
    client = user.caller.connect()
    reply = client.start(user.caller.directory,
                         rf'--config "{user.installation.folder}\log\link.ovpn"')
    assert not reply.code
    openvpn.accept()
    (log / "link.ovpn").unlink()
    (log / "link.ovpn").symlink_to("../config")
    copy, = user.copies()
    assert copy.read_text(encoding="ascii").startswith("client\n")
    openvpn.exit()
    client.wait_closed()
    openvpn.close()


def test_missing_files_are_told_as_before(user: ProfileUser) -> None:
    file = rf"{user.installation.folder}\log\missing.ovpn"
    assert user.caller.ask(f'--config "{file}"') == config_missing(file, user.caller.directory)


def test_more_than_a_mebibyte_is_refused(user: ProfileUser) -> None:
    raw = user.refusal("\n" * ((1 << 20) + 1))
    assert b"cannot be opened".decode() in raw.decode("utf-16-le")


def test_options_are_those_of_the_white_list_still(user: ProfileUser) -> None:
    assert user.refusal("client\n", '--config "{file}" --up x') == option_refusal("--up")


def test_files_of_the_config_folder_run_unchecked(user: ProfileUser) -> None:
    session = user.caller.start('--config "{config}"')
    assert not user.copies()
    session.end()


# ---- who ----

def test_users_profiles_are_off_by_default(make_user: UserMaker) -> None:
    user = make_user({})
    file = rf"{user.installation.folder}\log\home.ovpn"
    assert user.refusal("client\n") == config_refusal(file, user.caller.directory)
    assert not user.store.exists()


def test_only_users_at_the_computer_may(user: ProfileUser) -> None:
    user.installation.fakes.personas(PLAIN_USER)
    file = rf"{user.installation.folder}\log\home.ovpn"
    assert user.refusal("client\n") == config_refusal(file, user.caller.directory)


@pytest.mark.parametrize("sid", ["S-1-16-4096", "S-1-16-8191", "S-1-15-2-1-2-3", "S-1-5-12"],
                         ids=["low integrity", "less than medium", "AppContainer", "restricted"])
def test_programs_that_are_fenced_in_may_not(user: ProfileUser, sid: str) -> None:
    user.installation.fakes.personas(ALICE.with_group(sid))
    file = rf"{user.installation.folder}\log\home.ovpn"
    assert user.refusal("client\n") == config_refusal(file, user.caller.directory)


@pytest.mark.parametrize("integrity", ["S-1-16-8192", "S-1-16-8448", "S-1-16-12288"])
def test_programs_of_medium_integrity_and_more_may(user: ProfileUser, integrity: str) -> None:
    user.installation.fakes.personas(ALICE.with_group(integrity))
    user.start().end()


def test_who_cannot_be_told_from_such_a_program_may_not(user: ProfileUser) -> None:
    user.start().end()
    fakes = user.installation.fakes
    file = rf"{user.installation.folder}\log\home.ovpn"
    mark = user.installation.record.mark()
    user.start().end()
    asked = user.installation.record.calls("GetTokenInformation", since=mark)
    numbers = [at for at, call in enumerate(asked, 1)
               if call["class"] in (TOKEN_INTEGRITY_LEVEL, TOKEN_IS_APP_CONTAINER)]
    assert len(numbers) >= 2
    for number in numbers:
        fakes.fail("GetTokenInformation", ERROR_ACCESS_DENIED, nth=number)
        assert user.refusal("client\n") == config_refusal(file, user.caller.directory), number
        fakes.clear_faults()


def test_a_group_narrows_it(make_user: UserMaker) -> None:
    user = make_user({**CHECKED, "user_profiles_group": ADMIN_GROUP})
    file = rf"{user.installation.folder}\log\home.ovpn"
    assert user.refusal("client\n") == config_refusal(file, user.caller.directory)
    other = make_user({**CHECKED, "user_profiles_group": "Users"})
    assert USERS in ALICE.groups
    other.start().end()


def test_administrators_run_what_they_want(user: ProfileUser) -> None:
    user.installation.fakes.personas(ADMINISTRATOR.with_group(INTERACTIVE))
    session = user.caller.start('--config "{config}"', file=r"log\admin.ovpn")
    assert not user.copies()
    session.end()


# ---- the standard input ----

def test_profile_from_the_standard_input_is_written_anew(user: ProfileUser) -> None:
    session = user.start("verb  3\nuser nobody\n", options="--config stdin", stdin=True)
    assert session.openvpn.describe()["arguments"][1:3] == ["--config", "stdin"]
    assert not user.copies()
    session.end()


def test_long_profiles_come_by_the_standard_input(user: ProfileUser) -> None:
    comment = "# " + "x" * 200 + "\n"
    user.start(comment * 100, options="--config stdin", stdin=True).end()


def test_a_user_has_a_mebibyte_for_all_long_messages_at_a_time(
        make_user: UserMaker, bridge: Bridge) -> None:
    user = make_user({**CHECKED, "max_startup_units": str(MOST_UNITS)})
    fakes = user.installation.fakes
    fakes.personas(ALICE, BOB.of(bridge.process))
    fakes.fault("CreateProcessAsUserW", "block", times=0)
    at_once = MEBIBYTE // (2 * MOST_UNITS + 1)
    assert at_once == 3
    playing: List[Tuple[Client, Openvpn]] = []

    def begin(at: Optional[Bridge] = None) -> None:
        openvpn = Openvpn(bridge)
        client = user.caller.connect(at)
        client.send(startup(user.caller.directory, "--config stdin", openvpn.profile() + LONG))
        playing.append((client, openvpn))
        assert eventually(fakes.waiting, lambda rows: len(rows) == len(playing))

    for _ in range(at_once):
        begin()
    long = startup(user.caller.directory, "--config stdin", "client\n" + LONG)
    assert user.caller.reply_to(long) == data_error("GetStartupData")
    begin(bridge)  # another user has a limit of their own
    fakes.clear_faults()
    for client, openvpn in playing:
        assert not client.read().code
        openvpn.accept()
        openvpn.exit()
        client.wait_closed()
        openvpn.close()
    user.start(LONG, options="--config stdin", stdin=True).end()


def test_refused_profiles_do_not(user: ProfileUser) -> None:
    assert user.caller.ask("--config stdin", stdin="client\nup x\n") == not_allowed(2, "up", RUNS)


def test_password_and_profile_do_not_share_the_standard_input(user: ProfileUser) -> None:
    raw = user.caller.ask("--config stdin --management 127.0.0.1 25340 stdin", stdin="client\n")
    assert "exclude each other" in raw.decode("utf-16-le")


def test_others_have_their_limit_still(user: ProfileUser) -> None:
    user.installation.fakes.personas(PLAIN_USER)
    raw = user.caller.reply_to(startup(user.caller.directory, "--config stdin", "#" * 5000))
    assert raw == data_error("GetStartupData")


# ---- strict ----

def test_strict_judges_everybodys_profiles_but_administrators(make_user: UserMaker) -> None:
    user = make_user(STRICT)
    path = user.installation.write_config("bad.ovpn", "client\nup x\n")
    for persona in (ALICE, PLAIN_USER, GROUP_MEMBER_BY_TOKEN):
        user.installation.fakes.personas(persona)
        assert user.caller.ask(f'--config "{path}"') == not_allowed(2, "up", RUNS)
    user.installation.fakes.personas(ADMINISTRATOR)
    user.caller.start('--config "{config}" --up x').end()


def test_strict_lets_directives_of_profiles_be_options(make_user: UserMaker) -> None:
    user = make_user({**STRICT, **CHECKED})
    session = user.start(options='--client --dev tun --redirect-gateway def1 --config "{file}" '
                                 "--script-security 0 --remote 198.51.100.7 1194 udp")
    assert len(user.copies()) == 1
    session.end()
    assert user.refusal("client\n", '--config "{file}" --up x') == option_refusal("--up")
    assert user.refusal("client\n", '--config "{file}" --remote a 0') == option_refusal("--remote")


# ---- the end of the service ----

def test_a_crash_leaves_no_copy_behind_the_next_start(user: ProfileUser) -> None:
    user.start(KEY)
    assert len(user.copies()) == 1
    user.installation.crash()
    assert len(user.copies()) == 1
    user.installation.start()
    assert not user.copies()
