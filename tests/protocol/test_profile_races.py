# SPDX-License-Identifier: MIT
"""A user exchanges their file, its folder or a link to it while the service checks it, or keeps the
service waiting for it: what runs is what was checked, or nothing."""
from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List, Tuple

import pytest

from harness.bridge import Bridge
from harness.client import Client, startup
from harness.fakes import Action, Json
from harness.openvpn import Openvpn
from protocol.support.configs import short_name
from protocol.support.profile_user import KEY, RUNS, ProfileUser, not_allowed
from protocol.support.raw_client import config_refusal

BAD = "plugin evil.dll\n"

GENERIC_READ = 0x80000000
ERROR_TIMEOUT = 1460

#: Before and after the effect of a call.
BLOCKS: List[Action] = ["block", "block_after"]

#: Seconds for an answer that comes after the service's own deadline of ten.
PATIENCE = 40.0


# ---- the ways to one's file ----

def put_in(folder: Path, text: str) -> None:
    """A folder with a profile."""
    folder.mkdir()
    (folder / "home.ovpn").write_text(text, encoding="utf-8")


class Place:
    """Where a user keeps a good profile and a bad one, and a name that leads to the good one until
    `swap()`."""

    def __init__(self, user: ProfileUser, kind: str, good: str) -> None:
        self.kind = kind
        self.log = user.installation.host_folder / "log"
        put_in(self.log / "good profiles", good)
        put_in(self.log / "bad profiles", BAD)
        put_in(self.log / "mapped server", good)
        (self.log / "by link.ovpn").symlink_to("good profiles/home.ovpn")
        (self.log / "by junction").symlink_to("good profiles")
        log = rf"{user.installation.folder}\log"
        whole = rf"{log}\good profiles\home.ovpn"
        self.name = {"link": rf"{log}\by link.ovpn",
                     "junction": rf"{log}\by junction\home.ovpn",
                     "server": rf"{log}\by junction\home.ovpn",
                     "drive": "Z:" + str(self.log / "good profiles" / "home.ovpn").replace(
                         "/", "\\")}.get(kind, whole)
        if kind == "short name":
            self.name = short_name(user.bridge, user.installation, whole)

    def refusal(self, user: ProfileUser) -> bytes:
        """What the service says of the bad one."""
        if self.kind == "server":
            return config_refusal(self.name, user.caller.directory)
        return not_allowed(1, "plugin", RUNS)

    def remove(self) -> None:
        """All of it."""
        for name in ("by link.ovpn", "by junction"):
            (self.log / name).unlink()
        for name in ("good profiles", "bad profiles", "gone", "mapped server"):
            shutil.rmtree(self.log / name, ignore_errors=True)

    def swap(self) -> None:
        """From now on the name leads to the bad one."""
        log = self.log
        if self.kind == "link":
            (log / "new").symlink_to("bad profiles/home.ovpn")
            (log / "new").rename(log / "by link.ovpn")
        elif self.kind == "server":
            (log / "new").symlink_to("mapped server")
            (log / "new").rename(log / "by junction")
        elif self.kind == "junction":
            (log / "new").symlink_to("bad profiles")
            (log / "new").rename(log / "by junction")
        elif self.kind == "file":
            (log / "bad profiles" / "home.ovpn").rename(log / "good profiles" / "home.ovpn")
        else:
            (log / "good profiles").rename(log / "gone")
            (log / "bad profiles").rename(log / "good profiles")


#: Each with the reason why a test of it has to be another one on Windows; "" for none. Drive Z is
#: the root of the machine under Wine: another letter for the same file.
OPEN = "Windows keeps a folder in which a file is open: tests/hardware"
KINDS = {"file": "", "link": "", "junction": "", "server": "", "folder": OPEN, "short name": OPEN,
         "drive": OPEN}


def opens(calls: List[Json]) -> List[int]:
    """Which of the calls open the user's file, as the user; counted from 1."""
    return [number for number, call in enumerate(calls, 1)
            if call["impersonating"] and int(call["access"], 16) == GENERIC_READ]


def points(user: ProfileUser) -> List[Tuple[int, Action]]:
    """Before and after each call that opens the user's file, in a start with a profile."""
    mark = user.installation.record.mark()
    user.start().end()
    numbers = opens(user.installation.record.calls("CreateFileW", since=mark))
    assert len(numbers) >= 2, "to see where it lies, and to read it"
    return [(number, action) for number in numbers for action in BLOCKS]


@contextmanager
def held_up(user: ProfileUser, options: str, number: int, action: Action = "block"
            ) -> Iterator[Client]:
    """A client whose start is held up at the nth call that opens something."""
    fakes = user.installation.fakes
    fakes.fault("CreateFileW", action, nth=number)
    client = user.caller.connect()
    client.send(startup(user.caller.directory, options))
    fakes.wait_blocked("CreateFileW")
    try:
        yield client
    finally:
        fakes.clear_faults()


@pytest.mark.parametrize("kind", KINDS)
def test_what_runs_was_checked_whatever_is_swapped_meanwhile(user: ProfileUser, bridge: Bridge,
                                                             kind: str) -> None:
    if KINDS[kind] and sys.platform == "win32":
        pytest.skip(KINDS[kind])
    last = points(user)[-1]
    for point in points(user):
        openvpn = Openvpn(bridge)
        place = Place(user, kind, openvpn.profile() + "verb 3\n")
        with held_up(user, f'--config "{place.name}"', *point) as client:
            place.swap()
        reply = client.read()
        if point == last:
            assert not reply.code, f"{point}: {reply}"
            openvpn.accept()
            copy, = user.copies()
            assert copy.read_text(encoding="utf-8").endswith("verb 3\n")
            openvpn.exit()
            client.wait_closed()
        else:
            assert reply.raw == place.refusal(user), f"{point}: {reply}"
        openvpn.close()
        assert not user.copies(), str(point)
        place.remove()


# ---- files that somebody holds up ----

def test_a_file_that_is_held_up_ends_the_start_after_a_while(user: ProfileUser) -> None:
    numbers = sorted({number for number, _ in points(user)})
    file = user.write("held.ovpn", "client\n")
    for number in (numbers[0], numbers[-1]):
        with held_up(user, f'--config "{file}"', number) as client:
            reply = client.read(PATIENCE)
        assert reply.code == ERROR_TIMEOUT and reply.function.endswith("cannot be opened")
        assert not user.copies()


def test_others_are_served_while_a_file_is_held_up(user: ProfileUser) -> None:
    number = points(user)[0][0]
    file = user.write("held.ovpn", "client\n")
    with held_up(user, f'--config "{file}"', number) as client:
        user.start().end()
        assert client.read(PATIENCE).code == ERROR_TIMEOUT


def test_a_stop_does_not_wait_for_a_file_and_leaves_no_copy(user: ProfileUser) -> None:
    user.start().end()
    first = user.write("first.ovpn", f"client\n{KEY}")
    second = user.write("second.ovpn", "client\n")
    mark = user.installation.record.mark()
    options = f'--config "{first}" --config "{second}"'
    user.caller.ask(options.replace(second, user.write("bad.ovpn", BAD)))
    calls = user.installation.record.calls("CreateFileW", since=mark)
    with held_up(user, options, opens(calls)[-1]):
        assert len(user.copies()) == 1
        user.installation.stop()
        assert not user.copies() and not user.store.exists()
    assert not any("still connected" in event for event in user.installation.record.events())
    user.installation.start()
