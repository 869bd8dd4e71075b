# SPDX-License-Identifier: MIT
"""The control pipe's `stop` and `attach`: whose sessions end, how, and when the answer comes."""
from __future__ import annotations

import time
from typing import Callable

import pytest

from harness.bridge import Bridge, BridgeError
from harness.control import (ACCESS_DENIED, HAS_ONE_ALREADY, NOT_FOUND, NOT_IN_TIME,
                             WRONG_ARGUMENTS, Control)
from harness.eventually import HANG, eventually
from harness.fakes import ADMINISTRATOR, GROUP_MEMBER_BY_TOKEN, PLAIN_USER, TAP
from harness.installation import Installation
from harness.messages import route
from harness.process import ERROR_INVALID_PARAMETER, Process
from harness.runner import Runner
from harness.session import Session
from protocol.support.availability import ControlMaker
from protocol.support.journal_file import events

SessionMaker = Callable[..., Session]

EVENT_MODIFY_STATE = 0x2
CHANGE = route("10.20.0.0/16", "10.8.0.1", TAP)

#: Seconds that openvpn.exe has to end by itself, and after which the answer comes in any case.
PATIENCE, LIMIT = 5.0, 30.0


@pytest.fixture
def users(installation: Installation, bridge: Bridge, user_bridge: Bridge) -> Installation:
    """Alice acts in `user_bridge`, another user without rights in `bridge`."""
    installation.fakes.personas(PLAIN_USER.of(user_bridge.process),
                                GROUP_MEMBER_BY_TOKEN.of(bridge.process))
    return installation


@pytest.fixture
def alice(users: Installation, ask_control: ControlMaker, user_bridge: Bridge
          ) -> Callable[[], Control]:
    """Makes connections of the user whose sessions `start_session` starts."""
    return lambda: ask_control(users, user_bridge)


@pytest.fixture
def bob(users: Installation, ask_control: ControlMaker) -> Callable[[], Control]:
    """Makes connections of another user."""
    return lambda: ask_control(users)


def event_options(session_name: str) -> str:
    """Options that make openvpn.exe end by an event."""
    return f"--service gatehouse_exit_{session_name} 0"


def pid(session: Session) -> str:
    """What names it on the control pipe."""
    return str(session.reply.process)


def is_known(bridge: Bridge, process: int) -> bool:
    """Whether Windows knows this id: of a process, or of one that has ended but is still held."""
    try:
        Process.open(bridge, process).close()
    except BridgeError as error:
        assert error.code == ERROR_INVALID_PARAMETER
        return False
    return True


def exit_code(session: Session) -> int:
    """Of its openvpn.exe, when that has ended."""
    return session.process.wait()


# stop, by the event.

def test_stop_ends_a_session_by_its_event_and_answers_when_all_is_undone(
        users: Installation, alice: Callable[[], Control], start_session: SessionMaker) -> None:
    session = start_session(options=event_options("one"))
    assert session.openvpn.request(CHANGE) == 0
    reply = alice().ask("stop", pid(session))
    assert (reply.code, reply.name, reply.records) == (0, "stop", ({"stopped": "1"},))
    assert not users.differences()
    assert exit_code(session) == 0
    session.client.wait_closed()
    assert not alice().sessions()


def test_the_event_is_opened_as_the_client_to_set_it_and_nothing_else(
        users: Installation, alice: Callable[[], Control], start_session: SessionMaker,
        user_bridge: Bridge) -> None:
    session = start_session(options=event_options("two"))
    assert alice().ask("stop", pid(session)).code == 0
    opened, = users.record.calls("OpenEventW")
    assert int(opened["access"], 16) == EVENT_MODIFY_STATE
    assert opened["client"] == user_bridge.process
    assert opened["name"].startswith("Session\\")
    assert opened["name"].endswith("\\gatehouse_exit_two")
    assert not users.record.calls("TerminateProcess")


def test_no_thread_acts_as_the_client_afterwards(users: Installation, alice: Callable[[], Control],
                                                 start_session: SessionMaker) -> None:
    session = start_session(options=event_options("three"))
    assert alice().ask("stop", pid(session)).code == 0
    opened, = users.record.calls("OpenEventW")
    after = users.record.calls("RevertToSelf", "SetThreadToken",
                               where=lambda call: bool(call["tid"] == opened["tid"]))
    assert after[-1]["call"] == "RevertToSelf"


# stop, by force.

