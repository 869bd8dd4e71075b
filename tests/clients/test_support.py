# SPDX-License-Identifier: MIT
"""The readers of command lines that judge clients, and the service that plays for them."""
from __future__ import annotations

from typing import List

import pytest

from clients.support.command_line import split, values_of
from clients.support.management_line import words
from clients.support.program import Client
from clients.support.stand_in import StandIn
from harness.service import State


@pytest.mark.parametrize("line, expected", [
    ("", []), ("a  b\tc", ["a", "b", "c"]), ('"a b" c', ["a b", "c"]), (r'a\"b', ['a"b']),
    (r'"a\\" b', ["a\\", "b"]), (r"a\\b", [r"a\\b"]), (r'"a\\\"b"', [r'a\"b']),
    ('"a""b"', ['a"b']), ('""', [""]), (r'"C:\x y\" z', [r'C:\x y" z'])])
def test_a_command_line_is_taken_apart_as_windows_programs_do(line: str, expected: List[str]
                                                              ) -> None:
    assert split(line) == expected


def test_values_of_an_option_are_those_behind_it() -> None:
    line = ["--a", "1", "--b", "--a", "2", "3"]
    assert values_of(line, "a") == [["1"], ["2"]]
    assert values_of(line, "a", 2) == [["1", "--b"], ["2", "3"]]
    assert values_of(line, "c") == []


@pytest.mark.parametrize("line, expected", [
    ("hold release", ["hold", "release"]), (r'password "Auth" "a\"b\\c"', [
        "password", "Auth", r'a"b\c']), ("username 'Auth' a", ["username", "Auth", "a"]),
    ('password "Auth" ""', ["password", "Auth", ""])])
def test_a_command_of_the_management_interface_is_taken_apart_as_openvpn_does(
        line: str, expected: List[str]) -> None:
    assert words(line) == expected


@pytest.mark.parametrize("line", ['password "Auth" "a', r'password "Auth" "a\b"'])
def test_a_command_that_openvpn_refuses_is_refused(line: str) -> None:
    with pytest.raises(AssertionError):
        words(line)


def test_arguments_stand_for_what_is_in_braces() -> None:
    client = Client("x.exe", "--connect '{name} {x}' {more} --log={log}")
    assert client.words({"name": "home", "log": r"C:\a b"}, ["--verb", "3"]) == [
        "--connect", "home {x}", "--verb", "3", r"--log=C:\a b"]
    assert client.takes("more") and not client.has_instance


def test_the_pipe_is_in_the_process_of_the_service(service: StandIn) -> None:
    """That is what a client looks at."""
    status = service.service.status()
    assert status.state is State.RUNNING
    pipe = service.open_pipe()
    assert pipe.info().server == status.process


def test_a_stopped_service_stays_installed_and_starts_again(service: StandIn) -> None:
    service.stop()
    assert service.service.status().state is State.STOPPED
    service.start(State.START_PENDING)
    assert service.service.status().state is State.START_PENDING
    service.start()
    assert service.service.status().is_alive
