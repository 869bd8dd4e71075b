# SPDX-License-Identifier: MIT
"""A client and the management interface of its openvpn.exe."""
from __future__ import annotations

import sys

import pytest

from clients.support.management_line import words
from clients.support.meeting import Meet
from clients.support.openvpn import HOLD, PROMPT, SILENCE, STATES, state
from clients.support.program import Client
from clients.support.stand_in import StandIn
from harness.bridge import Bridge
from harness.eventually import eventually

LOGIN = ">PASSWORD:Need 'Auth' username/password"
PASSPHRASE = ">PASSWORD:Need 'Private Key' password"

#: What a client may send before it has logged in: nothing.
USER, SECRET = "alice", "judged-secret-4711"

SECRETS = {
    "quotes": "a\"b'c",
    "plain": SECRET,
    "blanks": " two  words ",
    "backslashes": "a\\b\\\\c\\",
    "signs": "#;%$`!&|<>",
    "letters": "päß\u0395\U0001f512",
    "command": 'x" \\" signal SIGKILL',
}

FATAL = ">FATAL:Cannot load the certificate JUDGED-4711"


def test_the_password_is_sent_when_it_is_asked_for(meet: Meet) -> None:
    meeting = meet()
    management = meeting.start_openvpn()
    assert management.line(SILENCE) is None, "it sends something before it is asked"
    management.send(PROMPT.encode("ascii"))
    assert management.line() == meeting.startup.password


def test_nothing_else_is_sent_before_the_password_was_taken(meet: Meet) -> None:
    meeting = meet()
    management = meeting.start_openvpn()
    management.send(PROMPT.encode("ascii"))
    management.line()
    assert management.rest() == []


def test_a_refused_password_is_not_sent_for_ever(console_client: Client, meet: Meet) -> None:
    meeting = meet()
    management = meeting.start_openvpn()
    for _ in range(3):
        management.send(PROMPT.encode("ascii"))
        if management.line() is None:
            break
        management.say("ERROR: bad password")
    meeting.end_openvpn()
    meeting.fails()


def test_the_hold_is_released(meet: Meet) -> None:
    meeting = meet()
    management = meeting.log_in()
    management.say(HOLD)
    management.expect("hold release")


def test_the_hold_is_not_released_before_it_is_told(meet: Meet) -> None:
    """openvpn.exe may have asked for nothing yet."""
    management = meet().log_in()
    assert "hold release" not in management.rest()


def test_states_are_asked_for(meet: Meet) -> None:
    meeting = meet()
    management = meeting.log_in()
    management.say(HOLD)
    management.rest()
    assert any(line.startswith("state") for line in management.seen)


def test_a_connection_goes_on_until_it_is_ended(meet: Meet) -> None:
    meeting = meet()
    management = meeting.connect()
    management.rest()
    assert meeting.run.is_alive()


def test_a_connection_that_is_lost_is_made_again(meet: Meet) -> None:
    """openvpn.exe holds again, unless it was told not to."""
    meeting = meet()
    management = meeting.connect()
    management.rest()
    holds_again = "hold off" not in management.seen
    management.say(state("RECONNECTING,ping-restart,,,,,,"))
    if holds_again:
        management.say(">HOLD:Waiting for hold release:5")
        management.expect("hold release")
    management.say(*map(state, STATES))
    assert not any(line.startswith("signal") for line in management.rest())
    assert meeting.run.is_alive()


def test_lines_may_come_in_pieces(meet: Meet) -> None:
    meeting = meet()
    management = meeting.log_in()
    for byte in f"{HOLD}\r\n".encode("ascii"):
        management.send(bytes([byte]))
    management.expect("hold release")


def test_several_lines_may_come_at_once(meet: Meet) -> None:
    meeting = meet()
    management = meeting.start_openvpn()
    management.send(PROMPT.encode("ascii"))
    management.line()
    management.answers = True
    management.send(b"SUCCESS: password is correct\r\n>INFO:OpenVPN\r\n" + HOLD.encode("ascii")
                    + b"\r\n" + state("CONNECTING,,,,,,,").encode("ascii") + b"\r\n")
    management.expect("hold release")


def test_unknown_notifications_are_ignored(meet: Meet) -> None:
    management = meet().log_in()
    management.say(">BYTECOUNT:1,2", ">LOG:1764547200,I,text", ">NOTIFY:info,remote-exit,EXIT",
                   ">UPDOWN:UP", ">JUDGED:what nobody knows", ">", ":", "text", HOLD)
    management.expect("hold release")


def test_a_line_of_64_kib_does_no_harm(meet: Meet) -> None:
    """Texts of a server arrive here."""
    management = meet().log_in()
    management.say(">INFO:" + 65536 * "x", HOLD)
    management.expect("hold release")


def test_bytes_that_are_no_text_do_no_harm(meet: Meet) -> None:
    management = meet().log_in()
    management.send(b">STATE:" + bytes(range(0x80, 0x100)) + b"\0\1\2\r\n")
    management.say(HOLD)
    management.expect("hold release")


