# SPDX-License-Identifier: MIT
"""What the headers and resources of a Windows executable say (Microsoft, "PE Format")."""
from __future__ import annotations

import struct
from pathlib import Path
from typing import Iterator, Tuple

#: Bits of DllCharacteristics.
HIGH_ENTROPY, DYNAMIC_BASE, NX_COMPATIBLE, TERMINAL_SERVER_AWARE = 0x20, 0x40, 0x100, 0x8000

CONSOLE = 3  #: of the subsystems
MANIFEST = 24  #: of the types of resources

_PE32_PLUS = 0x20B
_RESOURCES = 2  # of the data directories
_SUBFOLDER = 0x80000000


class Image:
    """An executable file."""

    def __init__(self, path: Path) -> None:
        self._bytes = path.read_bytes()
        header, = self._unpack("<I", 0x3C)
        if self._bytes[header:header + 4] != b"PE\0\0":
            raise ValueError(f"{path} is no executable")
        sections, size = self._unpack("<2xH12xH", header + 4)
        self._optional = header + 24
        self._sections = self._optional + size, sections
        self.is_64_bit = self._unpack("<H", self._optional)[0] == _PE32_PLUS

    @property
    def system_version(self) -> Tuple[int, int]:
        """The oldest Windows that starts it: major, minor version of the subsystem."""
        major, minor = self._unpack("<HH", self._optional + 48)
        return major, minor

    @property
    def subsystem(self) -> int:
        """Console, windows, ..."""
        return int(self._unpack("<H", self._optional + 68)[0])

    @property
    def characteristics(self) -> int:
        """DllCharacteristics."""
        return int(self._unpack("<H", self._optional + 70)[0])

    def manifest(self) -> str:
        """The text of its manifest, the resource 1. Raises LookupError."""
        root = self._directory(_RESOURCES)
        for kind, names in self._entries(root, 0):
            if kind == MANIFEST:
                (_, languages), = [row for row in self._entries(root, names) if row[0] == 1]
                (_, data), = self._entries(root, languages)
                address, size = self._unpack("<II", root + data)
                start = self._offset(address)
                return self._bytes[start:start + size].decode("utf-8")
        raise LookupError("no manifest")

    def _entries(self, root: int, table: int) -> Iterator[Tuple[int, int]]:
        """Of a table of resources: name or id, and the offset of what it stands for."""
        named, numbered = self._unpack("<12xHH", root + table)
        for index in range(named + numbered):
            name, offset = self._unpack("<II", root + table + 16 + 8 * index)
            yield name, offset & ~_SUBFOLDER

    def _directory(self, number: int) -> int:
        """Where a data directory lies in the file."""
        first = self._optional + (112 if self.is_64_bit else 96)
        return self._offset(self._unpack("<I", first + 8 * number)[0])

    def _offset(self, address: int) -> int:
        """Where an address of the loaded image lies in the file."""
        first, count = self._sections
        for index in range(count):
            _, start, size, offset = self._unpack("<4I", first + 40 * index + 8)
            if start <= address < start + size:
                return int(offset + address - start)
        raise LookupError(f"no section holds {address:#x}")

    def _unpack(self, form: str, offset: int) -> Tuple[int, ...]:
        return struct.unpack_from(form, self._bytes, offset)
