# SPDX-License-Identifier: MIT
"""The settings of a group policy: before the local ones; what is wrong there stops nothing and
loosens nothing."""
from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import PureWindowsPath
from typing import Callable, Iterator, List, Optional

import pytest

from harness.bridge import Bridge
from harness.checks import check_at_rest
from harness.client import ERROR_STARTUP_DATA
from harness.fakes import PLAIN_USER
from harness.installation import Installation
from harness.process import Process
from harness.registry import BINARY, DWORD, EXPAND_SZ, MULTI_SZ
from harness.runner import PROJECT
from harness.service import State
from harness.session import Session
from protocol.support.configs import assert_accepted

SessionMaker = Callable[..., Session]

ACCESS_DENIED = 5
REMOTE = "--management-query-remote"
IDLE, NORMAL, ANY_PRIORITY = 0x40, 0x20, 0xC1E0


@pytest.fixture
def stopped(laid_out: Installation) -> Iterator[Installation]:
    """Installed without a policy, not started; its clients are ordinary users."""
    laid_out.registry.delete_tree(laid_out.key)
    laid_out.registry.delete_tree(laid_out.policy_key)
    laid_out.registry.set_text(laid_out.key, "", laid_out.folder)
    laid_out.registry.set_text(laid_out.key, "allow_writable_install", "1")
    laid_out.populate()
    laid_out.fakes.personas(PLAIN_USER)
    yield laid_out
    laid_out.registry.delete_tree(laid_out.policy_key)
    if laid_out.service.status().state != State.STOPPED:
        laid_out.stop()
    check_at_rest(laid_out)


def set_local(installation: Installation, name: str, text: str) -> None:
    """As an administrator of the machine does."""
    installation.registry.set_text(installation.key, name, text)


def set_policy(installation: Installation, name: str, text: str) -> None:
    """As Windows does with a group policy."""
    installation.registry.set_text(installation.policy_key, name, text)


def events(installation: Installation) -> List[str]:
    """What each event since the last start says."""
    started = installation.record.calls("StartServiceCtrlDispatcherW")[-1]["pid"]
    return [call["strings"][1] for call in installation.record.calls(
        "ReportEventW", where=lambda call: bool(call["pid"] == started))]


def named(installation: Installation, name: str) -> str:
    """How events name a value of the policy."""
    return (rf"The group policy's value HKLM\SOFTWARE\Policies\Gatehouse{installation.instance}"
            rf"\{name}")


def is_refused(installation: Installation, bridge: Bridge, options: str) -> bool:
    """Whether openvpn.exe is not started with these options."""
    client = installation.connect(bridge)
    reply = client.start(rf"{installation.folder}\config", options)
    client.close()
    return reply.code == ERROR_STARTUP_DATA


def priority(installation: Installation) -> int:
    """The one with which openvpn.exe was started last."""
    flags = installation.record.wait_for("CreateProcessAsUserW")["flags"]
    return int(flags, 16) & ANY_PRIORITY


# ---- which value is in force ----

@pytest.mark.parametrize("local", [None, "1", "wrong"])
def test_the_policy_comes_before_the_local_value(stopped: Installation, user_bridge: Bridge,
                                                 local: Optional[str]) -> None:
    if local is not None:
        set_local(stopped, "query_remote", local)
    set_policy(stopped, "query_remote", "0")
    stopped.start()
    assert not events(stopped)
    assert is_refused(stopped, user_bridge, REMOTE)


def test_the_policy_may_loosen(stopped: Installation, start_session: SessionMaker) -> None:
    set_local(stopped, "query_remote", "0")
    set_policy(stopped, "query_remote", "1")
    stopped.start()
    assert start_session(stopped, options=REMOTE).reply.process


def test_a_number_of_the_policy_may_be_a_dword(stopped: Installation, user_bridge: Bridge) -> None:
    stopped.registry.set_number(stopped.policy_key, "query_remote", 0)
    stopped.registry.set_number(stopped.policy_key, "max_clients", 16384)
    stopped.start()
    assert not events(stopped)
    assert is_refused(stopped, user_bridge, REMOTE)


def test_the_policy_says_where_configs_are(stopped: Installation, bridge: Bridge,
                                           user_bridge: Bridge) -> None:
    (stopped.host_folder / "config" / "local.ovpn").write_text("client\n")
    set_policy(stopped, "config_dir", rf"{stopped.folder}\managed")
    stopped.start()
    assert_accepted(stopped, bridge, user_bridge, PureWindowsPath(r"managed\of-policy.ovpn"))
    assert is_refused(stopped, user_bridge, rf'--config "{stopped.folder}\config\local.ovpn"')


def test_the_client_lists_configs_of_the_same_folder(stopped: Installation, user_bridge: Bridge
                                                     ) -> None:
    folder = stopped.host_folder / "listed"
    folder.mkdir(exist_ok=True)
    (folder / "of-policy.ovpn").write_text("client\n")
    set_policy(stopped, "config_dir", rf"{stopped.folder}\listed")
    stopped.start()
    program = stopped.add_program("gatehouse.exe")
    process = Process.start(user_bridge, f'"{program}" list --instance {stopped.instance}',
                            output=rf"{stopped.folder}\log\list.txt")
    assert process.wait() == 0
    process.close()
    assert "of-policy" in (stopped.host_folder / "log" / "list.txt").read_text(encoding="utf-8")


