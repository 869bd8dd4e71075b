# SPDX-License-Identifier: MIT
"""What was sent, expected and received in a case, and which calls to Windows were recorded, as text
for readers."""
from __future__ import annotations

import ast
import re
from contextlib import suppress
from typing import Any, Dict, Iterator, List, Optional, Tuple

import pytest

from harness import transcript
from harness.bridge import BridgeEnded, BridgeError
from harness.installation import Installation
from harness.record import Call, Record

MOST_CALLS = 20
MOST_LINE = 300

#: What of a call is of no interest to a reader.
_DULL = ("n", "t", "pid", "tid")

#: What was expected of an operation of the bridge that has failed, and what came instead, by its
#: name and Windows' error.
_FAILURES: Dict[Tuple[str, int], Tuple[str, str]] = {
    ("pipe_read", 109): ("an answer", "the service closed the pipe"),
    ("pipe_read", 232): ("an answer", "the service closed the pipe"),
    ("pipe_read", 233): ("an answer", "the service disconnected the client"),
    ("pipe_read", 258): ("an answer", "none in time"),
    ("pipe_write", 109): ("that the service reads", "it closed the pipe"),
    ("pipe_write", 232): ("that the service reads", "it closed the pipe"),
    ("pipe_write", 233): ("that the service reads", "it disconnected the client"),
    ("pipe_write", 258): ("that the service reads", "it did not in time"),
    ("pipe_connect", 2): ("a pipe of this name", "there is none"),
    ("pipe_connect", 5): ("that the client may open the pipe", "access was denied"),
    ("pipe_connect", 121): ("that the service listens", "all instances were busy for too long"),
    ("pipe_accept", 258): ("that openvpn.exe was started with these options",
                           "none connected to the test in time"),
    ("process_wait", 258): ("that the process ends", "it still ran when time was up"),
    ("process_exit_code", 258): ("that the process ends", "it still ran when time was up"),
    ("service_wait", 258): ("another state of the service", "the same until time was up"),
    ("service_run", 258): ("that the service starts", "its last process still ran"),
    ("service_control", 1061): ("that the service takes a control", "it was not able to"),
    ("service_control", 1062): ("that the service runs", "it had stopped"),
}

#: What Python says of an assignment to several names.
_COUNT = re.compile(r"unpack \(expected (\d+), got (\d+)\)")

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
        return phase + assertion_sentence(str(excinfo.traceback[-1].statement).strip(), said)
    return phase + shortened(_other_failure(excinfo))


def assertion_sentence(statement: str, said: str) -> str:
    """What was expected and what came, of an assertion with or without words of its own."""
    wanted = shortened(_asserted(statement), 140)
    if said and not said.startswith("assert "):
        own = said.split("\nassert ")[0]  # pytest adds the rest
        if own.startswith("expected "):
            return shortened(own)
        wanted = "success" if statement.startswith("raise ") else shortened(wanted, 100)
        return shortened(f"expected {wanted}; came {own}")
    # pytest begins with the value, if it knows one, and explains it in lines "where ... = ...".
    value = re.sub("^assert (not )?", "", said.partition("\n")[0])
    known = value and " at 0x" not in value and " where " in said
    return f"expected {wanted}; came {shortened(value, 140) if known else 'that it is not so'}"


def _asserted(statement: str) -> str:
    """What a statement asserts, without the words behind it."""
    with suppress(SyntaxError):
        first = ast.parse(statement).body[0]
        if isinstance(first, ast.Assert):
            return ast.get_source_segment(statement, first.test) or statement
    return statement


def _other_failure(excinfo: "pytest.ExceptionInfo[BaseException]") -> str:
    """What was expected, and what came, of a failure that is no comparison."""
    error = excinfo.value
    said = str(error).strip()
    if isinstance(error, BridgeError):
        windows = f"{error.function} failed with error {error.code}"
        expected, came = _FAILURES.get((error.operation, error.code), ("success", windows))
        return f"expected {expected}; came {came}"
    if isinstance(error, TimeoutError):
        return f"expected it in time; came {said}"
    if isinstance(error, BridgeEnded):
        return f"expected an answer; came the end of the test's own program at {said}"
    if isinstance(error, (pytest.fail.Exception, pytest.skip.Exception)):
        return said
    statement = shortened(str(excinfo.traceback[-1].statement), 140)
    if counted := _COUNT.search(said):
        return f"expected {counted[1]} of {statement.partition(' = ')[2]}; came {counted[2]}"
    return f"expected that this holds: {statement}; came {type(error).__name__}: {said}"


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
