# SPDX-License-Identifier: MIT
"""Windows programs under Wine, in a prefix that parallel runs share.

Services inherit the standard handles of the first Wine process and end with the last one. So the
first one neither reads nor writes, and a keeper process runs as long as the test run. The keeper
ends when its stdin closes: also when this process is killed."""
from __future__ import annotations

import atexit
import ctypes
import fcntl
import os
import re
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from typing import IO, Dict, Iterator, List, Optional, Sequence

from harness.bridge import Bridge
from harness.eventually import HANG
from harness.registry import Registry
from harness.runner import PROJECT, Runner, bridge_program

#: Version of the prefix's preparation; a higher number prepares existing prefixes again.
PREPARED = "2"

MOST_NAMES = 64

PROCESSES = Path("/proc")

#: <sys/personality.h>: ADDR_NO_RANDOMIZE, and the value that only queries.
SAME_ADDRESSES, ASK = 0x0040000, 0xFFFFFFFF


def keep_heaps_away() -> None:
    """Make programs that start from now on have their heap right after their program. Newer kernels
    (6.9, on x86_64) put it anywhere in the next GiB; about one in 8,000 then lies at the address of
    the data that Windows shares with every process. Such a process ends at once, and its parent
    gets ERROR_INTERNAL_ERROR (1359). Some containers do not allow this call; there the problem
    remains."""
    libc = ctypes.CDLL(None)
    now = libc.personality(ctypes.c_ulong(ASK))
    if now >= 0:
        libc.personality(ctypes.c_ulong(now | SAME_ADDRESSES))


def default_prefix() -> Path:
    """$GATEHOUSE_WINEPREFIX, build/wine, or the user's cache where that belongs to another user."""
    if "GATEHOUSE_WINEPREFIX" in os.environ:
        return Path(os.environ["GATEHOUSE_WINEPREFIX"]).resolve()
    prefix = PROJECT / "build" / "wine"
    owned = prefix if prefix.exists() else PROJECT
    if owned.stat().st_uid == os.getuid() and os.access(owned, os.W_OK):
        return prefix
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "gatehouse" / "wine"


class WineRunner(Runner):
    """Wine with a prefix of its own, never the user's."""

    def __init__(self, prefix: Optional[Path] = None) -> None:
        super().__init__()
        self.prefix = prefix or default_prefix()
        self._keeper: Optional[subprocess.Popen[bytes]] = None
        self._users: Optional[IO[str]] = None
        self._names: List[IO[str]] = []

    def environment(self) -> Dict[str, str]:
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("DISPLAY", "WAYLAND_DISPLAY", "WINEARCH")}
        environment.setdefault("WINEDEBUG", "-all")
        environment["WINEPREFIX"] = str(self.prefix)
        # No .NET, HTML or desktop menus: halves the time to make a prefix.
        environment["WINEDLLOVERRIDES"] = "mscoree,mshtml,winemenubuilder.exe="
        return environment

    def command(self, program: Path, *arguments: str) -> List[str]:
        return ["wine", str(program), *arguments]

    def host_path(self, windows: str) -> Path:
        path = PureWindowsPath(windows)
        if path.drive.lower() != "c:":
            raise ValueError(f"{windows} is not on drive C")
        return self.prefix.joinpath("drive_c", *path.parts[1:])

    def start(self) -> None:
        program = bridge_program()
        keep_heaps_away()
        self.prefix.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            self._users = self._side_file("users").open("w")
            self._end_what_a_killed_run_left(self._users)
            self._prepare()
            self.run(program)
            self._keeper = subprocess.Popen(
                self.command(program), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env=self.environment(), start_new_session=True)
            fcntl.flock(self._users, fcntl.LOCK_SH)
        atexit.register(self.stop)

    def stop(self) -> None:
        atexit.unregister(self.stop)
        super().stop()
        if self._keeper is not None and self._keeper.stdin is not None:
            self._keeper.stdin.close()
            self._keeper.wait(HANG)
            self._keeper = None
        for name in self._names:
            name.close()
        self._names.clear()
        if self._users is not None:
            with self._locked():
                self._end_if_last(self._users)
            self._users = None

    def claim_name(self, preferred: str) -> str:
        """The first of gw0, gw1, ... that no other run holds, whatever name is preferred: so what a
        killed run has left is found and replaced."""
        folder = self._side_file("names")
        folder.mkdir(exist_ok=True)
        for number in range(MOST_NAMES):
            claim = (folder / f"gw{number}").open("w")
            try:
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                claim.close()
                continue
            self._names.append(claim)
            return f"gw{number}"
        raise RuntimeError(f"more than {MOST_NAMES} runs share {self.prefix}")

    def use_fakes(self, bridge: Bridge, image: str, libraries: Sequence[str]) -> None:
        registry = Registry(bridge)
        key = rf"HKCU\Software\Wine\AppDefaults\{image}\DllOverrides"
        for library in libraries:
            registry.set_text(key, Path(library).stem, "native,builtin")

    def kill_programs(self, folder: Path) -> None:
        mapped = re.compile(rb" %s/.*\.exe$" % re.escape(os.fsencode(folder)), re.I | re.M)
        for process in PROCESSES.glob("[0-9]*"):
            try:
                if mapped.search((process / "maps").read_bytes()):
                    os.kill(int(process.name), signal.SIGKILL)
            except OSError:  # it belongs to somebody else, or has just ended
                continue

    def _side_file(self, kind: str) -> Path:
        return self.prefix.with_name(f"{self.prefix.name}.{kind}")

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._side_file("alone").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._side_file("lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _prepare(self) -> None:
        marker = self.prefix / ".gatehouse"
        if marker.exists() and marker.read_text() == PREPARED:
            return
        subprocess.run(
            ["wineboot", "-i"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=self.environment(), timeout=10 * HANG, check=True,
            start_new_session=True)
        bridge = self.bridge()
        Registry(bridge).set_text(r"HKCU\Software\Wine", "Version", "win10")
        self.end_bridge(bridge)
        self._end_wine()
        marker.write_text(PREPARED)

    def _end_what_a_killed_run_left(self, users: IO[str]) -> None:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        if self.prefix.exists():
            self._end_wine()

    def _end_if_last(self, users: IO[str]) -> None:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            self._end_wine()
        finally:
            users.close()

    def _end_wine(self) -> None:
        for option in ("-k", "-w"):
            subprocess.run(
                ["wineserver", option], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env=self.environment(), timeout=HANG, check=False)
