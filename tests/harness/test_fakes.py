# SPDX-License-Identifier: MIT
"""The fakes below a real service: what tests rely on when they play users and inject faults."""
from __future__ import annotations

from typing import Callable

import pytest

from harness.checks import eventually
from harness.fakes import (ADMINISTRATOR, FILTERED_ADMINISTRATOR,
                           GROUP_MEMBER_BY_DATABASE, GROUP_MEMBER_BY_TOKEN, LOCAL_GROUPS,
                           PLAIN_USER, SERVICE_USER, TAP, FakesError, Persona, canonical_sddl)
from harness.installation import Installation
from harness.messages import encode, route
from harness.service import State
from harness.session import Session

ERROR_BAD_IMPERSONATION_LEVEL = 1346

#: Refused unless the user is authorised.
PRIVILEGED = "--route-method exe"

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
        session.openvpn.exit()
        session.client.wait_closed()
    else:
        with pytest.raises(AssertionError, match="refused"):
            start_session(options=PRIVILEGED)
    assert bool(installation.record.calls("CreateProcessAsUserW")) is allowed


def test_a_client_that_only_identifies_itself_is_told_so(installation: Installation) -> None:
    installation.fakes.personas(PLAIN_USER.granting("identification"))
    client = installation.connect()
    reply = client.start(rf"{installation.folder}\config", "--verb 3")
    client.close()
    assert reply.code == ERROR_BAD_IMPERSONATION_LEVEL


def test_the_pipe_is_recorded_as_it_was_asked_for(installation: Installation) -> None:
    installation.stop()
    mark = installation.record.mark()
    installation.start()
    pipe = installation.record.wait_for("CreateNamedPipeW", since=mark)
    assert pipe["name"] == installation.pipe_name
    assert canonical_sddl(pipe["security"]).startswith("D:")
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
    session.openvpn.write(encode(route("10.11.0.0/16", "10.8.0.1", TAP)))
    died = installation.record.wait_for("CreateIpForwardEntry2")
    assert died["died"] == "after"
    assert not eventually(installation.processes, lambda rows: not rows)
    assert any("10.11.0.0" in line for line in installation.differences())

    installation.fakes.delete_route(TAP, "10.11.0.0/16", "10.8.0.1")
    installation.service.start()
    eventually(lambda: installation.service.status().process, lambda now: now != before)
    installation.service.wait(State.RUNNING)


def test_writes_are_counted_but_not_recorded(installation: Installation,
                                             start_session: SessionMaker) -> None:
    before = installation.fakes.counters().get("WriteFile", 0)
    start_session()  # the service answers with a process id
    assert installation.fakes.counters()["WriteFile"] > before
    assert not installation.record.calls("WriteFile")


def test_a_refused_request_says_why(installation: Installation) -> None:
    with pytest.raises(FakesError) as refusal:
        installation.fakes.delete_route(TAP, "10.11.0.0/16", "10.8.0.1")
    assert refusal.value.code == 1168
