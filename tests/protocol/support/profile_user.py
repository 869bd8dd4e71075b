# SPDX-License-Identifier: MIT
"""A user at the computer with profiles of their own: docs/profiles.md."""
from __future__ import annotations

from pathlib import Path
from typing import Dict, List

from harness.bridge import Bridge
from harness.eventually import eventually
from harness.fakes import INTERACTIVE, PLAIN_USER
from harness.openvpn import Openvpn
from harness.process import Process
from harness.session import Session
from protocol.support.raw_client import ADMIN_GROUP, Caller, data_error

Setting = Dict[str, str]

ALICE = PLAIN_USER.with_group(INTERACTIVE)
CHECKED: Setting = {"user_profiles": "checked"}

SECRET = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
KEY = f"<key>\n-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n</key>\n"

RUNS = "it runs a program or loads code into openvpn"


def not_allowed(line: int, directive: str, reason: str, more: str = "") -> bytes:
    """The whole reply to a profile that may not run."""
    name = f" ({directive})" if directive else ""
    return data_error(f"Line {line} of your profile{name} is not allowed: {reason}.{more} It may be"
                      " used only with admin approval. This error may be avoided by adding your "
                      f'account to the "{ADMIN_GROUP}" group')


class ProfileUser:
    """Alice, at the computer, with files of her own."""

    def __init__(self, caller: Caller, bridge: Bridge) -> None:
        self.caller = caller
        self.installation = caller.installation
        self.bridge = bridge
        self._sessions: List[Session] = []

    @property
    def store(self) -> Path:
        """The folder with the copies."""
        return (self.installation.host_folder / "ProgramData" / "Gatehouse" /
                f"{self.installation.service.name}.profiles")

    def copies(self) -> List[Path]:
        """The copies that there are."""
        return sorted(self.store.iterdir()) if self.store.exists() else []

    def write(self, name: str, text: str) -> str:
        """A file that is not in the config folder."""
        (self.installation.host_folder / "log" / name).write_bytes(text.encode("utf-8"))
        return rf"{self.installation.folder}\log\{name}"

    def start(self, more: str = "", *, options: str = '--config "{file}"', stdin: bool = False,
              name: str = "home.ovpn") -> Session:
        """Run a profile with these lines, too."""
        openvpn = Openvpn(self.bridge)
        profile = f"# mine\r\n{openvpn.profile()}{more}"
        file = self.write(name, "" if stdin else profile)
        client = self.caller.connect()
        reply = client.start(self.caller.directory, options.replace("{file}", file),
                             profile if stdin else "")
        assert not reply.code, str(reply)
        openvpn.accept()
        session = Session(client, openvpn, reply, Process.open(self.bridge, openvpn.process))
        self._sessions.append(session)
        return session

    def refusal(self, text: str, options: str = '--config "{file}"') -> bytes:
        """The reply to a profile, which leaves no copy."""
        raw = self.caller.ask(options.replace("{file}", self.write("home.ovpn", text)))
        assert not self.copies()
        return raw

    def close(self) -> None:
        """End all sessions."""
        for session in self._sessions:
            session.close()
        assert not eventually(self.copies, lambda copies: not copies)
