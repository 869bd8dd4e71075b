# SPDX-License-Identifier: MIT
"""The settings in the registry: defaults, what stops the service, and what it logs then."""
from __future__ import annotations

from pathlib import PureWindowsPath
from typing import Callable, Dict, Iterator, List, Tuple

import pytest

from harness.bridge import Bridge
from harness.checks import check_at_rest
from harness.client import ERROR_STARTUP_DATA, Reply
from harness.fakes import DOMAIN_SID, PLAIN_USER, SERVICE_USER, LocalGroup
from harness.installation import Installation
from harness.registry import BINARY, DWORD, EXPAND_SZ, MULTI_SZ, SZ
from harness.service import State, Status
from harness.session import Session
from protocol.support.configs import assert_accepted

SessionMaker = Callable[..., Session]

FILE_NOT_FOUND, INVALID_DATA, TOO_LONG_WITH_BACKSLASH, MORE_DATA, UNSUPPORTED_TYPE = (
    2, 13, 206, 234, 1630)

#: Buffer sizes in UTF-16 units, including the terminating zero.
BUFFERS = {"": 260, "exe_path": 260, "config_dir": 260, "bin_dir": 260, "log_dir": 260,
           "config_ext": 16, "priority": 64, "log_append": 2, "ovpn_admin_group": 256,
           "ovpn_service_user": 256, "max_clients": 16, "max_clients_per_user": 16,
           "max_changes_per_user": 16, "max_startup_units": 16, "control_clients": 64,
           "user_profiles": 64, "user_profiles_group": 256, "option_policy": 64,
           "client_folders": 1024, "client_signers": 1024, "exe_signers": 1024, "updates": 64,
           "update_url": 512, "update_channel": 33, "update_users": 256}

#: The longest texts that are allowed in them.
LONGEST = {"": "C:\\" + 256 * "x", "exe_path": "C:\\" + 256 * "x",
           "config_dir": "C:\\" + 255 * "x" + "\\", "bin_dir": "C:\\" + 255 * "x" + "\\",
           "log_dir": "C:\\" + 255 * "x" + "\\", "config_ext": 15 * "x", "log_append": "1",
           "ovpn_admin_group": 255 * "x", "ovpn_service_user": 255 * "x",
           "max_clients": "000000000016384", "max_clients_per_user": "000000000016384",
           "max_changes_per_user": "000000016777216", "max_startup_units": "000000000262144",
           "exe_signers": 1023 * "x", "update_url": "https://example.com/" + 491 * "x",
           "update_channel": 32 * "x", "update_users": 255 * "x",
           "user_profiles_group": 255 * "x"}

#: Of these a REG_DWORD is taken, too.
NUMBERS = ["log_append", "ignore_dnssec", "query_remote", "allow_writable_install", "max_clients",
           "max_clients_per_user", "max_changes_per_user", "max_startup_units"]

#: Data that is not a REG_SZ.
WRONG_TYPES = {
    "expandable": (EXPAND_SZ, "0\0".encode("utf-16-le")),
    "list": (MULTI_SZ, "0\0\0".encode("utf-16-le")),
    "number": (DWORD, b"\1\0\0\0"),
    "bytes": (BINARY, "0\0".encode("utf-16-le")),
}

PRIORITIES = {"IDLE_PRIORITY_CLASS": 0x40, "BELOW_NORMAL_PRIORITY_CLASS": 0x4000,
              "NORMAL_PRIORITY_CLASS": 0x20, "ABOVE_NORMAL_PRIORITY_CLASS": 0x8000,
              "HIGH_PRIORITY_CLASS": 0x80, "high_priority_class": 0x80}

#: All bits of the creation flags that stand for a priority, including REALTIME's.
ANY_PRIORITY = 0xC1E0

LISTS = ["client_folders", "client_signers", "exe_signers"]

LEAST = {"max_clients": 1, "max_clients_per_user": 1, "max_changes_per_user": 1,
         "max_startup_units": 4096}
MOST = {"max_clients": 16384, "max_clients_per_user": 16384, "max_changes_per_user": 16777216,
        "max_startup_units": 262144}
WRONG_COUNTS = ["one less", "", "0", "-1", "one more", "999999999999999", "ten", " 5", "5 ", "0x10",
                "1.5"]


