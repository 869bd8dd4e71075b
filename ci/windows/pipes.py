# SPDX-License-Identifier: MIT
"""How Windows' named pipes behave where documentation leaves it open. Runs on Windows alone; every
pipe has the name of this process, and all handles are closed at the end."""
from __future__ import annotations

import ctypes
import os
from contextlib import contextmanager
from ctypes import wintypes
from typing import Dict, Iterator, List, Union

_DUPLEX, _FIRST_INSTANCE, _OVERLAPPED = 0x3, 0x00080000, 0x40000000
_MESSAGES, _REJECT_REMOTE = 0x4 | 0x2, 0x8
_READ_WRITE, _OPEN_EXISTING = 0xC0000000, 3
_INVALID_HANDLE = ctypes.c_void_p(-1).value
_INCOMPLETE = 996
#: What a server's instance holds of unread bytes before a write waits.
QUOTA = 1024

Codes = Dict[str, Union[int, str]]


class _Overlapped(ctypes.Structure):
    _fields_ = [("internal", ctypes.c_size_t), ("internal_high", ctypes.c_size_t),
                ("offset", wintypes.DWORD), ("offset_high", wintypes.DWORD),
                ("event", wintypes.HANDLE)]
    content: object = None  # kept as long as Windows may write to it


class Pipes:
    """Calls about one pipe. Handles are numbers; a failed call gives 0 and leaves its code in
    `error`, which is 0 after a success."""

    def __init__(self) -> None:
        self._kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        self._kernel.CreateNamedPipeW.restype = wintypes.HANDLE
        self._kernel.CreateFileW.restype = wintypes.HANDLE
        self._security = ctypes.WinDLL("advapi32", use_last_error=True)
        self._name = f"gatehouse-probe-{os.getpid()}"
        self._handles: List[int] = []
        self._pending: List[_Overlapped] = []
        self.error = 0

    def _opened(self, handle: object) -> int:
        self.error = 0 if handle != _INVALID_HANDLE else ctypes.get_last_error()
        if self.error or not isinstance(handle, int):
            return 0
        self._handles.append(handle)
        return handle

    def create(self, first: bool = True, remote: bool = True, quota: int = QUOTA) -> int:
        """A server's instance."""
        return self._opened(self._kernel.CreateNamedPipeW(
            f"\\\\.\\pipe\\{self._name}", _DUPLEX | _OVERLAPPED | (_FIRST_INSTANCE if first else 0),
            _MESSAGES | (0 if remote else _REJECT_REMOTE), 255, quota, QUOTA, 0, None))

    def open(self, host: str = ".") -> int:
        """A client's end."""
        return self._opened(self._kernel.CreateFileW(
            f"\\\\{host}\\pipe\\{self._name}", _READ_WRITE, 0, None, _OPEN_EXISTING, _OVERLAPPED,
            None))

    def close(self, handle: int) -> None:
        """Close one end."""
        if handle in self._handles:
            self._handles.remove(handle)
            self._kernel.CloseHandle(wintypes.HANDLE(handle))

    def close_all(self) -> None:
        """Close what is open."""
        for handle in list(self._handles):
            self.close(handle)

    def disconnect(self, handle: int) -> None:
        """Take the client off an instance."""
        done = self._kernel.DisconnectNamedPipe(wintypes.HANDLE(handle))
        self.error = 0 if done else ctypes.get_last_error()

    def write(self, handle: int, size: int) -> _Overlapped:
        """Begin to write a message of so many bytes; wait for nothing."""
        state, content = _Overlapped(), ctypes.create_string_buffer(size)
        state.content = content
        self._pending.append(state)
        done = self._kernel.WriteFile(wintypes.HANDLE(handle), content, size, None,
                                      ctypes.byref(state))
        self.error = 0 if done else ctypes.get_last_error()
        return state

    def read(self, handle: int, size: int) -> int:
        """Read what is there; 0 when nothing is."""
        state, content, count = _Overlapped(), ctypes.create_string_buffer(size), wintypes.DWORD()
        state.content = content
        self._pending.append(state)
        done = self._kernel.ReadFile(wintypes.HANDLE(handle), content, size, None,
                                     ctypes.byref(state))
        self.error = 0 if done else ctypes.get_last_error()
        if done and self._kernel.GetOverlappedResult(wintypes.HANDLE(handle), ctypes.byref(state),
                                                     ctypes.byref(count), False):
            return count.value
        return 0

    def outcome(self, handle: int, state: _Overlapped) -> Union[int, str]:
        """Of a write: "waits", or its code."""
        count = wintypes.DWORD()
        if self._kernel.GetOverlappedResult(wintypes.HANDLE(handle), ctypes.byref(state),
                                            ctypes.byref(count), False):
            return 0
        code = ctypes.get_last_error()
        return "waits" if code == _INCOMPLETE else code

    def impersonate(self, server: int) -> int:
        """Whether the server may act as its client: the code."""
        done = self._security.ImpersonateNamedPipeClient(wintypes.HANDLE(server))
        code = 0 if done else ctypes.get_last_error()
        if done:
            self._security.RevertToSelf()
        return code


