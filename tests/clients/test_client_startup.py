# SPDX-License-Identifier: MIT
"""The start-up message of a client."""
from __future__ import annotations

import ntpath

import pytest

from clients.conftest import StartClient
from clients.support.meeting import Meet
from clients.support.openvpn import SILENCE
from clients.support.stand_in import StandIn
from harness.bridge import WAIT_TIMEOUT, BridgeError

MOST_UNITS = 4096

#: Fewer signs could be guessed by a program of another user.
SHORTEST_PASSWORD = 8

#: A name with blanks, letters of several alphabets, and a sign of two units.
ODD_NAME = "Büro & Ε 'home' \U0001f512.ovpn"

AWKWARD = ("a b", 'a"b', "a\\", "a b\\", "a\\\\\"b", "a\tb", "%PATH%", "a^b&c|d", "äΕ\U0001f512",
           'a b"c d\\')


def test_it_is_one_message(meet: Meet) -> None:
    """Services read one message; what follows is lost, or is taken for an error."""
    meeting = meet()
    assert meeting.startup.raw
    with pytest.raises(BridgeError) as caught:
        more = meeting.pipe.read(SILENCE)
        pytest.fail(f"expected nothing more; came {more!r}")
    assert caught.value.code == WAIT_TIMEOUT, "it does not wait for the reply"


def test_it_has_three_strings_with_their_terminators(meet: Meet) -> None:
    raw = meet().startup.raw
    assert raw.endswith(b"\0\0")
    assert len(raw) % 2 == 0
    assert raw.decode("utf-16-le", "surrogatepass").count("\0") >= 3


def test_nothing_follows_the_third_terminator(meet: Meet) -> None:
    assert meet().startup.strings[3:] == [""]


def test_it_is_well_formed_utf_16(meet: Meet) -> None:
    raw = meet(config=ODD_NAME).startup.raw
    assert raw.decode("utf-16-le", "replace").encode("utf-16-le") == raw


def test_it_fits_into_4096_units(meet: Meet) -> None:
    assert len(meet().startup.raw) <= 2 * MOST_UNITS


def test_the_working_folder_is_absolute(meet: Meet) -> None:
    folder = meet().startup.directory
    assert ntpath.splitdrive(folder)[0] and ntpath.isabs(folder)


@pytest.mark.parametrize("name", ["home.ovpn", "home office.ovpn", "it's & home.ovpn", ODD_NAME],
                         ids=["plain", "blank", "signs", "letters"])
def test_the_configuration_arrives_as_it_is_called(meet: Meet, service: StandIn, name: str
                                                   ) -> None:
    startup = meet(config=name).startup
    configs = startup.values("config")
    assert configs, "expected --config; came none"
    path = ntpath.normpath(ntpath.join(startup.directory, configs[-1][0]))
    assert path == rf"{service.folder}\config\{name}"


@pytest.mark.parametrize("value", AWKWARD, ids=[
    "blank", "quote", "backslash", "blank-and-backslash", "backslashes-and-quote", "tab",
    "variable", "shell", "letters", "all"])
def test_an_option_s_value_arrives_as_it_was_given(meet: Meet, value: str) -> None:
    startup = meet(more=["--setenv", "UV_JUDGED", value]).startup
    assert ["UV_JUDGED", value] in startup.values("setenv", 2)


def test_a_message_that_is_too_long_is_not_sent(
        service: StandIn, start_client: StartClient) -> None:
    """The service would refuse it, or wait in vain for its end."""
    pipe = service.open_pipe()
    run = start_client(more=["--setenv", "UV_JUDGED", MOST_UNITS * "x"], timeout=2)
    pipe.accept()
    try:
        data = pipe.read()
    except BridgeError:
        data = b""
    assert len(data) <= 2 * MOST_UNITS
    assert run.wait() != 0


def test_the_management_interface_is_on_this_machine(meet: Meet) -> None:
    found = meet().startup.values("management", 2)
    assert found, "expected --management; came none"
    address, port = found[-1]
    assert address in ("127.0.0.1", "::1", "localhost")
    assert 0 < int(port) < 65536


def test_the_management_interface_has_a_password(meet: Meet) -> None:
    """Otherwise every program on the machine could control openvpn.exe."""
    startup = meet().startup
    assert [value[2:] for value in startup.values("management", 3)] == [["stdin"]]
    assert len(startup.password) >= SHORTEST_PASSWORD
    assert startup.input.startswith(f"{startup.password}\n") or \
        startup.input.startswith(f"{startup.password}\r\n")


def test_the_password_is_in_no_option(meet: Meet) -> None:
    """The command line of openvpn.exe can be seen by others."""
    startup = meet().startup
    assert startup.password not in startup.strings[1]
    assert startup.password not in startup.strings[0]


def test_each_start_has_another_password(meet: Meet) -> None:
    first = meet()
    password = first.startup.password
    first.leave()
    first.close()
    assert meet().startup.password != password


def test_openvpn_waits_for_its_client(meet: Meet) -> None:
    options = meet().startup.options
    assert "--management-hold" in options
    assert "--management-query-passwords" in options


def test_each_start_has_another_exit_event(meet: Meet) -> None:
    """Its name can't be taken before, and ends no other connection."""
    first = meet()
    events = first.startup.values("service")
    first.leave()
    first.close()
    assert events, "expected --service; came none"
    assert meet().startup.values("service") != events
