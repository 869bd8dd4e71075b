# SPDX-License-Identifier: MIT
"""What a Windows machine is and has. Runs on Windows alone; changes nothing that outlives it."""
from __future__ import annotations

import ctypes
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import winreg
from ctypes import wintypes
from pathlib import Path
from typing import Any, Dict, List, Union

from libraries import exported_names

#: Seconds for a program that only looks.
_LOOK = 60.0
_BREAKAWAY, _NO_WINDOW = 0x01000000, 0x08000000
_SYSTEM = Path(os.environ.get("SystemRoot", r"C:\Windows")) / "System32"
_SERVICES = ("BFE", "Dnscache", "mpssvc", "Dhcp", "seclogon", "LanmanServer")


def _output(*command: str) -> str:
    """What a program prints; its complaint, if it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
                          timeout=_LOOK, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} exited with {done.returncode}: {done.stdout.strip()}")
    return done.stdout.strip()


def _lines(*command: str) -> List[str]:
    return [line.strip() for line in _output(*command).splitlines() if line.strip()]


def _powershell(script: str) -> Any:
    """The objects that a script gives, as JSON has them."""
    text = _output("powershell.exe", "-NoProfile", "-NonInteractive", "-Command",
                   f"{script} | ConvertTo-Json -Compress -Depth 3")
    return json.loads(text) if text else None


def _values(path: str) -> Dict[str, Union[int, str]]:
    """The values of a key below HKEY_LOCAL_MACHINE."""
    found: Dict[str, Union[int, str]] = {}
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
        for i in range(winreg.QueryInfoKey(key)[1]):
            name, value, _ = winreg.EnumValue(key, i)
            found[name] = value if isinstance(value, int) else str(value)
    return found


def windows() -> Dict[str, Any]:
    """Edition and build."""
    values = _values(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion")
    wanted = ("ProductName", "EditionID", "DisplayVersion", "CurrentBuild", "UBR")
    return {name: values.get(name) for name in wanted}


class _MemoryStatus(ctypes.Structure):
    _fields_ = [("length", wintypes.DWORD), ("load", wintypes.DWORD),
                ("total", ctypes.c_uint64), ("available", ctypes.c_uint64),
                ("others", ctypes.c_uint64 * 5)]


def size() -> Dict[str, Any]:
    """Processors, memory and disk."""
    memory = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    ctypes.WinDLL("kernel32").GlobalMemoryStatusEx(ctypes.byref(memory))
    folders = {"temporary": tempfile.gettempdir(), "here": os.getcwd()}
    return {"processors": os.cpu_count(), "memory MiB": memory.total >> 20,
            "free MiB": {f"{name}: {folder}": shutil.disk_usage(folder).free >> 20
                         for name, folder in folders.items()}}


def boot() -> Dict[str, Any]:
    """Whether test-signed drivers load."""
    state = r"SYSTEM\CurrentControlSet\Control\SecureBoot\State"
    try:
        secure: object = _values(state).get("UEFISecureBootEnabled")
    except OSError as error:
        secure = str(error)
    return {"secure boot": secure, "bcdedit": _lines("bcdedit.exe", "/enum", "{current}")}


def identity() -> Dict[str, List[str]]:
    """Groups and privileges of this process."""
    return {"groups": _lines("whoami.exe", "/groups", "/fo", "csv", "/nh"),
            "privileges": _lines("whoami.exe", "/priv", "/fo", "csv", "/nh")}


def _object_name(user32: Any, handle: int) -> str:
    name, needed = ctypes.create_unicode_buffer(256), wintypes.DWORD()
    user32.GetUserObjectInformationW(wintypes.HANDLE(handle), 2, name, ctypes.sizeof(name),
                                     ctypes.byref(needed))
    return name.value


def session() -> Dict[str, Union[int, str]]:
    """In which session this runs, with which window station and desktop."""
    kernel, user32 = ctypes.WinDLL("kernel32"), ctypes.WinDLL("user32")
    user32.GetProcessWindowStation.restype = wintypes.HANDLE
    user32.GetThreadDesktop.restype = wintypes.HANDLE
    own = wintypes.DWORD()
    kernel.ProcessIdToSessionId(os.getpid(), ctypes.byref(own))
    desktop = user32.GetThreadDesktop(kernel.GetCurrentThreadId())
    return {"own": own.value, "console": kernel.WTSGetActiveConsoleSessionId(),
            "window station": _object_name(user32, user32.GetProcessWindowStation()),
            "desktop": _object_name(user32, desktop)}


def job() -> Dict[str, Any]:
    """Whether this process is in a job, and may start others outside it."""
    inside = wintypes.BOOL()
    kernel = ctypes.WinDLL("kernel32")
    kernel.GetCurrentProcess.restype = wintypes.HANDLE
    kernel.IsProcessInJob(wintypes.HANDLE(kernel.GetCurrentProcess()), None, ctypes.byref(inside))
    try:
        subprocess.run(["cmd.exe", "/c", "exit"], creationflags=_BREAKAWAY | _NO_WINDOW,
                       timeout=_LOOK, check=True)
        code = 0
    except OSError as error:
        code = error.winerror or -1
    return {"in a job": bool(inside.value), "code of a process outside it": code}


def process_times() -> Dict[str, float]:
    """Milliseconds from CreateProcess to the end of a program that does nothing."""
    times = []
    for _ in range(20):
        began = time.perf_counter()
        subprocess.run(["cmd.exe", "/c", "exit"], creationflags=_NO_WINDOW, timeout=_LOOK,
                       check=True)
        times.append(1000 * (time.perf_counter() - began))
    return {"median": round(statistics.median(times), 1), "longest": round(max(times), 1)}


def services() -> Any:
    """The services that this project needs or meets."""
    return _powershell(f"Get-Service {','.join(_SERVICES)} -ErrorAction SilentlyContinue | "
                       "ForEach-Object { @{name=$_.Name; status=\"$($_.Status)\"; "
                       "start=\"$($_.StartType)\"} }")


def service_manager() -> Dict[str, Any]:
    """How long the service manager waits for a service's first sign of life: milliseconds, if that
    has been set."""
    return {name: value for name, value in _values(r"SYSTEM\CurrentControlSet\Control").items()
            if name in ("ServicesPipeTimeout", "WaitToKillServiceTimeout")}


def tools() -> Dict[str, Any]:
    """Programs that jobs use, or that old clients name."""
    names = ("python", "pwsh", "git", "cmake", "ninja", "gcc", "makensis", "candle", "signtool",
             "wmic", "pnputil", "devcon", "netsh")
    return {"python": sys.version, "paths": {name: shutil.which(name) for name in names}}


def adapters() -> Any:
    """Network adapters; and the drivers for one without hardware."""
    found = _powershell("Get-NetAdapter -IncludeHidden | ForEach-Object { @{name=$_.Name; "
                        "description=$_.InterfaceDescription; status=\"$($_.Status)\"; "
                        "index=$_.ifIndex} }")
    loopback = _SYSTEM.parent / "INF" / "netloop.inf"
    return {"adapters": found, "netloop.inf": loopback.exists()}


def defender() -> Any:
    """What the virus scanner looks at."""
    return _powershell("Get-MpComputerStatus | ForEach-Object { @{"
                       "realtime=$_.RealTimeProtectionEnabled; "
                       "network=$_.NISEnabled} }")


def known_libraries() -> Dict[str, Union[int, str]]:
    """The libraries that every program gets from System32, whatever is in its own folder."""
    return _values(r"SYSTEM\CurrentControlSet\Control\Session Manager\KnownDLLs")


def exports() -> Dict[str, List[str]]:
    """What the libraries export that the fakes stand in for: a fake that lacks a name keeps
    programs from starting."""
    return {name: exported_names(_SYSTEM / name)
            for name in ("iphlpapi.dll", "fwpuclnt.dll", "dnsapi.dll")}


def _modules(process_id: int) -> List[str]:
    found = _powershell(f"(Get-Process -Id {process_id}).Modules | "
                        "ForEach-Object { $_.FileName }")
    return [found] if isinstance(found, str) else list(found or [])


def library_of_the_own_folder() -> Dict[str, Any]:
    """Whether a program loads iphlpapi.dll from its own folder: a copy of netsh.exe beside a copy
    of that library, while netsh waits for its input."""
    loaded: List[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("netsh.exe", "iphlpapi.dll"):
            shutil.copy(_SYSTEM / name, folder)
        with subprocess.Popen([str(Path(folder) / "netsh.exe")], stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT,
                              creationflags=_NO_WINDOW) as netsh:
            try:
                deadline = time.monotonic() + 10
                while not loaded and time.monotonic() < deadline:
                    loaded = [path for path in _modules(netsh.pid)
                              if path.lower().endswith("\\iphlpapi.dll")]
            finally:
                netsh.kill()
    return {"folder": folder, "loaded": loaded}


def unknown_interface() -> Dict[str, int]:
    """The codes for a LUID that no interface has."""
    library = ctypes.WinDLL("iphlpapi")
    luid, identifier = ctypes.c_uint64(0x0006_00FF_FF00_0000), ctypes.create_string_buffer(16)
    index = wintypes.DWORD()
    return {
        "ConvertInterfaceLuidToGuid":
            library.ConvertInterfaceLuidToGuid(ctypes.byref(luid), identifier),
        "ConvertInterfaceLuidToIndex":
            library.ConvertInterfaceLuidToIndex(ctypes.byref(luid), ctypes.byref(index)),
    }
