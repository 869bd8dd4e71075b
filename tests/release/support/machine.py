# SPDX-License-Identifier: MIT
"""A machine on which packages are installed: a Wine of its own, because Windows Installer, the
service without an instance and OpenVPN's registry key exist once each."""
from __future__ import annotations

import itertools
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional

from harness.bridge import Bridge, BridgeError
from harness.eventually import eventually
from harness.installation import Installation
from harness.process import Process
from harness.record import Record
from harness.registry import Registry
from harness.runner import Runner, build_folder
from harness.service import Service, State
from release.support.update_server import UpdateServer, silent

DONE, FAILED, RESTART_NEEDED = 0, 1603, 3010

ERROR_FILE_NOT_FOUND = 2

OPENVPN_KEY, STATE_KEY = r"HKLM\SOFTWARE\OpenVPN", r"HKLM\SOFTWARE\Gatehouse"
SETUP_KEY = STATE_KEY + r"\Setup"
OPENVPN = r"C:\Program Files\OpenVPN"
OURS = r"C:\Program Files\Gatehouse"
SERVICE = "OpenVPNServiceInteractive"
WINDOWS_KEY = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
ENVIRONMENT = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
PROGRAMS_KEY = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"

#: Names of folders and keys that packages, also the tests' other brand, and OpenVPN make.
NAMES = ("Gatehouse", "OpenVPN", "packages", "Acme VPN", "AcmeVPN", "Gatehouse setup")

#: Where Windows Installer keeps what is installed.
_INSTALLER_KEYS = (r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer",
                   r"HKLM\SOFTWARE\Classes\Installer")

_SECONDS = 120.0


@dataclass(frozen=True)
class Outcome:
    """Of msiexec: its exit code and its log."""

    exit_code: int
    log: str


