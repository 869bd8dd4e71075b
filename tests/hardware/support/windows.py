# SPDX-License-Identifier: MIT
"""Functions of Windows that neither PowerShell nor the bridge has."""
from __future__ import annotations

import contextlib
import ctypes
import sys
import threading
from typing import Iterator

_QUERY_LIMITED, _READ_CONTROL = 0x1000, 0x20000
_KERNEL_OBJECT, _LABEL = 6, 0x10


def can_be_opened(process: int, access: int = _QUERY_LIMITED) -> int:
    """0, or the error of OpenProcess."""
    if sys.platform != "win32":
        raise NotImplementedError
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(access, False, process)
    if not handle:
        return ctypes.get_last_error()
    kernel.CloseHandle(ctypes.c_void_p(handle))
    return 0


def use_debug_privilege() -> None:
    """Lets an administrator open every process."""
    if sys.platform != "win32":
        raise NotImplementedError
    debug, was = 20, ctypes.c_ubyte()
    status = ctypes.WinDLL("ntdll").RtlAdjustPrivilege(debug, True, False, ctypes.byref(was))
    if status:
        raise OSError(f"RtlAdjustPrivilege: {status & 0xFFFFFFFF:#x}")


def integrity_label(process: int) -> str:
    """The mandatory label of the process as an object, in SDDL; "" when it has none."""
    if sys.platform != "win32":
        raise NotImplementedError
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    rights = ctypes.WinDLL("advapi32", use_last_error=True)
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(_READ_CONTROL, False, process)
    if not handle:
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        descriptor, text = ctypes.c_void_p(), ctypes.c_wchar_p()
        error = rights.GetSecurityInfo(ctypes.c_void_p(handle), _KERNEL_OBJECT, _LABEL, None, None,
                                       None, None, ctypes.byref(descriptor))
        if error:
            raise ctypes.WinError(error)
        if not rights.ConvertSecurityDescriptorToStringSecurityDescriptorW(
                descriptor, 1, _LABEL, ctypes.byref(text), None):
            raise ctypes.WinError(ctypes.get_last_error())
        return text.value or ""
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))


def error_of_unknown_luid(luid: int) -> int:
    """What ConvertInterfaceLuidToGuid returns for the LUID of an adapter that has gone."""
    if sys.platform != "win32":
        raise NotImplementedError
    guid = (ctypes.c_ubyte * 16)()
    value = ctypes.c_uint64(luid)
    return int(ctypes.WinDLL("iphlpapi").ConvertInterfaceLuidToGuid(ctypes.byref(value), guid))


@contextlib.contextmanager
def route_changes() -> Iterator[threading.Event]:
    """An event that is set when Windows tells of a change of routes."""
    if sys.platform != "win32":
        raise NotImplementedError
    told = threading.Event()
    callback_type = ctypes.WINFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
    callback = callback_type(lambda context, row, kind: told.set())
    library, handle = ctypes.WinDLL("iphlpapi"), ctypes.c_void_p()
    error = library.NotifyRouteChange2(0, callback, None, False, ctypes.byref(handle))
    if error:
        raise ctypes.WinError(error)
    try:
        yield told
    finally:
        library.CancelMibChangeNotify2(handle)


def is_in_dns_cache(name: str) -> bool:
    """Whether Windows' DNS client has an answer for the name in its cache."""
    if sys.platform != "win32":
        raise NotImplementedError
    library, found = ctypes.WinDLL("dnsapi"), ctypes.c_void_p()
    no_wire_query, of_ipv4 = 0x10, 1
    status = library.DnsQuery_W(ctypes.c_wchar_p(name), of_ipv4, no_wire_query, None,
                                ctypes.byref(found), None)
    if found:
        library.DnsFree(found, 1)
    return bool(status == 0)
