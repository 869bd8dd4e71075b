# SPDX-License-Identifier: MIT
"""Clients that send start-up data, byte by byte if need be."""
from __future__ import annotations

from contextlib import suppress
from typing import List, Optional

from harness.bridge import Bridge, BridgeEnded, BridgeError, result_of
from harness.client import ERROR_STARTUP_DATA, Client, Reply, startup
from harness.fakes import DOMAIN_SID, Persona
from harness.installation import Installation
from harness.openvpn import Openvpn
from harness.pipe import IMPERSONATION, READ_MESSAGES
from harness.process import ERROR_INVALID_PARAMETER, Process, kill
from harness.session import Session

#: Capacity of OpenVPN-GUI's reply buffer, in UTF-16 units.
LONGEST_REPLY = 511

ADMIN_GROUP = "OpenVPN Administrators"

ERROR_FILE_NOT_FOUND, ERROR_ACCESS_DENIED, ERROR_DIRECTORY = 2, 5, 267
ERROR_BAD_IMPERSONATION_LEVEL = 1346

#: The system's texts for these codes, in Wine's English.
SYSTEM_TEXTS = {
    ERROR_FILE_NOT_FOUND: "File not found.\r\n",
    ERROR_ACCESS_DENIED: "Access denied.\r\n",
    ERROR_DIRECTORY: "Directory name invalid.\r\n",
    231: "Pipe busy.\r\n",
    ERROR_BAD_IMPERSONATION_LEVEL: "Bad impersonation level.\r\n",
}


def units(text: str) -> bytes:
    """Text as it is sent over the pipe."""
    return text.encode("utf-16-le", "surrogatepass")


def error_reply(code: int, function: str, text: str) -> bytes:
    """The bytes of an error reply: docs/protocol.md, "Replies"."""
    return units(f"0x{code:08x}\r\n{function}\r\n{text}")


def data_error(function: str) -> bytes:
    """The bytes of a refusal of start-up data; the system has no text for its code."""
    return error_reply(ERROR_STARTUP_DATA, function, "(null)")


def option_refusal(option: str, group: str = ADMIN_GROUP) -> bytes:
    """The whole reply to an option that is not allowed."""
    return data_error(f"You have specified an option ({option}) that may be used only with admin "
                      "approval. This error may be avoided by adding your account to the "
                      f'"{group}" group')


def config_refusal(file: str, directory: str, group: str = ADMIN_GROUP) -> bytes:
    """The whole reply to a config file that is not allowed."""
    return data_error(f"You have specified a config file location ({file} relative to {directory})"
                      " that requires admin approval. This error may be avoided by adding your "
                      f'account to the "{group}" group')


def config_missing(file: str, directory: str, code: int = ERROR_FILE_NOT_FOUND) -> bytes:
    """The whole reply to a config file, or a folder above it, that is not there."""
    return error_reply(code, f"The config file ({file} relative to {directory}) cannot be opened",
                       SYSTEM_TEXTS[code])


#: A user without rights, used by few tests, because the log limits the lines of each user.
QUIET_USER = Persona("greta", f"{DOMAIN_SID}-1007")


def ask(installation: Installation, bridge: Bridge) -> Reply:
    """The answer to a client that wants openvpn.exe."""
    client = installation.connect(bridge)
    reply = client.start(rf"{installation.folder}\config", "--verb 3")
    client.close()
    return reply


class Caller:
    """Sends start-up data to one installation, and ends what it has started."""

    def __init__(self, installation: Installation, bridge: Bridge, user_bridge: Bridge) -> None:
        self.installation = installation
        self.directory = rf"{installation.folder}\config"
        self._bridge = bridge
        self._user_bridge = user_bridge
        self._clients: List[Client] = []
        self._sessions: List[Session] = []
        self._started: List[int] = []

    def connect(self, bridge: Optional[Bridge] = None, *, flags: int = IMPERSONATION,
                mode: Optional[int] = READ_MESSAGES) -> Client:
        """A new client in the process of `bridge`."""
        client = Client(bridge or self._user_bridge, self.installation.pipe_name, flags=flags,
                        mode=mode)
        self._clients.append(client)
        return client

    def reply_to(self, data: bytes) -> bytes:
        """The reply to a start-up message of any bytes. The write may fail because the pipe is
        closed or lacks space; only the reply counts."""
        client = self.connect()
        writing = client.pipe.begin_write(data)
        raw = client.pipe.read(10)
        client.close()
        try:
            result_of(writing)
        except (BridgeError, BridgeEnded):
            pass
        self._note(raw)
        return raw

    def ask(self, options: str, directory: Optional[str] = None, stdin: str = "") -> bytes:
        """The reply to a well-formed start-up message."""
        return self.reply_to(startup(directory or self.directory, options, stdin))

    def start(self, options: str, *, directory: Optional[str] = None, stdin: str = "",
              file: Optional[str] = None) -> Session:
        """Start a scripted openvpn.exe. In `options` {config} becomes the path of its config;
        `file` is the config's name below the installation's folder."""
        openvpn = Openvpn(self._bridge)
        name = openvpn.pipe_name.rsplit("\\", 1)[1]
        path = file or rf"config\{name}.ovpn"
        host = self.installation.host_folder.joinpath(*path.split("\\"))
        host.write_text(openvpn.config(), encoding="utf-8")
        client = self.connect()
        reply = client.start(
            directory or self.directory,
            options.replace("{config}", rf"{self.installation.folder}\{path}"), stdin)
        if reply.code:
            openvpn.close()
            raise AssertionError(f"expected a start; came a refusal: {reply.line}")
        self._started.append(reply.process)
        openvpn.accept()
        session = Session(client, openvpn, reply, Process.open(self._bridge, openvpn.process))
        self._sessions.append(session)
        return session

    def arguments(self, options: str, **more: Optional[str]) -> List[str]:
        """The arguments that openvpn.exe gets, as its own run-time splits them, without the
        program's name and the message channel that the service adds."""
        session = self.start(options, **more)  # type: ignore[arg-type]
        given: List[str] = session.openvpn.describe()["arguments"]
        session.end()
        assert given[0] == "openvpn"
        assert given[-2] == "--msg-channel"
        assert int(given[-1]) > 0
        return given[1:-2]

    def close(self) -> None:
        """Close all clients and end all programs."""
        for session in self._sessions:
            session.close()
        for client in self._clients:
            try:
                client.close()
            except BridgeEnded:
                pass  # the test has ended the client's process
        for process in self._started:
            try:
                kill(self._bridge, process)
            except BridgeError as error:
                if error.code != ERROR_INVALID_PARAMETER:
                    raise

    def _note(self, raw: bytes) -> None:
        with suppress(ValueError):  # it may echo what is no text
            reply = Reply.parse(raw)
            if not reply.code and reply.text == "Process ID":
                self._started.append(reply.process)
