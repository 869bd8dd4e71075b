# SPDX-License-Identifier: MIT
"""Reads the service's journal as docs/journal.md describes it. Shares no code with the service.
Every byte must be accounted for; otherwise ValueError says what is wrong."""
from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace
from typing import Dict, Iterator, List, Tuple

SLOT = 64
MAGIC = b"Gatehouse undo journal\n"

INTENT, MARK = 1, 2
CLOSED = 3

#: Checksum, size, type, flags, outcome, reserved, sequence, boot, entry. An intent continues with
#: its kind, its session and the lengths of its five strings.
_HEAD = struct.Struct("<IIBBBBQQQ")
_INTENT = struct.Struct("<IQ5H")


@dataclass(frozen=True)
class Entry:
    """A resource that must be restored."""

    number: int
    kind: int
    key: bytes
    outlives_restart: bool
    boot: int
    is_open: bool = True


def open_entries(data: bytes) -> List[Entry]:
    """Entries that have not been closed, without those of an earlier boot that Windows has undone
    by its restart. The newest entry of each resource counts."""
    entries: Dict[int, Entry] = {}
    for kind, flags, outcome, boot, number, content in _records(data):
        if kind == INTENT:
            entries[number] = _entry(number, flags, boot, content)
        elif kind == MARK and outcome == CLOSED and number in entries:
            entries[number] = replace(entries[number], is_open=False)
    newest = {(entry.kind, entry.key): entry for _, entry in sorted(entries.items())}
    return [entry for entry in newest.values() if entry.is_open]


def _records(data: bytes) -> Iterator[Tuple[int, int, int, int, int, bytes]]:
    """Type, flags, outcome, boot, entry and the remaining content of each record."""
    _check_header(data)
    at = SLOT
    while at < len(data):
        size, = struct.unpack_from("<I", data, at + 5)
        slots = -(-size // (SLOT - 1))
        parts = [data[at + SLOT * i:at + SLOT * (i + 1)] for i in range(slots)]
        if not slots or b"".join(part[:1] for part in parts) != b"R" + b"C" * (slots - 1):
            raise ValueError(f"no record at {at}")
        content = b"".join(part[1:] for part in parts)[:size]
        checksum, _, kind, flags, outcome, _, _, boot, number = _HEAD.unpack_from(content)
        if len(content) != size or checksum != zlib.crc32(content[4:]):
            raise ValueError(f"damaged record at {at}")
        yield kind, flags, outcome, boot, number, content[_HEAD.size:]
        at += slots * SLOT


def _check_header(data: bytes) -> None:
    header = data[:SLOT]
    if header[:1 + len(MAGIC)] != b"H" + MAGIC:
        raise ValueError("no header")
    if struct.unpack_from("<I", header, SLOT - 4)[0] != zlib.crc32(header[:-4]):
        raise ValueError("damaged header")


def _entry(number: int, flags: int, boot: int, content: bytes) -> Entry:
    kind, _, identity, key, *_ = _INTENT.unpack_from(content)
    at = _INTENT.size + identity
    return Entry(number, kind, content[at:at + key], bool(flags & 1), boot)
