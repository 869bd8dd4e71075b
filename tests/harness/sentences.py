# SPDX-License-Identifier: MIT
"""Recorded calls as short sentences: "+" for added, "-" for removed, "=" for set."""
from __future__ import annotations

import re
from typing import Callable, Dict, List, Mapping

from harness.record import Call

#: Values of a name resolution rule that are worth showing.
SHOWN_RULE_VALUES = ("Name", "GenericDNSServers")

#: Conditions of packet filters.
CONDITIONS = (
    (re.compile(r"ALE_APP_ID equal .*\\([^\\]+)$"), r"from \1"),
    (re.compile(r"IP_LOCAL_INTERFACE equal .*"), "through the tunnel"),
    (re.compile(r"IP_REMOTE_PORT equal (\d+)"), r"to port \1"),
    (re.compile(r"FLAGS none_set 1"), "not over loopback"),
    (re.compile(r"FLAGS all_set 1"), "over loopback"),
)

FAMILIES = {2: "IPv4", 23: "IPv6"}


def of_address(call: Call) -> str:
    """An address and its adapter."""
    return f"address {call['address'].split('/')[0]} on {call['alias']}"


def of_route(call: Call) -> str:
    """A route and its adapter."""
    return f"route {call['prefix']} via {call['next_hop']} on {call['alias']}"


def of_interface(call: Call) -> str:
    """The settings of an interface."""
    metric = "automatic" if call["use_automatic_metric"] else call["metric"]
    return f"{FAMILIES[call['family']]} of {call['alias']}: metric {metric}, MTU {call['mtu']}"


def of_filter(call: Call) -> str:
    """A packet filter."""
    conditions: List[str] = []
    for condition in call["conditions"]:
        for pattern, words in CONDITIONS:
            if pattern.fullmatch(condition):
                condition = pattern.sub(words, condition)
        conditions.append(condition)
    return f"filter: {call['action']} IPv{call['layer'][-1]} {' '.join(conditions)}"


class Sentences:
    """Describes calls in order: the meaning of some depends on earlier ones."""

    def __init__(self, aliases: Mapping[str, str]) -> None:
        """`aliases` maps adapters' GUIDs to their names."""
        self._aliases = aliases
        #: Number of filters by session of the filtering engine: they end with it.
        self._filters: Dict[int, int] = {}
        self._session = 0
        self._sentences: Dict[str, Callable[[Call], str]] = {
            "CreateProcessAsUserW": lambda call: f"starts, as the user: {call['command_line']}",
            "CreateUnicastIpAddressEntry": lambda call: f"+ {of_address(call)}",
            "DeleteUnicastIpAddressEntry": lambda call: f"- {of_address(call)}",
            "CreateIpForwardEntry2": lambda call: f"+ {of_route(call)}",
            "DeleteIpForwardEntry2": lambda call: f"- {of_route(call)}",
            "SetIpInterfaceEntry": lambda call: f"= {of_interface(call)}",
            "RegCreateKeyExW": lambda call: f"+ {self._of_key(call)}" if call["created"] else "",
            "RegDeleteKeyW": lambda call: f"- {self._of_key(call)}",
            "RegSetValueExW": self._set_value,
            "RegDeleteValueW": lambda call: f"- {call['value']} of {self._of_key(call)}",
            "ControlService": lambda call: "tells Windows' DNS client to read its settings",
            "FwpmTransactionBegin0": self._begin_transaction,
            "FwpmFilterAdd0": self._add_filter,
            "FwpmEngineClose0": self._close_engine,
        }

    def of(self, call: Call) -> str:
        """The sentence; empty for a call that is not worth showing."""
        sentence = self._sentences.get(call["call"])
        return sentence(call) if sentence and not call["result"] else ""

    def _of_key(self, call: Call) -> str:
        name: str = call["key"].rsplit("\\", 1)[1]
        if name.startswith("OpenVPNDNSRouting"):
            return f"DNS rule {name}"
        if name == "Parameters":
            return "the machine"
        return self._aliases.get(name, f"key {name}")

    def _set_value(self, call: Call) -> str:
        key = self._of_key(call)
        if "data" not in call:
            return ""
        if key.startswith("DNS rule") and call["value"] not in SHOWN_RULE_VALUES:
            return ""
        data = " ".join(call["data"]) if isinstance(call["data"], list) else call["data"]
        return f"= {call['value']} of {key}: {data}"

    def _begin_transaction(self, call: Call) -> str:
        self._session = call["session"]
        return ""

    def _add_filter(self, call: Call) -> str:
        self._filters[self._session] = self._filters.get(self._session, 0) + 1
        return f"+ {of_filter(call)}"

    def _close_engine(self, call: Call) -> str:
        count = self._filters.pop(call["session"], 0)
        return f"- all {count} filters" if count else ""
