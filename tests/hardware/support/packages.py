# SPDX-License-Identifier: MIT
"""The packages that $GATEHOUSE_PACKAGES has for a test machine, in Windows Installer's hands.

They are made on Linux: PYTHONPATH=ci:tests python3 -m release.support.packages FOLDER"""
from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Optional

from harness.bridge import Bridge
from harness.registry import Registry
from harness.service import Service

#: Seconds for one run of msiexec.
PATIENCE = 300.0

SERVICE = "OpenVPNServiceInteractive"
FOLDER = Path(os.environ.get("ProgramFiles", r"C:\Program Files")) / "Gatehouse"
PROGRAM = FOLDER / "bin" / "gatehouse-service.exe"
MSIEXEC = str(Path(os.environ.get("SystemRoot", r"C:\Windows")) / "System32" / "msiexec.exe")


def folder() -> Path:
    """Where they are."""
    return Path(os.environ.get("GATEHOUSE_PACKAGES", ""))


def missing(bridge: Bridge) -> Optional[str]:
    """Why no package can be installed here; None: it can."""
    if not os.environ.get("GATEHOUSE_PACKAGES"):
        return "no packages: $GATEHOUSE_PACKAGES is not set"
    for name in ("old.msi", "new.msi", "broken.msi"):
        if not (folder() / name).exists():
            return f"no package: {folder() / name} is not there"
    if Registry(bridge).get(r"HKLM\SOFTWARE\OpenVPN", "") is None:
        return "OpenVPN is not installed, which the package needs"
    if Service(bridge, SERVICE).exists():
        return f"there is a service {SERVICE} already: install OpenVPN without it"
    return None


def msiexec(*words: str) -> int:
    """Run it silently to its end; its exit code. Its log is beside the packages."""
    log = folder() / "last.log"
    return subprocess.run([MSIEXEC, *words, "/qn", "/l*v", str(log)], stdin=subprocess.DEVNULL,
                          timeout=PATIENCE, check=False).returncode


def install(name: str, *properties: str) -> int:
    """Install one of the packages."""
    return msiexec("/i", str(folder() / name), *properties)


def remove_all() -> None:
    """Whatever of them is installed."""
    for name in ("old.msi", "new.msi", "broken.msi"):
        msiexec("/x", str(folder() / name))
    shutil.rmtree(FOLDER, ignore_errors=True)
