# SPDX-License-Identifier: MIT
r"""The Windows registry. Keys are named HKLM\... or HKCU\...; the value name "" is the default."""
from __future__ import annotations

import struct
from typing import List, Sequence, Tuple, Union

from harness.bridge import Bridge, BridgeError

SZ, EXPAND_SZ, BINARY, DWORD, MULTI_SZ, QWORD = 1, 2, 3, 4, 7, 11

ERROR_FILE_NOT_FOUND = 2

Value = Union[str, int, List[str], bytes, None]


def _utf16(text: str) -> bytes:
    return (text + "\0").encode("utf-16-le")


def multi_string(items: Sequence[str]) -> bytes:
    """The bytes of a REG_MULTI_SZ."""
    return b"".join(map(_utf16, items)) + b"\0\0"


class Registry:
    """Values and keys."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def set_text(self, key: str, name: str, text: str, kind: int = SZ) -> None:
        """Set a string (REG_SZ or REG_EXPAND_SZ)."""
        self.set_raw(key, name, kind, _utf16(text))

    def set_number(self, key: str, name: str, number: int) -> None:
        """Set a REG_DWORD."""
        self.set_raw(key, name, DWORD, struct.pack("<I", number))

    def set_list(self, key: str, name: str, items: Sequence[str]) -> None:
        """Set a REG_MULTI_SZ."""
        self.set_raw(key, name, MULTI_SZ, multi_string(items))

    def set_raw(self, key: str, name: str, kind: int, data: bytes) -> None:
        """Set bytes of any type; the key is created if it is missing."""
        self._bridge.call("registry_set", key=key, name=name, type=kind, data=data.hex())

    def get_raw(self, key: str, name: str) -> Tuple[int, bytes]:
        """Type and bytes. Raises BridgeError."""
        result = self._bridge.call("registry_get", key=key, name=name)
        return result["type"], bytes.fromhex(result["data"])

    def get(self, key: str, name: str) -> Value:
        """A value as a Python object, or None when it or its key is missing."""
        try:
            kind, data = self.get_raw(key, name)
        except BridgeError as error:
            if error.code == ERROR_FILE_NOT_FOUND:
                return None
            raise
        if kind in (SZ, EXPAND_SZ):
            return data.decode("utf-16-le").rstrip("\0")
        if kind == MULTI_SZ:
            return [item for item in data.decode("utf-16-le").split("\0") if item]
        if kind in (DWORD, QWORD):
            return int.from_bytes(data, "little")
        return data

    def delete(self, key: str, name: str) -> None:
        """Delete a value if it exists."""
        self._if_there("registry_delete", key=key, name=name)

    def delete_tree(self, key: str) -> None:
        """Delete a key and everything below it, if it exists."""
        self._if_there("registry_delete_tree", key=key)

    def create(self, key: str) -> None:
        """Create a key if it is missing."""
        self._bridge.call("registry_create", key=key)

    def keys(self, key: str) -> List[str]:
        """Names of the sub-keys."""
        return list(self._bridge.call("registry_list", key=key)["keys"])

    def values(self, key: str) -> List[str]:
        """Names of the values."""
        return list(self._bridge.call("registry_list", key=key)["values"])

    def _if_there(self, operation: str, **arguments: object) -> None:
        try:
            self._bridge.call(operation, **arguments)
        except BridgeError as error:
            if error.code != ERROR_FILE_NOT_FOUND:
                raise