def shown(name: str) -> str:
    """How a test's id shows the name of a value."""
    return name or "unnamed"


@pytest.fixture
def stopped(laid_out: Installation) -> Iterator[Installation]:
    """Installed with only its folder set, which users may write to where Windows says so, not
    started; its clients are ordinary users."""
    laid_out.registry.delete_tree(laid_out.key)
    laid_out.registry.set_text(laid_out.key, "", laid_out.folder)
    laid_out.registry.set_text(laid_out.key, "allow_writable_install", "1")
    laid_out.populate()
    laid_out.fakes.personas(PLAIN_USER)
    yield laid_out
    if laid_out.service.status().state != State.STOPPED:
        laid_out.stop()
    check_at_rest(laid_out)


def configure(installation: Installation, **settings: str) -> None:
    """Set values, as an administrator does."""
    for name, text in settings.items():
        installation.registry.set_text(installation.key, name, text)


def events(installation: Installation) -> List[Tuple[str, str]]:
    """The two strings of every event since the last start."""
    started = installation.record.calls("StartServiceCtrlDispatcherW")[-1]["pid"]
    return [(call["strings"][0], call["strings"][1]) for call in installation.record.calls(
        "ReportEventW", where=lambda call: bool(call["pid"] == started))]


def refusal(installation: Installation, bridge: Bridge, options: str) -> Reply:
    """The reply to an option that is not allowed."""
    client = installation.connect(bridge)
    reply = client.start(rf"{installation.folder}\config", options)
    client.close()
    assert reply.code == ERROR_STARTUP_DATA, reply
    return reply


def launched(installation: Installation) -> Tuple[str, int]:
    """The program that was started, and its creation flags."""
    call = installation.record.wait_for("CreateProcessAsUserW")
    return call["application"], int(call["flags"], 16)


# What stops the service.

def assert_stopped(status: Status, code: int) -> None:
    """The service has stopped with the code."""
    assert (status.state, status.exit_code) == (State.STOPPED, code)


def assert_refused(status: Status, installation: Installation, code: int, message: str) -> None:
    """The service has stopped with the code, and its only event says why."""
    assert_stopped(status, code)
    reported = events(installation)
    assert [text for _, text in reported] == [message]
    assert reported[0][0].startswith(f"openvpnserv{installation.instance} error: ")
    assert reported[0][0].endswith(f" (0x{code:x})")


def unreadable(installation: Installation, name: str) -> str:
    """What is said of a value that can't be read."""
    return (rf"The registry value HKLM\SOFTWARE\OpenVPN{installation.instance}\{name} "
            "is missing, too long, or no REG_SZ" + (" or REG_DWORD" if name in NUMBERS else ""))


def test_a_missing_key_stops_it(stopped: Installation) -> None:
    stopped.registry.delete_tree(stopped.key)
    assert_stopped(stopped.try_start(), FILE_NOT_FOUND)


def test_a_missing_folder_stops_it(stopped: Installation) -> None:
    stopped.registry.delete(stopped.key, "")
    assert_stopped(stopped.try_start(), FILE_NOT_FOUND)


def test_what_stops_it_is_logged(stopped: Installation) -> None:
    configure(stopped, priority="HIGH")
    assert_refused(stopped.try_start(), stopped, INVALID_DATA,
                   "The registry value priority has an unknown name: HIGH")
    stopped.registry.delete(stopped.key, "")
    assert_refused(stopped.try_start(), stopped, FILE_NOT_FOUND, unreadable(stopped, ""))
    stopped.registry.delete_tree(stopped.key)
    assert_refused(stopped.try_start(), stopped, FILE_NOT_FOUND,
                   f"The registry key HKLM\\SOFTWARE\\OpenVPN{stopped.instance} cannot be opened. "
                   "Its default value must be the installation folder")


@pytest.mark.parametrize("name, kind", [(name, kind) for name in BUFFERS for kind in WRONG_TYPES
                                        if kind != "number" or name not in NUMBERS])
def test_a_value_of_another_type_stops_it(stopped: Installation, name: str, kind: str) -> None:
    stopped.registry.set_raw(stopped.key, name, *WRONG_TYPES[kind])
    assert_refused(
        stopped.try_start(), stopped, UNSUPPORTED_TYPE,
        unreadable(stopped, name))


