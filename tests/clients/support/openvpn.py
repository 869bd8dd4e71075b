# SPDX-License-Identifier: MIT
"""Plays openvpn.exe for a client: a process of its own with a management interface, which says what
a test has it say and answers commands as OpenVPN does (its management-notes.txt)."""
from __future__ import annotations

import re
from contextlib import suppress
from typing import List, Optional, Tuple

from harness import transcript
from harness.bridge import WAIT_TIMEOUT, Bridge, BridgeEnded, BridgeError
from harness.eventually import HANG
from harness.process import Process
from harness.runner import Runner

#: As long a silence shows that nothing is sent. It is no time limit: a slow client passes.
SILENCE = 0.3

PROMPT = "ENTER PASSWORD:"
HOLD = ">HOLD:Waiting for hold release:0"

#: What openvpn says from the release of the hold to the end of the connection's set-up.
STATES = ("CONNECTING,,,,,,,", "WAIT,,,,,,,", "AUTH,,,,,,,", "GET_CONFIG,,,,,,,",
          "ASSIGN_IP,,10.8.0.6,,,,,", "ADD_ROUTES,,10.8.0.6,,,,,",
          "CONNECTED,SUCCESS,10.8.0.6,198.51.100.7,1194,,,")

#: The reply to a command that begins like this; the first that matches.
_REPLIES: Tuple[Tuple[str, str], ...] = (
    (r"(state|log|echo) on all", "SUCCESS: real-time notification set to ON\r\nEND"),
    (r"(state|log|echo|bytecount) ", "SUCCESS: real-time notification set"),
    (r"(state|log|echo|status|version)\b", "END"),
    (r"hold release", "SUCCESS: hold release succeeded"),
    (r"hold", "SUCCESS: hold flag set"),
    (r"username ", "SUCCESS: username entered, but not yet verified"),
    (r"password ", "SUCCESS: password entered, but not yet verified"),
    (r"signal ", "SUCCESS: signal thrown"),
    (r"pid", "SUCCESS: pid=1"),
    (r"", "ERROR: unknown command, enter 'help' for more options"),
)


def state(words: str) -> str:
    """The notification of a state."""
    return f">STATE:1764547200,{words}"


class Management:
    """A client's connection to the management interface. It is closed, too, when the client has
    ended openvpn.exe by force."""

    def __init__(self, bridge: Bridge, number: int) -> None:
        self._bridge = bridge
        self._number = number
        self._bytes = b""
        self._closed = False
        #: What the client has sent, line by line.
        self.seen: List[str] = []
        #: Whether commands are answered; not while the password is asked for.
        self.answers = False

    def say(self, *lines: str) -> None:
        """Send lines."""
        self.send("".join(f"{line}\r\n" for line in lines).encode("utf-8"))

    def send(self, data: bytes) -> None:
        """Send these bytes."""
        transcript.note(transcript.SENT, "management", data)
        with suppress(BridgeEnded, BridgeError):  # the client has left
            self._bridge.call("socket_write", object=self._number, data=data.hex())

    def line(self, seconds: float = HANG) -> Optional[str]:
        """The next line that the client sends, which is answered; None when nothing comes in time,
        or when it has closed the connection."""
        while b"\n" not in self._bytes:
            if self._closed or not self._receive(seconds):
                return None
        line, _, self._bytes = self._bytes.partition(b"\n")
        text = line.rstrip(b"\r").decode("utf-8", "replace")
        self.seen.append(text)
        if self.answers:
            self.say(next(reply for pattern, reply in _REPLIES if re.match(pattern, text)))
        return text

    def _receive(self, seconds: float) -> bool:
        try:
            data = bytes.fromhex(self._bridge.call(
                "socket_read", object=self._number, timeout=int(seconds * 1000))["data"])
        except BridgeEnded:
            self._closed = True
            return False
        except BridgeError as error:
            self._closed = error.code != WAIT_TIMEOUT
            return False
        self._closed = not data
        self._bytes += data
        if data:
            transcript.note(transcript.RECEIVED, "management", data)
        return bool(data)

    def expect(self, pattern: str, seconds: float = HANG) -> str:
        """The next line that is this, whatever comes before it."""
        before = len(self.seen)
        while (line := self.line(seconds)) is not None:
            if re.fullmatch(pattern, line):
                return line
        raise AssertionError(f"expected the command {pattern}; came {self.seen[before:]}"
                             + (", and the end of the connection" if self._closed else ""))

    def rest(self) -> List[str]:
        """All lines that come until there is a silence, or the client closes the connection."""
        made: List[str] = []
        while (line := self.line(SILENCE)) is not None:
            made.append(line)
        return made

    def wait_closed(self) -> None:
        """Wait until the client closes the connection; read what it sends before."""
        while self.line() is not None:
            pass
        assert self._closed, "expected the end of the connection; it is still open"

    def close(self) -> None:
        """Close the connection, as openvpn does at its end."""
        if self._number:
            number, self._number = self._number, 0
            with suppress(BridgeEnded):
                self._bridge.call("close", object=number)


class Openvpn:
    """The process that a client takes for openvpn.exe."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._bridge: Optional[Bridge] = None
        self._listener = 0

    @property
    def bridge(self) -> Bridge:
        """Acts in this process. A new one after the client has ended the last."""
        if self._bridge is not None:
            try:
                self._bridge.call("process_own")
                return self._bridge
            except BridgeEnded:
                self._runner.end_bridge(self._bridge)
                self._listener = 0
        self._bridge = self._runner.bridge()
        return self._bridge

    @property
    def id(self) -> int:
        """Its process id."""
        return self.bridge.process

    def listen(self, port: int) -> None:
        """Open the management interface."""
        self._listener = int(self.bridge.call("socket_listen", port=port)["object"])

    def accept(self, seconds: float = HANG) -> Management:
        """Wait for the client."""
        try:
            made = self.bridge.call("socket_accept", object=self._listener,
                                    timeout=int(seconds * 1000))
        except BridgeError as error:
            assert error.code != WAIT_TIMEOUT, \
                "expected a connection to the management interface; came none"
            raise
        return Management(self.bridge, made["object"])

    def close_listener(self) -> None:
        """Close the management interface to new clients."""
        if self._listener:
            number, self._listener = self._listener, 0
            with suppress(BridgeError):  # it was another process's, which has ended
                self.bridge.call("close", object=number)


def full_exit_code(process: Process, seconds: float) -> int:
    """The exit code of the client's process. Raises AssertionError when it does not end."""
    try:
        return process.wait(seconds)
    except BridgeError as error:
        assert error.code != WAIT_TIMEOUT, f"expected its end; it still runs after {seconds:g} s"
        raise