@contextmanager
def _pipes() -> Iterator[Pipes]:
    pipes = Pipes()
    try:
        yield pipes
    finally:
        pipes.close_all()


def name_after_the_server_closed() -> Codes:
    """Whether a pipe's name lives on as long as a client holds its end."""
    answer: Codes = {}
    with _pipes() as pipes:
        server, client = pipes.create(), pipes.open()
        pipes.close(server)
        pipes.create()
        answer["first instance while a client holds its end"] = pipes.error
        again = pipes.create(first=False)
        answer["another instance while a client holds its end"] = pipes.error
        pipes.close(again)
        pipes.open()
        answer["a client then"] = pipes.error
        pipes.close(client)
        pipes.create()
        answer["first instance once the client has closed"] = pipes.error
    return answer


def message_beyond_the_quota() -> Codes:
    """Whether a message that is larger than the quota waits for its reader, and is lost when the
    writer closes or the reader does."""
    answer: Codes = {"quota": QUOTA}
    with _pipes() as pipes:
        server, client = pipes.create(), pipes.open()
        within = pipes.write(server, QUOTA)
        answer["server's message of the quota's size"] = pipes.outcome(server, within)
        beyond = pipes.write(server, 1)
        answer["server's message of one byte more"] = pipes.outcome(server, beyond)
        pipes.close(server)
        answer["bytes that the client reads first"] = pipes.read(client, 2 * QUOTA)
        answer["bytes that the client reads next"] = pipes.read(client, 2 * QUOTA)
        answer["code of that"] = pipes.error
    with _pipes() as pipes:
        server, client = pipes.create(), pipes.open()
        large = pipes.write(client, 2 * QUOTA)
        answer["client's message of twice the size"] = pipes.outcome(client, large)
        pipes.close(server)
        answer["client's message once the server has closed"] = pipes.outcome(client, large)
    return answer


def message_without_room() -> Codes:
    """Whether a write into a pipe whose quota is one byte ends when it is read, and whether
    an instance that was disconnected and closed is gone although its client keeps its end."""
    answer: Codes = {}
    with _pipes() as pipes:
        server, client = pipes.create(quota=1), pipes.open()
        first = pipes.write(server, 64)
        answer["first message"] = pipes.outcome(server, first)
        second = pipes.write(server, 100)
        answer["second message"] = pipes.outcome(server, second)
        answer["bytes that the client reads first"] = pipes.read(client, 2 * QUOTA)
        answer["first message then"] = pipes.outcome(server, first)
        answer["second message then"] = pipes.outcome(server, second)
        answer["bytes that the client reads next"] = pipes.read(client, 2 * QUOTA)
        answer["second message at last"] = pipes.outcome(server, second)
        pipes.disconnect(server)
        pipes.close(server)
        pipes.read(client, 2 * QUOTA)
        answer["code of a read after the disconnection"] = pipes.error
        pipes.create()
        answer["first instance while a client holds its end"] = pipes.error
    return answer


def impersonation_before_a_read() -> Codes:
    """Whether a server may act as a client from which it has read nothing."""
    answer: Codes = {}
    with _pipes() as pipes:
        server, client = pipes.create(), pipes.open()
        answer["before anything is written"] = pipes.impersonate(server)
        pipes.write(client, 8)
        answer["before the message is read"] = pipes.impersonate(server)
        pipes.read(server, 4)
        answer["after half of it is read"] = pipes.impersonate(server)
        pipes.read(server, 4)
        answer["after all of it is read"] = pipes.impersonate(server)
    return answer


def remote_clients() -> Codes:
    """What a client meets that comes over the network, here over the loopback."""
    answer: Codes = {}
    for remote in (True, False):
        with _pipes() as pipes:
            pipes.create(remote=remote)
            pipes.open("127.0.0.1")
            answer["allowed" if remote else "rejected"] = pipes.error
    return answer
