# SPDX-License-Identifier: MIT
"""What a client makes of the service's replies."""
from __future__ import annotations

from contextlib import suppress

import pytest

from clients.support.meeting import PROCESS_ID, Meet, Meeting, refusal, utf16
from clients.support.openvpn import PROMPT, SILENCE
from clients.support.program import Client
from harness.bridge import WAIT_TIMEOUT, BridgeError

STARTUP, STARTUP_DATA = 0x20000000, 0x20000001

REFUSED = ("You have specified an option (--up) that may be used only by members of the group "
           "JUDGED-4711.")

#: The longest reply that OpenVPN-GUI reads, and one that other services may send.
LONGEST, LONGER = 511, 900

ERRORS = {
    "refused": refusal(STARTUP_DATA, REFUSED),
    "not-started": refusal(2, "CreateProcessAsUser", "The system cannot find the file.\r\n"),
    "access-denied": refusal(5, "ImpersonateNamedPipeClient", "Access denied.\r\n"),
    "too-many": refusal(0x22A, "Too many concurrent clients"),
    "ended": refusal(STARTUP, "OpenVPN exited with error: exit code = 1", ""),
    "lf-alone": "0x20000001\nGetStartupData\n(null)",
    "upper-case": "0x0000054F\r\nCreateProcessAsUser\r\nAn internal error occurred.\r\n",
    "formatting-failed": "0xffffffff\nFormatMessage failed\nCould not return result",
}

GARBAGE = {
    "nothing": b"",
    "one-byte": b"0",
    "one-unit": utf16("0"),
    "number-alone": utf16("0x00000000"),
    "no-process": utf16("0x00000000\n"),
    "two-lines": utf16("0x00000000\n0x00000010"),
    "no-number": utf16("zero\nsixteen\nProcess ID"),
    "bytes": b"0x00000000\n0x00000010\nProcess ID",
    "odd-size": utf16(PROCESS_ID.format(16)) + b"x",
    "lone-surrogates": b"\x00\xd8" * 30,
    "zeros": bytes(200),
    "long": utf16("x" * 30000),
    "long-line": utf16("0x00000005\r\n" + "y" * 30000 + "\r\nz"),
}


def is_served(meeting: Meeting) -> None:
    """The client goes on as after a success: it logs in."""
    meeting.management.send(PROMPT.encode("ascii"))
    assert meeting.management.line() == meeting.startup.password


@pytest.mark.parametrize("reply", [PROCESS_ID, PROCESS_ID.replace("08x", "08X")],
                         ids=["lower-case", "upper-case"])
def test_a_process_id_is_a_success(meet: Meet, reply: str) -> None:
    meeting = meet()
    meeting.start_openvpn(reply)
    is_served(meeting)


@pytest.mark.parametrize("reply", list(ERRORS.values()), ids=list(ERRORS))
def test_an_error_ends_the_client_with_an_error(console_client: Client, meet: Meet, reply: str
                                                ) -> None:
    meeting = meet()
    meeting.reply(reply)
    meeting.leave()
    assert meeting.fails().strip(), "it says nothing of it"


def test_the_service_s_reason_is_told(console_client: Client, meet: Meet) -> None:
    """It names what is not allowed, and the group to join."""
    meeting = meet()
    meeting.reply(ERRORS["refused"])
    meeting.leave()
    assert "JUDGED-4711" in meeting.fails()


def test_a_reply_of_511_units_is_read_to_its_end(console_client: Client, meet: Meet) -> None:
    meeting = meet()
    head, tail = f"0x{STARTUP_DATA:08x}\r\n", " group JUDGED-4711\r\n(null)"
    reply = head + "x" * (LONGEST - len(head + tail)) + tail
    assert len(reply) == LONGEST
    meeting.reply(reply)
    meeting.leave()
    assert "JUDGED-4711" in meeting.fails()


def test_a_longer_reply_is_an_error_too(console_client: Client, meet: Meet) -> None:
    meeting = meet()
    meeting.reply(refusal(STARTUP_DATA, "x" * LONGER))
    meeting.leave()
    meeting.fails()


def test_control_characters_of_a_reply_are_not_shown(console_client: Client, meet: Meet) -> None:
    """They would move the cursor of the user's console, or change its title."""
    meeting = meet()
    meeting.reply(refusal(STARTUP_DATA, "refused \x1b[2J\x1b]0;title\x07 \x9b2J"))
    meeting.leave()
    said = meeting.fails()
    assert not any(sign in said for sign in ("\x1b", "\x07", "\x9b"))


@pytest.mark.parametrize("reply", list(GARBAGE.values()), ids=list(GARBAGE))
def test_what_is_no_reply_ends_the_client_with_an_error(console_client: Client, meet: Meet,
                                                        reply: bytes) -> None:
    """And with no crash."""
    meeting = meet(timeout=5)
    with suppress(BridgeError):  # it has seen enough before the end
        meeting.reply_bytes(reply)
    meeting.leave()
    assert meeting.fails().strip(), "it says nothing of it"


def test_a_service_that_closes_the_pipe_at_once_is_an_error(console_client: Client, meet: Meet
                                                            ) -> None:
    meeting = meet(receives=False)
    meeting.leave()
    meeting.fails()


def test_a_service_that_closes_the_pipe_without_a_reply_is_an_error(
        console_client: Client, meet: Meet) -> None:
    meeting = meet()
    meeting.leave()
    meeting.fails()


def test_a_service_that_never_answers_is_an_error(console_client: Client, meet: Meet) -> None:
    """The client waits for a bounded time."""
    meet(timeout=2).fails()


def test_a_reply_before_the_message_was_read_is_taken(console_client: Client, meet: Meet) -> None:
    """A service that has too many clients reads nothing."""
    meeting = meet(receives=False)
    meeting.reply(ERRORS["too-many"])
    meeting.leave()
    assert meeting.fails().strip(), "it says nothing of it"


def test_an_error_right_after_the_process_id_ends_the_client(console_client: Client, meet: Meet
                                                             ) -> None:
    """openvpn.exe has ended before its client reached it."""
    meeting = meet()
    meeting.openvpn.listen(meeting.startup.port)
    meeting.openvpn.close_listener()
    meeting.reply(PROCESS_ID.format(meeting.openvpn.id))
    meeting.reply(ERRORS["ended"])
    meeting.leave()
    meeting.fails()


def test_an_error_during_the_connection_ends_the_client(console_client: Client, meet: Meet
                                                        ) -> None:
    meeting = meet()
    meeting.connect()
    meeting.end_openvpn(ERRORS["ended"])
    meeting.fails()


def test_a_session_that_ends_before_the_connection_is_made_is_an_error(
        console_client: Client, meet: Meet) -> None:
    meeting = meet()
    meeting.release()
    meeting.end_openvpn()
    meeting.fails()


def test_a_process_id_of_an_ended_process_is_no_crash(console_client: Client, meet: Meet) -> None:
    """Its openvpn.exe may have ended already; the session then ends, too."""
    meeting = meet()
    meeting.reply(PROCESS_ID.format(0x7FFFFFFC))
    meeting.leave()
    meeting.fails()


def test_the_client_does_not_leave_before_its_session_ends(meet: Meet) -> None:
    """Otherwise it would not learn how openvpn.exe ends."""
    meeting = meet()
    meeting.connect()
    with pytest.raises(BridgeError) as caught:
        meeting.pipe.read(SILENCE)
    assert caught.value.code == WAIT_TIMEOUT, "it has closed the pipe"
