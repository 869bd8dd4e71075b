# SPDX-License-Identifier: MIT
"""python as_user.py USER PROGRAM: runs a program as another user of this machine, with our standard
input and output, and ends with it. The password is in $GATEHOUSE_PASSWORD."""
from __future__ import annotations

import ctypes
import os
import sys
from typing import List

_WITH_PROFILE, _NO_WINDOW, _USE_HANDLES = 1, 0x08000000, 0x100
_FOREVER = 0xFFFFFFFF
_STANDARD = (-10, -11, -12)


class _Startup(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("reserved", ctypes.c_void_p),
                ("desktop", ctypes.c_wchar_p), ("title", ctypes.c_wchar_p),
                ("numbers", ctypes.c_uint32 * 7), ("flags", ctypes.c_uint32),
                ("show", ctypes.c_uint16), ("more_size", ctypes.c_uint16),
                ("more", ctypes.c_void_p), ("handles", ctypes.c_void_p * 3)]


class _Started(ctypes.Structure):
    _fields_ = [("process", ctypes.c_void_p), ("thread", ctypes.c_void_p),
                ("process_id", ctypes.c_uint32), ("thread_id", ctypes.c_uint32)]


def main(arguments: List[str]) -> int:
    """The exit code of the program."""
    if sys.platform != "win32":
        return 2
    user, program = arguments
    password = os.environ.pop("GATEHOUSE_PASSWORD")
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    rights = ctypes.WinDLL("advapi32", use_last_error=True)
    kernel.GetStdHandle.restype = ctypes.c_void_p
    startup = _Startup(size=ctypes.sizeof(_Startup), flags=_USE_HANDLES)
    startup.handles = (ctypes.c_void_p * 3)(*(kernel.GetStdHandle(each) for each in _STANDARD))
    for handle in startup.handles:
        kernel.SetHandleInformation(ctypes.c_void_p(handle), 1, 1)
    started = _Started()
    line = ctypes.create_unicode_buffer(f'"{program}"')
    if not rights.CreateProcessWithLogonW(
            user, ".", password, _WITH_PROFILE, None, line, _NO_WINDOW, None,
            os.path.dirname(program), ctypes.byref(startup), ctypes.byref(started)):
        raise ctypes.WinError(ctypes.get_last_error())
    kernel.WaitForSingleObject(ctypes.c_void_p(started.process), _FOREVER)
    code = ctypes.c_uint32(1)
    kernel.GetExitCodeProcess(ctypes.c_void_p(started.process), ctypes.byref(code))
    return int(code.value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
