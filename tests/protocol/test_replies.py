# SPDX-License-Identifier: MIT
"""The service's replies, byte by byte, and how real clients read them: docs/protocol.md,
"Replies"."""
from __future__ import annotations

import re
from typing import Callable, Optional, Tuple

import pytest

from harness.bridge import Bridge
from harness.client import ERROR_STARTUP, startup
from harness.eventually import eventually
from harness.fakes import PLAIN_USER
from harness.messages import route
from harness.openvpn import Openvpn
from harness.pipe import READ_BYTES
from protocol.support.raw_client import (ADMIN_GROUP, ERROR_FILE_NOT_FOUND, LONGEST_REPLY,
                                         QUIET_USER, SYSTEM_TEXTS, Caller, config_refusal,
                                         data_error, error_reply, option_refusal, units)

#: Error code, process id, and the text that the user sees.
Parsed = Tuple[int, Optional[int], str]
Reader = Callable[[bytes], Parsed]

SUCCESS_BYTES = 64

ERROR_NO_SYSTEM_RESOURCES = 1450


# ---- what is sent

def test_success_is_64_bytes_of_three_lines_with_lf(caller: Caller) -> None:
    session = caller.start('--config "{config}"')
    expected = units(f"0x00000000\n0x{session.openvpn.process:08x}\nProcess ID")
    assert session.reply.raw == expected
    assert len(session.reply.raw) == SUCCESS_BYTES


def test_process_id_has_eight_lower_case_digits(caller: Caller) -> None:
    session = caller.start('--config "{config}"')
    assert re.fullmatch("0x[0-9a-f]{8}", session.reply.raw.decode("utf-16-le").split("\n")[1])


def test_process_id_comes_before_the_child_has_read_its_stdin(caller: Caller) -> None:
    session = caller.start('--config "{config}"', stdin="secret\n")
    assert session.reply.process == session.openvpn.process
    assert session.openvpn.stdin(7) == b"secret\n"


@pytest.mark.parametrize("code", SYSTEM_TEXTS, ids=str)
def test_failed_call_is_answered_with_its_name_and_the_systems_text(caller: Caller, code: int
                                                                    ) -> None:
    caller.installation.fakes.fail("CreateProcessAsUserW", code)
    assert caller.ask("--verb 3") == error_reply(code, "CreateProcessAsUser", SYSTEM_TEXTS[code])


def test_codes_are_hexadecimal_and_padded(caller: Caller) -> None:
    caller.installation.fakes.fail("CreateProcessAsUserW", ERROR_NO_SYSTEM_RESOURCES)
    assert caller.ask("--verb 3").startswith(units("0x000005aa\r\nCreateProcessAsUser\r\n"))


def test_code_that_the_system_does_not_know_is_null(caller: Caller) -> None:
    caller.installation.fakes.fail("CreateProcessAsUserW", 0x2000ABCD)
    assert caller.ask("--verb 3") == error_reply(0x2000ABCD, "CreateProcessAsUser", "(null)")


def test_malformed_data_is_null_in_the_third_line(caller: Caller) -> None:
    assert caller.reply_to(b"\0\0") == data_error("GetStartupData")
    assert caller.reply_to(b"\0\0") == units("0x20000001\r\nGetStartupData\r\n(null)")


@pytest.mark.parametrize("code", [1, 7, 255, 0x7FFFFFFF, 0xC0000005, 0xFFFFFFFF], ids=hex)
def test_exit_code_is_decimal_with_an_empty_third_line(caller: Caller, code: int) -> None:
    session = caller.start('--config "{config}"')
    session.openvpn.die(code)
    assert session.client.read().raw == error_reply(
        ERROR_STARTUP, f"OpenVPN exited with error: exit code = {code}", "")


def test_exit_is_reported_once(caller: Caller) -> None:
    session = caller.start('--config "{config}"')
    session.openvpn.die(1)
    session.client.read()
    session.client.wait_closed()


def test_exit_code_0_closes_the_pipe_without_a_reply(caller: Caller) -> None:
    session = caller.start('--config "{config}"')
    session.end()


