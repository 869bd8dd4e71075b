# SPDX-License-Identifier: MIT
"""What is missing for tests on a real machine, and what they may touch there."""
from __future__ import annotations

import ctypes
import ipaddress
import os
import sys
from pathlib import Path
from typing import Optional

#: sys.platform; a test of the rules of this folder replaces it.
SYSTEM = sys.platform

#: The networks of documentation (RFC 5737, RFC 3849) and of benchmarks (RFC 2544): what is there
#: cuts nobody off, least of all the machine from whoever runs the tests.
NETWORKS = tuple(ipaddress.ip_network(text) for text in (
    "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "2001:db8::/32"))

#: The top-level domain that nobody has (RFC 6761).
DOMAIN = "gatehouse.test"


def is_administrator() -> bool:
    """Whether this process has the rights to install a service."""
    if sys.platform != "win32":
        return False
    return bool(ctypes.WinDLL("shell32").IsUserAnAdmin())


def missing() -> Optional[str]:
    """Why no test can run here; None: they can."""
    if SYSTEM != "win32":
        return "this is no Windows"
    if not is_administrator():
        return "Windows, but not as an administrator"
    return None


def tapctl() -> Path:
    """The program that makes adapters: $GATEHOUSE_TAPCTL, or that of an installed OpenVPN."""
    programs = os.environ.get("ProgramFiles", r"C:\Program Files")
    return Path(os.environ.get("GATEHOUSE_TAPCTL", rf"{programs}\OpenVPN\bin\tapctl.exe"))


def missing_for_adapters() -> Optional[str]:
    """Why no VPN adapter can be made here."""
    if missing():
        return missing()
    if not tapctl().exists():
        return f"no adapter: {tapctl()} is not there (OpenVPN's installer brings it)"
    return None


def allowed(network: str) -> str:
    """The network itself. Raises ValueError for one that a test may not touch."""
    asked = ipaddress.ip_network(network, strict=False)
    for ours in NETWORKS:
        if asked.version == ours.version and asked.subnet_of(ours):  # type: ignore[arg-type]
            return network
    raise ValueError(f"{network} is in no network for tests")
