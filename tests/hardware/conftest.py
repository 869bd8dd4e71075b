# SPDX-License-Identifier: MIT
"""Rules and fixtures of the tests on a real machine.

Without Windows, or without an administrator's rights, each test is skipped with that reason. A run
on Windows in which none was executed fails: it has shown nothing."""
from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional, Set, Tuple

import pytest

from hardware.support import adapter as adapters
from hardware.support import here, looks, powershell, snapshot
from hardware.support.adapter import Adapter
from hardware.support.release import Release
from hardware.support.second_user import User, second_user
from hardware.support.watchdog import LastResort
from harness.bridge import Bridge
from harness.eventually import eventually
from harness.installation import default_service
from harness.runner import Runner, bridge_program
from harness.session import Session, launch

FOLDER = Path(__file__).parent
DISRUPTIVE = "--disruptive"

#: Tests of this folder that were collected, and those that ran.
_collected: Set[str] = set()
_executed: Set[str] = set()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Known when this folder is named at the command line."""
    parser.addoption(DISRUPTIVE, action="store_true", default=False,
                     help="also stop parts of Windows: not on a machine that others use")


def _reason(item: pytest.Item) -> str:
    """Why a test cannot run here; "": it can."""
    if here.missing():
        return here.missing() or ""
    if item.get_closest_marker("adapter") and here.missing_for_adapters():
        return here.missing_for_adapters() or ""
    if item.get_closest_marker("disruptive") and not item.config.getoption(DISRUPTIVE, False):
        return f"stops parts of Windows: only with {DISRUPTIVE}"
    return ""


def pytest_collection_modifyitems(items: List[pytest.Item]) -> None:
    """Mark, and skip what cannot run."""
    for item in items:
        if FOLDER not in item.path.parents:
            continue
        item.add_marker(pytest.mark.hardware)
        _collected.add(item.nodeid)
        if reason := _reason(item):
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A test has run when its own code has, whatever came of it."""
    if report.when == "call" and not report.skipped:
        _executed.add(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """On Windows a run without a test is no success."""
    if here.SYSTEM != "win32" or not _collected or _executed or hasattr(
            session.config, "workerinput") or session.config.getoption("collectonly"):
        return
    print("\nno test of tests/hardware was executed on this Windows", flush=True)
    if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def last_resort() -> Iterator[LastResort]:
    """Undoes everything when the tests hang. At their end the machine is as before, and it has not
    run."""
    before, why = _snapshot()
    guard = LastResort()
    guard.arm(default_service())
    yield guard
    undone = guard.disarm()
    assert not undone, f"the tests took too long, and Windows has undone everything: {undone}"
    assert before is not None, f"what the machine was like before is not known: {why}"
    assert not snapshot.left_since(before)


def _snapshot() -> Tuple[Optional[snapshot.Snapshot], str]:
    """Without one the tests still tell what they ask, but the run fails at its end."""
    try:
        return snapshot.take(), ""
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


@pytest.fixture(autouse=True)
def sign_of_life(last_resort: LastResort) -> None:
    """The tests go on."""
    last_resort.live()


@pytest.fixture(scope="session")
def shared_release(runner: Runner, bridge: Bridge) -> Iterator[Release]:
    """The installed release; tests use `release`."""
    made = Release(runner, bridge, runner.claim_name("gh"))
    made.create()
    yield made
    made.destroy()


@pytest.fixture
def release(shared_release: Release) -> Iterator[Release]:
    """The service, running; at the end no program of it is left, and nothing to undo."""
    if not shared_release.is_running():
        shared_release.start()
    yield shared_release
    shared_release.forbid_restarts()
    if shared_release.is_running():
        shared_release.stop()
    assert not eventually(shared_release.strangers, lambda left: not left)
    assert shared_release.command("-cleanup") == 0, "something is not undone"


@pytest.fixture(scope="session")
def tap() -> Iterator[Adapter]:
    """A TAP adapter of the tests' own."""
    if reason := here.missing_for_adapters():
        pytest.skip(reason)
    with adapters.made("TAP") as made:
        yield made


@pytest.fixture
def plugged(tap: Adapter, bridge: Bridge) -> Iterator[Adapter]:
    """That adapter with its cable plugged in; at the end the network is as before."""
    with adapters.connected(tap):
        before = _quiet_look(bridge, tap)
        yield tap
        left = eventually(lambda: looks.network(bridge, tap), lambda now: now == before,
                          longest_pause=1)
        try:
            assert left == before
        finally:
            _sweep(tap)


def _quiet_look(bridge: Bridge, tap: Adapter) -> looks.Look:
    """The network, once Windows has finished with an adapter that has just been plugged in."""
    seen = [looks.network(bridge, tap)]

    def look_again() -> bool:
        seen.append(looks.network(bridge, tap))
        return seen[-1] == seen[-2]

    eventually(look_again, bool, longest_pause=1)
    return seen[-1]


def _sweep(tap: Adapter) -> None:
    """Of a failed test: what is in the networks of the tests goes, and rules with our domain."""
    for line in looks.routes():
        prefix, rest = line.split(" via ", 1)
        powershell.do(f"Remove-NetRoute -Confirm:$false -DestinationPrefix {prefix} -NextHop "
                      f"{rest.split()[0]} -InterfaceIndex {rest.split()[2]} "
                      "-ErrorAction SilentlyContinue")
    for address in looks.addresses(tap):
        with contextlib.suppress(ValueError):
            powershell.do("Remove-NetIPAddress -Confirm:$false -ErrorAction SilentlyContinue "
                          f"-IPAddress {here.allowed(address).split('/')[0]}")
    powershell.do("Get-DnsClientNrptRule | Where-Object { $_.Namespace -like '*" + here.DOMAIN +
                  "' } | ForEach-Object { Remove-DnsClientNrptRule -Name $_.Name -Force }")


@pytest.fixture
def connect(release: Release, bridge: Bridge, user_bridge: Bridge
            ) -> Iterator[Callable[..., Session]]:
    """Starts sessions of a restricted user on `release`; they end with the test."""
    sessions: List[Session] = []

    def start(**more: Any) -> Session:
        more.setdefault("client_bridge", user_bridge)
        sessions.append(launch(release, bridge, **more))
        return sessions[-1]

    yield start
    for session in sessions:
        session.close()


@pytest.fixture(scope="session")
def other_user(runner: Runner) -> Iterator[User]:
    """A second user, with a bridge that they can read."""
    folder = Path(r"C:\gatehouse") / runner.claim_name("gh_user")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy2(bridge_program(), folder)
    with second_user(folder) as user:
        yield user
    shutil.rmtree(folder, ignore_errors=True)
