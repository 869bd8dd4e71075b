# SPDX-License-Identifier: MIT
r"""The release binaries, installed as a user would: below Program Files, by -install, under an
instance of their own. No fake library is beside them; only openvpn.exe is the scripted one."""
from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import Dict, List

from hardware.support import here, powershell
from hardware.support.watchdog import LastResort
from harness.bridge import Bridge
from harness.eventually import HANG, eventually
from harness.installation import OPENVPN_PROGRAMS, Installation, Options
from harness.runner import Runner, build_folder
from harness.service import CONTROL_STOP, State

EVENT_SOURCE = "openvpnserv"


class Release(Installation):
    """One installed release."""

    def __init__(self, runner: Runner, bridge: Bridge, name: str,
                 options: Options = Options()) -> None:
        super().__init__(runner, bridge, name, options)
        programs = os.environ.get("ProgramFiles", r"C:\Program Files")
        self.folder = rf"{programs}\Gatehouse hardware test {name}"
        self.host_folder = runner.host_path(self.folder)

    @property
    def program(self) -> Path:
        """The service's executable."""
        return self.host_folder / self.image

    @property
    def journal(self) -> Path:
        """Where it writes down what is to be undone."""
        data = os.environ.get("ProgramData", r"C:\ProgramData")
        return Path(data) / "Gatehouse" / f"{self.service.name}.journal"

    def create(self) -> None:
        LastResort().know(self.instance)
        self.destroy()
        self._lay_out_folder()
        for value, text in self.settings().items():
            self.registry.set_text(self.key, value, text)
        code = self.command("-install")
        assert code == 0, f"-install ended with {code}"
        self.forbid_restarts()

    def settings(self) -> Dict[str, str]:
        values = super().settings()
        for name in {"vpn_adapters", "allow_writable_install"} - dict(self.options.settings).keys():
            values.pop(name)  # the product's default
        if here.tapctl().exists():
            values["bin_dir"] = f"{here.tapctl().parent}\\"
        return values

    def command(self, *words: str) -> int:
        """Run the service's program with the instance and these words; its exit code."""
        return self._runner.run(self.program, "-instance", "interactive", self.instance, *words,
                                timeout=4 * HANG)

    def forbid_restarts(self) -> None:
        """Windows does not start it again: a test that kills it does that itself."""
        powershell.run(["sc.exe", "failure", self.service.name, "reset=", "0", "actions=", ""])

    def destroy(self) -> None:
        if self.service.exists():
            self.forbid_restarts()
            if self.service.status().state != State.STOPPED:
                self.service.control(CONTROL_STOP)
                self.service.wait(State.STOPPED)
        super().destroy()
        eventually(self.service.exists, lambda exists: not exists)
        self.journal.unlink(missing_ok=True)

    def crash(self) -> None:
        """taskkill has the right to open SYSTEM's processes, and uses it."""
        end_process(self.service.status().process)

    def kill(self) -> None:
        """End the service's process, and wait until Windows has noticed and has ended the programs
        of its sessions."""
        self.crash()
        self.service.wait(State.STOPPED)
        assert not eventually(self.strangers, lambda left: not left), "openvpn.exe outlives it"

    def events(self, since: str, number: int = 0) -> List[str]:
        """The texts of the service's events since that time, of this id or of all, oldest first."""
        chosen = f"; Id={number}" if number else ""
        rows = powershell.ask(
            "Get-WinEvent -ErrorAction SilentlyContinue -FilterHashtable @{LogName='Application'; "
            f"ProviderName='{EVENT_SOURCE}'; StartTime=[datetime]'{since}'{chosen}}} | "
            "Select-Object @{n='Text';e={$_.Properties.Value -join ' '}}")
        return [str(row["Text"]) for row in reversed(rows)]

    def _kill_all(self) -> None:
        def try_once() -> int:
            rows = self.processes()
            for row in rows:
                with contextlib.suppress(powershell.CommandFailed):  # it has gone
                    end_process(row.process)
            return len(rows)

        eventually(try_once, lambda left: left == 0)

    def _lay_out_folder(self) -> None:
        for folder in ("bin", "config", "log"):
            (self.host_folder / folder).mkdir(parents=True)
        shutil.copy2(self.options.service, self.host_folder)
        shutil.copy2(build_folder() / "fakes" / OPENVPN_PROGRAMS[self.options.openvpn],
                     self.host_folder / "bin" / "openvpn.exe")


def end_process(process: int) -> None:
    """Raises CommandFailed when there is none."""
    powershell.run(["taskkill.exe", "/F", "/PID", str(process)])


def now() -> str:
    """The time, as events() takes it."""
    return powershell.do("(Get-Date).ToString('o')").strip()
