# SPDX-License-Identifier: MIT
"""Two instances of the service, which share the folder of updates: one installation replaces the
program of both, so they take turns."""
from __future__ import annotations

import dataclasses
from typing import Callable, Iterator, Tuple

import pytest

from harness.bridge import Bridge
from harness.control import ControlReply
from harness.fakes import ADMINISTRATOR, INTERACTIVE, LOCAL_GROUPS, PLAIN_USER
from harness.session import Session
from release.support.updated_service import FAILED, INSTALLED, Updated

Two = Tuple[Updated, Updated]

ALICE = PLAIN_USER.with_group(INTERACTIVE)


def refusal(reply: ControlReply) -> str:
    """The short name of a refusal."""
    assert reply.code and reply.reason, reply
    return reply.records[0]["refusal"]


@pytest.fixture
def two(updated: Updated) -> Iterator[Two]:
    """Both run, on one machine. What is recorded, such as events and runs of the installer, is of
    both."""
    sibling = updated.installation.sibling("b")
    sibling.start()
    yield updated, dataclasses.replace(updated, installation=sibling)
    updated.installation.fakes.clear_faults()
    sibling.remove_sibling()


def block_installer(updated: Updated) -> None:
    """Hand an update over, and wait until its installer runs, which does not end."""
    updated.installation.fakes.fault("msiexec", "block")
    assert updated.offer(updated.repository.offer()).code == 0
    updated.installation.fakes.wait_blocked("msiexec")


def test_while_one_installs_the_other_refuses_and_tells_of_it(two: Two) -> None:
    first, second = two
    block_installer(first)
    assert refusal(second.offer(first.repository.offer(version=2))) == "busy"
    assert second.result()["state"] == "installing"
    first.installation.fakes.clear_faults()
    first.wait_state("failed")
    assert second.result()["state"] == "failed"
    assert second.result()["manifest"] == "1"


def test_the_next_turn_knows_what_the_last_one_has_accepted(two: Two) -> None:
    first, second = two
    assert first.offer(first.repository.offer(version=2)).code == 0
    first.wait_state("failed")
    assert refusal(second.offer(first.repository.offer(version=1))) == "manifest-rollback"
    assert second.offer(first.repository.offer(version=3)).code == 0
    second.wait_state("failed")
    assert len(first.installers()) == 2
    assert refusal(first.offer(first.repository.offer(version=2))) == "manifest-rollback"


def test_what_waits_is_begun_by_one_of_them(
        two: Two, bridge: Bridge, user_bridge: Bridge, start_session: Callable[..., Session]
        ) -> None:
    first, second = two
    fakes = first.installation.fakes
    fakes.personas(ALICE.of(user_bridge.process), ADMINISTRATOR)
    fakes.local_groups(*LOCAL_GROUPS)
    session = start_session(first.installation, client_bridge=bridge)
    reply = first.offer(first.repository.offer(), "when-idle", bridge=user_bridge)
    assert reply.records[0]["state"] == "waiting"
    second.restart()
    assert second.result()["state"] == "waiting"
    assert refusal(second.offer(first.repository.offer(version=2))) == "busy"
    assert not first.installers()
    session.end()
    first.wait_state("failed")
    assert len(first.installers()) == 1


def test_the_outcome_is_reported_once(two: Two) -> None:
    first, second = two
    block_installer(first)
    for each in two:
        each.installation.stop()
    first.replace_program(first.release)
    for each in reversed(two):
        each.installation.start()
    assert [each.result()["state"] for each in two] == ["installing"] * 2
    first.installation.fakes.clear_faults()
    for each in two:
        each.wait_state("installed")
    assert len(first.events(INSTALLED)) == 1
    assert not first.events(FAILED)


def test_a_turn_ends_with_the_process(
        two: Two, bridge: Bridge, user_bridge: Bridge, start_session: Callable[..., Session]
        ) -> None:
    first, second = two
    fakes = first.installation.fakes
    fakes.personas(ALICE.of(user_bridge.process), ADMINISTRATOR)
    fakes.local_groups(*LOCAL_GROUPS)
    start_session(first.installation, client_bridge=bridge)
    assert first.offer(first.repository.offer(), "when-idle", bridge=user_bridge).code == 0
    first.installation.stop()
    assert second.offer(first.repository.offer(version=2)).code == 0
    second.wait_state("failed")
    assert len(first.installers()) == 1
    first.installation.start()
    assert first.result()["manifest"] == "2"
    assert first.result()["state"] == "failed"
