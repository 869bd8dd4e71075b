# SPDX-License-Identifier: MIT
"""Profiles of users: what only Windows can tell of the copies, and of the files that they are made
of."""
from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Iterator, List, Tuple

import pytest

from hardware.support import oplock, powershell
from hardware.support.release import Release
from hardware.support.second_user import User
from harness.bridge import Bridge, BridgeError
from harness.client import Client, Reply, startup
from harness.eventually import eventually
from harness.installation import Options
from harness.openvpn import Openvpn
from harness.pipe import Pipe
from harness.runner import Runner

GENERIC_READ, GENERIC_WRITE, DELETE = 0x80000000, 0x40000000, 0x00010000
SHARED = 7

ERROR_TIMEOUT = 1460

CHECKED = (("user_profiles", "checked"),)


@pytest.fixture(name="checked")
def checked_release(runner: Runner, bridge: Bridge) -> Iterator[Release]:
    """A release that takes profiles of users."""
    made = Release(runner, bridge, runner.claim_name("ghr"), Options(settings=CHECKED))
    made.create()
    made.start()
    yield made
    made.destroy()


def store(release: Release) -> Path:
    """The folder of the copies."""
    return release.journal.with_suffix(".profiles")


def copies(release: Release) -> List[Path]:
    """The copies that an administrator sees."""
    return sorted(store(release).iterdir())


