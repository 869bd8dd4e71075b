# SPDX-License-Identifier: MIT
"""Whether a binary loads the fake libraries that lie beside it, and which calls they miss."""
from __future__ import annotations

import shutil
import struct
from pathlib import Path
from typing import List, Sequence

from harness.image import Image

#: Fakes are found in place of these, also when they are loaded late.
_FAKED = ("dnsapi.dll", "fwpuclnt.dll", "iphlpapi.dll")

#: So many functions of a library are named.
_MOST_NAMES = 5


class NotLoadable(Exception):
    """The binary would not load the fakes; the message is a sentence."""


def check(path: Path, is_native: bool) -> List[str]:
    """What a reader of the results has to know of a binary, in sentences. Raises NotLoadable, on
    Windows itself only: Wine does not heed the flags."""
    try:
        image = Image(path)
        return [*_load_notes(image, is_native), *_delay_notes(image), *_api_set_notes(image)]
    except (ValueError, LookupError, struct.error):
        return []  # that it is no program is told when it is started


def _load_notes(image: Image, is_native: bool) -> List[str]:
    if not image.loads_from_system_only:
        return []
    sentence = ("cannot be tested natively: loads from System32 only "
                f"(DependentLoadFlags {image.load_flags:#x})")
    if is_native:
        raise NotLoadable(f"{sentence}; --patch-load-flags tests a copy without them")
    return [sentence]


def _delay_notes(image: Image) -> List[str]:
    notes = []
    for library, names in sorted(image.delayed_imports().items()):
        if library.lower() in _FAKED:
            continue
        shown = ", ".join(names[:_MOST_NAMES]) + (", …" if len(names) > _MOST_NAMES else "")
        notes.append(f"calls to {library} are not recorded, because it is loaded only when it is "
                     f"first needed: {shown}")
    return notes


def _api_set_notes(image: Image) -> List[str]:
    sets = [name for name in image.imports() if name.lower().startswith(("api-ms-", "ext-ms-"))]
    return [f"imports through {len(sets)} API sets; their functions are hooked by name"
            ] if sets else []


def patch(path: Path, folder: Path) -> "tuple[Path, Sequence[str]]":
    """A copy in `folder` that loads the fakes, and the sentence that says so; the binary itself
    where nothing keeps it from that."""
    try:
        image = Image(path)
        at = image.load_flags_at
    except (ValueError, LookupError, struct.error):
        return path, ()
    if at is None or not image.loads_from_system_only:
        return path, ()
    folder.mkdir(parents=True, exist_ok=True)
    made = Path(shutil.copy2(path, folder))
    content = bytearray(made.read_bytes())
    content[at:at + 2] = b"\0\0"
    made.write_bytes(content)
    return made, (f"a copy was tested, whose DependentLoadFlags are 0 instead of "
                  f"{image.load_flags:#x}: a signature does not hold for it",)
