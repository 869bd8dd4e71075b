# SPDX-License-Identifier: MIT
"""Reads a profile as openvpn.exe on Windows does, from openvpn's manual and from what 2.4 to 2.7
do: an independent judge of what the service writes anew."""
from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Tuple

#: Of a line and of a piece of a block, the end of the line included.
LINE_BYTES, PIECE_BYTES = 256, 255
MOST_WORDS = 16
BLANKS = b" \t\n\v\f\r"


class Fatal(Exception):
    """openvpn.exe ends: nothing of the profile runs."""


@dataclass(frozen=True)
class Directive:
    """What openvpn.exe would do with a line: a name, arguments, and what stood in a block."""

    line: int
    name: bytes
    arguments: Tuple[bytes, ...]
    content: Optional[bytes]
    in_connection: bool


class Source:
    """A text that is read in pieces."""

    def __init__(self, text: bytes) -> None:
        self.text = text

    def get(self, most: int) -> Optional[bytes]:
        """The rest of the line, at most so many bytes, as a C string; None: the text is over."""
        if not self.text:
            return None
        end = self.text.find(b"\n", 0, most)
        size = end + 1 if end >= 0 else most
        piece, self.text = self.text[:size], self.text[size:]
        return piece.split(b"\0")[0]


def split(line: bytes) -> List[bytes]:
    """The words of a line."""
    words: List[bytes] = []
    word: Optional[bytearray] = None  # None: between words
    quote = 0
    escaped = False
    for byte in line + b"\0":
        blank = byte in BLANKS or byte == 0
        if byte == ord("\\") and not escaped and quote != ord("'"):
            escaped = True
            continue
        literal, escaped = escaped, False
        if word is None:
            if blank:
                continue
            if byte in b"#;":
                return words
            word, quote = bytearray(), 0
            if byte in b"\"'" and not literal:
                quote = byte
                continue
        elif (quote == ord("'") and byte == quote) or (not literal and byte == quote) or (
                not quote and blank and not literal):
            words.append(bytes(word))
            word = None
            if len(words) == MOST_WORDS:
                return words
            continue
        if byte == 0:
            break
        if literal and byte not in b"\\\"" and not blank:
            raise Fatal("a backslash that means nothing")
        word.append(byte)
    if word is not None:
        raise Fatal("a word is not complete")
    return words


def block(source: Source, name: bytes) -> Tuple[bytes, int]:
    """What stands in the block, and how many pieces were read."""
    content, count = b"", 0
    while True:
        piece = source.get(PIECE_BYTES)
        if piece is None:
            raise Fatal("the end of a block is missing")
        count += 1
        if piece.lstrip(BLANKS).startswith(b"</" + name + b">"):
            return content, count
        content += piece


def parse(source: Source, number: int, in_connection: bool) -> List[Directive]:
    """The directives, of blocks <connection> too."""
    found: List[Directive] = []
    first = not in_connection
    while True:
        line = source.get(LINE_BYTES)
        if line is None:
            return found
        number += 1
        if len(line) == LINE_BYTES:
            raise Fatal("a line is too long")
        if first and line.startswith(b"\xef\xbb\xbf"):
            line = line[3:]
        first = False
        words = split(line)
        if not words:
            continue
        here = number
        if len(words[0]) >= 3 and words[0].startswith(b"--"):
            words[0] = words[0][2:]
        content = None
        if len(words) == 1 and words[0][:1] == b"<" and words[0][-1:] == b">":
            words[0] = words[0][1:-1]
            content, count = block(source, words[0])
            number += count
        if content is not None and words[0] == b"connection" and not in_connection:
            found += parse(Source(content), here, True)
            continue
        if len(words) > 2 and words[:2] == [b"setenv", b"opt"]:
            words = words[2:]
        found.append(Directive(here, words[0], tuple(words[1:]), content, in_connection))


def read(profile: bytes) -> List[Directive]:
    """What openvpn.exe would do with these bytes of a file, which it opens as text."""
    text = profile.split(b"\x1a")[0].replace(b"\r\n", b"\n")
    return parse(Source(text), 0, False)
