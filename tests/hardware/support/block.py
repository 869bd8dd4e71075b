# SPDX-License-Identifier: MIT
"""The kill switch of a release, for seconds: whoever runs the tests may be cut off by it. A task of
Windows opens it whatever becomes of this program, and is armed before anything is blocked."""
from __future__ import annotations

import contextlib
import errno
import select
import socket
import sys
import time
from typing import Iterator, List, Optional

from hardware.support import powershell
from hardware.support.release import Release
from hardware.support.watchdog import Task
from harness.bridge import Bridge
from harness.control import ControlReply, Record

#: Seconds that a test may block, and after which the task opens.
MOST = 20.0

#: Seconds that a connection is tried for.
PATIENCE = 2.0

#: WSAEACCES, which is taken for a filter's answer. Tests see before that nothing else gives it.
BLOCKED_ERROR = 10013

#: In networks that nobody has (RFC 5737, RFC 3849): what no filter holds is lost on its way.
GATEWAY, ELSEWHERE, ELSEWHERE_IPV6 = "203.0.113.7", "203.0.113.80", "2001:db8:99::1"


class Block:
    """The verbs of the kill switch, each in a connection of its own."""

    def __init__(self, release: Release, bridge: Bridge) -> None:
        self.release = release
        self._bridge = bridge
        # -cleanup needs no service.
        self._watchdog = Task(f"Gatehouse hardware test {release.name}", str(release.program),
                              f"-instance interactive {release.instance} -cleanup")
        self._armed_at: Optional[float] = None

    def ask(self, *words: str, seconds: float = MOST) -> ControlReply:
        """`firewall` and these words, as an administrator."""
        if words[0] == "start" and self._armed_at is None:
            self._armed_at = time.monotonic()
            self._watchdog.arm(MOST)
        control = self.release.control(self._bridge)
        try:
            return control.ask("firewall", *words, seconds=seconds)
        finally:
            control.close()

    def start(self, *words: str) -> Record:
        """Must succeed. Also in a session over the network: the watchdog opens again."""
        reply = self.ask("start", "remote-ok", *words)
        assert reply.code == 0, reply
        record, = reply.records
        return record

    def stop(self) -> None:
        """Must succeed, and in time."""
        reply = self.ask("stop")
        assert reply.code == 0, reply
        self.check_time()
        self.disarm()

    def check_time(self) -> None:
        """What was seen until now is not what the watchdog has made of it."""
        if self._armed_at is not None:
            blocked = time.monotonic() - self._armed_at
            assert blocked <= MOST, f"everything was blocked for {blocked:.0f} s"

    def disarm(self) -> None:
        """Nothing is blocked any more."""
        if self._armed_at is not None:
            self._watchdog.disarm()
            self._armed_at = None

    def state(self) -> str:
        """In one word."""
        record, = self.ask("isup").records
        return record["firewall"]


@contextlib.contextmanager
def blocking(release: Release, bridge: Bridge) -> Iterator[Block]:
    """A kill switch that is down at the end, whatever happens."""
    block = Block(release, bridge)
    try:
        yield block
        if release.is_running():
            block.stop()
    finally:
        with contextlib.suppress(Exception):
            release.command("-cleanup")
        block.disarm()


# What a program may send.


def _connected(made: socket.socket) -> Optional[int]:
    """The error of a connection that has been begun; None: nothing has come within PATIENCE."""
    _, writable, failed = select.select([], [made], [made], PATIENCE)
    if not writable and not failed:
        return None
    return made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def is_blocked(address: str, port: int, *, source: str = "", both: bool = False,
               is_udp: bool = False) -> bool:
    """Whether a filter holds what this program sends there. `both`: the socket is one of both
    families. Any other error means that no filter does, nor an answer."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM if is_udp else socket.SOCK_STREAM) as made:
        if both:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        if source:
            made.bind((source, 0))
        try:
            if is_udp:
                made.sendto(b"gatehouse", (address, port))
                return False
            made.setblocking(False)
            error = made.connect_ex((address, port))
            if error in (errno.EWOULDBLOCK, errno.EINPROGRESS, 10035):
                error = _connected(made) or 0
        except OSError as failure:
            error = getattr(failure, "winerror", None) or failure.errno or 0
        return error == BLOCKED_ERROR


_OTHER_PROGRAM = (
    "$s = New-Object Net.Sockets.Socket ([Net.Sockets.AddressFamily]::{family}), "
    "([Net.Sockets.SocketType]::{kind}), ([Net.Sockets.ProtocolType]::{protocol}); "
    "try {{ $s.ReceiveTimeout = 1; {attempt}; 'passes' }} "
    "catch {{ $e = $_.Exception; while ($e.InnerException) {{ $e = $e.InnerException }}; "
    "if ($e.ErrorCode -eq 10013) {{ 'blocked' }} else {{ 'passes' }} }} finally {{ $s.Close() }}")


def is_blocked_for_others(packets: List[str]) -> List[bool]:
    """The same for PowerShell, which is no program of ours: each "tcp 203.0.113.80 443"."""
    scripts = []
    for packet in packets:
        protocol, address, port = packet.split()
        end = f"(New-Object Net.IPEndPoint ([Net.IPAddress]::Parse('{address}')), {port})"
        attempt = (f"$begun = $s.BeginConnect({end}, $null, $null); "
                   f"if ($begun.AsyncWaitHandle.WaitOne({int(PATIENCE * 1000)})) "
                   "{ $s.EndConnect($begun) }" if protocol == "tcp" else
                   f"$s.SendTo([byte[]](1, 2, 3), {end}) | Out-Null")
        scripts.append(_OTHER_PROGRAM.format(
            family="InterNetworkV6" if ":" in address else "InterNetwork",
            kind="Stream" if protocol == "tcp" else "Dgram",
            protocol="Tcp" if protocol == "tcp" else "Udp", attempt=attempt))
    words = powershell.do("; ".join(scripts)).split()
    assert len(words) == len(packets), words
    return [word == "blocked" for word in words]


def this_program() -> str:
    """Whose sockets those of is_blocked() are. In a virtual environment of Python that is not the
    one which was started."""
    return str(getattr(sys, "_base_executable", sys.executable))
