# SPDX-License-Identifier: MIT
"""Where Windows programs run: directly on Windows, or under Wine (wine.py)."""
from __future__ import annotations

import abc
import os
import shutil
import subprocess
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path, PureWindowsPath
from typing import Callable, Dict, List, Sequence

from harness import native
from harness.bridge import Bridge
from harness.eventually import HANG, eventually

PROJECT = Path(__file__).resolve().parents[2]

#: The library whose fake installs the hooks, and how long its first line may take on Windows.
FIRST_LIBRARY = "iphlpapi.dll"
FAKES_SECONDS = 5.0


def build_folder() -> Path:
    """The build whose binaries are tested: $GATEHOUSE_BUILD or the preset mingw's."""
    return Path(os.environ.get("GATEHOUSE_BUILD", str(PROJECT / "build" / "mingw"))).resolve()


def bridge_program() -> Path:
    """The bridge of that build."""
    program = build_folder() / "bin" / "bridge.exe"
    if not program.exists():
        raise FileNotFoundError(f"{program}: build it first (cmake --build --preset mingw)")
    return program


class Runner(abc.ABC):
    """Starts Windows programs and knows where Windows' files are."""

    def __init__(self) -> None:
        self._bridges: List[Bridge] = []

    @abc.abstractmethod
    def start(self) -> None:
        """Make Windows programs runnable. Each start needs a stop."""

    def stop(self) -> None:
        """End everything that was started through this runner."""
        for bridge in self._bridges:
            bridge.close()
        self._bridges.clear()

    @abc.abstractmethod
    def command(self, program: Path, *arguments: str) -> List[str]:
        """The command that runs a Windows program."""

    @abc.abstractmethod
    def host_path(self, windows: str) -> Path:
        """The host's path of a file on drive C."""

    @abc.abstractmethod
    def environment(self) -> Dict[str, str]:
        """The environment of Windows programs."""

    @abc.abstractmethod
    def claim_name(self, preferred: str) -> str:
        """A name for instances and folders that no other run uses until stop(); `preferred` is a
        suggestion."""

    @abc.abstractmethod
    def alone(self) -> AbstractContextManager[None]:
        """A lock for tests of what exists once per machine, such as the service without an
        instance: parallel runs wait for each other."""

    @abc.abstractmethod
    def use_fakes(self, bridge: Bridge, image: str, libraries: Sequence[str]) -> None:
        """Make the program `image` load these DLLs from its own folder."""

    def leftovers(self) -> List[str]:
        """Names whose installations runs that were killed have left, for the caller to remove."""
        return []

    def check_fakes(self, process: int, program: Path, is_recorded: Callable[[], bool]) -> None:
        """Raises AssertionError if a service that has just started runs without the fakes beside
        it; `is_recorded` tells whether they have recorded a call of it. Wine is told to load
        them."""

    def bridge(self, restricted: bool = False) -> Bridge:
        """A new bridge, ended by stop(); restricted: with an ordinary user's token."""
        arguments = ["--restricted"] if restricted else []
        bridge = Bridge(self.command(bridge_program(), *arguments), self.environment())
        self._bridges.append(bridge)
        return bridge

    def end_bridge(self, bridge: Bridge) -> None:
        """End one of them before stop()."""
        bridge.close()
        self._bridges.remove(bridge)

    def kill_programs(self, folder: Path) -> None:
        """End what runs programs of this folder of the host, also those that Windows lets nobody
        open, as far as the host can."""

    def run(self, program: Path, *arguments: str, timeout: float = HANG) -> int:
        """Run a program to its end, without standard input and output; its exit code."""
        done = subprocess.run(
            self.command(program, *arguments), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.environment(),
            timeout=timeout, start_new_session=True, check=False)
        return done.returncode

    def windows_library(self, name: str) -> Path:
        """Windows' own DLL, for fakes that forward calls to it."""
        return self.host_path(str(PureWindowsPath(r"C:\windows\system32") / name))


class NativeRunner(Runner):
    """Windows itself."""

    def start(self) -> None:
        """Windows always runs."""

    def command(self, program: Path, *arguments: str) -> List[str]:
        return [str(program), *arguments]

    def host_path(self, windows: str) -> Path:
        return Path(windows)

    def environment(self) -> Dict[str, str]:
        return dict(os.environ)

    def claim_name(self, preferred: str) -> str:
        return native.claimed_name(preferred, os.getpid())

    def leftovers(self) -> List[str]:
        folder = Path(r"C:\gatehouse")
        folders = [item.name for item in folder.iterdir()] if folder.is_dir() else []
        return native.leftovers(native.service_names(), folders, native.is_alive)

    def alone(self) -> AbstractContextManager[None]:
        """Only one run at a time uses a Windows machine."""
        return nullcontext()

    def use_fakes(self, bridge: Bridge, image: str, libraries: Sequence[str]) -> None:
        """Windows searches the program's own folder first. What ordinary users start writes to the
        fakes' registry, as the service does."""
        native.let_users_write_store()

    def check_fakes(self, process: int, program: Path, is_recorded: Callable[[], bool]) -> None:
        if eventually(is_recorded, bool, FAKES_SECONDS):
            return
        loaded = native.loaded_library(process, FIRST_LIBRARY)
        if loaded is None or not native.is_in(loaded, program.parent):
            raise AssertionError(native.fakes_not_loaded(
                program.name, FIRST_LIBRARY, loaded, native.known_libraries(),
                native.load_flags_of(program)))


def make_runner() -> Runner:
    """The runner for this system."""
    if sys.platform == "win32":
        return NativeRunner()
    from harness.wine import WineRunner
    if not shutil.which("wine"):
        raise FileNotFoundError("wine is not installed: ci/setup installs it")
    return WineRunner()
