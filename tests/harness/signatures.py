# SPDX-License-Identifier: MIT
"""Signatures of programs on the modelled machine: an end of the file that the fake wintrust.dll
reads (fakes/system/trust/signature.h). A copy of a file has its signature, too."""
from __future__ import annotations

import os
import shutil
import struct
import zlib
from pathlib import Path
from typing import Literal, get_args

MARK = b"GATEHOUSE FAKE\r\n"
NAME_UNITS = 1024
LAYOUT = struct.Struct(f"<16sIIII{2 * NAME_UNITS}s")

Revocation = Literal["good", "offline", "revoked"]

#: What WinVerifyTrust returns.
NO_SIGNATURE, BAD_DIGEST, NOT_TRUSTED = 0x800B0100, 0x80096010, 0x800B0004
EXPIRED, UNTRUSTED_ROOT, REVOKED = 0x800B0101, 0x800B0109, 0x800B010C
EXPLICIT_DISTRUST, OFFLINE = 0x800B0111, 0x80092013


def _replace(path: Path, program: bytes) -> None:
    """Another file with the same name: the old one may be running."""
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(program)
    shutil.copymode(path, new)
    os.replace(new, path)


def unsigned(program: bytes) -> bytes:
    """The program without its signature."""
    return program[:-LAYOUT.size] if program[-LAYOUT.size:].startswith(MARK) else program


def sign(path: Path, signer: str, *, status: int = 0, revocation: Revocation = "good") -> None:
    """Sign a file, instead of who has signed it before. `status` is what Windows says of such a
    signature; `revocation` what is known of it: "offline" is nothing."""
    program = unsigned(path.read_bytes())
    name = signer.encode("utf-16-le")
    end = LAYOUT.pack(MARK, status, get_args(Revocation).index(revocation), zlib.crc32(program),
                      len(name) // 2, name)
    _replace(path, program + end)


def tamper(path: Path) -> None:
    """Change what was signed, in the header's words for DOS, which no program needs."""
    program = bytearray(path.read_bytes())
    at = program.index(b"This program")
    program[at] ^= 0x20
    _replace(path, bytes(program))


def unsign(path: Path) -> None:
    """Take a signature away."""
    _replace(path, unsigned(path.read_bytes()))
