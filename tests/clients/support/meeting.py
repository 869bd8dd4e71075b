# SPDX-License-Identifier: MIT
"""A client that has been started, and the service and the openvpn.exe that it meets."""
from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Callable, List, Optional

from clients.support.command_line import split, values_of
from clients.support.openvpn import HOLD, PROMPT, STATES, Management, Openvpn, full_exit_code, state
from clients.support.program import Run
from harness.bridge import Bridge, BridgeError
from harness.eventually import HANG
from harness.pipe import Pipe
from harness.process import Process

#: Exit codes from here on are Windows' own, of programs that have crashed (NTSTATUS, severe).
CRASHED = 0xC0000000

#: Seconds that a client is given to end, when its session has ended.
GOES_BY_ITSELF = 3.0

PROCESS_ID = "0x00000000\n0x{:08x}\nProcess ID"

#: Starts a client, and waits for its start-up message unless told otherwise.
Meet = Callable[..., "Meeting"]


def utf16(text: str) -> bytes:
    """As it goes over the pipe."""
    return text.encode("utf-16-le", "surrogatepass")


def refusal(code: int, function: str, text: str = "(null)") -> str:
    """An error reply, as the services send it."""
    return f"0x{code:08x}\r\n{function}\r\n{text}"


@dataclass(frozen=True)
class Startup:
    """A start-up message."""

    raw: bytes

    @property
    def strings(self) -> List[str]:
        """What stands between its terminators."""
        return self.raw.decode("utf-16-le", "surrogatepass").split("\0")

    @property
    def directory(self) -> str:
        """The working folder."""
        return self.strings[0]

    @property
    def options(self) -> List[str]:
        """The options, taken apart as openvpn.exe does."""
        return split(self.strings[1])

    @property
    def input(self) -> str:
        """The text for standard input."""
        return self.strings[2]

    @property
    def password(self) -> str:
        """That of the management interface: the first line of the input."""
        return self.input.split("\n")[0].rstrip("\r")

    def values(self, option: str, count: int = 1) -> List[List[str]]:
        """The values of each occurrence of an option."""
        return values_of(self.options, option, count)

    @property
    def port(self) -> int:
        """That of the management interface."""
        found = self.values("management", 2)
        assert found and re.fullmatch(r"\d+", found[-1][-1]), \
            f"expected --management with a port; came {self.options}"
        return int(found[-1][1])


class Meeting:
    """One run of a client that has come to the service's pipe."""

    def __init__(self, run: Run, pipe: Pipe, openvpn: Openvpn, bridge: Bridge) -> None:
        self.run = run
        self.pipe = pipe
        self.openvpn = openvpn
        self._bridge = bridge
        self._process: Optional[Process] = None
        self._startup: Optional[Startup] = None
        self._management: Optional[Management] = None

    @property
    def startup(self) -> Startup:
        """What it has sent."""
        assert self._startup is not None, "it has sent nothing yet"
        return self._startup

    @property
    def management(self) -> Management:
        """Its connection to openvpn.exe."""
        assert self._management is not None, "there is no openvpn.exe yet"
        return self._management

    def accept(self) -> None:
        """Wait until it has opened the pipe."""
        process = self.pipe.accept()
        if process:
            self._process = Process.open(self._bridge, process)

    def receive(self) -> Startup:
        """Wait for its start-up message."""
        self._startup = Startup(self.pipe.read())
        return self._startup

    # ---- the service ----

    def reply(self, text: str) -> None:
        """Send a reply."""
        self.reply_bytes(utf16(text))

    def reply_bytes(self, data: bytes) -> None:
        """Send these bytes as one message."""
        self.pipe.write(data)

    def leave(self) -> None:
        """The service ends the session; the client has read the replies."""
        with suppress(BridgeError):  # the client has left already
            self.pipe.disconnect()

    # ---- openvpn.exe ----

    def start_openvpn(self, reply: str = PROCESS_ID) -> Management:
        """Open the management interface and say which process that is, and wait for the client
        there."""
        self.openvpn.listen(self.startup.port)
        self.reply(reply.format(self.openvpn.id))
        self._management = self.openvpn.accept()
        return self._management

    def log_in(self) -> Management:
        """The same; and the client has logged in."""
        management = self.start_openvpn()
        management.send(PROMPT.encode("ascii"))
        password = management.line()
        assert password == self.startup.password
        management.answers = True
        management.say("SUCCESS: password is correct",
                       ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info")
        return management

    def release(self) -> Management:
        """The same; and it has released the hold."""
        management = self.log_in()
        management.say(HOLD)
        management.expect("hold release")
        return management

    def connect(self) -> Management:
        """The same; and the connection is made."""
        management = self.release()
        management.say(*map(state, STATES))
        return management

    def end_openvpn(self, reply: str = "") -> None:
        """openvpn.exe ends, and then the service ends the session, with a last reply if it has
        one."""
        if self._management is not None:
            self._management.close()
        self.openvpn.close_listener()
        if reply:
            with suppress(BridgeError):
                self.reply(reply)
        self.leave()

    # ---- the client ----

    def ends(self, seconds: float = HANG) -> int:
        """Wait for its end; its exit code, which is none of a crash."""
        if self._process is None:
            return self.run.wait(seconds)
        code = full_exit_code(self._process, seconds)
        self.run.wait()
        assert code < CRASHED, f"expected an exit code; came a crash, 0x{code:08x}"
        return code

    def fails(self, seconds: float = HANG) -> str:
        """Wait until it ends with an error; what it has said of it."""
        assert self.ends(seconds) != 0, f"expected an error; came the exit code 0: {self.said()}"
        return self.said()

    def said(self) -> str:
        """Its output so far."""
        return self.run.said()

    def close(self) -> None:
        """Both sides end; the client by itself, if it does. Wine's server sometimes ends with a
        failed assertion (sock_get_poll_events) when a program with a connection is killed."""
        self.end_openvpn()
        with suppress(AssertionError):
            self.run.wait(GOES_BY_ITSELF)
        self.run.close()
        if self._process is not None:
            self._process.close()