@pytest.mark.parametrize("secret", list(SECRETS.values()), ids=list(SECRETS))
def test_a_login_arrives_as_it_was_typed(console_client: Client, meet: Meet, secret: str) -> None:
    meeting = meet()
    management = meeting.release()
    management.say(LOGIN)
    meeting.run.answer(USER)
    meeting.run.answer(secret)
    assert words(management.expect("username .*"))[1:] == ["Auth", USER]
    assert words(management.expect("password .*"))[1:] == ["Auth", secret]


def test_a_passphrase_is_asked_for(console_client: Client, meet: Meet) -> None:
    meeting = meet()
    management = meeting.release()
    management.say(PASSPHRASE)
    meeting.run.answer(SECRET)
    assert words(management.expect("password .*"))[1:] == ["Private Key", SECRET]


def test_a_login_is_not_sent_before_it_is_asked_for(console_client: Client, meet: Meet) -> None:
    meeting = meet()
    meeting.run.answer(USER)
    meeting.run.answer(SECRET)
    management = meeting.release()
    management.rest()
    assert not any(SECRET in line for line in management.seen)


def test_a_refused_login_is_not_sent_again_and_again(console_client: Client, meet: Meet) -> None:
    """The server would lock the account."""
    meeting = meet()
    management = meeting.release()
    sent = 0
    for _ in range(5):
        management.say(LOGIN)
        if not sent:
            meeting.run.answer(USER)
            meeting.run.answer(SECRET)
        lines = [management.line(2), management.line(2)]
        if not any(line and line.startswith("password") for line in lines):
            break
        sent += 1
        management.say(">PASSWORD:Verification Failed: 'Auth'")
    assert sent == 1
    meeting.end_openvpn()
    meeting.fails()


def test_a_question_that_cannot_be_answered_ends_the_client(console_client: Client, meet: Meet
                                                            ) -> None:
    meeting = meet()
    management = meeting.release()
    management.say(">NEED-OK:Need 'token-insertion-request' confirmation MSG:Insert the token")
    management.expect("signal SIGTERM")
    meeting.end_openvpn()
    assert meeting.fails().strip()


def test_a_fatal_error_ends_the_client_with_an_error(console_client: Client, meet: Meet) -> None:
    meeting = meet()
    meeting.release().say(FATAL)
    meeting.end_openvpn()
    meeting.fails()


def test_a_fatal_error_is_told(console_client: Client, meet: Meet) -> None:
    """At once or at its end. The service undoes its changes before it ends the session, so the
    client has time to read it."""
    def is_told(said: str) -> bool:
        return "JUDGED-4711" in said

    meeting = meet()
    meeting.release().say(FATAL)
    eventually(meeting.said, is_told, seconds=5)
    meeting.end_openvpn()
    assert "JUDGED-4711" in meeting.fails()


@pytest.mark.parametrize("line", [
    ">FATAL:text \x1b[2J\x1b]0;title\x07", state("CONNECTING,\x1b[2J,\x1b[2J,,,,,"),
    ">PASSWORD:Need '\x1b[2J' password", ">NEED-OK:Need '\x1b[2J' confirmation"],
    ids=["fatal", "state", "realm", "question"])
def test_control_characters_of_openvpn_are_not_shown(console_client: Client, meet: Meet, line: str
                                                     ) -> None:
    """Servers choose some of these texts."""
    meeting = meet()
    management = meeting.release()
    management.say(line)
    management.rest()
    meeting.end_openvpn()
    meeting.fails()
    assert "\x1b" not in meeting.said() and "\x07" not in meeting.said()


def test_secrets_are_not_written_anywhere(console_client: Client, meet: Meet, service: StandIn
                                          ) -> None:
    """Neither to the console nor to a file in the client's folders."""
    meeting = meet()
    management = meeting.release()
    management.say(LOGIN)
    meeting.run.answer(USER)
    meeting.run.answer(SECRET)
    management.expect("password .*")
    management.say(*map(state, STATES))
    management.rest()
    meeting.end_openvpn()
    meeting.ends()
    written = [meeting.said().encode("utf-8")] + [
        path.read_bytes() for path in service.host_folder.rglob("*")
        if path.is_file() and path.suffix != ".exe"]
    for secret in (SECRET, meeting.startup.password):
        for encoded in (secret.encode("utf-8"), secret.encode("utf-16-le")):
            assert not any(encoded in data for data in written)


@pytest.mark.skipif(sys.platform != "win32",
                    reason="Wine does not tell which process listens on a port")
def test_nothing_is_sent_to_a_management_interface_of_another_process(
        meet: Meet, bridge: Bridge) -> None:
    meeting = meet()
    listener = bridge.call("socket_listen", port=meeting.startup.port)["object"]
    meeting.reply(f"0x00000000\n0x{meeting.openvpn.id:08x}\nProcess ID")
    try:
        number = bridge.call("socket_accept", object=listener, timeout=2000)["object"]
        bridge.call("socket_write", object=number, data=PROMPT.encode("ascii").hex())
        data = bridge.call("socket_read", object=number, timeout=2000)["data"]
    finally:
        bridge.call("close", object=listener)
    assert data == ""
    assert eventually(meeting.run.is_alive, lambda alive: not alive) is False
