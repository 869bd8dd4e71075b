# SPDX-License-Identifier: MIT
"""gatehouse.exe update, with a folder for downloads of its own."""
from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Dict, List

from harness.eventually import HANG
from harness.installation import Installation
from harness.runner import Runner

Json = Dict[str, Any]

LOCAL = "local"


class UpdateRun:
    """A running one."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def text(self, exit_code: int) -> List[str]:
        """Wait until it ends with this exit code; the lines that it has written."""
        output, _ = self.process.communicate(timeout=HANG)
        lines = output.splitlines()
        assert self.process.returncode == exit_code, lines
        return lines

    def end(self, exit_code: int) -> List[Json]:
        """The same; the objects that it has written."""
        return [json.loads(line) for line in self.text(exit_code)]

    def failure(self, exit_code: int) -> Json:
        """The same; the object of the error, which is the last one."""
        last = self.end(exit_code)[-1]
        assert (last["state"], last["exit"]) == ("ERROR", exit_code), last
        assert last["advice"]
        return last


class UpdateClient:
    """Starts it about an installation, whose folder it uses for the user's data, too: all workers
    have one user."""

    def __init__(self, runner: Runner, installation: Installation) -> None:
        self._runner = runner
        self._installation = installation
        self._program = installation.add_program("gatehouse.exe")
        self._started: List[UpdateRun] = []
        self.data = installation.host_folder / LOCAL
        self.data.mkdir(exist_ok=True)
        self.folder: Path = self.data / "Gatehouse" / "update"

    def start(self, arguments: str = "", form: str = "--json") -> UpdateRun:
        """gatehouse.exe update with these arguments, with JSON unless another form is wanted."""
        installation = self._installation
        return self._start(Path("cmd.exe"), "/c",
                           rf"set LOCALAPPDATA={installation.folder}\{LOCAL}&& {self._program} "
                           f"update {form} --instance {installation.instance} {arguments}")

    def start_here(self, *arguments: str) -> UpdateRun:
        """The same as a direct child, with Ctrl-C, but with the user's own folder."""
        return self._start(self._installation.host_folder / "gatehouse.exe", "update", "--json",
                           "--instance", self._installation.instance, *arguments)

    def _start(self, program: Path, *arguments: str) -> UpdateRun:
        # pylint: disable-next=consider-using-with
        self._started.append(UpdateRun(subprocess.Popen(
            self._runner.command(program, *arguments), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self._runner.environment(),
            encoding="utf-8")))
        return self._started[-1]

    def run(self, arguments: str = "", exit_code: int = 0) -> List[Json]:
        """The same to its end."""
        return self.start(arguments).end(exit_code)

    def files(self) -> List[str]:
        """What is left of its downloads."""
        return sorted(each.name for each in self.folder.iterdir()) if self.folder.exists() else []

    def close(self) -> None:
        """End what still runs."""
        for run in self._started:
            if run.process.poll() is None:
                run.process.kill()
            run.process.communicate()
