# SPDX-License-Identifier: MIT
"""An update from the server to the new version: gatehouse update, a web server and the service.
msiexec.exe is a stand-in, as in test_update_service.py."""
from __future__ import annotations

import signal
from typing import Any, Callable, Iterator, Sequence

import pytest

from harness.bridge import Bridge
from harness.eventually import eventually
from harness.fakes import INTERACTIVE, LOCAL_GROUPS, PLAIN_USER, Persona
from harness.runner import Runner
from harness.session import Session
from release.support.update_client import UpdateClient, UpdateRun
from release.support.update_server import UpdateServer, whole
from release.support.updated_service import Updated

SessionMaker = Callable[..., Session]

REFUSED, NOT_INSTALLED, RESTART = 4, 14, 15
INSTALL_FAILURE, RESTART_NEEDED = 1603, 3010

BOB = Persona("bob", f"{PLAIN_USER.sid}9").with_group(INTERACTIVE)


class Whole:
    """All three."""

    def __init__(self, server: UpdateServer, updated: Updated, client: UpdateClient) -> None:
        self.server = server
        self.updated = updated
        self.client = client
        self.fakes = updated.installation.fakes

    def publish(self, version: int = 1, roots: Sequence[int] = (), **more: Any) -> None:
        """Put a release on the server."""
        repository = self.updated.repository
        for number in roots:
            repository.root(number)
        repository.offer(version, **more)
        for path in repository.folder.iterdir():
            self.server.files[path.name] = whole(path.read_bytes())

    def wait_state(self, run: UpdateRun, state: str) -> None:
        """Wait until the program has written an object with this state."""
        assert run.process.stdout is not None
        lines = []
        for line in run.process.stdout:
            lines.append(line)
            if f'"state":"{state}"' in line:
                return
        raise AssertionError(f"it ends without {state}: {lines}")


@pytest.fixture
def everything(runner: Runner, make_updated: Callable[..., Updated]) -> Iterator[Whole]:
    """A release of a newer version is on the server; the service runs."""
    with UpdateServer() as server:
        updated = make_updated(update_url=server.url)
        updated.installation.start()
        client = UpdateClient(runner, updated.installation)
        made = Whole(server, updated, client)
        made.publish()
        yield made
        made.fakes.clear_faults()
        client.close()


def test_an_update_is_found_downloaded_and_installed(everything: Whole) -> None:
    everything.fakes.fault("msiexec", "block")
    run = everything.client.start()
    everything.wait_state(run, "INSTALLING")
    everything.fakes.wait_blocked("msiexec")
    everything.updated.restart(everything.updated.release)
    everything.fakes.clear_faults()
    last = run.end(0)[-1]
    assert (last["state"], last["version"]) == ("INSTALLED", everything.updated.release)
    assert everything.client.files() == []
    known, = everything.client.run("--result")
    assert (known["update"], known["installed"], known["manifest"], known["root"]) == (
        "installed", everything.updated.release, 1, 1)
    assert everything.client.run("--check")[-1]["state"] == "CURRENT"


def test_newer_roots_are_handed_over_in_their_order(everything: Whole) -> None:
    everything.publish(roots=(2, 3))
    everything.fakes.fail("msiexec", INSTALL_FAILURE)
    everything.client.start().failure(NOT_INSTALLED)
    assert everything.server.names()[:4] == ["2.root", "3.root", "4.root", "stable.manifest"]
    assert everything.client.run("--result", NOT_INSTALLED)[0]["root"] == 3


@pytest.mark.parametrize("code, exit_code, state", [
    (INSTALL_FAILURE, NOT_INSTALLED, "ERROR"), (RESTART_NEEDED, RESTART, "RESTART_NEEDED")])
def test_the_exit_code_says_what_became_of_it(everything: Whole, code: int, exit_code: int,
                                              state: str) -> None:
    everything.fakes.fail("msiexec", code)
    assert everything.client.run("", exit_code)[-1]["state"] == state
    assert everything.client.run("--result", exit_code)[0]["code"] == code


def test_what_the_service_does_not_trust_is_refused_and_deleted(everything: Whole) -> None:
    everything.publish(signed_by=["root"])
    failure = everything.client.start().failure(REFUSED)
    assert "is not signed by as many trusted keys as it must be" in failure["what"]
    assert everything.client.files() == []


def test_an_update_waits_for_the_connections_of_others(
        everything: Whole, start_session: SessionMaker, bridge: Bridge, user_bridge: Bridge
        ) -> None:
    everything.fakes.personas(PLAIN_USER.with_group(INTERACTIVE), BOB.of(user_bridge.process))
    everything.fakes.local_groups(*LOCAL_GROUPS)
    session = start_session(everything.updated.installation)
    failure = everything.client.start().failure(REFUSED)
    assert "Others are connected" in failure["what"] and "--when-idle" in failure["advice"]
    waiting = everything.client.run("--when-idle")[-1]
    assert (waiting["state"], waiting["version"]) == ("WAITING", everything.updated.release)
    assert not everything.updated.installers()
    session.end()
    assert eventually(everything.updated.installers, bool)


def test_ctrl_c_ends_the_waiting_only(everything: Whole) -> None:
    everything.fakes.fault("msiexec", "block")
    run = everything.client.start_here()
    everything.wait_state(run, "INSTALLING")
    everything.fakes.wait_blocked("msiexec")
    run.process.send_signal(signal.SIGINT)
    assert run.end(0) == []
    everything.updated.restart(everything.updated.release)
    everything.fakes.clear_faults()
    everything.updated.wait_state("installed")


def test_two_programs_do_not_install_at_once(everything: Whole) -> None:
    everything.fakes.fault("msiexec", "block")
    first = everything.client.start()
    everything.wait_state(first, "INSTALLING")
    everything.fakes.wait_blocked("msiexec")
    failure = everything.client.start().failure(REFUSED)
    assert "Another update is waiting or being installed" in failure["what"]
    everything.updated.restart(everything.updated.release)
    everything.fakes.clear_faults()
    first.end(0)
