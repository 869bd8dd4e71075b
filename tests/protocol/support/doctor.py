# SPDX-License-Identifier: MIT
"""Runs `gatehouse doctor` on an installation, and breaks that machine in many ways."""
from __future__ import annotations

import itertools
import json
import shutil
import struct
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, FrozenSet, List, Optional

from harness.access import let_administrators_write
from harness.bridge import Bridge, BridgeError
from harness.fakes import TAP, ListedService, Population
from harness.installation import Installation
from harness.pipe import Pipe
from harness.process import Process
from harness.runner import Runner, build_folder
from harness.service import State
from harness.session import Session
from protocol.support.service_program import PROCESS_GONE, forget_service

DONE, TROUBLE, USAGE, UNHEALTHY = 0, 1, 2, 10

#: A name of its own, so that it alone loads the fakes beside it.
PROGRAM = "gatehouse-doctor.exe"

#: What is never quite right under Wine: the harness starts the service itself, and the user who
#: runs Wine owns its program.
ALWAYS = frozenset({"service.start", "service.access"})

TAP_GUID = "{5E1D0002-AB12-4CD3-8A07-060504030201}"
SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
TAP_KEYS = [rf"{SERVICES}\{name}\Parameters\Interfaces\{TAP_GUID}" for name in ("Tcpip", "Tcpip6")]

Check = Dict[str, Any]

#: Starts connections of an ordinary user, which end with the test.
SessionMaker = Callable[[], Session]


@dataclass(frozen=True)
class Outcome:
    """The end of a run."""

    exit_code: int
    output: str

    @property
    def object(self) -> Check:
        """The object of --json."""
        made: Check = json.loads(self.output)
        return made

    @property
    def checks(self) -> List[Check]:
        """Its findings."""
        found: List[Check] = self.object["checks"]
        return found

    def named(self, name: str) -> List[Check]:
        """The findings of this name."""
        return [check for check in self.checks if check["name"] == name]

    def wrong(self) -> List[Check]:
        """The findings that are not right, without what never is."""
        return [check for check in self.checks
                if check["result"] != "ok" and check["name"] not in ALWAYS]

    def not_ok(self) -> FrozenSet[str]:
        """The names of what is not right."""
        return frozenset(check["name"] for check in self.checks if check["result"] != "ok")


