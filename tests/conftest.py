# SPDX-License-Identifier: MIT
"""Fixtures: each worker has one Wine (or Windows), one running installation, and sessions on it."""
from __future__ import annotations

import contextlib
import itertools
from typing import Any, Callable, Generator, Iterator, List, Optional

import hypothesis
import pytest
from _pytest.runner import CallInfo

from harness.bridge import Bridge
from harness.checks import check_at_rest
from harness.installation import Installation, Options
from harness.runner import Runner, make_runner
from harness.session import Session, launch
from harness.starter import Starter

# Hypothesis writes nothing into the tree, and a slow machine is not a failure.
hypothesis.settings.register_profile("gatehouse", database=None, deadline=None)
hypothesis.settings.load_profile("gatehouse")


#: The items of tests that have failed already.
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(hookwrapper=True)  # type: ignore[misc]
def pytest_runtest_makereport(item: pytest.Item, call: "CallInfo[None]"
                              ) -> Generator[None, Any, None]:
    """Fixtures see whether their test has failed."""
    outcome = yield
    if outcome.get_result().failed:
        item.stash[FAILED] = True


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    """Where Windows programs run."""
    made = make_runner()
    made.start()
    for name in made.leftovers():
        Installation(made, made.bridge(), name).destroy()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def bridge(runner: Runner) -> Bridge:
    """Acts on Windows as an administrator."""
    return runner.bridge()


@pytest.fixture(scope="session")
def user_bridge(runner: Runner) -> Bridge:
    """The same with an ordinary user's token: the client that starts sessions."""
    return runner.bridge(restricted=True)


@pytest.fixture(scope="session")
def worker_name(runner: Runner) -> str:
    """The name of this worker's instances and folders."""
    return runner.claim_name("gw")


@pytest.fixture(scope="session")
def shared_installation(runner: Runner, bridge: Bridge, worker_name: str
                        ) -> Iterator[Installation]:
    """This worker's installation; tests use `installation`."""
    made = Installation(runner, bridge, worker_name)
    made.create()
    yield made
    made.destroy()


@pytest.fixture(scope="session")
def starter(shared_installation: Installation) -> Starter:
    """Remembers whether this worker has lost its service."""
    return Starter(shared_installation)


@pytest.fixture
def installation(request: pytest.FixtureRequest, shared_installation: Installation,
                 starter: Starter) -> Iterator[Installation]:
    """The service, running on a populated machine. When the test is over nothing may be left. What
    a failed test leaves does not harm the next one: the service may hang."""
    starter.reset()
    yield shared_installation
    if request.node.stash.get(FAILED, False):
        shared_installation.create()
        return
    try:
        check_at_rest(shared_installation)
    except BaseException:
        shared_installation.create()
        raise


@pytest.fixture
def make_installation(runner: Runner, bridge: Bridge, worker_name: str
                      ) -> Iterator[Callable[..., Installation]]:
    """Makes installations that are not started, for tests that need another configuration."""
    numbers = itertools.count(1)
    made: List[Installation] = []

    def make(**options: Any) -> Installation:
        name = f"{worker_name}n{next(numbers)}"
        fresh = Installation(runner, bridge, name, Options(**options))
        made.append(fresh)
        fresh.create()
        fresh.populate()
        return fresh

    with contextlib.ExitStack() as stack:
        yield make
        for each in made:
            stack.callback(each.destroy)
        for each in made:
            check_at_rest(each)


@pytest.fixture
def start_session(installation: Installation, bridge: Bridge, user_bridge: Bridge
                  ) -> Iterator[Callable[..., Session]]:
    """Starts sessions on `installation` (or on another one); they end with the test."""
    sessions: List[Session] = []

    def start(on: Optional[Installation] = None, **more: Any) -> Session:
        more.setdefault("client_bridge", user_bridge)
        sessions.append(launch(on or installation, bridge, **more))
        return sessions[-1]

    yield start
    for session in sessions:
        session.close()
