# SPDX-License-Identifier: MIT
"""Functions of Windows for Python code that calls them by ctypes, on a system that has none.

A call is checked as Windows takes it: the number of arguments, and for each that a pointer is given
as one, because ctypes cuts a plain number to 32 bits. So is a pointer that is returned, unless the
function's restype says what it is. PROTOTYPES is held to the headers of MinGW by
test_hardware_calls.py."""
from __future__ import annotations

import ctypes
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest

#: For each library its functions: what they return, and their parameters. d: a number of 32 bits or
#: fewer, s: of the size of a pointer, p: a pointer or a handle, w: a text of UTF-16.
PROTOTYPES: Dict[str, Dict[str, str]] = {
    "kernel32": {
        "CloseHandle": "d:p", "CreateFileW": "p:wddpddp", "CreateProcessW": "d:wwppddpwpp",
        "DeviceIoControl": "d:pdpdpdpp", "GetExitCodeProcess": "d:pp",
        "GetShortPathNameW": "d:wpd", "GetStdHandle": "p:d",
        "InitializeProcThreadAttributeList": "d:pddp", "OpenProcess": "p:ddd",
        "SetHandleInformation": "d:pdd", "UpdateProcThreadAttribute": "d:pdspspp",
        "WaitForSingleObject": "d:pd",
    },
    "advapi32": {
        "ConvertSecurityDescriptorToStringSecurityDescriptorW": "d:pddpp",
        "CreateProcessWithLogonW": "d:wwwdwwdpwpp", "GetSecurityInfo": "d:pddppppp",
    },
    "dnsapi": {"DnsFree": "d:pd", "DnsQuery_W": "d:wddppp"},
    "fwpuclnt": {
        "FwpmEngineOpen0": "d:wdppp", "FwpmEngineClose0": "d:p", "FwpmProviderAdd0": "d:ppp",
        "FwpmProviderGetByKey0": "d:ppp", "FwpmSubLayerAdd0": "d:ppp",
        "FwpmSubLayerGetByKey0": "d:ppp", "FwpmFilterAdd0": "d:pppp",
        "FwpmFilterCreateEnumHandle0": "d:ppp", "FwpmFilterEnum0": "d:ppdpp",
        "FwpmFilterDestroyEnumHandle0": "d:pp", "FwpmTransactionBegin0": "d:pd",
        "FwpmTransactionAbort0": "d:p", "FwpmFreeMemory0": "d:p",
    },
    "iphlpapi": {
        "CancelMibChangeNotify2": "d:p", "ConvertInterfaceLuidToGuid": "d:pp",
        "NotifyRouteChange2": "d:dppdp",
    },
    "shell32": {"IsUserAnAdmin": "d:"},
    "userenv": {
        "CreateAppContainerProfile": "d:wwwpdp", "DeleteAppContainerProfile": "d:w",
        "DeriveAppContainerSidFromAppContainerName": "d:wp",
    },
}

#: A handle that has more than 32 bits, as Windows' handles never have: cut, it is another one.
HANDLE = 0x7_0000_0010

_BYREF = type(ctypes.byref(ctypes.c_int()))
_CALLBACK = ctypes.CFUNCTYPE(None).__mro__[1]
_POINTERS = (ctypes.c_void_p, ctypes.Array, ctypes._Pointer, _CALLBACK, _BYREF)
_NUMBERS = (int, ctypes.c_int32, ctypes.c_uint32)

Handler = Callable[..., int]


def _fits(kind: str, value: object) -> bool:
    if kind == "d":
        return isinstance(value, _NUMBERS)
    if kind == "s":
        return isinstance(value, ctypes.c_size_t)
    if value is None:
        return True
    if kind == "w":
        return isinstance(value, (str, ctypes.c_wchar_p, ctypes.Array))
    return isinstance(value, _POINTERS)


def plain(value: Any) -> Any:
    """What a handler wants to know of an argument."""
    if isinstance(value, _BYREF):
        return getattr(value, "_obj")
    if isinstance(value, (ctypes.c_void_p, ctypes.c_wchar_p, ctypes.c_uint32, ctypes.c_size_t)):
        return value.value
    return value


class Function:
    """One of them."""

    def __init__(self, name: str, prototype: str, windows: "Windows") -> None:
        self.restype: object = ctypes.c_int
        self._name = name
        self._returns, self._parameters = prototype.split(":")
        self._windows = windows

    def __call__(self, *arguments: Any) -> Optional[int]:
        assert len(arguments) == len(self._parameters), f"{self._name}: {len(arguments)} arguments"
        for i, (kind, value) in enumerate(zip(self._parameters, arguments)):
            assert _fits(kind, value), f"{self._name}: argument {i + 1} is {value!r}"
        result = self._windows.take(self._name, [plain(value) for value in arguments])
        if self._returns == "p" and self.restype is not ctypes.c_void_p:
            return result & 0xFFFFFFFF
        return result


class Library:
    """What ctypes.WinDLL() gives."""

    def __init__(self, name: str, windows: "Windows") -> None:
        self._functions = {function: Function(function, prototype, windows)
                           for function, prototype in PROTOTYPES[name].items()}

    def __getattr__(self, name: str) -> Function:
        return self._functions[name]


class Windows:
    """All libraries, and what was called, oldest first."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: List[Tuple[str, List[Any]]] = []
        self.error = 0
        self._handlers: Dict[str, Handler] = {}
        monkeypatch.setattr("sys.platform", "win32")
        for name, stub in (("WinDLL", self._load), ("get_last_error", lambda: self.error),
                           ("WinError", self._os_error), ("WINFUNCTYPE", ctypes.CFUNCTYPE)):
            monkeypatch.setattr(ctypes, name, stub, raising=False)

    def on(self, function: str, handler: Handler) -> None:
        """What a function does, with the values of its arguments; without that it succeeds."""
        self._handlers[function] = handler

    def fail(self, function: str, error: int, result: int = 0) -> None:
        """The function fails with this error."""
        def handler(*_: Any) -> int:
            self.error = error
            return result

        self.on(function, handler)

    def take(self, function: str, arguments: List[Any]) -> int:
        """A call."""
        self.calls.append((function, arguments))
        handler = self._handlers.get(function)
        if handler:
            return handler(*arguments)
        returns_error = any(function in PROTOTYPES[name] for name in (
            "fwpuclnt", "iphlpapi", "userenv", "dnsapi")) or function in (
                "GetSecurityInfo", "WaitForSingleObject")
        return 0 if returns_error else 1

    def called(self, function: str) -> List[List[Any]]:
        """The arguments of each call."""
        return [arguments for name, arguments in self.calls if name == function]

    def _load(self, name: str, use_last_error: bool = False) -> Library:
        return Library(name, self)

    @staticmethod
    def _os_error(code: int = 0) -> OSError:
        return OSError(code, f"error {code} of Windows")
