# SPDX-License-Identifier: MIT
"""The filtering platform's own functions, for a program that is not the service. What it adds ends
with the handle: its sessions are dynamic, unless a test wants to know what is refused.

Structures and values: fwpmtypes.h, fwptypes.h and fwpmu.h of the Windows SDK."""
from __future__ import annotations

import ctypes
import sys
import uuid
from typing import Any, List, Optional

AUTHENTICATION = 10  #: RPC_C_AUTHN_WINNT
DYNAMIC = 1
PERSISTENT, BOOT = 1, 2
EMPTY, BLOCK = 0, 0x1001
INCLUDE_BOOT, INCLUDE_DISABLED = 8, 0x10
FIRST_PAGE = 100000

#: Errors that tests ask for.
TIMEOUT, INVALID_FLAGS, NOT_REGISTERED = 0x80320012, 0x8032001E, 1753

CONNECT_V4 = uuid.UUID("c38d57d1-05a7-4c33-904f-7fbceee60e82")


class Guid(ctypes.Structure):
    """GUID."""

    _fields_ = [("bytes", ctypes.c_ubyte * 16)]

    @classmethod
    def of(cls, value: uuid.UUID) -> "Guid":
        """The same, as Windows lays it out."""
        return cls.from_buffer_copy(value.bytes_le)

    def value(self) -> uuid.UUID:
        """The other way round."""
        return uuid.UUID(bytes_le=bytes(self.bytes))


class _DisplayData(ctypes.Structure):
    _fields_ = [("name", ctypes.c_wchar_p), ("description", ctypes.c_wchar_p)]


class _Blob(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("data", ctypes.c_void_p)]


class _Value(ctypes.Structure):
    _fields_ = [("type", ctypes.c_uint32), ("value", ctypes.c_uint64)]


class Session(ctypes.Structure):
    """FWPM_SESSION0."""

    _fields_ = [("key", Guid), ("display", _DisplayData), ("flags", ctypes.c_uint32),
                ("milliseconds", ctypes.c_uint32), ("process", ctypes.c_uint32),
                ("sid", ctypes.c_void_p), ("user", ctypes.c_wchar_p),
                ("kernel", ctypes.c_int32)]


class Provider(ctypes.Structure):
    """FWPM_PROVIDER0."""

    _fields_ = [("key", Guid), ("display", _DisplayData), ("flags", ctypes.c_uint32),
                ("data", _Blob), ("service", ctypes.c_wchar_p)]


class Sublayer(ctypes.Structure):
    """FWPM_SUBLAYER0."""

    _fields_ = [("key", Guid), ("display", _DisplayData), ("flags", ctypes.c_uint32),
                ("provider", ctypes.c_void_p), ("data", _Blob), ("weight", ctypes.c_uint16)]


class _Action(ctypes.Structure):
    _fields_ = [("type", ctypes.c_uint32), ("callout", Guid)]


class Filter(ctypes.Structure):
    """FWPM_FILTER0."""

    _fields_ = [("key", Guid), ("display", _DisplayData), ("flags", ctypes.c_uint32),
                ("provider", ctypes.c_void_p), ("data", _Blob), ("layer", Guid),
                ("sublayer", Guid), ("weight", _Value), ("condition_count", ctypes.c_uint32),
                ("conditions", ctypes.c_void_p), ("action", _Action),
                ("context", ctypes.c_uint64 * 2), ("reserved", ctypes.c_void_p),
                ("id", ctypes.c_uint64), ("effective_weight", _Value)]


class Template(ctypes.Structure):
    """FWPM_FILTER_ENUM_TEMPLATE0."""

    _fields_ = [("provider", ctypes.c_void_p), ("layer", Guid), ("type", ctypes.c_uint32),
                ("flags", ctypes.c_uint32), ("provider_template", ctypes.c_void_p),
                ("condition_count", ctypes.c_uint32), ("conditions", ctypes.c_void_p),
                ("action_mask", ctypes.c_uint32), ("callout", ctypes.c_void_p)]


class PlatformError(Exception):
    """A function has failed with this code."""

    def __init__(self, function: str, code: int) -> None:
        super().__init__(f"{function}: {code:#x}")
        self.code = code