@pytest.mark.parametrize("name", BUFFERS, ids=shown)
def test_a_value_that_is_too_long_stops_it(stopped: Installation, name: str) -> None:
    configure(stopped, **{name: BUFFERS[name] * "1"})
    assert_refused(
        stopped.try_start(), stopped, MORE_DATA,
        unreadable(stopped, name))


@pytest.mark.parametrize("name", ["config_dir", "bin_dir", "log_dir"])
def test_a_folder_without_room_for_its_backslash_stops_it(stopped: Installation,
                                                          name: str) -> None:
    configure(stopped, **{name: "C:\\" + 256 * "x"})
    assert_refused(stopped.try_start(), stopped, TOO_LONG_WITH_BACKSLASH,
                   f"The registry value {name} is too long")


@pytest.mark.parametrize("name", LONGEST, ids=shown)
def test_the_longest_value_is_accepted(stopped: Installation, name: str) -> None:
    short = {other: rf"C:\{other}" for other in BUFFERS
             if other.endswith(("_dir", "_path"))} if not name else {}
    configure(stopped, **{**short, name: LONGEST[name]})
    assert stopped.try_start().state == State.RUNNING
    assert not [text for _, text in events(stopped) if "because there is no " not in text]


def test_a_folder_too_long_for_the_paths_below_it_stops_it(stopped: Installation) -> None:
    configure(stopped, **{"": LONGEST[""]})
    status = stopped.try_start()
    assert (status.state, status.exit_code) == (State.STOPPED, TOO_LONG_WITH_BACKSLASH)


@pytest.mark.parametrize("word", ["REALTIME_PRIORITY_CLASS", "HIGH", "NORMAL_PRIORITY_CLASS ", "",
                                  "32"])
def test_an_unknown_priority_stops_it(stopped: Installation, word: str) -> None:
    configure(stopped, priority=word)
    assert_stopped(stopped.try_start(), INVALID_DATA)


@pytest.mark.parametrize("word", ["", "all", "installed ", "1"])
def test_unknown_control_clients_stop_it(stopped: Installation, word: str) -> None:
    configure(stopped, control_clients=word)
    assert_refused(stopped.try_start(), stopped, INVALID_DATA,
                   f"The registry value control_clients must be any or installed: {word}")


@pytest.mark.parametrize("text", ["|", " ", r"C:\one||C:\two", r"|C:\one"])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_with_an_empty_item_stops_it(stopped: Installation, name: str, text: str) -> None:
    configure(stopped, control_clients="installed", **{name: text})
    assert_refused(stopped.try_start(), stopped, INVALID_DATA,
                   f"The registry value {name} has an empty item: {text}")


@pytest.mark.parametrize("item", ["bin", r"\bin", "C:bin", "C:", r"\\server\share", r"\\?\C:\bin"])
def test_client_folders_that_are_no_whole_paths_stop_it(stopped: Installation, item: str) -> None:
    configure(stopped, control_clients="installed", client_folders=rf"C:\one|{item}")
    assert_refused(stopped.try_start(), stopped, INVALID_DATA,
                   f"The registry value client_folders must have whole paths of local folders: "
                   rf"C:\one|{item}")


@pytest.mark.parametrize("settings", [
    {"control_clients": "Installed", "client_folders": r"C:\one | c:/two\|",
     "client_signers": "A|B"},
    {"control_clients": "INSTALLED", "client_folders": "", "client_signers": ""},
    {"control_clients": "Any", "exe_signers": "A, Inc.; B"}], ids=str)
def test_right_clients_and_signers_are_accepted(stopped: Installation, settings: Dict[str, str]
                                                ) -> None:
    configure(stopped, **settings)
    assert stopped.try_start().state == State.RUNNING
    assert not events(stopped)


@pytest.mark.parametrize("name, text, problem", [
    ("updates", "1", "must be off, check or install"),
    ("updates", "", "must be off, check or install"),
    ("update_url", "http://example.com/", "must be the https:// address of a folder, without a "
                                          "query"),
    ("update_channel", "", "must be of small letters, digits and hyphens"),
    ("update_channel", "Stable", "must be of small letters, digits and hyphens")])
def test_wrong_settings_of_updates_stop_it(stopped: Installation, name: str, text: str,
                                           problem: str) -> None:
    configure(stopped, **{name: text})
    assert_refused(stopped.try_start(), stopped, INVALID_DATA,
                   f"The registry value {name} {problem}: {text}")


