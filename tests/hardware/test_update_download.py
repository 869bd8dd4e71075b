# SPDX-License-Identifier: MIT
"""gatehouse update on Windows itself: the proxy of the user's settings, for which Wine does not
look, and links, which Wine follows without a word."""
from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

from hardware.support import powershell
from hardware.support.release import Release
from harness.bridge import Bridge
from harness.eventually import HANG
from harness.registry import Registry
from harness.runner import build_folder
from release.support.update_server import UpdateServer, whole

SETTINGS = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings"
NAMES = ("ProxyEnable", "ProxyServer", "ProxyOverride", "AutoConfigURL")

TROUBLE, SERVER = 1, 13
CANNOT_ACCESS_FILE = 1920

#: Its name leads nowhere: whoever has a proxy asks that.
ELSEWHERE = "https://updates.gatehouse.test/"

PACKAGE = b"package"
MANIFEST = "\n".join([
    "gatehouse-manifest 1", "product Gatehouse", "channel stable", "version 1",
    "expires 2099-01-01T00:00:00Z", "release 99.0.0",
    *(f"package {architecture} 10.0.10240 {len(PACKAGE)} {'0' * 64} a.msi"
      for architecture in ("x86_64", "i686")),
    f"signature {'0' * 64} {'0' * 128}\n"])


@pytest.fixture
def with_updates(release: Release) -> Iterator[Callable[[str], Release]]:
    """The release, whose updates are at this address."""
    def at(url: str) -> Release:
        release.stop()
        release.registry.set_text(release.key, "updates", "install")
        release.registry.set_text(release.key, "update_url", url)
        release.start()
        return release

    yield at
    for name in ("updates", "update_url"):
        release.registry.delete(release.key, name)


def update(release: Release, data: Path, arguments: str, exit_code: int) -> List[Dict[str, Any]]:
    """The objects that gatehouse update writes, with this folder for the user's data."""
    done = subprocess.run(
        f'"{build_folder()}\\bin\\gatehouse.exe" update --json --instance {release.instance} '
        f"{arguments}", env={**os.environ, "LOCALAPPDATA": str(data)}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8", timeout=2 * HANG,
        check=False)
    assert done.returncode == exit_code, done.stdout
    return [json.loads(line) for line in done.stdout.splitlines()]


class Proxy:
    """One that refuses everything, and notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: List[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def address(self) -> str:
        """Its name and port."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                connection, _ = self._listener.accept()
                with connection:
                    line = connection.recv(4096).split(b"\r\n")[0]
                    self.asked.append(line.decode("ascii", "replace"))
                    connection.sendall(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n"
                                       b"Connection: close\r\n\r\n")

    def close(self) -> None:
        """End it."""
        self._listener.close()
        self._thread.join(HANG)


@pytest.fixture
def proxy(bridge: Bridge) -> Iterator[Proxy]:
    """That of the user's settings, which are put back."""
    registry, made = Registry(bridge), Proxy()
    before = {name: registry.get_raw(SETTINGS, name) for name in NAMES
              if registry.get(SETTINGS, name) is not None}
    for name in NAMES:
        registry.delete(SETTINGS, name)
    registry.set_number(SETTINGS, "ProxyEnable", 1)
    registry.set_text(SETTINGS, "ProxyServer", made.address)
    yield made
    for name in NAMES:
        registry.delete(SETTINGS, name)
    for name, (kind, data) in before.items():
        registry.set_raw(SETTINGS, name, kind, data)
    made.close()


def test_updates_are_looked_for_through_the_users_proxy(
        with_updates: Callable[[str], Release], proxy: Proxy, tmp_path: Path) -> None:
    update(with_updates(ELSEWHERE), tmp_path, "--check", SERVER)
    assert "CONNECT updates.gatehouse.test:443 HTTP/1.1" in proxy.asked


def test_a_download_folder_that_is_a_link_is_refused(with_updates: Callable[[str], Release],
                                                     tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "Gatehouse"
    elsewhere.mkdir()
    folder.mkdir()
    powershell.run(["cmd.exe", "/c", "mklink", "/J", str(folder / "update"), str(elsewhere)])
    with UpdateServer() as server:
        server.files = {"stable.manifest": whole(MANIFEST.encode("ascii")),
                        "a.msi": whole(PACKAGE)}
        shown = update(with_updates(server.url), tmp_path, "", TROUBLE)
    assert shown[-1]["code"] == CANNOT_ACCESS_FILE
    assert not list(elsewhere.iterdir())
