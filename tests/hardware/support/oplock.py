# SPDX-License-Identifier: MIT
"""Opportunistic locks: whoever may read a file has Windows wait for them before others open it."""
from __future__ import annotations

import contextlib
import ctypes
import sys
from typing import Iterator

GENERIC_READ, SHARED, OPEN_EXISTING = 0x80000000, 7, 3
FILE_FLAG_OVERLAPPED = 0x40000000
#: The request that every other open breaks, and waits for.
FSCTL_REQUEST_BATCH_OPLOCK = 0x00090008
ERROR_IO_PENDING = 997


class _Overlapped(ctypes.Structure):
    _fields_ = [("internal", ctypes.c_void_p), ("internal_high", ctypes.c_void_p),
                ("offset", ctypes.c_ulonglong), ("event", ctypes.c_void_p)]


@contextlib.contextmanager
def held(path: str) -> Iterator[None]:
    """Within it whoever opens the file waits for an answer that does not come."""
    if sys.platform != "win32":
        raise NotImplementedError
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.CreateFileW.restype = ctypes.c_void_p
    file = kernel.CreateFileW(path, GENERIC_READ, SHARED, None, OPEN_EXISTING,
                              FILE_FLAG_OVERLAPPED, None)
    if file == ctypes.c_void_p(-1).value:
        raise ctypes.WinError(ctypes.get_last_error())
    overlapped, count = _Overlapped(), ctypes.c_ulong()
    try:
        if kernel.DeviceIoControl(ctypes.c_void_p(file), FSCTL_REQUEST_BATCH_OPLOCK, None, 0, None,
                                  0, ctypes.byref(count), ctypes.byref(overlapped)) or \
                ctypes.get_last_error() != ERROR_IO_PENDING:
            raise ctypes.WinError(ctypes.get_last_error())
        yield
    finally:
        kernel.CloseHandle(ctypes.c_void_p(file))
