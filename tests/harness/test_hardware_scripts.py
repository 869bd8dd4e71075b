# SPDX-License-Identifier: MIT
"""The scripts of ci/windows for tests on a real machine, beside what these tests do. They have run
nowhere until tests/hardware/README.md says so."""
from __future__ import annotations

import ipaddress
import json
import re
from typing import List

import pytest

from hardware.support import adapter as adapters
from hardware.support import here
from hardware.support import second_user as users
from harness.runner import PROJECT

SCRIPTS = PROJECT / "ci" / "windows"
UNDO = (SCRIPTS / "undo.ps1").read_text(encoding="utf-8")


def test_the_script_has_a_list_for_each_subject() -> None:
    text = (SCRIPTS / "snapshot.ps1").read_text(encoding="utf-8")
    assert re.findall(r"^    (\w+) = @\(", text, re.M) == [
        "adapters", "interfaces", "addresses", "routes", "dns", "rules", "made"]


# ---- what the script of the last resort removes ----

def pattern(variable: str) -> "re.Pattern[str]":
    """A regular expression of the script's."""
    found = re.search(rf"^\${variable} = '(.*)'$", UNDO, re.M)
    assert found
    return re.compile(found[1], re.I)


def test_it_removes_routes_and_addresses_of_the_tests() -> None:
    for network in here.NETWORKS:
        for address in (network[0], network[-1], network[network.num_addresses // 2]):
            assert pattern("Networks").match(str(address)), address


@pytest.mark.parametrize("text", [
    "0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "168.63.129.16/32", "::/0", "169.254.169.254/32",
    "198.17.255.0/24", "198.20.0.0/16", "198.51.101.0/24", "203.0.114.0/24", "fe80::/64",
    "2001:db80::/32"])
def test_and_no_others(text: str) -> None:
    assert not pattern("Networks").match(text)
    with pytest.raises(ValueError):
        here.allowed(text)


def test_it_knows_the_names_of_the_tests() -> None:
    assert f"-like '*{here.DOMAIN}'" in UNDO
    assert f"-like '{adapters.PREFIX}*'" in UNDO
    assert users.NAME.startswith("gh_hardware") and "-like 'gh_hardware*'" in UNDO


def test_it_takes_the_names_of_all_instances_of_the_tests() -> None:
    expression = re.search(r"-match '(\^\\\$gh\\w\+\$)'", UNDO)
    assert expression
    folder = PROJECT / "tests" / "hardware"
    names = [name for path in folder.glob("*.py")
             for name in re.findall(r'(?:claim_name|block_of)\((?:runner, bridge, )?"(\w+)"',
                                    path.read_text(encoding="utf-8"))]
    assert "gh" in names and "ghu" in names
    for name in names:
        if name != "gh_user":  # a folder
            assert re.match(expression[1], f"${name}x1a2b"), name


def test_the_service_has_the_verbs_that_it_uses() -> None:
    verbs = set(re.findall(r"-Verb '(-\w+)'", UNDO))
    assert verbs == {"-unblock", "-cleanup"}
    text = (PROJECT / "src" / "service" / "main.c").read_text(encoding="utf-8")
    assert all(f'u"  {verb} ' in text for verb in verbs)


# ---- the drivers' package ----

def test_the_package_is_pinned_by_what_was_fetched() -> None:
    pin = json.loads((SCRIPTS / "openvpn.json").read_text(encoding="utf-8"))
    assert pin["url"].startswith("https://") and pin["url"].endswith(f"-{pin['version']}-amd64.msi")
    assert re.fullmatch("[0-9a-f]{64}", pin["sha256"])
    assert re.match(r"https://github\.com/microsoft/winget-pkgs/blob/[0-9a-f]{40}/", pin["source"])


def test_a_package_with_another_hash_is_not_installed() -> None:
    text = (SCRIPTS / "tap-setup.ps1").read_text(encoding="utf-8")
    receive = text.split("function Receive-Installer")[1].split("\nfunction ")[0]
    assert receive.index("-ne $pin.sha256") < receive.index("return $path")
    assert "OpenVPN.Service" not in text


# ---- networks ----

ADDRESS = re.compile(r"(?<![\w.:])(\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?|"
                     r"[0-9a-f]*:[0-9a-f:]+(?:/\d+)?)(?![\w.:])")

#: Looked at, never changed: everything, and what is this machine's own.
ELSEWHERE = {"0.0.0.0", "0.0.0.0/0", "::/0", "127.0.0.1"}


def addresses_in(text: str) -> List[str]:
    """Whatever looks like one and is one."""
    found = []
    for match in ADDRESS.findall(text):
        try:
            ipaddress.ip_network(match, strict=False)
        except ValueError:
            continue
        found.append(match)
    return [match for match in found if match != "::"]  # part of a text


def test_tests_name_no_other_networks() -> None:
    folder = PROJECT / "tests" / "hardware"
    for path in [*folder.glob("*.py"), *(folder / "support").glob("*.py")]:
        for address in addresses_in(path.read_text(encoding="utf-8")):
            if address not in ELSEWHERE:
                assert here.allowed(address), f"{path.name}: {address}"
