# SPDX-License-Identifier: MIT
"""The kill switch's objects in the filtering platform, by netsh: not the word of the service.

netsh writes what it shows into an XML file. How that is laid out is not documented, so only the
names of elements are looked for, wherever they stand; and a list without any filter is an error."""
from __future__ import annotations

import re
import tempfile
import uuid
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, FrozenSet, List

from hardware.support import powershell

#: PRODUCT_FIREWALL_SPACE of src/product.h.
SPACE = uuid.UUID("7f5e25c4-2fac-47ed-a330-2b440eaaf2c9")

#: Roles of src/firewall/roles.h, and how many filters each may have.
PROVIDER, SUBLAYER, GATEWAY, LOOPBACK, TUNNEL, BLOCK, FORWARD_BLOCK = 1, 2, 10, 11, 12, 30, 33
FIRST_FILTER, LAST_FILTER, MOST_OF_ONE = 10, 33, 64

PERSISTENT, BOOT, DISABLED = (f"FWPM_FILTER_FLAG_{name}"
                              for name in ("PERSISTENT", "BOOTTIME", "DISABLED"))
PROVIDER_DISABLED = "FWPM_PROVIDER_FLAG_DISABLED"


def key(instance: str, role: int, index: int = 0) -> str:
    """Of an object of this instance of the service, as netsh writes it."""
    return f"{{{uuid.uuid5(SPACE, f'{instance}/{role}/{index}')}}}"


def role_keys(instance: str, role: int) -> Dict[str, int]:
    """The keys of all filters that the role may have, and their indexes."""
    return {key(instance, role, index): index for index in range(MOST_OF_ONE)}


@dataclass(frozen=True)
class Row:
    """A filter, a provider or a sublayer."""

    key: str
    flags: FrozenSet[str]
    provider: str
    sublayer: str
    layer: str
    action: str
    #: Of a sublayer a number.
    weight: str
    service: str
    #: The whole of it.
    text: str


def _text(item: xml.Element, name: str) -> str:
    return (item.findtext(name) or "").strip()


def _row(item: xml.Element, name: str) -> Row:
    flags = frozenset((each.text or "").strip() for each in item.iterfind("flags/item"))
    weight = item.find("weight")
    return Row(_text(item, name).lower(), flags, _text(item, "providerKey").lower(),
               _text(item, "subLayerKey").lower(), _text(item, "layerKey"),
               _text(item, "action/type"), "".join(weight.itertext()).strip()
               if weight is not None else "", _text(item, "serviceName"),
               xml.tostring(item, encoding="unicode"))


@dataclass(frozen=True)
class Platform:
    """What there is, by key."""

    filters: Dict[str, Row]
    providers: Dict[str, Row]
    sublayers: Dict[str, Row]

    def ours(self, instance: str) -> Dict[str, Row]:
        """The filters of the kill switch of this instance, whatever their provider."""
        provider = key(instance, PROVIDER)
        known = {each for role in range(FIRST_FILTER, LAST_FILTER + 1)
                 for each in role_keys(instance, role)}
        return {each: row for each, row in self.filters.items()
                if each in known or row.provider == provider}

    def of_role(self, instance: str, role: int) -> List[Row]:
        """Those of one role."""
        known = role_keys(instance, role)
        return [row for each, row in self.filters.items() if each in known]


def _read(text: str) -> Platform:
    """Items that have a key of their own kind; what refers to others has their keys, too."""
    found: Dict[str, Dict[str, Row]] = {"filterKey": {}, "subLayerKey": {}, "providerKey": {}}
    for item in xml.fromstring(text).iter("item"):
        name = next((each for each in ("calloutKey", *found) if item.find(each) is not None), "")
        if name in found:
            row = _row(item, name)
            found[name][row.key] = row
    return Platform(found["filterKey"], found["providerKey"], found["subLayerKey"])


def show(*words: str) -> str:
    """What `netsh wfp show` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shown.xml"
        powershell.run(["netsh.exe", "wfp", "show", *words, f"file={path}"])
        return path.read_bytes().decode("utf-8-sig")


def state() -> Platform:
    """All objects that there are, those that are not in force, too."""
    platform = _read(show("state"))
    assert platform.filters and platform.sublayers, "netsh's list is not read as it is meant"
    return platform


def boot_time_policy() -> Platform:
    """What is in force while Windows starts."""
    return _read(show("boottimepolicy"))


def app_ids(program: str) -> List[str]:
    """The bytes by which the platform knows a program, as it writes them in a filter's condition:
    whatever looks like that in netsh's answer."""
    text = powershell.run(["netsh.exe", "wfp", "show", "appid", f"file={program}"])
    return re.findall(r"[0-9a-f]{40,}", text.lower())
