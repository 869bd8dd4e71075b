# SPDX-License-Identifier: MIT
"""openvpn.exe is not started when those who are no administrators could have changed it."""
from __future__ import annotations

from typing import Callable

import pytest

from harness.access import let_administrators_write, let_everyone_write
from harness.bridge import Bridge
from harness.fakes import (ADMINISTRATOR, ADMINISTRATORS, DENY_ONLY, GROUP_MEMBER_BY_DATABASE,
                           LOCAL_GROUPS, Persona)
from harness.installation import Installation
from harness.session import Session
from protocol.support.journal_file import events
from protocol.support.raw_client import ask, error_reply

InstallationMaker = Callable[..., Installation]
SessionMaker = Callable[..., Session]

ACCESS_DENIED = 5
REFUSED = error_reply(ACCESS_DENIED, "Users can change openvpn.exe (exe_path)",
                      "Access denied.\r\n")


@pytest.fixture
def strict(make_installation: InstallationMaker) -> Installation:
    """An installation with the default, whose clients have a user of their own."""
    made = make_installation(settings=(("allow_writable_install", None),))
    made.fakes.personas(GROUP_MEMBER_BY_DATABASE)
    made.fakes.local_groups(*LOCAL_GROUPS)
    return made


@pytest.mark.parametrize("place, shown", [
    (r"bin/openvpn.exe", r"\bin\openvpn.exe"), ("bin", r"\bin"), (".", "")],
    ids=["program", "its folder", "folder above"])
def test_it_is_refused_when_everybody_can_change_it(strict: Installation, user_bridge: Bridge,
                                                    place: str, shown: str) -> None:
    let_everyone_write(strict.host_folder / place)
    strict.start()
    assert ask(strict, user_bridge).raw == REFUSED
    assert not strict.record.calls("CreateProcessAsUserW")
    event, = events(strict, "openvpn.exe is not started: ")
    assert f"{strict.folder}{shown} may be changed by " in event
    assert "allow_writable_install" in event


def test_it_is_looked_at_anew_for_each_connection(strict: Installation, user_bridge: Bridge,
                                                  start_session: SessionMaker) -> None:
    strict.start()
    start_session(strict, client_bridge=user_bridge).end()
    let_everyone_write(strict.host_folder / "bin")
    assert ask(strict, user_bridge).raw == REFUSED
    let_administrators_write(strict.host_folder / "bin")
    start_session(strict, client_bridge=user_bridge).end()


def test_an_administrator_is_refused_too_when_everybody_can_change_it(strict: Installation,
                                                                      bridge: Bridge) -> None:
    strict.fakes.personas(ADMINISTRATOR)
    let_everyone_write(strict.host_folder / "bin")
    strict.start()
    assert ask(strict, bridge).raw == REFUSED


@pytest.fixture
def owner(strict: Installation, user_bridge: Bridge, start_session: SessionMaker) -> Persona:
    """Who owns the files: under Wine the user that all programs run as. The service runs."""
    strict.start()
    session = start_session(strict, client_bridge=user_bridge)
    made = Persona("owner", session.openvpn.describe()["user"])
    session.end()
    return made


def test_a_user_who_can_change_it_is_refused(strict: Installation, owner: Persona,
                                             user_bridge: Bridge) -> None:
    strict.fakes.personas(owner)
    mark = strict.record.mark()
    assert ask(strict, user_bridge).raw == REFUSED
    assert not strict.record.calls("CreateProcessAsUserW", since=mark)


@pytest.mark.parametrize("attributes", [0xF, DENY_ONLY], ids=["elevated", "filtered"])
def test_an_administrator_who_can_change_it_is_not(
        strict: Installation, owner: Persona, user_bridge: Bridge, start_session: SessionMaker,
        attributes: int) -> None:
    strict.fakes.personas(owner.with_group(ADMINISTRATORS, attributes))
    start_session(strict, client_bridge=user_bridge).end()


def test_the_setting_allows_it_and_each_start_names_who_can(
        make_installation: InstallationMaker, start_session: SessionMaker, user_bridge: Bridge
        ) -> None:
    made = make_installation(settings=(("allow_writable_install", "1"),))
    made.fakes.personas(GROUP_MEMBER_BY_DATABASE)
    made.fakes.local_groups(*LOCAL_GROUPS)
    let_everyone_write(made.host_folder / "bin")
    for number in range(1, 3):
        made.start()
        start_session(made, client_bridge=user_bridge).end()
        made.stop()
        assert len(events(made, "may be changed by")) == number


def test_other_places_that_users_can_change_are_no_reason(strict: Installation,
                                                          user_bridge: Bridge,
                                                          start_session: SessionMaker) -> None:
    let_everyone_write(strict.host_folder / "config")
    strict.start()
    start_session(strict, client_bridge=user_bridge).end()


def test_what_is_started_is_what_was_looked_at(strict: Installation, user_bridge: Bridge,
                                               start_session: SessionMaker) -> None:
    strict.start()
    start_session(strict, client_bridge=user_bridge).end()
    started, = strict.record.calls("CreateProcessAsUserW")
    assert started["application"].lower() == rf"{strict.folder}\bin\openvpn.exe".lower()
