# SPDX-License-Identifier: MIT
"""What the headers and resources of a Windows executable say (Microsoft, "PE Format")."""
from __future__ import annotations

import struct
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

#: Bits of DllCharacteristics.
HIGH_ENTROPY, DYNAMIC_BASE, NX_COMPATIBLE, TERMINAL_SERVER_AWARE = 0x20, 0x40, 0x100, 0x8000

CONSOLE = 3  #: of the subsystems
X86_64, I686 = 0x8664, 0x14C  #: of the machines
MESSAGES, VERSION, MANIFEST = 11, 16, 24  #: of the types of resources

_PE32_PLUS = 0x20B
_DLL = 0x2000  # of the header's characteristics
#: Of the data directories.
_EXPORTS, _IMPORTS, _RESOURCES, _LOAD_CONFIGURATION, _DELAYED_IMPORTS = 0, 1, 2, 10, 13
#: Where DependentLoadFlags is in the load configuration (winnt.h), of 64-bit and 32-bit programs.
_LOAD_FLAGS = {True: 78, False: 54}
_IMPORT_SIZE, _DELAYED_IMPORT_SIZE = 20, 32
_SYMBOL_SIZE, _SHORT_NAME = 18, 8
_SUBFOLDER = 0x80000000
#: Flags of LoadLibraryEx (libloaderapi.h): the second ones have Windows look beside the program,
#: too (DLL_LOAD_DIR, APPLICATION_DIR, DEFAULT_DIRS).
_SYSTEM32, _BESIDE_THE_PROGRAM = 0x800, 0x100 | 0x200 | 0x1000
_UNICODE = 1  # of the flags of a message


