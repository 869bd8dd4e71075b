# SPDX-License-Identifier: MIT
"""Which programs are served on the control pipe, and which openvpn.exe is started: what Windows
tells of a process and its file, and of a signature."""
from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable, Iterator, List, Optional, Tuple

import pytest

from hardware.support import powershell
from hardware.support.release import Release
from harness.bridge import Bridge
from harness.control import ACCESS_DENIED, ControlReply
from harness.installation import Options
from harness.process import kill_if_there
from harness.runner import Runner, bridge_program

Starter = Callable[[Path], Bridge]
ReleaseMaker = Callable[..., Release]


@pytest.fixture
def make_release(runner: Runner, bridge: Bridge) -> Iterator[ReleaseMaker]:
    """Makes and starts releases with settings of their own."""
    made: List[Release] = []

    def make(*settings: Tuple[str, Optional[str]]) -> Release:
        made.append(Release(runner, bridge, runner.claim_name("ghp"), Options(settings=settings)))
        made[-1].create()
        made[-1].start()
        return made[-1]

    yield make
    for release in made:
        release.destroy()


@pytest.fixture
def choosy(make_release: ReleaseMaker) -> Release:
    """It serves installed programs only."""
    return make_release(("control_clients", "installed"))


@pytest.fixture
def start() -> Iterator[Starter]:
    """Starts bridges from a path; they end with the test."""
    started: List[Bridge] = []

    def start_one(path: Path) -> Bridge:
        started.append(Bridge([str(path)]))
        return started[-1]

    yield start_one
    for bridge in started:
        bridge.close()


def ask(release: Release, client: Bridge) -> ControlReply:
    """The reply to a client that asks as soon as it is there."""
    control = release.control(client)
    try:
        return control.ask("version")
    finally:
        control.close()


def installed_client(release: Release) -> Path:
    """A client beside openvpn.exe."""
    path = release.host_folder / "bin" / "client.exe"
    shutil.copy2(bridge_program(), path)
    return path


def short_path(path: Path) -> Path:
    """The path with names as DOS had them."""
    if sys.platform != "win32":
        raise NotImplementedError
    text = ctypes.create_unicode_buffer(1024)
    if not ctypes.WinDLL("kernel32").GetShortPathNameW(str(path), text, 1024):
        raise ctypes.WinError()
    return Path(text.value)


def test_an_installed_program_is_served_and_another_one_is_not(
        choosy: Release, bridge: Bridge, start: Starter) -> None:
    assert ask(choosy, start(installed_client(choosy))).code == 0
    reply = ask(choosy, bridge)
    assert (reply.code, reply.name) == (ACCESS_DENIED, "request")


def test_a_program_that_connects_at_once_is_not_younger_than_its_connection(
        choosy: Release, start: Starter) -> None:
    program = installed_client(choosy)
    for _ in range(20):
        assert ask(choosy, start(program)).code == 0


def test_an_installed_program_may_be_started_by_its_short_name(choosy: Release, start: Starter
                                                               ) -> None:
    program = short_path(installed_client(choosy))
    if "~" not in str(program):
        pytest.skip("this volume has no short names")
    assert ask(choosy, start(program)).code == 0


def test_a_program_that_was_moved_while_it_runs_is_not_the_installed_one(
        choosy: Release, start: Starter, tmp_path: Path) -> None:
    """A junction to the installation is where it was started."""
    target = installed_client(choosy)
    place = tmp_path / "here"
    place.mkdir()
    shutil.copy2(bridge_program(), place / target.name)
    client = start(place / target.name)
    (place / target.name).rename(tmp_path / "moved.exe")
    place.rmdir()
    subprocess.run(["cmd.exe", "/c", "mklink", "/J", str(place), str(target.parent)], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60)
    assert (place / target.name).exists()
    assert ask(choosy, client).code == ACCESS_DENIED


def signer_of(program: str) -> str:
    """Whose signature is in a file, as .NET tells it; "" if Windows does not trust one in it."""
    rows = powershell.ask(
        f"Get-AuthenticodeSignature -LiteralPath {powershell.quoted(program)} | "
        "Where-Object { $_.Status -eq 'Valid' -and $_.SignatureType -eq 'Authenticode' } | "
        "ForEach-Object { @{Name = $_.SignerCertificate.GetNameInfo('SimpleName', $false)} }")
    return str(rows[0]["Name"]) if rows else ""


@pytest.mark.parametrize("is_listed", [True, False], ids=["listed", "not listed"])
def test_windows_tells_the_service_who_has_signed_a_program(
        make_release: ReleaseMaker, bridge: Bridge, is_listed: bool) -> None:
    """In session 0, without most privileges and without the network."""
    signer = signer_of(sys.executable)
    if not signer:
        pytest.skip(f"nobody that Windows trusts has signed {sys.executable}")
    release = make_release(("exe_path", sys.executable), ("allow_writable_install", "1"),
                           ("exe_signers", signer if is_listed else f"not {signer}"))
    client = release.connect(bridge)
    reply = client.start(rf"{release.folder}\config", "--verb 3")
    client.close()
    if is_listed:
        kill_if_there(bridge, reply.process)
    else:
        assert reply.code == ACCESS_DENIED