def test_the_policy_is_read_at_the_start(stopped: Installation, user_bridge: Bridge,
                                         start_session: SessionMaker) -> None:
    stopped.start()
    set_policy(stopped, "query_remote", "0")
    start_session(stopped, options=REMOTE)
    stopped.stop()
    stopped.start()
    assert is_refused(stopped, user_bridge, REMOTE)


def test_an_instance_obeys_its_own_policy_only(stopped: Installation, user_bridge: Bridge) -> None:
    other = rf"{stopped.policy_key}x"
    stopped.registry.set_text(other, "query_remote", "1")
    set_policy(stopped, "query_remote", "0")
    try:
        stopped.start()
        assert is_refused(stopped, user_bridge, REMOTE)
    finally:
        stopped.registry.delete_tree(other)


# ---- what a policy can't set ----

@pytest.mark.parametrize("name", ["", "exe_path", "bin_dir", "config_ext", "log_dir", "log_append"])
def test_no_policy_sets_what_belongs_to_the_installation(
        stopped: Installation, start_session: SessionMaker, name: str) -> None:
    set_policy(stopped, name, r"C:\elsewhere")
    stopped.start()
    start_session(stopped)
    started = stopped.record.wait_for("CreateProcessAsUserW")["application"]
    assert started == rf"{stopped.folder}\bin\openvpn.exe"
    assert events(stopped) == [
        f"{named(stopped, name)} is nothing that a policy can set. It is not used"]


# ---- wrong values ----

WRONG = {
    "no number": (1, "nine".encode("utf-16-le"), "must be a decimal number from 1 to 16384"),
    "too small": (DWORD, b"\0\0\0\0", "must be a decimal number from 1 to 16384"),
    "too long": (1, ("0" * 15 + "9").encode("utf-16-le"), "is longer than 15 characters"),
    "expandable": (EXPAND_SZ, "9\0".encode("utf-16-le"), "is no REG_SZ or REG_DWORD"),
    "list": (MULTI_SZ, "9\0\0".encode("utf-16-le"), "is no REG_SZ or REG_DWORD"),
    "bytes": (BINARY, b"9", "is no REG_SZ or REG_DWORD"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_value_is_an_event_and_stops_nothing(stopped: Installation, case: str) -> None:
    kind, data, problem = WRONG[case]
    stopped.registry.set_raw(stopped.policy_key, "max_clients", kind, data)
    assert stopped.try_start().state == State.RUNNING
    assert events(stopped) == [f"{named(stopped, 'max_clients')} {problem}. The default is used"]


@pytest.mark.parametrize("local, strictest", [("IDLE_PRIORITY_CLASS", IDLE),
                                              ("HIGH_PRIORITY_CLASS", NORMAL)])
def test_a_wrong_value_is_replaced_by_the_stricter(
        stopped: Installation, start_session: SessionMaker, local: str, strictest: int) -> None:
    set_local(stopped, "priority", local)
    set_policy(stopped, "priority", "REALTIME_PRIORITY_CLASS")
    stopped.start()
    start_session(stopped)
    assert priority(stopped) == strictest
    used = "local value" if strictest == IDLE else "default"
    assert events(stopped) == [
        f"{named(stopped, 'priority')} has an unknown name. The {used} is used"]


def test_a_local_value_that_takes_its_place_must_be_right(stopped: Installation) -> None:
    set_local(stopped, "max_clients", "many")
    set_policy(stopped, "max_clients", "0")
    assert stopped.try_start().state == State.STOPPED
    assert events(stopped)[-1] == (
        "The registry value max_clients must be a decimal number from 1 to 16384")


def test_a_policy_that_cannot_be_read_loosens_nothing(stopped: Installation, user_bridge: Bridge,
                                                      start_session: SessionMaker) -> None:
    set_local(stopped, "query_remote", "0")
    set_local(stopped, "priority", "HIGH_PRIORITY_CLASS")
    stopped.fakes.policy_key_error(ACCESS_DENIED)
    stopped.start()
    assert is_refused(stopped, user_bridge, REMOTE)
    start_session(stopped)
    assert priority(stopped) == NORMAL
    key = rf"HKLM\SOFTWARE\Policies\Gatehouse{stopped.instance}"
    assert events(stopped)[0] == (
        f"The group policy in {key} cannot be read. Of each local value and its default the "
        "stricter one is used")


# ---- what editors of policies write ----

def written_by_an_editor(policy: ET.Element) -> str:
    """A value of a policy of the template, as the editor of Windows writes it: a text."""
    least, word = policy.find(".//{*}decimal"), policy.find(".//{*}item//{*}string")
    if least is not None:
        return least.attrib["minValue"]
    if word is not None:
        return str(word.text)
    if policy.find("{*}enabledValue") is not None:
        return str(policy.findtext("{*}enabledValue/{*}string"))
    return {"config_dir": r"C:\gatehouse\configs", "client_folders": r"C:\one|C:\two",
            "update_url": "https://updates.example/vpn", "update_channel": "beta"}.get(
                policy.attrib["name"], "Name")


def test_what_the_template_sets_is_taken(stopped: Installation) -> None:
    template = ET.parse(PROJECT / "tests" / "golden" / "policy" / "gatehouse.admx")
    policies = template.findall(".//{*}policy")
    assert len(policies) > 20
    for policy in policies:
        named_value, = [each for each in policy.iter() if "valueName" in each.attrib]
        set_policy(stopped, named_value.attrib["valueName"], written_by_an_editor(policy))
    stopped.start()
    assert not [text for text in events(stopped) if "group policy" in text]