class Image:
    """An executable file."""

    def __init__(self, path: Path) -> None:
        self._bytes = path.read_bytes()
        header, = self._unpack("<I", 0x3C)
        if self._bytes[header:header + 4] != b"PE\0\0":
            raise ValueError(f"{path} is no executable")
        (self.machine, sections, self.timestamp, self._symbols, self._symbol_count, size,
         self._characteristics) = self._unpack("<HHIIIHH", header + 4)
        self._optional = header + 24
        self._sections = self._optional + size, sections
        self.is_64_bit = self._unpack("<H", self._optional)[0] == _PE32_PLUS

    @property
    def is_dll(self) -> bool:
        """A library, no program."""
        return bool(self._characteristics & _DLL)

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

    def imports(self) -> List[str]:
        """The libraries that it is linked to, as it writes their names; also those that it loads
        when it first calls them."""
        found = []
        for directory, size, name_at in ((_IMPORTS, _IMPORT_SIZE, 12),
                                         (_DELAYED_IMPORTS, _DELAYED_IMPORT_SIZE, 4)):
            if not self._has_directory(directory):
                continue
            row = self._directory(directory)
            while self._unpack("<I", row + name_at)[0]:
                found.append(self._text(self._offset(self._unpack("<I", row + name_at)[0])))
                row += size
        return found

    def delayed_imports(self) -> Dict[str, List[str]]:
        """By library: the functions that it looks up when it first calls them; "#7" for one with a
        number alone."""
        found: Dict[str, List[str]] = {}
        if not self._has_directory(_DELAYED_IMPORTS):
            return found
        row = self._directory(_DELAYED_IMPORTS)
        while self._unpack("<I", row + 4)[0]:
            name, names = self._unpack("<I8xI", row + 4)
            found[self._text(self._offset(name))] = list(self._imported_names(names))
            row += _DELAYED_IMPORT_SIZE
        return found

    def _imported_names(self, address: int) -> Iterator[str]:
        """Of a table of the names that are imported from a library."""
        form, size, by_number = ("<Q", 8, 1 << 63) if self.is_64_bit else ("<I", 4, 1 << 31)
        at = self._offset(address)
        while entry := self._unpack(form, at)[0]:
            if entry & by_number:
                yield f"#{entry & 0xFFFF}"
            else:
                yield self._text(self._offset(entry) + 2)
            at += size

    @property
    def load_flags_at(self) -> Optional[int]:
        """Where DependentLoadFlags, two bytes, lies in the file; None if it has none."""
        if not self._has_directory(_LOAD_CONFIGURATION):
            return None
        start, at = self._directory(_LOAD_CONFIGURATION), _LOAD_FLAGS[self.is_64_bit]
        return start + at if self._unpack("<I", start)[0] >= at + 2 else None

    @property
    def load_flags(self) -> int:
        """DependentLoadFlags: where Windows looks for the libraries that it is linked to, in flags
        of LoadLibraryEx; 0: as usual."""
        at = self.load_flags_at
        return 0 if at is None else int(self._unpack("<H", at)[0])

    @property
    def loads_from_system_only(self) -> bool:
        """Whether Windows gives it no library that lies beside it."""
        return bool(self.load_flags & _SYSTEM32) and not self.load_flags & _BESIDE_THE_PROGRAM

    def exports(self) -> List[str]:
        """The names of what it exports."""
        if not self._has_directory(_EXPORTS):
            return []
        count, names = self._unpack("<I4xI", self._directory(_EXPORTS) + 24)
        first = self._offset(names) if count else 0
        return [self._text(self._offset(self._unpack("<I", first + 4 * index)[0]))
                for index in range(count)]

    def symbols(self) -> List[str]:
        """The names in its table of symbols, which a debugger reads."""
        strings = self._symbols + _SYMBOL_SIZE * self._symbol_count
        found, index = [], 0
        while index < self._symbol_count:
            at = self._symbols + _SYMBOL_SIZE * index
            zeroes, offset = self._unpack("<II", at)
            name = self._bytes[at:at + _SHORT_NAME].rstrip(b"\0").decode("ascii", "replace")
            found.append(name if zeroes else self._text(strings + offset))
            index += 1 + self._bytes[at + _SYMBOL_SIZE - 1]  # what more there is about it
        return found

    def version(self) -> Dict[str, str]:
        """The strings of its version resource, and "" for the number in front of them. Raises
        LookupError."""
        start, size = self._first_resource(VERSION)
        found: Dict[str, str] = {}
        for name, value, fixed in self._blocks(start, start + size):
            if name == "VS_VERSION_INFO":
                high, low = fixed[8:12], fixed[12:16]
                found[""] = ".".join(str(number) for part in (high, low)
                                     for number in reversed(struct.unpack("<HH", part)))
            elif value:
                found[name] = value
        return found

    def _blocks(self, start: int, end: int) -> Iterator[Tuple[str, str, bytes]]:
        """All blocks of a version resource, those within others, too: name, text, bytes."""
        while start + 6 <= end:
            size, value_size, is_text = self._unpack("<HHH", start)
            name, at = self._wide_text(start + 6, start + size)
            at = start + (at - start + 3) // 4 * 4
            value_end = at + value_size * (2 if is_text else 1)
            value = self._bytes[at:value_end]
            yield name, value.decode("utf-16-le").rstrip("\0") if is_text else "", value
            within = start + (value_end - start + 3) // 4 * 4
            yield from self._blocks(within, start + size)
            start += (max(size, 6) + 3) // 4 * 4

    def _wide_text(self, start: int, end: int) -> Tuple[str, int]:
        """UTF-16 with a zero at its end, and where that ends."""
        at = start
        while at < end and self._bytes[at:at + 2] != b"\0\0":
            at += 2
        return self._bytes[start:at].decode("utf-16-le"), at + 2

    def _text(self, offset: int) -> str:
        """Bytes up to a zero."""
        return self._bytes[offset:self._bytes.index(b"\0", offset)].decode("ascii", "replace")

    def _has_directory(self, number: int) -> bool:
        """Whether there is anything in a data directory."""
        first = self._optional + (112 if self.is_64_bit else 96)
        return bool(self._unpack("<I", first + 8 * number)[0])

    def _first_resource(self, kind: int) -> Tuple[int, int]:
        """Of this type, which has one in one language: where it lies in the file, and its size."""
        if not self._has_directory(_RESOURCES):
            raise LookupError("no resources")
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