def test_without_an_event_the_process_is_ended_at_once(users: Installation,
                                                       alice: Callable[[], Control],
                                                       start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(CHANGE) == 0
    begun = time.monotonic()
    assert alice().ask("stop", pid(session)).code == 0
    assert exit_code(session) == 1
    assert not users.differences()
    assert not users.record.calls("OpenEventW")
    assert time.monotonic() - begun < HANG


@pytest.mark.parametrize("name", [r"Session\1\evil", r"Local\Global\evil"])
def test_an_event_that_leads_elsewhere_is_not_opened(
        users: Installation, alice: Callable[[], Control], start_session: SessionMaker, name: str
        ) -> None:
    session = start_session(options=f"--verb 3 --service {name} 0")
    assert alice().ask("stop", pid(session)).code == 0
    assert not users.record.calls("OpenEventW")
    assert exit_code(session) == 1


def test_an_event_that_is_not_there_is_not_made_and_the_process_is_ended(
        users: Installation, alice: Callable[[], Control], start_session: SessionMaker) -> None:
    session = start_session(options=event_options("four"))
    users.fakes.fail("OpenEventW", 2)
    assert alice().ask("stop", pid(session)).code == 0
    assert exit_code(session) == 1
    assert events(users, "cannot be told to end by its event")


def test_a_process_that_does_not_end_in_five_seconds_is_ended(
        users: Installation, alice: Callable[[], Control], start_session: SessionMaker) -> None:
    session = start_session(options=event_options("deaf"),
                            config="setenv GATEHOUSE_EVENT unheard\n")
    assert session.openvpn.request(CHANGE) == 0
    begun = time.monotonic()
    assert alice().ask("stop", pid(session)).code == 0
    assert PATIENCE - 1 < time.monotonic() - begun
    assert exit_code(session) == 1
    assert not users.differences()


# stop, when the undo takes long.

def test_the_answer_waits_for_the_undo(users: Installation, alice: Callable[[], Control],
                                       start_session: SessionMaker) -> None:
    session = start_session(options=event_options("five"))
    assert session.openvpn.request(CHANGE) == 0
    users.fakes.fault("DeleteIpForwardEntry2", "block")
    pending = alice().begin("stop", pid(session))
    users.fakes.wait_blocked("DeleteIpForwardEntry2")
    assert not pending.is_there()
    users.fakes.clear_faults()
    assert pending.end().code == 0
    assert not users.differences()


def test_after_30_seconds_the_answer_says_what_is_still_being_undone(
        users: Installation, alice: Callable[[], Control], start_session: SessionMaker) -> None:
    sessions = [start_session(options=event_options(f"six{number}")) for number in range(2)]
    assert sessions[1].openvpn.request(CHANGE) == 0
    users.fakes.fault("DeleteIpForwardEntry2", "block")
    begun = time.monotonic()
    reply = alice().ask("stop", "all")
    assert LIMIT - 1 < time.monotonic() - begun < LIMIT + HANG
    assert (reply.code, reply.name) == (NOT_IN_TIME, "stop")
    assert reply.records == ({"reason": f"still undoing: {pid(sessions[1])}", "stopped": "1",
                              "left": "1"},)
    users.fakes.clear_faults()
    sessions[1].client.wait_closed()


def test_nobody_else_waits_for_a_stop(users: Installation, alice: Callable[[], Control],
                                      bob: Callable[[], Control], start_session: SessionMaker,
                                      bridge: Bridge) -> None:
    session, other = start_session(), start_session(client_bridge=bridge)
    assert session.openvpn.request(CHANGE) == 0
    users.fakes.fault("DeleteIpForwardEntry2", "block")
    pending = alice().begin("stop", pid(session))
    users.fakes.wait_blocked("DeleteIpForwardEntry2")
    assert other.openvpn.request(route("10.30.0.0/16", "10.8.0.1", TAP)) == 0
    assert bob().ask("stop", pid(other)).code == 0
    assert not pending.is_there()
    users.fakes.clear_faults()
    assert pending.end().code == 0


# Whose sessions.

def test_another_users_session_is_not_stopped(users: Installation, bob: Callable[[], Control],
                                              start_session: SessionMaker) -> None:
    session = start_session(options=event_options("seven"))
    reply = bob().ask("stop", pid(session))
    assert (reply.code, reply.reason) == (ACCESS_DENIED, "This process is another user's")
    assert bob().ask("stop", "all").records == ({"stopped": "0"},)
    assert session.process.is_alive()
    assert not users.record.calls("OpenEventW", "TerminateProcess")
    assert events(users, "The control request 'stop' is refused")


def test_an_administrator_stops_the_session_of_a_user_as_that_user(
        installation: Installation, ask_control: ControlMaker, start_session: SessionMaker,
        bridge: Bridge, user_bridge: Bridge) -> None:
    installation.fakes.personas(PLAIN_USER.of(user_bridge.process),
                                ADMINISTRATOR.of(bridge.process))
    session = start_session(options=event_options("eight"))
    assert ask_control().ask("stop", pid(session)).code == 0
    opened, = installation.record.calls("OpenEventW")
    assert opened["client"] == user_bridge.process
    assert exit_code(session) == 0


def test_stop_all_ends_the_callers_sessions_and_no_others(
        users: Installation, alice: Callable[[], Control], start_session: SessionMaker,
        bridge: Bridge) -> None:
    own = [start_session() for _ in range(3)]
    other = start_session(client_bridge=bridge)
    assert alice().ask("stop", "all").records == ({"stopped": "3"},)
    assert not any(session.process.is_alive() for session in own)
    assert other.process.is_alive()


@pytest.mark.parametrize("words, code", [
    (("stop",), WRONG_ARGUMENTS), (("stop", "1", "2"), WRONG_ARGUMENTS),
    (("stop", "none"), WRONG_ARGUMENTS), (("stop", ""), WRONG_ARGUMENTS),
    (("stop", "4"), NOT_FOUND), (("attach",), WRONG_ARGUMENTS),
    (("attach", "all"), WRONG_ARGUMENTS), (("attach", "4"), NOT_FOUND)],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value))
