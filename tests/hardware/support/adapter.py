# SPDX-License-Identifier: MIT
"""A TAP adapter of the tests' own, made and removed by tapctl."""
from __future__ import annotations

import contextlib
import ctypes
import sys
from dataclasses import dataclass
from typing import Iterator, List, Optional

from hardware.support import here, powershell
from harness.eventually import HANG, eventually

HARDWARE_ID, OF_DCO = r"root\tap0901", "ovpn-dco"

#: All adapters of the tests have a name that begins so.
PREFIX = "Gatehouse test"


@dataclass(frozen=True)
class Adapter:
    """One network adapter."""

    name: str
    index: int
    guid: str
    luid: int


def names() -> List[str]:
    """Of all adapters, hidden ones too."""
    return [str(row["Name"]) for row in
            powershell.ask("Get-NetAdapter -IncludeHidden | Select-Object Name")]


def find(name: str) -> Optional[Adapter]:
    """The adapter of that name."""
    rows = powershell.ask(
        "Get-NetAdapter -IncludeHidden | Where-Object Name -eq " + powershell.quoted(name) +
        " | Select-Object Name, ifIndex, InterfaceGuid, NetLuid")
    if not rows:
        return None
    row = rows[0]
    return Adapter(row["Name"], int(row["ifIndex"]), row["InterfaceGuid"], int(row["NetLuid"]))


def delete(name: str) -> None:
    """Uninstall an adapter; does nothing when there is none."""
    if name in names():
        powershell.run([str(here.tapctl()), "delete", name])


@contextlib.contextmanager
def made(suffix: str, hardware_id: str = HARDWARE_ID) -> Iterator[Adapter]:
    """A new adapter, which is removed at the end. Raises CommandFailed without a driver for it."""
    name = f"{PREFIX} {suffix}"
    delete(name)
    powershell.run([str(here.tapctl()), "create", "--hwid", hardware_id, "--name", name])
    try:
        found = eventually(lambda: find(name), lambda adapter: adapter is not None, HANG)
        assert found, f"tapctl made no adapter {name}"
        yield found
    finally:
        delete(name)


@contextlib.contextmanager
def connected(adapter: Adapter) -> Iterator[None]:
    """Its cable is plugged in, as while openvpn.exe has it open: without that Windows uses neither
    its addresses nor its routes. (tap-windows6, TAP_WIN_IOCTL_SET_MEDIA_STATUS)"""
    if sys.platform != "win32":
        raise NotImplementedError
    read_write, open_existing, of_system = 0xC0000000, 3, 4
    set_media_status = 0x22 << 16 | 6 << 2
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.CreateFileW.restype = ctypes.c_void_p
    device = kernel.CreateFileW(rf"\\.\Global\{adapter.guid}.tap", read_write, 0, None,
                                open_existing, of_system, None)
    if device is None or device == ctypes.c_void_p(-1).value:
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        on, count = ctypes.c_uint32(1), ctypes.c_uint32(0)
        if not kernel.DeviceIoControl(ctypes.c_void_p(device), set_media_status, ctypes.byref(on),
                                      4, ctypes.byref(on), 4, ctypes.byref(count), None):
            raise ctypes.WinError(ctypes.get_last_error())
        yield
    finally:
        kernel.CloseHandle(ctypes.c_void_p(device))
