# SPDX-License-Identifier: MIT
"""Tasks of Windows that undo what tests have changed, whatever becomes of the tests. SYSTEM runs
them; each must be armed before what it is for is done."""
from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional

from hardware.support import here, powershell
from harness.runner import PROJECT

#: Seconds after the last sign of life, and between two of them at least.
PATIENCE, PAUSE = 600, 60

SCRIPT = PROJECT / "ci" / "windows" / "undo.ps1"


@dataclass(frozen=True)
class Task:
    """A task that Windows runs once."""

    name: str
    program: str
    #: One command line.
    arguments: str

    def arm(self, seconds: float) -> None:
        """It runs in so many seconds; armed again, it runs later. Raises CommandFailed if Windows
        does not say that it is ready."""
        quoted = powershell.quoted
        powershell.do(
            f"$action = New-ScheduledTaskAction -Execute {quoted(self.program)} "
            f"-Argument {quoted(self.arguments)}; "
            f"$when = New-ScheduledTaskTrigger -Once -At (Get-Date).AddSeconds({seconds:g}); "
            "$always = New-ScheduledTaskSettingsSet -AllowStartIfOnBatteries "
            "-DontStopIfGoingOnBatteries -StartWhenAvailable; "
            f"Register-ScheduledTask -TaskName {quoted(self.name)} -User SYSTEM -RunLevel Highest "
            "-Action $action -Trigger $when -Settings $always -Force | Out-Null; "
            f"if ((Get-ScheduledTask -TaskName {quoted(self.name)}).State -ne 'Ready') "
            "{ throw 'the watchdog is not armed' }")

    def disarm(self) -> None:
        """It does not run any more; does nothing when there is none."""
        powershell.do("Unregister-ScheduledTask -Confirm:$false -ErrorAction SilentlyContinue "
                      f"-TaskName {powershell.quoted(self.name)}")


class LastResort:
    """Undoes everything when the tests hang: ci/windows/undo.ps1. It needs nothing of the tests but
    its own folder, which administrators alone may change."""

    def __init__(self, folder: Optional[Path] = None) -> None:
        programs = os.environ.get("ProgramFiles", r"C:\Program Files")
        self.folder = folder or Path(programs) / "Gatehouse hardware watchdog"
        self._task = Task(
            "Gatehouse hardware watchdog", "powershell.exe", subprocess.list2cmdline([
                "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File",
                str(self.folder / SCRIPT.name), "-Tapctl", str(here.tapctl())]))
        self._armed_at: Optional[float] = None

    @property
    def log(self) -> Path:
        """What the script writes when it runs."""
        return self.folder / "undo.log"

    def arm(self, service_program: Path) -> None:
        """Lay out its folder, and begin to wait for signs of life."""
        self._task.disarm()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        shutil.copy2(SCRIPT, self.folder)
        shutil.copy2(service_program, self.folder / "gatehouse-service.exe")
        self._instances.touch()
        self.live()

    def live(self) -> None:
        """A sign of life, as each test gives one: it waits anew."""
        now = time.monotonic()
        if self._armed_at is None or now - self._armed_at >= PAUSE:
            self._task.arm(PATIENCE)
            self._armed_at = now

    def know(self, instance: str) -> None:
        """What this instance changes is to be undone, if this is armed. To be called before it is
        installed."""
        if not self.folder.exists():
            return
        with open(self._instances, "a", encoding="ascii") as stream:
            stream.write(f"{instance}\n")

    def disarm(self) -> List[str]:
        """The tests are over. What it has done, if it has run: then their verdicts are worth
        nothing."""
        self._task.disarm()
        done = self.log.read_text(encoding="utf-8-sig").splitlines() if self.log.exists() else []
        shutil.rmtree(self.folder, ignore_errors=True)
        return done

    @property
    def _instances(self) -> Path:
        return self.folder / "instances.txt"