class Machine:
    """Windows with the packages that a test installs."""

    def __init__(self, runner: Runner, bridge: Bridge) -> None:
        self.runner = runner
        self.bridge = bridge
        self.registry = Registry(bridge)
        self.service = Service(bridge, SERVICE)
        self._logs = itertools.count(1)
        self._path = self.registry.get(ENVIRONMENT, "PATH")

    def host(self, windows: str) -> Path:
        """The host's path of a file on drive C."""
        return self.runner.host_path(windows)

    # ---- the machine ----

    def clear(self) -> None:
        """As it was before any package, and without OpenVPN."""
        for name in NAMES:
            for folder in (rf"C:\Program Files\{name}", rf"C:\{name}", rf"C:\ProgramData\{name}"):
                self.runner.kill_programs(self.host(folder))
                shutil.rmtree(self.host(folder), ignore_errors=True)
            self.registry.delete_tree(rf"HKLM\SOFTWARE\{name}")
        for name in self.services():
            Service(self.bridge, name).delete()
        for key in _INSTALLER_KEYS:
            self.registry.delete_tree(key)
        for code in self.products():
            self.registry.delete_tree(rf"{PROGRAMS_KEY}\{code}")
        self.registry.set_text(ENVIRONMENT, "PATH", str(self._path), 2)
        # What Windows 10 has, and a new Wine has not.
        self.registry.set_number(WINDOWS_KEY, "CurrentMajorVersionNumber", 10)

    def add_openvpn(self, with_service: bool = False) -> None:
        """An installed OpenVPN, as its own setup leaves it."""
        folder = self.host(OPENVPN)
        for name in ("bin", "config", "log"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(build_folder() / "fakes" / "openvpn.exe", folder / "bin" / "openvpn.exe")
        self.registry.set_text(OPENVPN_KEY, "", OPENVPN + "\\")
        self.registry.set_text(OPENVPN_KEY, "config_dir", OPENVPN + "\\config\\")
        if with_service:
            shutil.copyfile(build_folder() / "bin" / "bridge.exe",
                            folder / "bin" / "openvpnserv.exe")
            self.service.create(rf'"{OPENVPN}\bin\openvpnserv.exe" -instance interactive')

    # ---- packages ----

    def add(self, package: Path, name: str = "package.msi") -> str:
        r"""Copy a package into C:\packages; its path there."""
        folder = self.host(r"C:\packages")
        folder.mkdir(exist_ok=True)
        shutil.copyfile(package, folder / name)
        return rf"C:\packages\{name}"

    def msiexec(self, arguments: str) -> Outcome:
        """Run it silently, to its end."""
        log = f"log{next(self._logs)}.txt"
        self.host(r"C:\packages").mkdir(exist_ok=True)
        process = Process.start(
            self.bridge, rf"C:\windows\system32\msiexec.exe {arguments} /qn /l*v C:\packages\{log}")
        exit_code = process.wait(_SECONDS)
        process.close()
        text = self.host(rf"C:\packages\{log}").read_bytes().decode("utf-8", "replace")
        return Outcome(exit_code, text)

    def install(self, package: Path, properties: str = "", name: str = "package.msi") -> Outcome:
        """Install a package with public properties."""
        return self.msiexec(f'/i "{self.add(package, name)}" {properties}')

    def uninstall(self, package: Path, name: str = "package.msi") -> Outcome:
        """Remove what a package has installed."""
        return self.msiexec(f'/x "{self.add(package, name)}"')

    # ---- what is there ----

    def has_key(self, key: str) -> bool:
        """Whether a registry key exists."""
        try:
            self.registry.keys(key)
        except BridgeError as error:
            if error.code != ERROR_FILE_NOT_FOUND:
                raise
            return False
        return True

    def services(self) -> List[str]:
        """The names of all services that could be ours."""
        names = self.registry.keys(r"HKLM\SYSTEM\CurrentControlSet\Services")
        return [name for name in names if "ServiceInteractive" in name]

    def products(self) -> Dict[str, str]:
        """What Windows shows as installed: product codes and versions."""
        codes = [code for code in self.registry.keys(PROGRAMS_KEY) if code.startswith("{")]
        return {code: str(self.registry.get(rf"{PROGRAMS_KEY}\{code}", "DisplayVersion"))
                for code in codes}

    def runs(self) -> bool:
        """Whether the default instance runs."""
        return self.service.exists() and self.service.status().is_alive

    def wait_stopped(self) -> None:
        """Wait until it does not."""
        self.service.wait(State.STOPPED)

    def run(self, command: str, output: Optional[str] = None) -> int:
        """Run a program to its end, its output into a file; its exit code."""
        process = Process.start(self.bridge, command, output=output)
        exit_code = process.wait(_SECONDS)
        process.close()
        return exit_code

    def setting(self, name: str) -> Optional[str]:
        """A value of the settings' key."""
        value = self.registry.get(OPENVPN_KEY, name)
        return None if value is None else str(value)

    def files(self, folder: str = OURS) -> List[str]:
        """All files below a folder, sorted, relative to it."""
        root = self.host(folder)
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def start_client(machine: Machine, server: UpdateServer, folder: str = OURS) -> Process:
    """The gatehouse.exe of this folder, which waits for a server that does not answer. Updates of
    the installed service must be on, and come from the server."""
    server.files["1.root"] = silent()
    process = Process.start(machine.bridge, rf'"{folder}\bin\gatehouse.exe" update --check')
    assert eventually(lambda: server.requests, bool)
    return process


def with_fakes(machine: Machine, folder: str) -> Installation:
    """The installed service of the default instance, restarted with the fake system DLLs in its
    folder. What uses an installation of the harness can use it."""
    made = Installation(machine.runner, machine.bridge, "installed")
    made.folder, made.host_folder = folder, machine.host(folder)
    made.instance, made.key = "", OPENVPN_KEY
    made.pipe_name = r"\\.\pipe\openvpn\service"
    made.service = machine.service
    made.record = Record(made.host_folder / "record.jsonl")
    made.stop()
    made.add_fakes()
    made.populate()
    made.start()
    return made
