# SPDX-License-Identifier: MIT
r"""An installed interactive service with an instance id and a folder of its own.

The folder, C:\gatehouse\<name>, holds the service's executable, the fake system DLLs, the scripted
openvpn.exe, config\ and log\. $GATEHOUSE_SERVICE names another service to test."""
from __future__ import annotations

import os
import re
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from harness import process
from harness.bridge import Bridge, BridgeError
from harness.client import Client
from harness.control import Control
from harness.eventually import HANG
from harness.fakes import (GROUPS, Fakes, Json, Population, RegistryDump, differences,
                           registry_differences)
from harness.pipe import IDENTIFICATION, IMPERSONATION, Pipe
from harness.record import Record
from harness.registry import Registry
from harness.runner import Runner, build_folder
from harness.service import ERROR_SERVICE_DOES_NOT_EXIST, Service, State, Status

#: Windows' own DLLs that a fake forwards calls to, and the names under which it finds them.
REAL_LIBRARIES = {"iphlpapi.dll": "iphreal.dll"}

#: Scripted openvpn.exe by the release that its version resource names. "product" has a number of
#: its own, as programs made from OpenVPN may have, so its messages alone tell their dialect.
OPENVPN_PROGRAMS = {"2.4": "openvpn-2.4.exe", "2.6": "openvpn-2.6.exe", "2.7": "openvpn.exe",
                    "product": "openvpn-product.exe"}

#: The modelled machine has an adapter with wintun, which is no VPN adapter by default.
VPN_ADAPTERS = r"tap0901,root\tap0901,wintun,ovpn-dco"

#: What our service's token is limited to: the list that -install gives to Windows.
PRIVILEGES = ("SeAssignPrimaryTokenPrivilege", "SeIncreaseQuotaPrivilege",
              "SeImpersonatePrivilege", "SeChangeNotifyPrivilege", "SeLoadDriverPrivilege")

#: Groups of calls that the service makes, as opposed to the programs that it starts.
SERVICE_GROUPS = tuple(group for group in GROUPS if group != "programs")

#: Wine sometimes reports a start as failed, and faults may kill some starts.
MOST_STARTS = 5


def default_service() -> Path:
    """The service under test."""
    ours = build_folder() / "bin" / "gatehouse-service.exe"
    return Path(os.environ.get("GATEHOUSE_SERVICE", str(ours))).resolve()


_DERIVED = re.compile(r"routes .*'protocol': 2,.*'autoconfigure_address': 1")


@dataclass(frozen=True)
class Options:
    """Settings that differ between installations. A setting of None is a missing value, for
    `vpn_adapters` and `allow_writable_install` too, which are set otherwise."""

    service: Path = field(default_factory=default_service)
    arguments: str = "-instance interactive {instance}"
    openvpn: str = "2.7"
    settings: Tuple[Tuple[str, Optional[str]], ...] = ()

    @property
    def privileges(self) -> Tuple[str, ...]:
        """What the service's token is limited to; nothing: it is not limited."""
        return PRIVILEGES if self.service.name == "gatehouse-service.exe" else ()