def test_error_closes_the_pipe(caller: Caller) -> None:
    client = caller.connect()
    assert client.start(caller.directory, "--up x").code
    client.wait_closed()


def test_error_is_in_the_event_log_too(caller: Caller) -> None:
    caller.installation.fakes.personas(QUIET_USER)
    caller.ask("--up x")
    caller.installation.record.wait_for(
        "ReportEventW", where=lambda call: any("(--up)" in text for text in call["strings"]))


# ---- long and strange texts

def length(raw: bytes) -> int:
    """In UTF-16 units."""
    return len(raw) // 2


@pytest.mark.parametrize("size", [300, 350, 512, 3000])
def test_long_option_is_shortened_and_the_group_stays_readable(caller: Caller, size: int) -> None:
    raw = caller.ask(f"--{'x' * size}")
    assert length(raw) <= LONGEST_REPLY
    text = raw.decode("utf-16-le")
    assert text.startswith("0x20000001\r\nYou have specified an option (--xxxx")
    assert text.endswith(f'xxx) that may be used only with admin approval. This error may be '
                         f'avoided by adding your account to the "{ADMIN_GROUP}" group\r\n(null)')


def test_longest_option_that_fits_is_not_shortened(caller: Caller) -> None:
    room = LONGEST_REPLY - length(option_refusal("--"))
    raw = caller.ask(f"--{'x' * room}")
    assert raw == option_refusal(f"--{'x' * room}")
    assert length(raw) == LONGEST_REPLY


def test_long_config_is_shortened_and_the_group_stays_readable(caller: Caller) -> None:
    raw = caller.ask(rf"--config \\server\{'y' * 2000}.ovpn")
    text = raw.decode("utf-16-le")
    assert length(raw) <= LONGEST_REPLY
    assert text.startswith(
        "0x20000001\r\nYou have specified a config file location (\\\\server\\yyy")
    assert text.endswith(f'"{ADMIN_GROUP}" group\r\n(null)')


def test_long_working_folder_is_shortened_too(caller: Caller) -> None:
    raw = caller.ask(r"--config stdin", directory="C:\\" + "z" * 2000)
    assert length(raw) <= LONGEST_REPLY
    assert raw.decode("utf-16-le").endswith(f'"{ADMIN_GROUP}" group\r\n(null)')


def test_shortened_text_has_no_half_characters(caller: Caller) -> None:
    for shift in range(2):
        raw = caller.ask(f"--{'x' * shift}{chr(0x1F600) * 400}")
        assert length(raw) <= LONGEST_REPLY
        raw.decode("utf-16-le")  # strict: raises for a lone surrogate


@pytest.mark.parametrize("sent, echoed", [
    ("--up\nx", "--up?x"), ("--up\r\nx", "--up??x"), ("--\x1b[31m", "--?[31m"),
    ("--\x7f", "--?"), ("--\x85", "--?"), ("--\x01\x02", "--??"),
], ids=["lf", "crlf", "escape", "delete", "c1", "low"])
def test_control_characters_are_echoed_as_question_marks(caller: Caller, sent: str, echoed: str
                                                         ) -> None:
    assert caller.ask(f'"{sent}"') == option_refusal(echoed)


def test_config_with_a_line_end_cannot_forge_a_line(caller: Caller) -> None:
    raw = caller.ask('--config "a\n0x00000000\nb.ovpn"')
    assert raw == config_refusal("a?0x00000000?b.ovpn", caller.directory)


def test_characters_of_other_languages_are_echoed_as_they_are(caller: Caller) -> None:
    option = "--B\u00fcro\u65e5\U0001F600"
    assert caller.ask(option) == option_refusal(option)


# ---- how clients read the replies

def openvpn_gui(raw: bytes) -> Parsed:
    """OpenVPN-GUI: (error, process id, what it shows)."""
    text = raw[:2 * LONGEST_REPLY].decode("utf-16-le")
    first = re.match(r"0x([0-9a-f]{8})\n", text.replace("\r\n", "\n"))
    assert first
    if "\nProcess ID" in text:
        process = re.match(r"0x([0-9a-f]{8})", text[11:])
        assert process
        return int(first[1], 16), int(process[1], 16), ""
    return int(first[1], 16), None, text[11:].lstrip()