class Engine:
    """A session, as long as the `with` lasts."""

    _library: Any
    _handle: ctypes.c_void_p

    def __init__(self, *, is_dynamic: bool = True) -> None:
        if sys.platform != "win32":
            raise NotImplementedError
        self._library = ctypes.WinDLL("fwpuclnt")
        self._handle = ctypes.c_void_p()
        session = Session(flags=DYNAMIC if is_dynamic else 0)
        session.display.name = "Gatehouse hardware test"
        self.call("FwpmEngineOpen0", None, AUTHENTICATION, None, ctypes.byref(session),
                  ctypes.byref(self._handle), engine=False)

    def call(self, function: str, *arguments: Any, engine: bool = True) -> None:
        """Raises PlatformError."""
        first = (self._handle,) if engine else ()
        code = getattr(self._library, function)(*first, *arguments) & 0xFFFFFFFF
        if code:
            raise PlatformError(function, code)

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.call("FwpmEngineClose0")

    def add_provider(self, data: bytes) -> uuid.UUID:
        """A provider with data of its own, and its key."""
        content = (ctypes.c_ubyte * len(data)).from_buffer_copy(data)
        made = uuid.uuid4()
        provider = Provider(key=Guid.of(made), data=_Blob(len(data), ctypes.addressof(content)))
        provider.display.name = "Gatehouse hardware test"
        self.call("FwpmProviderAdd0", ctypes.byref(provider), None)
        return made

    def provider_data(self, key: uuid.UUID) -> bytes:
        """What the platform has kept of it."""
        found = ctypes.POINTER(Provider)()
        self.call("FwpmProviderGetByKey0", ctypes.byref(Guid.of(key)), ctypes.byref(found))
        try:
            blob = found.contents.data
            return ctypes.string_at(blob.data, blob.size)
        finally:
            self._free(found)

    def add_sublayer(self, weight: int) -> uuid.UUID:
        """A sublayer that asks for this weight, and its key."""
        made = uuid.uuid4()
        sublayer = Sublayer(key=Guid.of(made), weight=weight)
        sublayer.display.name = "Gatehouse hardware test"
        self.call("FwpmSubLayerAdd0", ctypes.byref(sublayer), None)
        return made

    def sublayer_weight(self, key: uuid.UUID) -> int:
        """The weight that it has."""
        found = ctypes.POINTER(Sublayer)()
        self.call("FwpmSubLayerGetByKey0", ctypes.byref(Guid.of(key)), ctypes.byref(found))
        try:
            return int(found.contents.weight)
        finally:
            self._free(found)

    def add_filter(self, sublayer: uuid.UUID, flags: int) -> None:
        """A filter that blocks everything of a layer: only within a transaction that is
        aborted."""
        row = Filter(key=Guid.of(uuid.uuid4()), flags=flags, layer=Guid.of(CONNECT_V4),
                     sublayer=Guid.of(sublayer), weight=_Value(EMPTY, 0),
                     action=_Action(BLOCK, Guid()))
        row.display.name = "Gatehouse hardware test"
        self.call("FwpmFilterAdd0", ctypes.byref(row), None, None)

    def filter_keys(self, layer: Optional[uuid.UUID] = None, flags: int = 0) -> List[str]:
        """The keys of a list, as netsh writes them: of all filters without a template, or of a
        layer with one that has these flags."""
        template = Template(flags=flags, action_mask=0xFFFFFFFF)
        if layer:
            template.layer = Guid.of(layer)
        listing, count = ctypes.c_void_p(), ctypes.c_uint32()
        rows = ctypes.POINTER(ctypes.POINTER(Filter))()
        self.call("FwpmFilterCreateEnumHandle0", ctypes.byref(template) if layer else None,
                  ctypes.byref(listing))
        self.call("FwpmFilterEnum0", listing, FIRST_PAGE, ctypes.byref(rows), ctypes.byref(count))
        try:
            return [f"{{{rows[i].contents.key.value()}}}" for i in range(count.value)]
        finally:
            self._free(rows)
            self.call("FwpmFilterDestroyEnumHandle0", listing)

    def begin(self) -> None:
        """Open a transaction: nobody else can change anything until abort()."""
        self.call("FwpmTransactionBegin0", 0)

    def abort(self) -> None:
        """End it."""
        self.call("FwpmTransactionAbort0")

    def _free(self, memory: Any) -> None:
        self._library.FwpmFreeMemory0(ctypes.byref(memory))