class Installation:
    """The service as an installer leaves it."""

    def __init__(self, runner: Runner, bridge: Bridge, name: str,
                 options: Optional[Options] = None) -> None:
        self.options = options or Options()
        self.name = name
        self.instance = f"${name}"
        self.folder = rf"C:\gatehouse\{name}"
        self.host_folder = runner.host_path(self.folder)
        self.key = rf"HKLM\SOFTWARE\OpenVPN{self.instance}"
        self.policy_key = rf"HKLM\SOFTWARE\Policies\Gatehouse{self.instance}"
        self.pipe_name = rf"\\.\pipe\openvpn{self.instance}\service"
        self.image = self.options.service.name
        self.service = Service(bridge, f"OpenVPNServiceInteractive{self.instance}")
        self.registry = Registry(bridge)
        self.fakes = Fakes(self._ask_fakes)
        self.record = Record(self.host_folder / "record.jsonl")
        self._populated: Json = {}
        self._populated_registry: RegistryDump = {}
        self._runner = runner
        self._bridge = bridge

    @property
    def binary(self) -> str:
        """The command line of the installed service."""
        arguments = self.options.arguments.format(instance=self.instance)
        return rf'"{self.folder}\{self.image}" {arguments}'.rstrip()

    @property
    def registry_store(self) -> str:
        """Where the fakes keep the keys of the modelled machine (registry/places.h)."""
        return "HKLM\\SYSTEM\\GatehouseFakes\\" + self.folder.replace("\\", "/")

    @property
    def volatile_store(self) -> str:
        """Where they keep volatile keys."""
        return self.registry_store.replace("GatehouseFakes", "GatehouseFakesVolatile", 1)

    def create(self) -> None:
        """Install it, replacing what a killed run may have left."""
        self.destroy()
        self._lay_out_folder()
        for value, text in self.settings().items():
            self.registry.set_text(self.key, value, text)
        self.service.create(self.binary, self.options.privileges)

    def sibling(self, suffix: str) -> "Installation":
        """Another instance of the same service on the same machine, in the same folder; not
        started. End it with remove_sibling()."""
        made = Installation(self._runner, self._bridge, self.name, self.options)
        made.instance += suffix
        made.key += suffix
        made.policy_key += suffix
        made.pipe_name = rf"\\.\pipe\openvpn{made.instance}\service"
        made.service = Service(self._bridge, f"OpenVPNServiceInteractive{made.instance}")
        made.remove_sibling()
        for value, text in made.settings().items():
            made.registry.set_text(made.key, value, text)
        made.service.create(made.binary, made.options.privileges)
        return made

    def remove_sibling(self, seconds: float = HANG) -> None:
        """Stop and delete it; does nothing when it does not exist. If it does not stop in time,
        every process of the installation is killed."""
        if self.service.exists():
            if self.service.status().state == State.RUNNING:
                try:
                    self.stop(seconds)
                except BridgeError:
                    self._kill_all()
            self.service.delete()
        self.registry.delete_tree(self.key)
        self.registry.delete_tree(self.policy_key)
        journal = self.host_folder / "ProgramData" / "Gatehouse" / f"{self.service.name}.journal"
        journal.unlink(missing_ok=True)  # the other instance would go on looking at it

    def populate(self, registry: Population = Population()) -> None:
        """Reset the machine to its initial state, without faults and personas, and with an empty
        record."""
        self._closed_end.unlink(missing_ok=True)
        self.fakes.reset(registry)
        self._populated = self.fakes.dump()
        self._populated_registry = self.fakes.registry()
        self.record.forget()

    def differences(self) -> List[str]:
        """What has changed on the machine since populate(), one line each."""
        return [*differences(self._populated, self.fakes.dump()),
                *registry_differences(self._populated_registry, self.fakes.registry())]

    def requested_differences(self) -> List[str]:
        """The same without the routes that Windows has derived from addresses: they come and go
        with these."""
        return [line for line in self.differences() if not _DERIVED.match(line)]

    def settings(self) -> Dict[str, str]:
        """The registry values it is installed with."""
        values: Dict[str, Optional[str]] = {"": self.folder, "vpn_adapters": VPN_ADAPTERS,
                                            "allow_writable_install": "1"}
        values.update(self.options.settings)
        return {name: text for name, text in values.items() if text is not None}

    def start(self, seconds: float = HANG) -> Status:
        """Start the service and wait until it runs, also when its process has just died. If it dies
        at its start it is started again, as Windows does; fakes.deaths() shows that. Raises
        AssertionError when it stops instead."""
        status = self.try_start(seconds)
        if not status.is_alive:
            raise AssertionError(f"{self.service.name} stopped at its start: {status}")
        return status

    def try_start(self, seconds: float = HANG) -> Status:
        """The same; returns its state, running or stopped."""
        for _ in range(MOST_STARTS - 1):
            status = self.start_once(seconds)
            if status.is_alive or status.state == State.STOPPED and not status.timed_out:
                return status
        return self.service.run(seconds)

    def start_once(self, seconds: float = HANG) -> Status:
        """Start it, and do not try again if its process dies."""
        for _ in range(MOST_STARTS - 1):
            try:
                return self.service.run(seconds)
            except BridgeError as error:
                if error.code not in process.WINE_FAILED:
                    raise
        return self.service.run(seconds)

    def is_running(self) -> bool:
        """Whether the service runs, even if its manager has not noticed a crash."""
        return self.service.status().is_alive

    def is_listening(self, seconds: float = HANG) -> bool:
        """Whether a client could connect: a service that hangs runs, and never listens again."""
        return Pipe.is_listening(self._bridge, self.pipe_name, seconds)

    def stop(self, seconds: float = HANG) -> Status:
        """Stop the service and wait until it has."""
        self.service.control(1)
        return self.service.wait(State.STOPPED, seconds=seconds)

    def crash(self) -> None:
        """Kill the service's process. Windows ends its openvpn.exe a moment later."""
        process.kill(self._bridge, self.service.status().process)

    def wait_death(self, count: int = 1, seconds: float = HANG) -> Json:
        """Wait until faults have ended so many processes since populate(), and the last of them has
        gone completely; returns that death."""
        death = self.fakes.wait_death(count, seconds)
        process.wait_gone(self._bridge, death["pid"], seconds)
        return death

    def calls(self) -> Dict[str, int]:
        """Every call to Windows that the service has made since populate(), with its count: where
        it can be killed. Commits include those of the programs that it has started."""
        return self.fakes.counters(*SERVICE_GROUPS)

    def closed_before_disconnected(self) -> bool:
        """Whether the service has closed its end of a client pipe since populate() without
        disconnecting the client before: Windows would keep that end as long as the client its
        own."""
        return self._closed_end.exists()

    @property
    def _closed_end(self) -> Path:
        """Where the fakes note it."""
        return self.host_folder / "closed-before-disconnected"

    def reboot(self, bfe: bool = True) -> None:
        """The machine loses its power and is started again; the service is not. All processes have
        ended, and addresses and routes are as they were populated. Without the filtering engine,
        Windows is not yet further than the start of TCP/IP, until fakes.start_bfe()."""
        self._kill_all()
        self.fakes.reboot(bfe)

    def connect(self, bridge: Optional[Bridge] = None, flags: int = IMPERSONATION) -> Client:
        """A new client, in the process of `bridge`."""
        return Client(bridge or self._bridge, self.pipe_name, flags=flags)

    @property
    def control_name(self) -> str:
        """The name of the control pipe."""
        return rf"\\.\pipe\openvpn{self.instance}\control"

    def control(self, bridge: Optional[Bridge] = None, flags: int = IDENTIFICATION) -> Control:
        """A new client of the control pipe, in the process of `bridge`."""
        return Control(bridge or self._bridge, self.control_name, flags=flags)

    def write_config(self, name: str, text: str) -> str:
        r"""Write config\<name>; returns its Windows path."""
        (self.host_folder / "config" / name).write_text(text, encoding="utf-8")
        return rf"{self.folder}\config\{name}"

    def add_program(self, name: str, *, source: str = "bin") -> str:
        """Have a program of the build in the folder; returns its Windows path. One that is there
        stays as it is: it may be running, or just about to."""
        if not (self.host_folder / name).exists():
            shutil.copy2(build_folder() / source / name, self.host_folder)
        return rf"{self.folder}\{name}"

    def processes(self) -> List[process.Running]:
        """Processes whose program is in our folder, including the service's."""
        rows = process.running(self._bridge)
        ours = [row for row in rows if self._is_ours(row.path)]
        parents = {row.process for row in ours}
        # A child that has just started may not have a path yet.
        return ours + [row for row in rows if not row.path and row.parent in parents]

    def _is_ours(self, path: str) -> bool:
        return path.lower().startswith(f"{self.folder}\\".lower())

    def strangers(self) -> List[process.Running]:
        """Our processes except the service's own."""
        return [row for row in self.processes() if row.image.lower() != self.image.lower()]

    def destroy(self) -> None:
        """Remove everything; does nothing when there is nothing."""
        self._kill_all()
        try:
            self.service.delete()
        except BridgeError as error:
            if error.code != ERROR_SERVICE_DOES_NOT_EXIST:
                raise
        self.registry.delete_tree(self.key)
        self.registry.delete_tree(self.policy_key)
        self.registry.delete_tree(self.registry_store)
        self.registry.delete_tree(self.volatile_store)
        shutil.rmtree(self.host_folder, ignore_errors=True)
        self.record.start_anew()

    def _kill_all(self) -> None:
        """The service first, so that it starts no more processes. Some end with it. Raises
        TimeoutError."""
        deadline = time.monotonic() + HANG
        while rows := self.processes():
            for row in sorted(rows, key=lambda row: row.image.lower() != self.image.lower()):
                try:
                    process.kill_if_there(self._bridge, row.process)
                except BridgeError as error:
                    if error.code not in process.CANNOT_KILL:
                        raise
            self._runner.kill_programs(self.host_folder)
            if time.monotonic() > deadline:
                raise TimeoutError(f"these do not end: {rows}")
        self._runner.kill_programs(self.host_folder)

    def _ask_fakes(self, request: Json) -> Json:
        answer: Json = self._bridge.call("fake", folder=self.folder, request=request)["answer"]
        return answer

    def _lay_out_folder(self) -> None:
        for folder in ("bin", "config", "log"):
            (self.host_folder / folder).mkdir(parents=True)
        shutil.copy2(self.options.service, self.host_folder)
        self.add_fakes()
        shutil.copy2(build_folder() / "fakes" / OPENVPN_PROGRAMS[self.options.openvpn],
                     self.host_folder / "bin" / "openvpn.exe")

    def add_fakes(self) -> None:
        """Lay the fake system DLLs and programs beside the service."""
        fakes = build_folder() / "fakes"
        libraries = sorted(fakes.glob("*.dll"))
        for library in libraries:
            shutil.copy2(library, self.host_folder)
            if library.name in REAL_LIBRARIES:
                shutil.copy2(self._runner.windows_library(library.name),
                             self.host_folder / REAL_LIBRARIES[library.name])
        for folder in ("bin", "system32"):
            shutil.copytree(fakes / folder, self.host_folder / folder, dirs_exist_ok=True)
        libraries += sorted((fakes / "system32").glob("*.dll"))
        self._runner.use_fakes(self._bridge, self.image, [item.name for item in libraries])
