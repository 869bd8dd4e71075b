# SPDX-License-Identifier: MIT
"""Random start-up data: the reply is always the documented one, the service keeps running and leaks
nothing. The expected replies come from a second implementation of the rules, below."""
from __future__ import annotations

import re
from typing import Iterator, List, Optional, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.bridge import Bridge
from harness.client import startup
from harness.eventually import eventually
from harness.process import handle_count
from protocol.support.raw_client import (ERROR_ACCESS_DENIED, ERROR_DIRECTORY, SYSTEM_TEXTS, Caller,
                                         config_refusal, data_error, error_reply, option_refusal,
                                         units)

MOST_UNITS = 4096
FOLDER = r"C:\windows"
MALFORMED = data_error("GetStartupData")

#: What is allowed meets this fault instead of starting a process, or has an unusable folder.
ALLOWED, NO_FOLDER = (error_reply(code, "CreateProcessAsUser", SYSTEM_TEXTS[code])
                      for code in (ERROR_ACCESS_DENIED, ERROR_DIRECTORY))

OPTIONS = {
    "auth-retry", "config", "log", "log-append", "management", "management-forget-disconnect",
    "management-hold", "management-query-passwords", "management-query-proxy", "management-signal",
    "management-up-down", "mute", "setenv", "service", "verb", "pull-filter", "script-security",
    "management-query-remote",
}

EXAMPLES = settings(max_examples=120, deadline=None, derandomize=True, database=None,
                    suppress_health_check=[HealthCheck.function_scoped_fixture,
                                           HealthCheck.too_slow])


# ---- the rules, implemented again