class Machine:
    """An installation that nothing is wrong with until a test breaks it."""

    def __init__(self, runner: Runner, bridge: Bridge, user_bridge: Bridge, name: str) -> None:
        self.installation = Installation(runner, bridge, name)
        self.fakes = self.installation.fakes
        self.registry = self.installation.registry
        self.key = self.installation.key
        self.policy_key = self.installation.policy_key
        self.folder = self.installation.folder
        self.host = self.installation.host_folder
        self.service = self.installation.service
        self._runner = runner
        self._bridge = bridge
        self._user_bridge = user_bridge
        self._numbers = itertools.count(1)
        self._squatters: List[Pipe] = []

    def create(self) -> None:
        """Install it."""
        self.installation.create()
        libraries = [path.name for path in (build_folder() / "fakes").glob("*.dll")]
        self._runner.use_fakes(self._bridge, PROGRAM, libraries)

    # ---- between tests ----

    def repair(self) -> None:
        """Make everything right again, and start the service if it does not run."""
        for squatter in self._squatters:
            squatter.close()
        self._squatters.clear()
        self.fakes.clear_faults()
        self.installation.populate()
        if not self.service.exists():
            self.service.create(self.installation.binary, self.installation.options.privileges)
        self._repair_files()
        self.registry.delete_tree(self.key)
        self.registry.delete_tree(self.policy_key)
        for name, text in (("", self.folder), ("vpn_adapters", "tap0901,wintun")):
            self.registry.set_text(self.key, name, text)
        for key in TAP_KEYS:
            self.fakes.delete_value(key, "NameServer")
        self.fakes.delete_route(TAP, "10.99.0.0/16", "10.8.0.1")
        if not self.installation.is_running():
            self.installation.start()
        (self.host / "record.events").unlink(missing_ok=True)

    def _repair_files(self) -> None:
        """The files as they are installed. Those of a running program are replaced, not written."""
        fakes = build_folder() / "fakes"
        for source, target in ((self.installation.options.service, self.installation.image),
                               (build_folder() / "bin" / "gatehouse.exe", PROGRAM),
                               (fakes / "openvpn.exe", "bin/openvpn.exe"),
                               (fakes / "bin" / "tapctl.exe", "bin/tapctl.exe")):
            (self.host / target).unlink(missing_ok=True)
            shutil.copy2(source, self.host / target)
        for folder in ("config", "a b", "ProgramData"):
            if folder != "ProgramData" or not self.installation.is_running():
                shutil.rmtree(self.host / folder, ignore_errors=True)
        for left in (self.host / "ProgramData").glob("Gatehouse*/*.journal.*"):
            left.unlink()
        for aside in (self.host / "ProgramData").glob("Gatehouse.untrusted-*"):
            aside.rmdir()
        (self.host / "config").mkdir(exist_ok=True)
        (self.host / "config" / "home.ovpn").write_text("client\n")
        for path in (".", "bin", "config", "bin/openvpn.exe", self.installation.image):
            let_administrators_write(self.host / path)

    # ---- running ----

    def run(self, arguments: str = "--json", restricted: bool = False, local: str = "") -> Outcome:
        """Run it to its end, as an administrator or as an ordinary user. `local` is the folder of
        the user's own data, if it is to be another one."""
        name = f"doctor{next(self._numbers)}.txt"
        command = (rf'"{self.folder}\{PROGRAM}" doctor --instance {self.installation.instance} '
                   f"{arguments}")
        if local:
            command = f'cmd.exe /c "set LOCALAPPDATA={local}&& {command}"'
        process = Process.start(self._user_bridge if restricted else self._bridge, command,
                                output=rf"{self.folder}\log\{name}")
        exit_code = process.wait()
        process.close()
        return Outcome(exit_code, (self.host / "log" / name).read_text(encoding="utf-8"))

    # ---- breaking ----

    def stop(self) -> None:
        """Stop the service."""
        self.installation.stop()

    def crash(self) -> None:
        """Kill the service."""
        self.installation.crash()

    def list_service(self, *others: ListedService, **fields: Any) -> None:
        """What programs are told of our service, which runs unless the fields say otherwise."""
        fields.setdefault("binary", self.installation.binary)
        fields.setdefault("pid", self.service.status().process if self.service.exists() else 0)
        self.fakes.services(ListedService(self.service.name, **fields), *others)

    def squat(self, name: str) -> None:
        """Another program listens under the name."""
        self._squatters.append(Pipe.create(self._bridge, name))

    def set(self, name: str, text: str) -> None:
        """Set a value, as an administrator does."""
        self.registry.set_text(self.key, name, text)

    def set_policy(self, name: str, text: str) -> None:
        """Set a value, as a group policy does."""
        self.registry.set_text(self.policy_key, name, text)

    def populate(self, **registry: Any) -> None:
        """Another registry of the machine, with nothing else wrong."""
        self.fakes.reset(Population(**registry))
        for key in TAP_KEYS:
            self.fakes.delete_value(key, "NameServer")
        self.fakes.delete_route(TAP, "10.99.0.0/16", "10.8.0.1")

    def add_rule(self, process: int) -> None:
        """A name resolution rule of this openvpn.exe, as another service would make it."""
        self.fakes.set_value(rf"{SERVICES}\Dnscache\Parameters\DnsPolicyConfig"
                             rf"\OpenVPNDNSRouting-{process}", "Name", "REG_MULTI_SZ", ["."])

    def change_version(self, name: str) -> None:
        """Give a program the version 9.1.0, in place of 0.1.0."""
        path = self.host / name
        data = path.read_bytes()
        old, new = "0.1.0\0".encode("utf-16-le"), "9.1.0\0".encode("utf-16-le")
        assert old in data
        path.unlink()
        path.write_bytes(data.replace(old, new))
        let_administrators_write(path)

    def write_event(self, line: str, *, kind: int = 1, days: int = 0,
                    instance: Optional[str] = None) -> None:
        """Append an event to the Application log, as Windows keeps it (EVENTLOGRECORD)."""
        name = self.installation.instance if instance is None else instance
        texts = [f"openvpnserv{name} error: The reason (0x5)", line]
        source = "openvpnserv\0FAKE-MACHINE\0".encode("utf-16-le")
        strings = "".join(f"{text}\0" for text in texts).encode("utf-16-le")
        body = source + strings
        body += b"\0" * (-(56 + len(body)) % 4)
        length = 56 + len(body) + 4
        when = int(time.time()) - days * 86400
        head = struct.pack("<IIIIIIHHHHIIIIII", length, 0x654C664C, 1, when, when, 0xC0020001, kind,
                           len(texts), 0, 0, 0, 56 + len(source), 0, 0, 0, length - 4)
        with (self.host / "record.events").open("ab") as log:
            log.write(head + body + struct.pack("<I", length))

    def destroy(self) -> None:
        """Remove it."""
        for squatter in self._squatters:
            squatter.close()
        try:
            if self.service.exists() and self.service.status().state == State.RUNNING:
                self.installation.stop()
        except BridgeError as error:
            if error.code not in PROCESS_GONE:
                raise
        self.installation.destroy()

    def leave_name_servers(self) -> None:
        """The VPN's adapter has name servers, and there is no connection."""
        self.fakes.set_value(TAP_KEYS[0], "NameServer", "REG_SZ", "10.8.0.53")

    def forget_service(self) -> None:
        """The service is not installed."""
        forget_service(self.service)