def test_what_is_no_session_is_refused(alice: Callable[[], Control], words: "tuple[str, ...]",
                                       code: int) -> None:
    reply = alice().ask(*words)
    assert (reply.code, reply.name) == (code, words[0])


def test_the_process_of_the_service_is_no_session(users: Installation, ask_control: ControlMaker
                                                  ) -> None:
    users.fakes.personas(ADMINISTRATOR)
    process = users.service.status().process
    assert ask_control().ask("stop", str(process)).code == NOT_FOUND


def test_two_may_stop_one_session(users: Installation, alice: Callable[[], Control],
                                  start_session: SessionMaker) -> None:
    session = start_session(options=event_options("nine"))
    assert session.openvpn.request(CHANGE) == 0
    users.fakes.fault("DeleteIpForwardEntry2", "block")
    pending = [alice().begin("stop", word) for word in (pid(session), "all")]
    users.fakes.wait_blocked("DeleteIpForwardEntry2")
    users.record.wait_for("OpenEventW")
    users.fakes.clear_faults()
    assert {each.end().code for each in pending} <= {0, NOT_FOUND}
    assert not users.differences()


def test_a_stop_goes_on_when_its_client_has_gone(users: Installation, alice: Callable[[], Control],
                                                 start_session: SessionMaker) -> None:
    session = start_session(options=event_options("ten"))
    assert session.openvpn.request(CHANGE) == 0
    control = alice()
    control.begin("stop", pid(session))
    users.record.wait_for("OpenEventW")
    control.close()
    session.client.wait_closed()
    assert not users.differences()


# A process id that had another session.

@pytest.fixture
def ended(users: Installation, start_session: SessionMaker) -> Session:
    """A session of Alice's that has ended; the next openvpn.exe has its process id."""
    session = start_session(options=event_options("ended"))
    session.end()
    users.fakes.next_process(session.reply.process)
    return session


def test_the_id_of_a_session_that_has_ended_names_none(
        users: Installation, alice: Callable[[], Control], start_session: SessionMaker) -> None:
    session, other = start_session(), start_session()
    session.end()
    for verb in ("stop", "attach"):
        assert alice().ask(verb, pid(session)).code == NOT_FOUND
    assert other.process.is_alive()
    assert not users.record.calls("TerminateProcess", "OpenEventW")


def test_windows_gives_the_id_to_no_other_process_before_all_is_undone(
        users: Installation, alice: Callable[[], Control], start_session: SessionMaker,
        bridge: Bridge) -> None:
    session = start_session()
    assert session.openvpn.request(CHANGE) == 0
    users.fakes.fault("DeleteIpForwardEntry2", "block")
    session.openvpn.exit(0)
    users.fakes.wait_blocked("DeleteIpForwardEntry2")
    session.process.close()  # the last handle but those of the service
    process = session.reply.process
    assert [record["pid"] for record in alice().sessions()] == [str(process)]
    assert is_known(bridge, process)
    users.fakes.clear_faults()
    session.client.wait_closed()
    assert not eventually(lambda: is_known(bridge, process), lambda known: not known)


def test_a_session_with_the_id_of_an_ended_one_belongs_to_its_own_user(
        users: Installation, alice: Callable[[], Control], bob: Callable[[], Control],
        ended: Session, start_session: SessionMaker, bridge: Bridge) -> None:
    session = start_session(options=event_options("heir"), client_bridge=bridge)
    assert pid(session) == pid(ended)
    for verb in ("stop", "attach"):
        assert alice().ask(verb, pid(ended)).code == ACCESS_DENIED
    assert alice().ask("stop", "all").records == ({"stopped": "0"},)
    assert session.process.is_alive()
    assert bob().ask("stop", pid(session)).code == 0
    assert exit_code(session) == 0


