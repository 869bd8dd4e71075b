# SPDX-License-Identifier: MIT
"""What the harness asks and tells Windows where Wine needs none of it: what earlier runs have left,
whether a program has loaded the fakes, and who may write to the fakes' registry."""
from __future__ import annotations

import ctypes
import re
import struct
import sys
from pathlib import Path, PureWindowsPath
from typing import Callable, Iterable, List, Optional

from harness.image import Image

#: Names that NativeRunner.claim_name() gives: the process that has claimed it is in them.
_CLAIMED = re.compile(r"gw\w*x([0-9a-f]+)")
_SERVICES = r"SYSTEM\CurrentControlSet\Services"
_KNOWN_LIBRARIES = r"SYSTEM\CurrentControlSet\Control\Session Manager\KnownDLLs"
SERVICE_PREFIX = "OpenVPNServiceInteractive$"

#: Under it, each folder of fakes has a key (registry/places.h in fakes/system).
STORE = r"MACHINE\SYSTEM\GatehouseFakes"
#: Full access for SYSTEM and administrators; users read and write.
STORE_SDDL = "D:P(A;OICI;KA;;;SY)(A;OICI;KA;;;BA)(A;OICI;KRKW;;;BU)"

_QUERY_PROCESS, _READ_MEMORY = 0x1000, 0x10
_STILL_ACTIVE = 259
_MOST_MODULES = 1024
_PATH = 32768
_REGISTRY_KEY, _ACCESS_LIST, _PROTECTED = 4, 4, 0x80000000


def claimed_name(preferred: str, process: int) -> str:
    """A name for the instances and folders of this process."""
    return f"{preferred}x{process:x}"


def leftovers(services: Iterable[str], folders: Iterable[str], is_alive: Callable[[int], bool]
              ) -> List[str]:
    """The claimed names among services and folders of C:\\gatehouse whose process has ended."""
    names = {name[len(SERVICE_PREFIX):] for name in services if name.startswith(SERVICE_PREFIX)}
    found = []
    for name in names | set(folders):
        claimed = _CLAIMED.fullmatch(name)
        if claimed and not is_alive(int(claimed[1], 16)):
            found.append(name)
    return sorted(found)


def fakes_not_loaded(image: str, library: str, loaded: Optional[str], known: Iterable[str],
                     load_flags: int) -> str:
    """Why a program runs without the fakes, as a sentence."""
    if loaded is None:
        return f"{image} runs without the fakes: it has not loaded any {library}"
    sentence = f"{image} runs without the fakes: it has loaded {loaded}"
    if library.lower() in (name.lower() for name in known):
        return f"{sentence}, because {library} is one of Windows' KnownDLLs"
    if load_flags:
        return (f"{sentence}; its DependentLoadFlags are {load_flags:#x} (0x800: libraries come "
                "from System32 only)")
    return f"{sentence}; {library} is no KnownDLL, and the program has no DependentLoadFlags"


def load_flags_of(program: Path) -> int:
    """DependentLoadFlags; 0 also for a file that can't be read."""
    try:
        return Image(program).load_flags
    except (OSError, ValueError, LookupError, struct.error):
        return 0


def is_in(path: str, folder: Path) -> bool:
    """Whether a path of Windows is that of a file in the folder itself."""
    return PureWindowsPath(path).parent == PureWindowsPath(folder)