def test_right_settings_of_updates_are_accepted(stopped: Installation) -> None:
    configure(stopped, updates="Install", update_url="https://example.com/updates/",
              update_channel="beta-2", update_users="administrators")
    assert stopped.try_start().state == State.RUNNING
    assert not events(stopped)


def test_updates_from_nowhere_are_logged_but_do_not_stop_it(stopped: Installation) -> None:
    configure(stopped, updates="check")
    assert stopped.try_start().state == State.RUNNING
    assert [message for _, message in events(stopped)] == [
        "The registry value updates has no effect, because update_url is not set"]


@pytest.mark.parametrize("name", ["client_folders", "client_signers"])
def test_clients_that_nobody_looks_at_are_logged_but_do_not_stop_it(stopped: Installation,
                                                                    name: str) -> None:
    configure(stopped, **{name: r"C:\one"})
    assert stopped.try_start().state == State.RUNNING
    assert [message for _, message in events(stopped)] == [
        "The registry values client_folders and client_signers have no effect, because "
        "control_clients is not installed"]


@pytest.mark.parametrize("text", WRONG_COUNTS)
@pytest.mark.parametrize("name", MOST)
def test_an_invalid_number_stops_it(stopped: Installation, name: str, text: str) -> None:
    beyond = {"one less": LEAST[name] - 1, "one more": MOST[name] + 1}
    configure(stopped, **{name: str(beyond.get(text, text))})
    assert_refused(stopped.try_start(), stopped, INVALID_DATA,
                   f"The registry value {name} must be a decimal number from {LEAST[name]} to "
                   f"{MOST[name]}")


@pytest.mark.parametrize("name", MOST)
@pytest.mark.parametrize("text", ["least", "009999", "all"])
def test_a_valid_number_is_accepted(stopped: Installation, name: str, text: str) -> None:
    ends = {"least": LEAST[name], "all": MOST[name]}
    configure(stopped, **{name: str(ends.get(text, text))})
    assert stopped.try_start().state == State.RUNNING


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_may_be_a_dword(stopped: Installation, name: str) -> None:
    stopped.registry.set_number(stopped.key, name, LEAST.get(name, 1))
    assert stopped.try_start().state == State.RUNNING
    assert not events(stopped)


@pytest.mark.parametrize("name, number", [
    *((name, LEAST[name] - 1) for name in MOST), *((name, MOST[name] + 1) for name in MOST),
    *((name, 0xFFFFFFFF) for name in MOST), ("query_remote", 2), ("query_remote", 10)])
def test_an_invalid_dword_stops_it(stopped: Installation, name: str, number: int) -> None:
    stopped.registry.set_number(stopped.key, name, number)
    must_be = "0 or 1" if name not in MOST else (
        f"a decimal number from {LEAST[name]} to {MOST[name]}")
    assert_refused(stopped.try_start(), stopped, INVALID_DATA,
                   f"The registry value {name} must be {must_be}")


@pytest.mark.parametrize("data", [b"\1\0\0", b"", b"\1\0\0\0\0\0\0\0"], ids=len)
def test_a_malformed_dword_stops_it(stopped: Installation, data: bytes) -> None:
    stopped.registry.set_raw(stopped.key, "max_clients", DWORD, data)
    assert stopped.try_start().state == State.STOPPED


@pytest.mark.parametrize("text", ["2", "x", ""])
def test_a_wrong_log_append_is_logged_but_does_not_stop_it(stopped: Installation,
                                                           text: str) -> None:
    configure(stopped, log_append=text)
    assert stopped.try_start().state == State.RUNNING
    assert [message for _, message in events(stopped)] == [
        "The registry value log_append must be 0 or 1"]


@pytest.mark.parametrize("name", ["allow_writable_install", "ignore_dnssec",
                                  "query_remote"])
@pytest.mark.parametrize("text", ["2", "x", ""])
def test_a_switch_that_is_neither_on_nor_off_stops_it(stopped: Installation, name: str, text: str
                                                      ) -> None:
    configure(stopped, **{name: text})
    assert stopped.try_start().exit_code == INVALID_DATA
    assert [message for _, message in events(stopped)] == [
        f"The registry value {name} must be 0 or 1"]