def test_a_stop_ends_the_session_that_it_was_about_and_not_its_heir(
        users: Installation, alice: Callable[[], Control], start_session: SessionMaker) -> None:
    session = start_session(options=event_options("testator"))
    users.fakes.fault("OpenEventW", "block")
    pending = alice().begin("stop", pid(session))
    users.fakes.wait_blocked("OpenEventW")
    session.end()
    users.fakes.next_process(session.reply.process)
    heir = start_session()
    assert pid(heir) == pid(session)
    users.fakes.clear_faults()
    assert pending.end().records == ({"stopped": "1"},)
    assert heir.openvpn.request(CHANGE) == 0
    assert heir.process.is_alive()
    process = session.reply.process
    assert not users.record.calls("OpenProcess",
                                  where=lambda call: bool(call["process"] == process))


def test_a_connection_ends_the_session_that_it_has_and_not_its_heir(
        users: Installation, alice: Callable[[], Control], start_session: SessionMaker) -> None:
    session = start_session()
    control = alice()
    assert control.ask("attach", pid(session)).code == 0
    users.fakes.next_process(session.reply.process)
    session.end()
    heir = start_session()
    assert pid(heir) == pid(session)
    control.wait_closed()
    control.close()
    assert heir.openvpn.request(CHANGE) == 0
    assert heir.process.is_alive()


# attach

def test_a_session_ends_with_the_connection_that_is_attached(
        users: Installation, alice: Callable[[], Control], start_session: SessionMaker) -> None:
    session = start_session(options=event_options("attached"))
    assert session.openvpn.request(CHANGE) == 0
    control = alice()
    reply = control.ask("attach", pid(session))
    assert (reply.code, reply.records) == (0, ({"pid": pid(session)},))
    assert session.process.is_alive()
    control.close()
    assert exit_code(session) == 0
    session.client.wait_closed()
    assert not users.differences()
    assert events(users, "is ended, because its client has gone")


def test_a_session_ends_with_the_process_that_is_attached(
        users: Installation, start_session: SessionMaker, runner: Runner) -> None:
    client = runner.bridge()
    users.fakes.personas(PLAIN_USER)
    session = start_session(options=event_options("process"))
    assert users.control(client).ask("attach", pid(session)).code == 0
    client.close()
    assert exit_code(session) == 0


def test_an_attached_connection_may_be_silent_and_may_ask(users: Installation,
                                                          alice: Callable[[], Control],
                                                          start_session: SessionMaker) -> None:
    session = start_session()
    control = alice()
    assert control.ask("attach", pid(session)).code == 0
    with pytest.raises(BridgeError):
        control.pipe.read(3.0)
    assert control.ask("version").code == 0
    assert control.ask("attach", pid(session)).code == HAS_ONE_ALREADY
    assert session.process.is_alive()


def test_an_attached_connection_is_closed_when_its_session_has_ended(
        users: Installation, alice: Callable[[], Control], start_session: SessionMaker) -> None:
    session = start_session()
    control = alice()
    assert control.ask("attach", pid(session)).code == 0
    session.end()
    control.wait_closed()


def test_a_session_ends_when_its_attached_connection_breaks_the_rules(
        users: Installation, alice: Callable[[], Control], start_session: SessionMaker) -> None:
    session = start_session(options=event_options("rules"))
    control = alice()
    assert control.ask("attach", pid(session)).code == 0
    control.send(b"\1")
    control.read()
    control.wait_closed()
    assert exit_code(session) == 0


def test_the_first_of_several_attached_connections_counts(users: Installation,
                                                          alice: Callable[[], Control],
                                                          start_session: SessionMaker) -> None:
    session = start_session(options=event_options("several"))
    one, other = alice(), alice()
    assert [each.ask("attach", pid(session)).code for each in (one, other)] == [0, 0]
    one.close()
    assert exit_code(session) == 0
    other.wait_closed()


def test_another_users_session_is_not_attached(users: Installation, bob: Callable[[], Control],
                                               start_session: SessionMaker) -> None:
    session = start_session()
    control = bob()
    assert control.ask("attach", pid(session)).code == ACCESS_DENIED
    control.close()
    assert eventually(lambda: events(users, "'attach' is refused"), bool)
    assert session.process.is_alive()


def test_an_administrator_attaches_own_sessions_only(
        installation: Installation, ask_control: ControlMaker, start_session: SessionMaker,
        bridge: Bridge, user_bridge: Bridge) -> None:
    installation.fakes.personas(PLAIN_USER.of(user_bridge.process),
                                ADMINISTRATOR.of(bridge.process))
    session = start_session()
    assert ask_control().ask("attach", pid(session)).code == ACCESS_DENIED
    own = start_session(client_bridge=bridge)
    control = ask_control()
    assert control.ask("attach", pid(own)).code == 0
    own.end()
    session.end()