def write(folder: Path, text: str) -> str:
    """A profile of the user's."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "home.ovpn").write_text(text, encoding="utf-8")
    return str(folder / "home.ovpn")


def run(release: Release, theirs: Bridge, openvpn: Openvpn, file: str) -> Tuple[Client, Reply]:
    """Have a profile run."""
    client = Client(theirs, release.pipe_name)
    reply = client.start("C:\\", f'--config "{file}"')
    if not reply.code:
        openvpn.accept()
    return client, reply


def errors_of(theirs: Bridge, path: str, *accesses: int) -> List[int]:
    """The errors of opening a file with each of these rights."""
    errors = []
    for access in accesses:
        try:
            Pipe.connect(theirs, path, access=access, share=SHARED, flags=0, mode=None).close()
            errors.append(0)
        except BridgeError as error:
            errors.append(error.code)
    return errors


def test_a_copy_is_for_its_user_to_read_and_for_nobody_else(
        checked: Release, bridge: Bridge, user_bridge: Bridge, other_user: User) -> None:
    openvpn = Openvpn(bridge)
    client, reply = run(checked, user_bridge, openvpn,
                        write(Path(checked.folder) / "log", openvpn.profile()))
    assert not reply.code, str(reply)
    copy = str(copies(checked)[0])
    assert errors_of(user_bridge, copy, GENERIC_READ, GENERIC_WRITE, DELETE) == [0, 5, 5]
    assert errors_of(other_user.bridge(), copy, GENERIC_READ) == [5]
    assert errors_of(user_bridge, str(store(checked)), GENERIC_READ) == [5]
    openvpn.exit()
    client.wait_closed()
    assert not eventually(lambda: copies(checked), lambda left: not left)
    openvpn.close()


def test_a_service_that_was_killed_leaves_no_copy_after_its_next_start(
        checked: Release, bridge: Bridge, user_bridge: Bridge) -> None:
    openvpn = Openvpn(bridge)
    _, reply = run(checked, user_bridge, openvpn,
                   write(Path(checked.folder) / "log", openvpn.profile()))
    assert not reply.code and copies(checked)
    checked.kill()
    checked.start()
    assert not copies(checked)
    openvpn.close()


def test_a_user_of_another_logon_may_run_a_profile_of_their_own(
        checked: Release, bridge: Bridge, other_user: User) -> None:
    openvpn = Openvpn(bridge)
    folder = Path(os.environ.get("PUBLIC", r"C:\Users\Public")) / "Gatehouse hardware test"
    client, reply = run(checked, other_user.bridge(), openvpn, write(folder, openvpn.profile()))
    assert not reply.code, str(reply)
    openvpn.exit()
    client.close()
    openvpn.close()


@pytest.fixture(name="letter")
def mapped_letter(checked: Release) -> Iterator[str]:
    """A drive letter of a share of this computer, on which the installation lies."""
    free = next(each for each in "YXWVUTSR" if not Path(f"{each}:\\").exists())
    drive = os.path.splitdrive(checked.folder)[0]
    powershell.run(["net.exe", "use", f"{free}:", rf"\\localhost\{drive[0]}$"])
    yield free
    powershell.run(["net.exe", "use", f"{free}:", "/delete", "/y"])


def short_path(path: str) -> str:
    """The path with names as DOS had them."""
    if sys.platform != "win32":
        raise NotImplementedError
    text = ctypes.create_unicode_buffer(1024)
    if not ctypes.WinDLL("kernel32").GetShortPathNameW(path, text, 1024):
        raise ctypes.WinError()
    return text.value


def test_a_mapped_letter_leads_to_a_server(checked: Release, user_bridge: Bridge, letter: str
                                           ) -> None:
    file = write(Path(checked.folder) / "log", "client\n")
    client = Client(user_bridge, checked.pipe_name)
    reply = client.start("C:\\", f'--config "{letter}{file[1:]}"')
    client.close()
    assert reply.code and "requires admin approval" in reply.function
    assert not copies(checked)


def test_a_profile_may_be_named_by_its_short_name(checked: Release, bridge: Bridge,
                                                  user_bridge: Bridge) -> None:
    openvpn = Openvpn(bridge)
    file = short_path(write(Path(checked.folder) / "log" / "profiles at home", openvpn.profile()))
    if "~" not in file:
        pytest.skip("this volume has no short names")
    client, reply = run(checked, user_bridge, openvpn, file)
    assert not reply.code, str(reply)
    openvpn.exit()
    client.wait_closed()
    openvpn.close()


def test_a_file_that_is_held_up_ends_the_start_after_a_while(checked: Release, user_bridge: Bridge
                                                             ) -> None:
    file = write(Path(checked.folder) / "log", "client\n")
    client = Client(user_bridge, checked.pipe_name)
    with oplock.held(file):
        reply = client.start("C:\\", f'--config "{file}"')
    client.close()
    assert reply.code == ERROR_TIMEOUT and not copies(checked)


def test_a_stop_does_not_wait_for_a_file_and_leaves_no_copy(checked: Release, user_bridge: Bridge
                                                            ) -> None:
    folder = Path(checked.folder) / "log"
    first, second = write(folder / "one", "client\n"), write(folder / "two", "client\n")
    client = Client(user_bridge, checked.pipe_name)
    with oplock.held(second):
        client.send(startup("C:\\", f'--config "{first}" --config "{second}"'))
        checked.stop()
        assert not store(checked).exists()
    client.close()
    checked.start()


@pytest.mark.parametrize("kind", ["junction", "share", "stream", "mapped"])
def test_a_profile_is_where_it_really_lies(checked: Release, bridge: Bridge, user_bridge: Bridge,
                                           kind: str) -> None:
    openvpn = Openvpn(bridge)
    folder = Path(checked.folder) / "log"
    file = write(folder, openvpn.profile())
    link = folder.parent / "link"
    if kind == "junction":
        powershell.run(["cmd.exe", "/c", "mklink", "/J", str(link), str(folder)])
    names = {"junction": str(link / "home.ovpn"), "stream": file + ":x",
             "share": rf"\\localhost\{file[0]}$\{file[3:]}",
             "mapped": rf"\\?\UNC\localhost\{file[0]}$\{file[3:]}"}
    client, reply = run(checked, user_bridge, openvpn, names[kind])
    assert bool(reply.code) == (kind != "junction"), str(reply)
    if not reply.code:
        openvpn.exit()
    client.close()
    openvpn.close()
    if kind == "junction":
        powershell.run(["cmd.exe", "/c", "rmdir", str(link)])