if sys.platform == "win32":
    import winreg

    def service_names() -> List[str]:
        """All services that are installed."""
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _SERVICES) as key:
            return [winreg.EnumKey(key, number) for number in range(winreg.QueryInfoKey(key)[0])]

    def known_libraries() -> List[str]:
        """The file names of KnownDLLs: every program gets these from System32."""
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _KNOWN_LIBRARIES) as key:
            return [str(winreg.EnumValue(key, number)[1])
                    for number in range(winreg.QueryInfoKey(key)[1])]

    def is_alive(process: int) -> bool:
        """Whether there is such a process."""
        kernel = _kernel()
        handle = kernel.OpenProcess(_QUERY_PROCESS, False, process)
        if not handle:
            return False
        try:
            code = ctypes.c_ulong()
            return bool(kernel.GetExitCodeProcess(handle, ctypes.byref(code))
                        and code.value == _STILL_ACTIVE)
        finally:
            kernel.CloseHandle(handle)

    def loaded_library(process: int, library: str) -> Optional[str]:
        """The path of a library that a process has loaded; None if it has not. Raises OSError."""
        kernel = _kernel()
        handle = kernel.OpenProcess(_QUERY_PROCESS | _READ_MEMORY, False, process)
        if not handle:
            raise ctypes.WinError(ctypes.get_last_error())
        try:
            modules, needed = (ctypes.c_void_p * _MOST_MODULES)(), ctypes.c_ulong()
            if not kernel.K32EnumProcessModules(handle, modules, ctypes.sizeof(modules),
                                                ctypes.byref(needed)):
                raise ctypes.WinError(ctypes.get_last_error())
            path = ctypes.create_unicode_buffer(_PATH)
            count = min(needed.value // ctypes.sizeof(ctypes.c_void_p), _MOST_MODULES)
            for module in modules[:count]:
                if kernel.K32GetModuleFileNameExW(handle, module, path, _PATH) and (
                        PureWindowsPath(path.value).name.lower() == library.lower()):
                    return path.value
            return None
        finally:
            kernel.CloseHandle(handle)

    def let_users_write_store() -> None:
        """Programs of users, which openvpn.exe starts, write the fakes' registry. Raises
        OSError."""
        rights = ctypes.WinDLL("advapi32", use_last_error=True)
        rights.GetSecurityDescriptorDacl.argtypes = [ctypes.c_void_p] * 4
        rights.SetNamedSecurityInfoW.argtypes = [
            ctypes.c_wchar_p, ctypes.c_int, ctypes.c_ulong, *[ctypes.c_void_p] * 4]
        winreg.CloseKey(winreg.CreateKey(winreg.HKEY_LOCAL_MACHINE, STORE.partition("\\")[2]))
        descriptor, access = ctypes.c_void_p(), ctypes.c_void_p()
        present, default = ctypes.c_int(), ctypes.c_int()
        if not rights.ConvertStringSecurityDescriptorToSecurityDescriptorW(
                STORE_SDDL, 1, ctypes.byref(descriptor), None):
            raise ctypes.WinError(ctypes.get_last_error())
        try:
            if not rights.GetSecurityDescriptorDacl(
                    descriptor, ctypes.byref(present), ctypes.byref(access),
                    ctypes.byref(default)):
                raise ctypes.WinError(ctypes.get_last_error())
            error = rights.SetNamedSecurityInfoW(
                STORE, _REGISTRY_KEY, _ACCESS_LIST | _PROTECTED, None, None, access, None)
            if error:
                raise ctypes.WinError(error)
        finally:
            kernel = _kernel()
            kernel.LocalFree(descriptor)

    def _kernel() -> ctypes.WinDLL:
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.OpenProcess.restype = ctypes.c_void_p
        kernel.LocalFree.argtypes = kernel.CloseHandle.argtypes = [ctypes.c_void_p]
        kernel.GetExitCodeProcess.argtypes = [ctypes.c_void_p] * 2
        kernel.K32EnumProcessModules.argtypes = [
            ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p]
        kernel.K32GetModuleFileNameExW.argtypes = [
            ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong]
        return kernel
else:
    def service_names() -> List[str]:
        """All services that are installed."""
        raise NotImplementedError("Windows alone")

    def known_libraries() -> List[str]:
        """The file names of KnownDLLs."""
        raise NotImplementedError("Windows alone")

    def is_alive(process: int) -> bool:
        """Whether there is such a process."""
        raise NotImplementedError("Windows alone")

    def loaded_library(process: int, library: str) -> Optional[str]:
        """The path of a library that a process has loaded."""
        raise NotImplementedError("Windows alone")

    def let_users_write_store() -> None:
        """Programs of users write the fakes' registry."""
        raise NotImplementedError("Windows alone")
