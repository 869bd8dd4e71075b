# SPDX-License-Identifier: MIT
"""Programs of 64-bit Windows with a section more, for tests of what reads them."""
from __future__ import annotations

import struct
from typing import Mapping

_PAGE = 0x1000
_READABLE_DATA = 0x40000040
_LOAD_CONFIGURATION = 10  # of the data directories


def add_section(program: bytes, directory: int, content: Mapping[int, bytes]) -> bytes:
    """The program with a section more, to which a data directory points; `content` by offsets in
    it. References in it are to be relative to section_address()."""
    made = bytearray(program)
    header, = struct.unpack_from("<I", made, 0x3C)
    sections, = struct.unpack_from("<H", made, header + 6)
    optional = header + 24
    first = optional + struct.unpack_from("<H", made, header + 20)[0]
    address = section_address(program)
    data = bytearray(_PAGE)
    for offset, part in content.items():
        data[offset:offset + len(part)] = part
    made += bytes(-len(made) % 0x200)
    struct.pack_into("<8s4I12xI", made, first + 40 * sections, b".more", _PAGE, address, _PAGE,
                     len(made), _READABLE_DATA)
    struct.pack_into("<H", made, header + 6, sections + 1)
    struct.pack_into("<I", made, optional + 56, address + _PAGE)  # SizeOfImage
    struct.pack_into("<2I", made, optional + 112 + 8 * directory, address, _PAGE)
    return bytes(made) + bytes(data)


def section_address(program: bytes) -> int:
    """Where the section that add_section() adds is in memory: the end of the image."""
    header, = struct.unpack_from("<I", program, 0x3C)
    return int(struct.unpack_from("<I", program, header + 24 + 56)[0])


def set_load_flags(program: bytes, flags: int) -> bytes:
    """The program, which has no load configuration, with one that has these DependentLoadFlags."""
    return add_section(program, _LOAD_CONFIGURATION,
                       {0: struct.pack("<I", 112), 78: struct.pack("<H", flags)})
