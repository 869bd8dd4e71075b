# SPDX-License-Identifier: MIT
"""What the headers and resources of a Windows executable say (Microsoft, "PE Format")."""
from __future__ import annotations

import struct
from pathlib import Path
from typing import Dict, Iterator, Tuple

#: Bits of DllCharacteristics.
HIGH_ENTROPY, DYNAMIC_BASE, NX_COMPATIBLE, TERMINAL_SERVER_AWARE = 0x20, 0x40, 0x100, 0x8000

CONSOLE = 3  #: of the subsystems
MESSAGES, MANIFEST = 11, 24  #: of the types of resources

_PE32_PLUS = 0x20B
_RESOURCES = 2  # of the data directories
_SUBFOLDER = 0x80000000
_UNICODE = 1  # of the flags of a message


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
        """The text of its manifest. Raises LookupError."""
        start, size = self._first_resource(MANIFEST)
        return self._bytes[start:start + size].decode("utf-8")

    def messages(self) -> Dict[int, str]:
        """Its message table: texts by their ids. Raises LookupError."""
        start, _ = self._first_resource(MESSAGES)
        found: Dict[int, str] = {}
        for block in range(self._unpack("<I", start)[0]):
            low, high, offset = self._unpack("<III", start + 4 + 12 * block)
            at = start + offset
            for number in range(low, high + 1):
                length, flags = self._unpack("<HH", at)
                text = self._bytes[at + 4:at + length]
                found[number] = text.decode("utf-16-le" if flags & _UNICODE else "cp1252"
                                            ).rstrip("\0")
                at += length
        return found

    def _first_resource(self, kind: int) -> Tuple[int, int]:
        """Of this type, which has one in one language: where it lies in the file, and its size."""
        root = self._directory(_RESOURCES)
        for found, names in self._entries(root, 0):
            if found == kind:
                (_, languages), = [row for row in self._entries(root, names) if row[0] == 1]
                (_, data), = self._entries(root, languages)
                address, size = self._unpack("<II", root + data)
                return self._offset(address), size
        raise LookupError(f"no resource of type {kind}")

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