@pytest.mark.parametrize("text", ["0", "1"])
def test_a_right_log_append_is_accepted(stopped: Installation, text: str) -> None:
    configure(stopped, log_append=text)
    assert stopped.try_start().state == State.RUNNING
    assert not events(stopped)


def test_it_starts_again_once_the_value_is_right(stopped: Installation) -> None:
    configure(stopped, priority="REALTIME_PRIORITY_CLASS")
    assert stopped.try_start().state == State.STOPPED
    configure(stopped, priority="HIGH_PRIORITY_CLASS")
    status = stopped.try_start()
    assert (status.state, status.exit_code) == (State.RUNNING, 0)


# What the values do.

def test_without_any_value_it_logs_nothing(stopped: Installation) -> None:
    assert stopped.try_start().state == State.RUNNING
    assert not events(stopped)


def test_by_default_openvpn_is_below_bin(stopped: Installation,
                                         start_session: SessionMaker) -> None:
    stopped.start()
    start_session(stopped)
    assert launched(stopped)[0] == rf"{stopped.folder}\bin\openvpn.exe"


def test_a_folder_may_end_in_a_backslash(stopped: Installation,
                                         start_session: SessionMaker) -> None:
    configure(stopped, **{"": stopped.folder + "\\"})
    stopped.start()
    start_session(stopped)
    assert launched(stopped)[0] == rf"{stopped.folder}\bin\openvpn.exe"


def test_exe_path_names_the_program(stopped: Installation, start_session: SessionMaker) -> None:
    other = stopped.host_folder / "log" / "other program.exe"
    other.write_bytes((stopped.host_folder / "bin" / "openvpn.exe").read_bytes())
    configure(stopped, exe_path=rf"{stopped.folder}\log\other program.exe")
    stopped.start()
    session = start_session(stopped)
    assert launched(stopped)[0] == rf"{stopped.folder}\log\other program.exe"
    assert session.openvpn.describe()["image"] == rf"{stopped.folder}\log\other program.exe"


def test_by_default_configs_lie_below_config(stopped: Installation, user_bridge: Bridge,
                                             start_session: SessionMaker) -> None:
    (stopped.host_folder / "log" / "outside.ovpn").write_text("client\n")
    stopped.start()
    start_session(stopped)
    reply = refusal(stopped, user_bridge, rf'--config "{stopped.folder}\log\outside.ovpn"')
    assert reply.function.startswith("You have specified a config file location")


@pytest.mark.parametrize("end", ["", "\\"], ids=["plain", "backslash"])
def test_config_dir_is_where_configs_lie(stopped: Installation, bridge: Bridge,
                                         user_bridge: Bridge, end: str) -> None:
    configure(stopped, config_dir=rf"{stopped.folder}\allowed{end}")
    stopped.start()
    assert_accepted(stopped, bridge, user_bridge, PureWindowsPath(r"allowed\demo.ovpn"))


@pytest.mark.parametrize("end", ["", "\\"], ids=["plain", "backslash"])
@pytest.mark.parametrize("folder", ["allowed_not", "config"])
def test_config_dir_is_the_only_place(stopped: Installation, user_bridge: Bridge, folder: str,
                                      end: str) -> None:
    (stopped.host_folder / "allowed").mkdir(exist_ok=True)
    (stopped.host_folder / folder).mkdir(exist_ok=True)
    (stopped.host_folder / folder / "demo.ovpn").write_text("client\n")
    configure(stopped, config_dir=rf"{stopped.folder}\allowed{end}")
    stopped.start()
    reply = refusal(stopped, user_bridge, rf"--config ..\{folder}\demo.ovpn")
    assert reply.function.startswith("You have specified a config file location")


def test_by_default_the_group_is_openvpn_administrators(stopped: Installation,
                                                        user_bridge: Bridge) -> None:
    stopped.start()
    reply = refusal(stopped, user_bridge, "--up evil.exe")
    assert reply.function.endswith('adding your account to the "OpenVPN Administrators" group')


def test_ovpn_admin_group_is_named_in_refusals(stopped: Installation,
                                               user_bridge: Bridge) -> None:
    configure(stopped, ovpn_admin_group="VPN-Verwalter für Büros")
    stopped.start()
    reply = refusal(stopped, user_bridge, "--up evil.exe")
    assert reply.function.endswith('adding your account to the "VPN-Verwalter für Büros" group')


