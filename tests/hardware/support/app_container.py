# SPDX-License-Identifier: MIT
"""python app_container.py PROGRAM: runs a program in an AppContainer of its own, with our standard
input and output, and ends with it. The program's folder must be open to all packages."""
from __future__ import annotations

import ctypes
import sys
from typing import List

_NAME = "gatehouse.hardware.test"
_ALREADY_EXISTS = 0x800700B7

_SECURITY_CAPABILITIES = 0x20009
_EXTENDED_STARTUP, _DETACHED, _USE_HANDLES = 0x00080000, 0x8, 0x100
_FOREVER = 0xFFFFFFFF
_STANDARD = (-10, -11, -12)


class _Startup(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("reserved", ctypes.c_void_p),
                ("desktop", ctypes.c_wchar_p), ("title", ctypes.c_wchar_p),
                ("numbers", ctypes.c_uint32 * 7), ("flags", ctypes.c_uint32),
                ("show", ctypes.c_uint16), ("more_size", ctypes.c_uint16),
                ("more", ctypes.c_void_p), ("handles", ctypes.c_void_p * 3),
                ("attributes", ctypes.c_void_p)]


class _Started(ctypes.Structure):
    _fields_ = [("process", ctypes.c_void_p), ("thread", ctypes.c_void_p),
                ("process_id", ctypes.c_uint32), ("thread_id", ctypes.c_uint32)]


class _Capabilities(ctypes.Structure):
    _fields_ = [("container", ctypes.c_void_p), ("list", ctypes.c_void_p),
                ("count", ctypes.c_uint32), ("reserved", ctypes.c_uint32)]


def main(arguments: List[str]) -> int:
    """The exit code of the program."""
    if sys.platform != "win32":
        return 2
    program, = arguments
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    profiles = ctypes.WinDLL("userenv")
    kernel.GetStdHandle.restype = ctypes.c_void_p

    capabilities = _Capabilities()
    sid = ctypes.byref(capabilities, _Capabilities.container.offset)
    result = profiles.CreateAppContainerProfile(_NAME, _NAME, _NAME, None, 0, sid) & 0xFFFFFFFF
    if result == _ALREADY_EXISTS:
        result = profiles.DeriveAppContainerSidFromAppContainerName(_NAME, sid) & 0xFFFFFFFF
    if result:
        raise OSError(f"CreateAppContainerProfile: {result:#x}")

    size = ctypes.c_size_t()
    kernel.InitializeProcThreadAttributeList(None, 1, 0, ctypes.byref(size))
    attributes = ctypes.create_string_buffer(size.value)
    if not kernel.InitializeProcThreadAttributeList(attributes, 1, 0, ctypes.byref(size)) or (
            not kernel.UpdateProcThreadAttribute(
                attributes, 0, ctypes.c_size_t(_SECURITY_CAPABILITIES), ctypes.byref(capabilities),
                ctypes.c_size_t(ctypes.sizeof(capabilities)), None, None)):
        raise ctypes.WinError(ctypes.get_last_error())

    startup = _Startup(size=ctypes.sizeof(_Startup), flags=_USE_HANDLES,
                       attributes=ctypes.cast(attributes, ctypes.c_void_p))
    startup.handles = (ctypes.c_void_p * 3)(*(kernel.GetStdHandle(each) for each in _STANDARD))
    for handle in startup.handles:
        kernel.SetHandleInformation(ctypes.c_void_p(handle), 1, 1)
    started = _Started()
    line = ctypes.create_unicode_buffer(f'"{program}"')
    try:
        if not kernel.CreateProcessW(None, line, None, None, True, _EXTENDED_STARTUP | _DETACHED,
                                     None, None, ctypes.byref(startup), ctypes.byref(started)):
            raise ctypes.WinError(ctypes.get_last_error())
        kernel.WaitForSingleObject(ctypes.c_void_p(started.process), _FOREVER)
        code = ctypes.c_uint32(1)
        kernel.GetExitCodeProcess(ctypes.c_void_p(started.process), ctypes.byref(code))
        return int(code.value)
    finally:
        profiles.DeleteAppContainerProfile(_NAME)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
