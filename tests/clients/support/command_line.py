# SPDX-License-Identifier: MIT
"""A command line as the C run-time library of Windows takes it apart (Microsoft, "Parsing C
command-line arguments")."""
from __future__ import annotations

import re
from typing import List

_TOKEN = re.compile(r'(\\*)(["]?)')


def split(line: str) -> List[str]:
    """The arguments in a line that has no program's name before them."""
    made: List[str] = []
    at = 0
    while at < len(line):
        if line[at] in " \t":
            at += 1
            continue
        word, at = _one(line, at)
        made.append(word)
    return made


def _one(line: str, at: int) -> "tuple[str, int]":
    word, quoted = "", False
    while at < len(line) and (quoted or line[at] not in " \t"):
        match = _TOKEN.match(line, at)
        assert match is not None
        slashes, quote = len(match[1]), match[2]
        if quote:
            word += "\\" * (slashes // 2)
            at = match.end()
            if slashes % 2:
                word += '"'
            elif quoted and line[at:at + 1] == '"':
                word += '"'
                at += 1
            else:
                quoted = not quoted
        elif slashes:
            word += "\\" * slashes
            at = match.end()
        else:
            word += line[at]
            at += 1
    return word, at


def values_of(words: List[str], option: str, count: int = 1) -> "List[List[str]]":
    """The values of each occurrence of an option; an option without its dashes is not met."""
    return [words[at + 1:at + 1 + count] for at, word in enumerate(words) if word == f"--{option}"]