def decode(data: bytes) -> Optional[Tuple[str, str, str]]:
    """The three strings, or None for malformed data."""
    data = data[:len(data) // 2 * 2]
    if not 0 < len(data) // 2 <= MOST_UNITS or data[-2:] != b"\0\0":
        return None
    strings = data.decode("utf-16-le", "surrogatepass").split("\0")[:-1]
    if len(strings) < 3:
        return None
    try:
        "".join(strings[:3]).encode("utf-16-le")
        for text in strings[:3]:
            text.encode("utf-16-le")
    except UnicodeEncodeError:
        return None
    return strings[0], strings[1], strings[2]


def split(line: str) -> List[str]:
    """Splits the options as the child's run-time does."""
    tokens: List[str] = []
    token: Optional[str] = None
    quoted, at = False, 0
    while at < len(line):
        slashes = len(line[at:]) - len(line[at:].lstrip("\\"))
        after = line[at + slashes:at + slashes + 1]
        if slashes and after == '"':
            token = (token or "") + "\\" * (slashes // 2)
            at += slashes
            if slashes % 2:
                token += '"'
                at += 1
                continue
        elif slashes:
            token = (token or "") + "\\" * slashes
            at += slashes
            continue
        if line[at] == '"':
            token = token or ""
            if quoted and line[at + 1:at + 2] == '"':
                token += '"'
                at += 1
            else:
                quoted = not quoted
        elif line[at] in " \t" and not quoted:
            if token is not None:
                tokens.append(token)
            token = None
        else:
            token = (token or "") + line[at]
        at += 1
    return tokens if token is None else [*tokens, token]


def judge(directory: str, options: str) -> bytes:
    """The reply to well-formed data; the config file never exists."""
    tokens = split(options)
    if len(tokens) == 1 and not tokens[0].startswith("--"):
        tokens.insert(0, "--config")
    if not tokens:
        return config_refusal("", directory)
    option, values = "", 0
    for token in tokens:
        if not token.startswith("--"):
            if option == "--config":
                return config_refusal(echo(token), directory)
            if option == "--setenv" and not values and token == "opt":
                return option_refusal(option)
            if not option or any(unit in "*?" or unit < " " for unit in token):
                return option_refusal(echo(token))
            values += 1
            continue
        if option == "--config":
            return config_refusal(echo(token), directory)
        if token[2:] not in OPTIONS:
            return option_refusal(echo(token))
        option, values = token, 0
    return config_refusal("", directory) if option == "--config" else ALLOWED


def echo(text: str) -> str:
    """The text of a refusal."""
    return "".join("?" if unit < " " or "\x7f" <= unit < "\xa0" else unit for unit in text)


def answer_to(data: bytes) -> bytes:
    """The expected reply."""
    strings = decode(data)
    return judge(echo(strings[0]), strings[1]) if strings else MALFORMED


# ---- the data

PIECES = st.sampled_from([
    " ", " ", " ", "\t", '"', '"', "\\", "\\\\", '\\"', '""', "--", "--verb", "--up", "--setenv",
    "opt", "OPT", "--log", "--config", "stdin", "*", "?", "x", "3", "-", "\n", "\u00a0", "\u65e5",
    "\U0001F600", "--mute", "--script-security", "--management", "%", "'",
])
LINES = st.lists(PIECES, max_size=14).map("".join)
VALID = startup(FOLDER, '--verb 3 --setenv A "b c"', "secret\n")


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """Valid data with a few mutations."""
    data = bytearray(VALID)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        kind = draw(st.sampled_from(["set", "insert", "remove", "cut", "repeat", "zero"]))
        noise = draw(st.binary(min_size=1, max_size=4))
        if kind == "set":
            data[at:at + len(noise)] = noise
        elif kind == "insert":
            data[at:at] = noise
        elif kind == "remove":
            del data[at:at + len(noise)]
        elif kind == "cut":
            del data[at:]
        elif kind == "repeat":
            data[at:at] = data[:at]
        else:
            data[at // 2 * 2:at // 2 * 2 + 2] = b"\0\0"
    return bytes(data)


@pytest.fixture
def watched(caller: Caller, bridge: Bridge) -> Iterator[Caller]:
    """Starts no process; at the end the service must be the same one, with the same handles."""
    caller.installation.fakes.fail("CreateProcessAsUserW", ERROR_ACCESS_DENIED, times=0)
    caller.reply_to(VALID)  # what is loaded at first use stays
    service = caller.installation.service.status().process
    before = handle_count(bridge, service)
    yield caller
    assert caller.installation.service.status().process == service
    assert eventually(lambda: handle_count(bridge, service),
                      lambda count: count <= before) <= before


#: The two replies to a config file: Windows could not open it, for whatever reason; or it lies
#: elsewhere, or is never opened.
UNOPENED = re.compile(r"0x[0-9a-f]{8}\r\nThe config file \((.*)\) cannot be opened\r\n.*", re.S)
REFUSED = re.compile(r"0x[0-9a-f]{8}\r\nYou have specified a config file location \((.*)\) that .*",
                     re.S)


def refused_config(reply: bytes) -> Optional[str]:
    """The file and folder that the reply to a config file names, or None for another reply."""
    text = reply.decode("utf-16-le")
    found = UNOPENED.match(text) or REFUSED.match(text)
    return found.group(1) if found else None


def check(caller: Caller, data: bytes) -> None:
    """The reply must be the documented one, or its beginning and end if it is too long."""
    raw, expected = caller.reply_to(data), answer_to(data)
    if raw == NO_FOLDER:
        assert not data.startswith(units(FOLDER + "\0"))
        raw = ALLOWED
    if UNOPENED.match(raw.decode("utf-16-le")):
        assert refused_config(expected)
        assert len(expected) > 2 * 511 or refused_config(raw) == refused_config(expected)
    elif len(expected) <= 2 * 511:
        assert raw == expected
    else:
        assert len(raw) <= 2 * 511
        assert raw[:60] == expected[:60] and raw[-60:] == expected[-60:]


@EXAMPLES
@given(data=st.binary(max_size=200))
def test_random_bytes_get_the_documented_reply(watched: Caller, data: bytes) -> None:
    check(watched, data)


@EXAMPLES
@given(strings=st.lists(st.text(max_size=20), min_size=0, max_size=5), end=st.booleans())
def test_random_strings_get_the_documented_reply(
        watched: Caller, strings: List[str], end: bool) -> None:
    check(watched, units("\0".join(strings) + ("\0" if end else "")))


@EXAMPLES
@given(data=mutations())
def test_mutated_data_gets_the_documented_reply(watched: Caller, data: bytes) -> None:
    check(watched, data)


@EXAMPLES
@given(line=LINES)
def test_random_options_get_the_documented_reply(watched: Caller, line: str) -> None:
    check(watched, startup(FOLDER, line))
