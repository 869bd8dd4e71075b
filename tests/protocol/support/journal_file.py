# SPDX-License-Identifier: MIT
"""The journal file of an installation, as seen from outside, and crashes that it must make up for.
Format: docs/journal.md."""
from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import List, Tuple

from harness.eventually import eventually
from harness.fakes import TAP, TAP_ALIAS
from harness.installation import Installation
from harness.messages import Interface, Message, Mtu, address, name_servers, resolution, route

SLOT_SIZE, VERSION_AT, CHECKSUM_AT = 64, 24, 60

#: One message of every kind of change that a crash may leave behind, without programs.
EVERY_KIND: Tuple[Message, ...] = (
    address("10.8.0.10/24", TAP), route("10.20.0.0/16", "10.8.0.1", TAP),
    route("10.99.0.0/16", "10.8.0.1", TAP, 50, delete=True),
    Mtu("set_mtu", Interface(TAP), 2, 1400),
    name_servers(TAP_ALIAS, "10.8.0.53", domains="corp.test"),
    resolution(TAP_ALIAS, "10.8.0.53", resolve=(".corp.test",)))


class Journal:
    """The journal file of an installation."""

    def __init__(self, installation: Installation) -> None:
        self.folder = installation.host_folder / "ProgramData" / "Gatehouse"
        self.path = self.folder / f"{installation.service.name}.journal"

    def beside(self, word: str) -> Path:
        """A file that the service keeps beside it."""
        return self.path.with_name(f"{self.path.name}.{word}")

    def damage_header(self) -> None:
        """Overwrite the header, as a disk error may do."""
        data = self.path.read_bytes()
        self.path.write_bytes(b"\xee" * SLOT_SIZE + data[SLOT_SIZE:])

    def make_newer(self) -> None:
        """Raise the version, as if a later version of the service had written it."""
        data = bytearray(self.path.read_bytes())
        version, = struct.unpack_from("<I", data, VERSION_AT)
        struct.pack_into("<I", data, VERSION_AT, version + 1)
        struct.pack_into("<I", data, CHECKSUM_AT, zlib.crc32(bytes(data[:CHECKSUM_AT])))
        self.path.write_bytes(bytes(data))


def crash(installation: Installation) -> None:
    """Kill the service, and wait for its openvpn.exe, which Windows ends with it."""
    installation.crash()
    left = eventually(installation.processes, lambda rows: not rows)
    assert not left


def events(installation: Installation, text: str) -> List[str]:
    """The events that contain this text."""
    return [event for event in installation.record.events() if text in event]
