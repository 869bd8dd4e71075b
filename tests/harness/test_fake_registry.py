# SPDX-License-Identifier: MIT
"""The registry keys that the fakes keep for each installation, and golden files of them."""
from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from harness.fakes import FakesError, Population
from harness.golden import UPDATE, check_golden, registry_changes, registry_text
from harness.installation import Installation

SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
TCPIP = rf"{SERVICES}\Tcpip\Parameters"
TAP = rf"{TCPIP}\Interfaces\{{5E1D0002-AB12-4CD3-8A07-060504030201}}"
LOCAL_RULES = rf"{SERVICES}\Dnscache\Parameters\DnsPolicyConfig"
POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\DNSClient"
CLASS = r"HKLM\SYSTEM\CurrentControlSet\Control\Class\{4d36e972-e325-11ce-bfc1-08002be10318}"

Make = Callable[..., Installation]


def test_populated_registry(installation: Installation) -> None:
    check_golden("registry_populated.txt", registry_text(installation.fakes.registry()))


def test_population_can_differ(installation: Installation) -> None:
    installation.populate(Population(
        system_search_list="", policy_search_list="gp.example", policy_rules=True,
        system_rules=True, stale_rules=(4711,), stale_policy_list=True))
    registry = installation.fakes.registry()
    check_golden("registry_with_policy.txt",
                 registry_text(registry, POLICY) + registry_text(registry, LOCAL_RULES))
    assert "SearchList" not in registry[TCPIP]


def test_stale_rules_are_where_rules_are_in_force(installation: Installation) -> None:
    installation.populate(Population(stale_rules=(4711, 4712), stale_system_list=True))
    registry = installation.fakes.registry()
    assert rf"{LOCAL_RULES}\OpenVPNDNSRouting-4711" in registry
    assert rf"{LOCAL_RULES}\OpenVPNDNSRoutingX-01-4712" in registry
    assert POLICY not in registry
    assert registry[TCPIP]["InitialSearchList"]["data"] == "corp.example,example.net"
    assert registry[TCPIP]["SearchList"]["data"] == "corp.example,example.net,stale.example"


def test_vpn_adapters_are_recognised_by_component(installation: Installation) -> None:
    registry = installation.fakes.registry()
    components = {values["ComponentId"]["data"]: values["NetCfgInstanceId"]["data"]
                  for key, values in registry.items() if key.startswith(CLASS + "\\")}
    guids = {row["component_id"]: row["guid"]
             for row in installation.fakes.dump()["interfaces"] if row["component_id"]}
    assert components == guids


def test_differences_show_values_types_and_keys(installation: Installation) -> None:
    fakes = installation.fakes
    fakes.set_value(TAP, "NameServer", "REG_SZ", "10.8.0.1")
    fakes.set_value(TAP, "Domain", "REG_EXPAND_SZ", "old.example")
    fakes.create_key(LOCAL_RULES)
    fakes.delete_value(TCPIP, "SearchList")
    assert installation.differences() == [
        f"registry {LOCAL_RULES}: new",
        f"registry {TCPIP} SearchList: "
        "{'type': 'REG_SZ', 'data': 'corp.example,example.net'} -> None",
        f"registry {TAP} Domain: {{'type': 'REG_SZ', 'data': 'old.example'}} -> "
        "{'type': 'REG_EXPAND_SZ', 'data': 'old.example'}",
        f"registry {TAP} NameServer: {{'type': 'REG_SZ', 'data': '10.99.0.53,10.99.0.54'}} -> "
        "{'type': 'REG_SZ', 'data': '10.8.0.1'}",
    ]
    installation.populate()
    assert not installation.differences()


def test_edits_take_every_type(installation: Installation) -> None:
    fakes = installation.fakes
    before = fakes.registry()
    fakes.set_value(LOCAL_RULES + r"\R", "Name", "REG_MULTI_SZ", [".a.example", ".b.example"])
    fakes.set_value(LOCAL_RULES + r"\R", "Version", "REG_DWORD", 2)
    assert registry_changes(before, fakes.registry()) == (
        f"+[{LOCAL_RULES}]\n"
        rf"+[{LOCAL_RULES}\R]" "\n"
        '+ Name REG_MULTI_SZ ".a.example" | ".b.example"\n'
        "+ Version REG_DWORD 2\n")
    fakes.delete_key(LOCAL_RULES)
    assert fakes.registry() == before
    with pytest.raises(FakesError):
        fakes.delete_key(r"HKLM\SOFTWARE\OpenVPN")


def test_installations_do_not_share_keys(installation: Installation,
                                         make_installation: Make) -> None:
    other = make_installation()
    installation.fakes.set_value(TAP, "NameServer", "REG_SZ", "10.8.0.1")
    assert installation.differences() and not other.differences()
    installation.populate()


def test_removed_installation_leaves_no_keys(make_installation: Make) -> None:
    made = make_installation()
    stores = made.registry_store, made.volatile_store
    made.start()  # which creates a volatile key
    made.stop()
    assert made.registry.keys(made.registry_store) and made.registry.keys(made.volatile_store)
    made.destroy()
    for store in stores:
        parent, name = store.rsplit("\\", 1)
        assert name not in made.registry.keys(parent)
    made.create()
    made.populate()


def test_golden_file_that_differs_is_shown(tmp_path: Path,
                                           monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(UPDATE, "1")
    check_golden("text.txt", "a\nrule-17\n", {"17": "<pid>"}, tmp_path)
    monkeypatch.delenv(UPDATE)
    check_golden("text.txt", "a\nrule-4\n", {"4": "<pid>"}, tmp_path)
    with pytest.raises(AssertionError, match=r"(?s)-a.*\+b.*GATEHOUSE_UPDATE_GOLDEN"):
        check_golden("text.txt", "b\nrule-4\n", {"4": "<pid>"}, tmp_path)
    with pytest.raises(AssertionError, match="new.txt"):
        check_golden("new.txt", "b\n", {}, tmp_path)
