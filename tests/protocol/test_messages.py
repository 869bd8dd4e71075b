# SPDX-License-Identifier: MIT
"""Every message, from every release, x64 and x86, valid and malformed: the answer, the calls that
it makes, the machine afterwards and when it is taken back (support/change_cases.py)."""
from __future__ import annotations

import re
from typing import Callable, Dict, Iterator, List, Sequence

import pytest

from harness import messages
from harness.bridge import Bridge
from harness.checks import check_at_rest
from harness.eventually import eventually
from harness.fakes import TAP
from harness.installation import Installation, Options
from harness.messages import (ERROR_MESSAGE_TYPE, CreateAdapter, Flush, Interface, Machine,
                              Message, encode)
from harness.runner import Runner
from harness.session import Session
from protocol.support.change_cases import (ADAPTERS, CASES, CHANGING, RELEASES, Case, Release, mtu,
                                           spell)
from protocol.support.malformed import (FIELDS, VALID, VARIED_CLASSES, UNSERVED, malformed_messages,
                                        covers_every_kind)

SessionMaker = Callable[..., Session]

MACHINES = pytest.mark.parametrize("machine", Machine, ids=[each.name for each in Machine])
ALL = pytest.mark.parametrize("release", RELEASES, ids=[each.version for each in RELEASES])


@pytest.fixture(scope="module")
def installations(runner: Runner, bridge: Bridge, worker_name: str
                  ) -> Iterator[Callable[[str], Installation]]:
    """The installation with an openvpn.exe of this version, created at first use."""
    made: Dict[str, Installation] = {}

    def get(program: str) -> Installation:
        if program not in made:
            name = f"{worker_name}v{program.replace('.', '')}"
            made[program] = Installation(runner, bridge, name, Options(openvpn=program))
            made[program].create()
            made[program].populate()
            made[program].start()
        return made[program]

    yield get
    for each in made.values():
        each.destroy()


@pytest.fixture
def machine_of(installations: Callable[[str], Installation], release: Release
               ) -> Iterator[Installation]:
    """The release's machine, as it was populated; it must be so again at the end."""
    installation = installations(release.program)
    installation.populate()
    yield installation
    check_at_rest(installation)


class Conversation:
    """A session of one release on one machine, and the results of its messages."""

    def __init__(self, installation: Installation, session: Session, release: Release,
                 machine: Machine) -> None:
        self.installation = installation
        self.session = session
        self._release = release
        self._machine = machine

    def ask(self, message: Message) -> int:
        """Send it; the error of the acknowledgement."""
        return self.session.openvpn.request(message, self._release.dialect, self._machine)

    def calls(self, since: int) -> List[str]:
        """The changing calls since the mark, as spell() writes them."""
        return [spell(call)
                for call in self.installation.record.calls(*CHANGING, since=since)]

    def play(self, case: Case) -> List[str]:
        """Send the message and the one that takes it back; returns deviations from the case."""
        record = self.installation.record
        before = self.installation.requested_differences()
        mark = record.mark()
        answer = self.ask(case.message)
        wrong = [] if answer == 0 else [f"answered {answer:#x}"]
        calls = eventually(lambda: self.calls(mark), lambda calls: len(calls) >= len(case.calls))
        if calls != list(case.calls):
            wrong.append(f"called {calls}")
        after = self.installation.requested_differences()
        wrong += unexpected([line for line in after if line not in before], case.changes)
        if case.end:
            answer = self.ask(case.end)
            wrong += [] if answer == 0 else [f"the end is answered {answer:#x}"]
            after = self.installation.requested_differences()
            left = [line for line in after if line not in before]
            wrong += [f"left at the end: {line}" for line in left]
        return [f"{case.message.name}, {case.label}: {line}" for line in wrong]

    def leave_all(self) -> None:
        """Make every change once more, and end without taking anything back."""
        kept = [case.message for case in CASES if case.end and case.sent_by(self._release)
                and not case.message.name.endswith("_wins")]
        data = [encode(message, self._release.dialect, self._machine) for message in kept]
        self.session.openvpn.batch(data)
        assert len(self.installation.differences()) > 10
        self.session.openvpn.die(1)


def unexpected(lines: Sequence[str], patterns: Sequence[str]) -> List[str]:
    """Lines that match no pattern, and patterns without a line."""
    left = list(lines)
    missing = []
    for pattern in patterns:
        found = next((line for line in left if re.search(pattern, line)), None)
        if found is None:
            missing.append(f"not changed: {pattern}")
        else:
            left.remove(found)
    return missing + [f"changed: {line}" for line in left]


