# SPDX-License-Identifier: MIT
"""An installed service with updates on, and what becomes of one."""
from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, List, Optional

from harness.bridge import Bridge
from harness.control import ControlReply, Record
from harness.eventually import HANG, eventually
from harness.installation import Installation, default_service
from harness.pipe import IMPERSONATION
from harness.programs import Run, runs
from harness.record import Call
from harness.runner import build_folder
from release.support.repository import Keys, Offer, Repository

SETTINGS = (("updates", "install"), ("update_url", "https://localhost/"),
            ("allow_writable_install", None))

#: Ids of the events of updates, docs/recovery.md.
ACCEPTED, REFUSED, INSTALLED, FAILED, WAITS = 600, 601, 602, 603, 604


def other_version(version: str) -> str:
    """A newer one of the same length, so that it fits into a program in its place."""
    major, minor, patch = version.split(".")
    return f"{major}.{(int(minor) + 1) % 10}.{patch}" if minor != "9" else f"9.{minor}.{patch}"


@dataclass
class Updated:
    """The service, and a repository of updates for it."""

    installation: Installation
    repository: Repository
    bridge: Bridge
    version: str

    @classmethod
    def make(cls, installation: Installation, keys: Keys, bridge: Bridge) -> "Updated":
        """With a root beside the program; not started."""
        product = json.loads((build_folder() / "product.json").read_text(encoding="utf-8"))
        version: str = product["version"]
        repository = Repository(installation.host_folder, installation.folder, keys,
                                other_version(version))
        repository.install_root()
        return cls(installation, repository, bridge, version)

    @property
    def release(self) -> str:
        """The version that its updates bring."""
        return self.repository.release

    @property
    def folder(self) -> Path:
        """Where the service keeps updates."""
        return self.installation.host_folder / "ProgramData" / "Gatehouse" / "update"

    def ask(self, *words: str, bridge: Optional[Bridge] = None, **more: Any) -> ControlReply:
        """Ask on a connection of its own, which lets the service act as the client."""
        control = self.installation.control(bridge or self.bridge, flags=IMPERSONATION)
        try:
            return control.ask(*words, **more)
        finally:
            control.close()

    def offer(self, offer: Offer, *more: str, bridge: Optional[Bridge] = None) -> ControlReply:
        """Hand an update over."""
        return self.ask(*offer.words(*more), bridge=bridge)

    def result(self) -> Record:
        """What has become of it."""
        reply = self.ask("update", "result")
        assert reply.code == 0, reply
        return reply.records[0]

    def wait_state(self, *states: str, seconds: float = HANG) -> Record:
        """Wait until it is in one of the states."""
        return self.wait_result(lambda result: result["state"] in states, seconds)

    def wait_result(self, wanted: Callable[[Record], bool], seconds: float = HANG) -> Record:
        """Wait until the result is the wanted one."""
        found = eventually(self.result, wanted, seconds)
        assert wanted(found), found
        return found

    def installers(self) -> List[Run]:
        """The runs of Windows Installer so far."""
        return [run for run in runs(self.installation) if run.program == "msiexec"]

    def events(self, number: int) -> List[Call]:
        """The events with this id, in the order in which they were written."""
        return self.installation.record.calls(
            "ReportEventW", where=lambda call: int(call["event"], 16) & 0xFFFF == number)

    def replace_program(self, version: str) -> None:
        """As Windows Installer does between the stop and the start of the service: the same program
        with another version in it."""
        old, new = (text.encode("utf-16-le") for text in (self.version, version))
        program = default_service().read_bytes()
        assert old in program and len(old) == len(new)
        path = self.installation.host_folder / self.installation.image
        fresh = path.with_name(f"{path.name}.new")
        fresh.write_bytes(program.replace(old, new))
        shutil.copymode(path, fresh)
        os.replace(fresh, path)

    def restart(self, version: Optional[str] = None) -> None:
        """Stop the service and start it, with another version if one is named."""
        self.installation.stop()
        if version:
            self.replace_program(version)
        self.installation.start()
