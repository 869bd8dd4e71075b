# SPDX-License-Identifier: MIT
"""A command line of the management interface as OpenVPN takes it apart (its manual, "Quoting")."""
from __future__ import annotations

from typing import List


def words(line: str) -> List[str]:
    """The words of a command. Raises AssertionError for a line that OpenVPN refuses."""
    made: List[str] = []
    word, begun, quote = "", False, ""
    signs = iter(line)
    for sign in signs:
        if sign == "\\" and quote != "'":
            following = next(signs, "")
            assert following in ('"', "\\", " ", "'"), f"OpenVPN refuses a backslash here: {line}"
            word, begun = word + following, True
        elif quote:
            if sign == quote:
                quote = ""
            else:
                word += sign
        elif sign in "\"'":
            quote, begun = sign, True
        elif sign.isspace():
            if begun:
                made.append(word)
            word, begun = "", False
        else:
            word, begun = word + sign, True
    assert not quote, f"a quotation mark is missing: {line}"
    return made + [word] if begun else made