def test_members_of_ovpn_admin_group_are_authorised(stopped: Installation,
                                                    start_session: SessionMaker) -> None:
    sid = f"{DOMAIN_SID}-1077"
    stopped.fakes.local_groups(LocalGroup("Tunnellers", sid))
    stopped.fakes.personas(PLAIN_USER.with_group(sid))
    configure(stopped, ovpn_admin_group="Tunnellers")
    stopped.start()
    assert start_session(stopped, options="--route-method exe").reply.process


def test_openvpn_administrators_are_not_authorised_when_another_group_is_set(
        stopped: Installation, user_bridge: Bridge) -> None:
    sid = f"{DOMAIN_SID}-1077"
    stopped.fakes.local_groups(LocalGroup("OpenVPN Administrators", sid),
                               LocalGroup("Tunnellers", f"{DOMAIN_SID}-1078"))
    stopped.fakes.personas(PLAIN_USER.with_group(sid))
    configure(stopped, ovpn_admin_group="Tunnellers")
    stopped.start()
    refusal(stopped, user_bridge, "--up evil.exe")


def test_by_default_the_service_user_is_openvpnservice(stopped: Installation,
                                                       start_session: SessionMaker) -> None:
    stopped.fakes.personas(SERVICE_USER)
    stopped.start()
    assert start_session(stopped, options="--route-method exe").reply.process


@pytest.mark.parametrize("name", ["openvpnservice", "SomebodyElse"])
def test_only_ovpn_service_user_is_authorised(stopped: Installation, user_bridge: Bridge,
                                              name: str) -> None:
    stopped.fakes.personas(SERVICE_USER)
    configure(stopped, ovpn_service_user=name)
    stopped.start()
    refusal(stopped, user_bridge, "--up evil.exe")


def test_by_default_openvpn_has_normal_priority(stopped: Installation,
                                                start_session: SessionMaker) -> None:
    stopped.start()
    start_session(stopped)
    assert launched(stopped)[1] & ANY_PRIORITY == PRIORITIES["NORMAL_PRIORITY_CLASS"]


@pytest.mark.parametrize("word", PRIORITIES)
def test_priority_is_that_of_openvpn(stopped: Installation, start_session: SessionMaker,
                                     word: str) -> None:
    configure(stopped, priority=word)
    stopped.start()
    start_session(stopped)
    # Wine gives every process the normal priority, so the requested one is checked.
    assert launched(stopped)[1] & ANY_PRIORITY == PRIORITIES[word]


@pytest.mark.parametrize("name", ["bin_dir", "log_dir", "config_ext"])
def test_unused_values_are_ignored(stopped: Installation, start_session: SessionMaker,
                                   name: str) -> None:
    configure(stopped, **{name: "nonsense"})
    stopped.start()
    assert start_session(stopped).reply.process


@pytest.mark.parametrize("name", ["autostart_config_dir", "disable_save_passwords", "plugin_dir"])
def test_values_of_other_programs_are_not_read(stopped: Installation, name: str) -> None:
    stopped.registry.set_number(stopped.key, name, 1)
    assert stopped.try_start().state == State.RUNNING


def test_values_are_read_once_at_the_start(stopped: Installation, user_bridge: Bridge) -> None:
    stopped.start()
    configure(stopped, ovpn_admin_group="New")
    assert '"OpenVPN Administrators"' in refusal(stopped, user_bridge, "--up x").function
    stopped.stop()
    stopped.start()
    assert '"New"' in refusal(stopped, user_bridge, "--up x").function


def test_a_value_may_lack_its_final_zero(stopped: Installation, user_bridge: Bridge) -> None:
    stopped.registry.set_raw(stopped.key, "ovpn_admin_group", SZ, "Group".encode("utf-16-le"))
    stopped.start()
    assert '"Group"' in refusal(stopped, user_bridge, "--up x").function


def test_paths_may_have_any_letters(stopped: Installation, bridge: Bridge,
                                    user_bridge: Bridge) -> None:
    configure(stopped, config_dir=stopped.folder + "\\Büro – 東京")
    stopped.start()
    assert_accepted(stopped, bridge, user_bridge, PureWindowsPath("Büro – 東京\\demo.ovpn"))
