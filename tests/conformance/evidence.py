# SPDX-License-Identifier: MIT
"""What was sent, expected and received in a case, and which calls to Windows were recorded, as text
for readers."""
from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, Dict, Iterator, List, Optional

import pytest

from harness import transcript
from harness.installation import Installation
from harness.record import Call, Record

MOST_CALLS = 20
MOST_LINE = 300

#: What of a call is of no interest to a reader.
_DULL = ("n", "t", "pid", "tid")

_PHASES = {"setup": "before the test: ", "teardown": "after the test: "}


def shortened(text: str, most: int = MOST_LINE) -> str:
    """One line of at most so many characters."""
    line = re.sub(r"\s+", " ", text).strip()
    return line if len(line) <= most else line[:most - 1] + "…"


def shown_value(value: object) -> str:
    """A value as a part of a sentence; bytes as text where they are UTF-16."""
    if isinstance(value, bytes) and value:
        return shortened(f"“{show_bytes(value, len(value))}”", 140)
    return shortened(repr(value), 140)


def judged_sentence(op: str, left: object, right: object) -> str:
    """What a comparison has expected, and what came. Tests name what came first, but where they
    look for a piece in a text."""
    if op in ("in", "not in") and isinstance(right, (str, bytes)):
        left, right = right, left
        word = "" if op == "in" else "no "
        return f"expected {word}{shown_value(right)} within; came {shown_value(left)}"
    word = {"==": "", "is": "", "in": "one of ", "not in": "none of ", "!=": "anything but "
            }.get(op, op + " ")
    return f"expected {word}{shown_value(right)}; came {shown_value(left)}"


def came_of(excinfo: "pytest.ExceptionInfo[BaseException]", compared: Optional[str], when: str
            ) -> str:
    """One line: what was expected, and what came. `compared`: the comparison that has failed."""
    error = excinfo.value
    phase = _PHASES.get(when, "")
    said = str(error).strip()
    if isinstance(error, AssertionError):
        if compared:
            return phase + compared
        if said and not said.startswith("assert "):
            return phase + shortened(said.split("\nassert ")[0])  # pytest adds the rest
        statement = str(excinfo.traceback[-1].statement).strip().replace("assert ", "", 1)
        # pytest explains a call by lines "where ... = ...", and the last one has what it was of.
        came = said.rpartition(" = ")[2] if " where " in said else "something else"
        return f"{phase}expected {shortened(statement, 140)}; came {shortened(came, 140)}"
    return phase + shortened(f"expected an answer; came {type(error).__name__}: {said}")


def evidence_of(item: pytest.Item) -> Dict[str, Any]:
    """Messages and calls of the test that was just run."""
    found: Dict[str, Any] = {"messages": [
        {"way": row.way, "where": row.where, "text": show_bytes(row.data, row.length)}
        for row in transcript.messages()]}
    calls: List[str] = []
    for record in _records(item):
        with suppress(OSError, ValueError):  # it may have died while it wrote a call
            calls += [show_call(call) for call in list(record)[-MOST_CALLS:]]
    found["calls"] = calls[-MOST_CALLS:]
    return found


def _records(item: pytest.Item) -> Iterator[Record]:
    seen: List[Record] = []
    for value in getattr(item, "funcargs", {}).values():
        installation = value if isinstance(value, Installation) else \
            getattr(value, "installation", None)
        if isinstance(installation, Installation) and installation.record not in seen:
            seen.append(installation.record)
            yield installation.record


def show_call(call: Call) -> str:
    """A recorded call as one line: name, arguments, result."""
    arguments = ", ".join(f"{name}={value!r}" for name, value in call.items()
                          if name not in (*_DULL, "call", "result"))
    return shortened(f"{call['call']}({arguments}) → {call.get('result')}", 200)


def show_bytes(data: bytes, length: int) -> str:
    """Bytes as UTF-16 where they are text, otherwise as numbers."""
    more = f" … ({length} bytes)" if length > len(data) else ""
    if len(data) >= 2 and len(data) % 2 == 0:
        units = [int.from_bytes(data[at:at + 2], "little") for at in range(0, len(data), 2)]
        readable = sum(1 for unit in units if 0x20 <= unit < 0x7F or unit in (0, 10, 13))
        if readable > 0.9 * len(units) and any(unit > 0x1F for unit in units):
            text = data.decode("utf-16-le", "replace")
            return "".join(_SHOWN.get(sign, sign) for sign in text) + more
    return data[:96].hex(" ", 4) + (more or (f" … ({length} bytes)" if length > 96 else ""))


_SHOWN = {"\0": "␀", "\r": "␍", "\n": "␊"}
