# SPDX-License-Identifier: MIT
"""Sessions that change the same at the same moment, of one instance and of two: at the end nothing
of them is left, and nobody's change is what another one puts back."""
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Iterator, List

import pytest

from harness.checks import check_at_rest
from harness.fakes import ETHERNET, TAP_ALIAS
from harness.installation import Installation
from harness.messages import Message, name_servers, resolution, route
from harness.session import Session

SessionMaker = Callable[..., Session]

pytestmark = pytest.mark.undo

ERROR_ACCESS_DENIED = 5

#: So many sessions of one user, and so often each of them has its domain added and removed.
SESSIONS, ROUNDS = 3, 40


@pytest.fixture
def sibling(installation: Installation) -> Iterator[Installation]:
    """Another instance on the same machine, which runs."""
    made = installation.sibling("b")
    made.start()
    yield made
    made.remove_sibling()


@pytest.fixture
def pair(sibling: Installation, start_session: SessionMaker) -> List[Session]:
    """A session of each instance, the older one first."""
    return [start_session(), start_session(sibling)]


ORDERS = pytest.mark.parametrize("first", [0, 1], ids=["older ends first", "newer ends first"])


def ask(session: Session, message: Message) -> int:
    """Send the message; the error code of its acknowledgement."""
    return session.openvpn.request(message)


def toggle(session: Session) -> None:
    add = resolution(TAP_ALIAS, "10.8.0.1", search="evil.example")
    for _ in range(ROUNDS):
        assert ask(session, add) == 0
        assert ask(session, resolution(TAP_ALIAS, delete=True)) == 0


def play(sessions: List[Session]) -> None:
    with ThreadPoolExecutor(len(sessions)) as pool:
        for done in [pool.submit(toggle, session) for session in sessions]:
            done.result()


def test_a_domain_of_sessions_side_by_side_leaves_the_search_list(
        installation: Installation, start_session: SessionMaker) -> None:
    sessions = [start_session() for _ in range(SESSIONS)]
    play(sessions)
    for session in sessions:
        session.end()
    check_at_rest(installation)
    assert not installation.differences()


def test_a_domain_of_two_instances_leaves_the_search_list(
        installation: Installation, sibling: Installation, start_session: SessionMaker) -> None:
    sessions = [start_session(), start_session(sibling), start_session()]
    play(sessions)
    for session in sessions:
        session.end()
    assert not installation.differences()


@ORDERS
def test_a_route_of_another_instance_is_not_put_back(
        installation: Installation, pair: List[Session], first: int) -> None:
    stolen = route("0.0.0.0/0", "192.168.66.66", ETHERNET, 1)
    assert ask(pair[0], stolen) == 0
    deletion = route("0.0.0.0/0", "192.168.66.66", ETHERNET, 1, delete=True)
    assert ask(pair[1], deletion) == ERROR_ACCESS_DENIED
    pair[first].end()
    pair[1 - first].end()
    assert not installation.differences()


@ORDERS
def test_name_servers_of_another_instance_are_not_put_back(
        installation: Installation, pair: List[Session], first: int) -> None:
    assert ask(pair[0], name_servers(TAP_ALIAS, "10.66.66.66")) == 0
    assert ask(pair[1], name_servers(TAP_ALIAS, "10.77.77.77")) == 0
    pair[first].end()
    living = "10.66.66.66" if first else "10.77.77.77"
    assert [line for line in installation.differences() if living in line]
    pair[1 - first].end()
    assert not installation.differences()


def test_a_dead_instance_is_put_back_although_another_one_has_changed_the_same(
        installation: Installation, pair: List[Session]) -> None:
    first, second = pair
    assert ask(first, name_servers(TAP_ALIAS, "10.66.66.66")) == 0
    installation.crash()
    assert ask(second, name_servers(TAP_ALIAS, "10.77.77.77")) == 0
    installation.start()
    assert [line for line in installation.differences() if "10.77.77.77" in line]
    second.end()
    assert not installation.differences()
