# SPDX-License-Identifier: MIT
"""A second, plain user of the machine, in a logon session of their own."""
from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List

from hardware.support import powershell
from harness.bridge import Bridge

NAME = "gh_hardware"


def _net(*words: str) -> None:
    """net.exe, without its command line in an error: a password may be in it."""
    done = subprocess.run(["net.exe", *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          timeout=powershell.PATIENCE, check=False)
    if done.returncode:
        raise powershell.CommandFailed(f"net {words[0]} {words[1]}: exit code {done.returncode}")


class User:
    """Their account; ends with remove()."""

    def __init__(self, folder: Path) -> None:
        """`folder` is one that they can read, with bridge.exe in it."""
        self._folder = folder
        self._password = f"Aa1!{secrets.token_urlsafe(18)}"
        self._bridges: List[Bridge] = []
        with contextlib.suppress(powershell.CommandFailed):
            _net("user", NAME, "/delete")
        _net("user", NAME, self._password, "/add", "/passwordreq:yes", "/expires:never",
             "/y")  # it asks for passwords of more than 14 letters

    def bridge(self) -> Bridge:
        """A bridge that is theirs, in a new logon session."""
        program = Path(__file__).with_name("as_user.py")
        made = Bridge([sys.executable, str(program), NAME, str(self._folder / "bridge.exe")],
                      {**os.environ, "GATEHOUSE_PASSWORD": self._password})
        self._bridges.append(made)
        return made

    def remove(self) -> None:
        """End what is theirs, and delete the account."""
        for bridge in self._bridges:
            bridge.close()
        _net("user", NAME, "/delete")


@contextlib.contextmanager
def second_user(folder: Path) -> Iterator[User]:
    """A user for a while."""
    user = User(folder)
    try:
        yield user
    finally:
        user.remove()