@ALL
@MACHINES
def test_valid_messages(machine_of: Installation, start_session: SessionMaker, release: Release,
                        machine: Machine) -> None:
    conversation = Conversation(machine_of, start_session(machine_of), release, machine)
    wrong: List[str] = []
    for case in CASES:
        if case.sent_by(release):
            wrong += conversation.play(case)
    assert not wrong, "\n".join(wrong)
    conversation.leave_all()


@ALL
@MACHINES
def test_malformed_messages(machine_of: Installation, start_session: SessionMaker, release: Release,
                            machine: Machine) -> None:
    session = start_session(machine_of)
    flush = Flush("flush_neighbors", messages.AF_INET, Interface(TAP))
    hello = encode(flush, release.dialect, machine)
    assert session.openvpn.request(flush, release.dialect, machine) == 0
    mark = machine_of.record.mark()
    rows = malformed_messages(release, machine)
    answers = session.openvpn.batch([row.data for row in rows]).answers
    given = [messages.decode_acknowledgement(answer, machine) for answer in answers]
    wrong = [f"{row.label}: {error:#x}, id {message_id}"
             for row, (error, message_id) in zip(rows, given)
             if (error, message_id) != (row.error, row.message_id)]
    assert not wrong, "\n".join(wrong)
    assert not machine_of.differences()
    done = machine_of.record.calls(*CHANGING, since=mark, where=lambda call: not call["result"])
    assert {spell(call) for call in done} <= {"ControlService"}
    assert messages.decode_acknowledgement(session.openvpn.send(hello), machine) == (0, 0)
    session.close()


@MACHINES
@pytest.mark.parametrize("message", ADAPTERS, ids=["DCO", "TAP"])
def test_adapter_is_made_and_stays(installation: Installation, start_session: SessionMaker,
                                   machine: Machine, message: CreateAdapter) -> None:
    session = start_session()
    mark = installation.record.mark()
    assert session.openvpn.request(message, machine=machine) == 0
    assert [spell(call) for call in installation.record.calls("ProgramStart", since=mark)] == [
        ADAPTERS[message]]
    session.end()
    made = [line for line in installation.differences() if line.startswith("interfaces")]
    assert len(made) == 1
    installation.populate()


@MACHINES
@pytest.mark.parametrize("release", RELEASES[-2:], ids=["an older one", "a newer one"])
def test_unambiguous_message_decides_where_the_version_of_the_file_says_nothing(
        installations: Callable[[str], Installation], start_session: SessionMaker,
        machine: Machine, release: Release) -> None:
    installation = installations("product")
    installation.populate()
    conversation = Conversation(installation, start_session(installation), release, machine)
    assert conversation.ask(mtu(1340)) == 0
    mark = installation.record.mark()
    assert conversation.ask(Flush("flush_neighbors", messages.AF_INET, Interface(TAP))) == 0
    assert conversation.calls(mark) == ["FlushIpNetTable"]
    conversation.session.openvpn.die(1)
    check_at_rest(installation)


@MACHINES
@pytest.mark.parametrize("program, release, own", [("2.6", RELEASES[-2], RELEASES[-1]),
                                                   ("product", RELEASES[-2], RELEASES[-1])])
def test_a_message_of_a_forks_own_breaks_no_other(
        installations: Callable[[str], Installation], start_session: SessionMaker,
        machine: Machine, program: str, release: Release, own: Release) -> None:
    """A fork of 2.5 had a message of its own with number 14 and no fields: 2.7's register_dns."""
    installation = installations(program)
    installation.populate()
    session = start_session(installation)
    conversation = Conversation(installation, session, release, machine)
    mark = installation.record.mark()
    register = messages.CLASSES["register_dns"]("register_dns")
    answer = session.openvpn.request(register, own.dialect, machine)
    assert answer == (ERROR_MESSAGE_TYPE if program == "2.6" else 0)
    assert conversation.ask(mtu(1340)) == 0
    assert conversation.ask(Flush("flush_neighbors", messages.AF_INET, Interface(TAP))) == 0
    assert conversation.calls(mark)[-1:] == ["FlushIpNetTable"]
    session.openvpn.die(1)
    check_at_rest(installation)


def test_every_kind_is_covered() -> None:
    assert covers_every_kind()
    changing = {case.message.name for case in CASES} | {message.name for message in ADAPTERS}
    ends = {case.end.name for case in CASES if case.end}
    assert changing | ends == set(VALID) - set(UNSERVED)
    assert {type(VALID[name]) for name in FIELDS} == VARIED_CLASSES
