# SPDX-License-Identifier: MIT
"""The fakes with a real service: personas, faults and deaths."""
from __future__ import annotations

from typing import Callable

import pytest

from harness.bridge import Bridge
from harness.client import startup
from harness.eventually import eventually
from harness.fakes import (ADMINISTRATOR, FILTERED_ADMINISTRATOR, GROUP_MEMBER_BY_DATABASE,
                           GROUP_MEMBER_BY_TOKEN, LOCAL_GROUPS, PLAIN_USER, SERVICE_USER, TAP,
                           Action, FakesError, Persona, canonical_sddl)
from harness.installation import MOST_STARTS, Installation
from harness.messages import address, encode, route
from harness.process import Process
from harness.service import State
from harness.session import Session

ERROR_BAD_IMPERSONATION_LEVEL = 1346

#: Refused unless the user is authorised.
PRIVILEGED = "--route-method exe"

ROUTE = route("10.11.0.0/16", "10.8.0.1", TAP)

SessionMaker = Callable[..., Session]

#: Which personas may use any option.
AUTHORISED = [
    (PLAIN_USER, False),
    (GROUP_MEMBER_BY_TOKEN, True),
    (GROUP_MEMBER_BY_DATABASE, True),
    (ADMINISTRATOR, True),
    (FILTERED_ADMINISTRATOR, True),
    (SERVICE_USER, True),
]


@pytest.mark.parametrize("persona, allowed", AUTHORISED, ids=lambda value: str(
    value.name if isinstance(value, Persona) else value))
def test_a_client_is_who_its_persona_says(installation: Installation, persona: Persona,
                                          allowed: bool, start_session: SessionMaker) -> None:
    installation.fakes.personas(persona)
    installation.fakes.local_groups(*LOCAL_GROUPS)
    if allowed:
        session = start_session(options=PRIVILEGED)
        session.end()
    else:
        with pytest.raises(AssertionError, match="a refusal"):
            start_session(options=PRIVILEGED)
    assert bool(installation.record.calls("CreateProcessAsUserW")) is allowed


def test_a_client_that_allows_only_identification_is_refused(installation: Installation) -> None:
    installation.fakes.personas(PLAIN_USER.granting("identification"))
    client = installation.connect()
    reply = client.start(rf"{installation.folder}\config", "--verb 3")
    client.close()
    assert reply.code == ERROR_BAD_IMPERSONATION_LEVEL


def test_the_pipe_is_recorded_as_it_was_requested(installation: Installation) -> None:
    installation.stop()
    mark = installation.record.mark()
    installation.start()
    pipe = installation.record.wait_for("CreateNamedPipeW", since=mark)
    assert pipe["name"] == installation.pipe_name
    assert canonical_sddl(pipe["security"]).startswith("D:")
    installation.record.wait_for("SetServiceStatus", since=mark,
                                 where=lambda call: bool(call["state"] == State.RUNNING))
    states = [call["state"] for call in installation.record.calls("SetServiceStatus", since=mark)]
    assert states[0] == State.START_PENDING and states[-1] == State.RUNNING


def test_controls_that_windows_reserves_can_be_sent(installation: Installation) -> None:
    installation.service.control(200)
    resumed = installation.record.wait_for("ServiceControl")
    assert (resumed["control"], resumed["event_type"]) == (13, 18)


def test_a_service_that_dies_leaves_its_effects(installation: Installation,
                                                start_session: SessionMaker) -> None:
    session = start_session()
    before = installation.service.status().process
    installation.fakes.fault("CreateIpForwardEntry2", "die_after")
    session.openvpn.post(encode(ROUTE))
    death = installation.wait_death()
    assert (death["call"], death["pid"], death["after"]) == ("CreateIpForwardEntry2", before, True)
    assert installation.record.calls("CreateIpForwardEntry2")[-1]["died"] == "after"
    assert not eventually(installation.processes, lambda rows: not rows)
    assert any("10.11.0.0" in line for line in installation.differences())

    installation.fakes.delete_route(TAP, "10.11.0.0/16", "10.8.0.1")
    assert installation.start().process != before


def test_a_service_that_dies_before_the_commit_has_no_effects(installation: Installation,
                                                              start_session: SessionMaker) -> None:
    session = start_session()
    installation.fakes.fault("Commit", "die")
    assert session.openvpn.try_request(ROUTE) is None
    assert installation.wait_death()["call"] == "Commit"
    assert not installation.differences()
    installation.start()


def test_a_death_leaves_no_address_without_its_routes(installation: Installation,
                                                      start_session: SessionMaker) -> None:
    session = start_session()
    installation.fakes.fault("Commit", "die_after")
    assert session.openvpn.try_request(address("10.30.0.5/24", TAP)) is None
    assert installation.wait_death()["call"] == "Commit"
    routes = {row["prefix"] for row in installation.fakes.dump()["routes"]}
    assert {"10.30.0.0/24", "10.30.0.5/32", "10.30.0.255/32"} <= routes
    installation.start()


def test_a_service_can_die_at_its_answer(installation: Installation) -> None:
    client = installation.connect()
    installation.fakes.fault("WriteFile", "die")
    client.send(startup(rf"{installation.folder}\config", "--verb 3"))
    assert installation.wait_death()["call"] == "WriteFile"
    client.close()
    assert not eventually(installation.processes, lambda rows: not rows)
    installation.start()


@pytest.mark.parametrize("action", ["die", "die_after"])
@pytest.mark.parametrize("call", ["RegisterServiceCtrlHandlerExW", "SetServiceStatus",
                                  "CreateNamedPipeW"])
def test_a_service_that_dies_at_its_start_starts_again(installation: Installation, call: str,
                                                       action: Action) -> None:
    installation.crash()
    installation.fakes.fault(call, action)
    status = installation.start()
    death, = installation.fakes.deaths()
    assert (death["call"], death["after"]) == (call, action == "die_after")
    assert status.process != death["pid"]
    assert installation.is_running()
    installation.populate()
    assert not installation.fakes.deaths()


def test_a_service_that_dies_at_every_start_is_given_up(installation: Installation) -> None:
    installation.crash()
    installation.fakes.fault("CreateNamedPipeW", "die", times=0)
    with pytest.raises(AssertionError, match="stopped at its start"):
        installation.start()
    assert len(installation.fakes.deaths()) == MOST_STARTS


def test_calls_of_the_service_are_distinguished_from_those_of_its_programs(
        installation: Installation, bridge: Bridge) -> None:
    installation.stop()
    installation.start()
    command = rf'"{installation.folder}\system32\ipconfig.exe" /flushdns'
    assert Process.start(bridge, command).wait() == 0
    counters, calls = installation.fakes.counters(), installation.calls()
    assert counters.items() > calls.items()
    assert counters.keys() - calls.keys() == {"ipconfig", "ProgramStart"}
    assert calls["CreateNamedPipeW"]


def test_writes_are_counted_but_not_recorded(installation: Installation,
                                             start_session: SessionMaker) -> None:
    before = installation.fakes.counters().get("WriteFile", 0)
    start_session()  # the service replies with a process id
    assert installation.fakes.counters()["WriteFile"] > before
    assert not installation.record.calls("WriteFile")


def test_a_refused_request_says_why(installation: Installation) -> None:
    with pytest.raises(FakesError) as refusal:
        installation.fakes.delete_route(TAP, "10.11.0.0/16", "10.8.0.1")
    assert refusal.value.code == 1168
