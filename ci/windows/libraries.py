# SPDX-License-Identifier: MIT
"""What a Windows library exports, read from its file."""
from __future__ import annotations

import struct
from pathlib import Path
from typing import Iterator, List, Tuple

_EXPORTS = 0
_PE32_PLUS = 0x20B


class NotALibrary(Exception):
    """The file is no PE image, or is cut short."""


class _Image:
    """A PE file; addresses are those that it has once it is loaded, relative to its beginning."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        header = self._number("<I", 0x3C)
        if content[:2] != b"MZ" or content[header:header + 4] != b"PE\0\0":
            raise NotALibrary("no PE header")
        count, optional_size = self._number("<H", header + 6), self._number("<H", header + 20)
        optional = header + 24
        wide = self._number("<H", optional) == _PE32_PLUS
        self._directories = optional + (112 if wide else 96)
        self._sections = [self._section(optional + optional_size + 40 * i) for i in range(count)]

    def _number(self, form: str, at: int) -> int:
        try:
            return int(struct.unpack_from(form, self._content, at)[0])
        except struct.error as error:
            raise NotALibrary(f"cut short at {at}") from error

    def _section(self, at: int) -> Tuple[int, int, int]:
        """Address, size, and place in the file."""
        return (self._number("<I", at + 12), self._number("<I", at + 16),
                self._number("<I", at + 20))

    def _place(self, address: int) -> int:
        for start, size, place in self._sections:
            if start <= address < start + size:
                return address - start + place
        raise NotALibrary(f"no section holds address {address:#x}")

    def number_at(self, address: int) -> int:
        """Four bytes."""
        return self._number("<I", self._place(address))

    def text_at(self, address: int) -> str:
        """Up to the next zero byte."""
        place = self._place(address)
        return self._content[place:self._content.index(b"\0", place)].decode("ascii")

    def directory(self, number: int) -> int:
        """The address of a data directory, 0 for none."""
        return self._number("<I", self._directories + 8 * number)


def _names(image: _Image, table: int) -> Iterator[str]:
    for i in range(image.number_at(table + 24)):
        yield image.text_at(image.number_at(image.number_at(table + 32) + 4 * i))


def exported_names(library: Path) -> List[str]:
    """The names that a library exports, sorted; functions that have a number alone are not among
    them."""
    image = _Image(library.read_bytes())
    table = image.directory(_EXPORTS)
    return sorted(_names(image, table)) if table else []
