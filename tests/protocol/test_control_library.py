# SPDX-License-Identifier: MIT
"""libgatehouse on the control pipe, by the example program of tests/example."""
from __future__ import annotations

import itertools
from typing import Callable, Iterator, Optional

import pytest

from harness.bridge import Bridge
from harness.eventually import eventually
from harness.fakes import ADMINISTRATOR, PLAIN_USER, TAP, TAP_ALIAS
from harness.installation import Installation
from harness.messages import name_servers, route
from harness.pipe import Pipe
from harness.process import Process
from harness.session import Session
from protocol.support.service_program import Run

SessionMaker = Callable[..., Session]
Example = Callable[..., Run]

numbers = itertools.count(1)


@pytest.fixture
def example(installation: Installation, user_bridge: Bridge) -> Iterator[Example]:
    """Starts the program for an ordinary user, or at another bridge."""
    installation.add_program("sessions.exe", source="example")
    installation.fakes.personas(PLAIN_USER)

    def start(verb: str, *words: str, at: Optional[Bridge] = None) -> Run:
        name = f"sessions{next(numbers)}.txt"
        line = " ".join((verb, f'"{installation.instance}"', *words))
        process = Process.start(at or user_bridge, rf'"{installation.folder}\sessions.exe" {line}',
                                output=rf"{installation.folder}\log\{name}")
        return Run(process, installation.host_folder / "log" / name)

    yield start


def test_it_lists_the_service_and_the_sessions(installation: Installation, example: Example,
                                               start_session: SessionMaker) -> None:
    session = start_session()
    for message in (route("10.20.0.0/16", "10.8.0.1", TAP), name_servers(TAP_ALIAS, "10.8.0.1")):
        assert session.openvpn.request(message) == 0
    outcome = example("list").end()
    service, line = outcome.output.splitlines()
    assert outcome.exit_code == 0
    assert service.startswith("service 0.")
    assert f"of process {installation.service.status().process}, " in service
    assert line.startswith(rf"{session.reply.process} running {PLAIN_USER.domain}\alice "
                           rf"{installation.folder}\config\gatehouse-test-")
    assert line.endswith(f"on {TAP_ALIAS}: 0 addresses, 1 routes, 1 name servers")


def test_it_reads_page_after_page(installation: Installation, example: Example,
                                  start_session: SessionMaker, user_bridge: Bridge) -> None:
    # Each % of a path takes three units, so that a page has room for some forty sessions.
    sessions = [start_session(prefix="%" * 185) for _ in range(44)]
    control = installation.control(user_bridge)
    assert "mark" in control.ask("status").records[-1]
    assert len(control.sessions()) == len(sessions)
    control.close()
    outcome = example("list").end()
    listed = [line.split()[0] for line in outcome.output.splitlines()[1:]]
    assert listed == [str(session.reply.process) for session in sessions]


def test_it_ends_a_session_and_waits_for_the_undo(installation: Installation, example: Example,
                                                  start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", TAP)) == 0
    assert example("stop", str(session.reply.process)).end().exit_code == 0
    assert not installation.differences()


def test_it_ends_all_sessions(example: Example, start_session: SessionMaker) -> None:
    sessions = [start_session() for _ in range(3)]
    assert example("stop", "all").end().exit_code == 0
    assert not any(session.process.is_alive() for session in sessions)


def test_a_session_ends_with_the_program_that_holds_it(installation: Installation,
                                                       example: Example, bridge: Bridge,
                                                       start_session: SessionMaker) -> None:
    session = start_session()
    assert example("hold", str(session.reply.process), at=bridge).end().output == "held\n"
    assert not eventually(session.process.is_alive, lambda alive: not alive)


def test_a_refusal_says_why_and_what_to_do(installation: Installation, example: Example,
                                           bridge: Bridge, user_bridge: Bridge,
                                           start_session: SessionMaker) -> None:
    installation.fakes.personas(ADMINISTRATOR.of(bridge.process), PLAIN_USER)
    session = start_session(client_bridge=bridge)
    outcome = example("stop", str(session.reply.process)).end()
    assert outcome.exit_code == 1
    assert outcome.output.startswith("5 The service OpenVPNServiceInteractive"
                                     f"{installation.instance} has refused the request: This "
                                     "process is another user's: ")
    assert '"Run as administrator"' in outcome.output


def test_a_process_that_is_no_session_is_said_to_be_none(example: Example) -> None:
    outcome = example("hold", "4").end()
    assert outcome.exit_code == 1
    assert outcome.output.startswith("1168 ")
    assert "No session has this process" in outcome.output


def test_a_service_that_does_not_run_is_said_so(installation: Installation, example: Example
                                                ) -> None:
    installation.stop()
    outcome = example("list").end()
    assert (outcome.exit_code, outcome.output.split()[0]) == (1, "1062")
    assert "net start" in outcome.output
    installation.start()


def test_nothing_is_sent_to_another_process_with_the_pipe(installation: Installation,
                                                          example: Example, bridge: Bridge
                                                          ) -> None:
    installation.stop()
    squatter = Pipe.create(bridge, installation.control_name)
    try:
        run = example("list")
        squatter.accept()
        assert run.end().output.startswith("1396 ")
    finally:
        squatter.close()
    installation.start()