def eduvpn(raw: bytes) -> Parsed:
    """eduVPN: three lines, the last of which must be known."""
    lines = raw.decode("utf-16-le").replace("\r\n", "\n").split("\n")
    assert len(lines) >= 3
    code = int(lines[0], 16)
    if code == 0:
        assert lines[2] == "Process ID"
        return 0, int(lines[1], 16), ""
    return code, None, lines[1] if lines[2] == "(null)" else f"{lines[1]}: {lines[2]}"


def bitmask(raw: bytes) -> Parsed:
    """Bitmask: bytes up to 0x0A, twice, without the zeros."""
    first, second, _ = raw.split(b"\n", 2)
    numbers = [part.replace(b"\0", b"").decode().strip() for part in (first, second)]
    code = int(numbers[0], 0)
    return code, int(numbers[1], 0) if code == 0 else None, numbers[1]


CLIENTS = pytest.mark.parametrize("read", [openvpn_gui, eduvpn, bitmask],
                                  ids=["gui", "eduvpn", "bitmask"])


@CLIENTS
def test_clients_read_the_process_id(caller: Caller, read: Reader) -> None:
    session = caller.start('--config "{config}"')
    code, process, _ = read(session.reply.raw)
    assert (code, process) == (0, session.openvpn.process)


@CLIENTS
def test_clients_read_a_refusal(caller: Caller, read: Reader) -> None:
    code, process, shown = read(caller.ask("--up x"))
    assert (code, process) == (0x20000001, None)
    assert shown.startswith("You have specified an option (--up)")


@CLIENTS
def test_clients_read_the_exit_of_openvpn(caller: Caller, read: Reader) -> None:
    session = caller.start('--config "{config}"')
    session.openvpn.die(3)
    code, _, shown = read(session.client.read().raw)
    assert code == 0x20000000
    assert shown.startswith("OpenVPN exited with error: exit code = 3")


@CLIENTS
def test_clients_read_an_error_of_the_system(caller: Caller, read: Reader) -> None:
    caller.installation.fakes.fail("CreateProcessAsUserW", ERROR_FILE_NOT_FOUND)
    code, process, shown = read(caller.ask("--verb 3"))
    assert (code, process) == (ERROR_FILE_NOT_FOUND, None)
    assert shown.startswith("CreateProcessAsUser")


def test_bitmask_reads_bytes_and_leaves_while_openvpn_goes_on(caller: Caller, bridge: Bridge
                                                              ) -> None:
    openvpn = Openvpn(bridge)
    path = caller.installation.write_config("bitmask.ovpn", openvpn.config())
    client = caller.connect(mode=READ_BYTES)
    client.send(startup(caller.directory, f'--config "{path}"', "\\n"))
    seen = b""
    while seen.count(b"\n") < 2:
        seen += client.pipe.read(10)
    client.close()

    openvpn.accept()
    assert bitmask(seen) == (0, openvpn.process, f"0x{openvpn.process:08x}")
    assert openvpn.request(route("10.11.0.0/16", "10.8.0.1", 2)) == 0
    assert openvpn.stdin(2) == b"\\n"
    assert caller.installation.strangers()
    openvpn.exit()
    openvpn.close()


def test_client_that_left_does_no_harm_when_openvpn_fails(caller: Caller) -> None:
    session = caller.start('--config "{config}"')
    session.client.close()
    session.openvpn.request(route("10.11.0.0/16", "10.8.0.1", 2))
    session.openvpn.die(1)
    assert not eventually(caller.installation.differences, lambda lines: not lines)
    assert caller.start('--config "{config}"').reply.process


def test_client_that_reads_late_still_gets_both_replies(caller: Caller) -> None:
    caller.installation.fakes.personas(PLAIN_USER)
    session = caller.start('--config "{config}"')
    session.openvpn.die(9)
    assert not eventually(caller.installation.strangers, lambda rows: not rows)
    assert session.client.read().function == "OpenVPN exited with error: exit code = 9"
