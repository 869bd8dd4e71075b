# SPDX-License-Identifier: MIT
"""Fixtures of the tests that are clients of the service."""
from __future__ import annotations

from contextlib import ExitStack
from typing import Callable, Dict, Iterator

import pytest

from harness.bridge import Bridge
from harness.client import Client
from harness.fakes import LOCAL_GROUPS, PLAIN_USER
from harness.installation import Installation, Options
from harness.runner import Runner
from protocol.asking import Asker
from protocol.lives import Lives
from protocol.serving import ClientMaker


@pytest.fixture
def asker(installation: Installation, bridge: Bridge, user_bridge: Bridge) -> Iterator[Asker]:
    """Asks as a user without rights, unless the test makes it somebody else."""
    installation.fakes.personas(PLAIN_USER)
    installation.fakes.local_groups(*LOCAL_GROUPS)
    made = Asker(installation, bridge, user_bridge)
    yield made
    made.close()


@pytest.fixture
def make_client(installation: Installation, bridge: Bridge) -> Iterator[ClientMaker]:
    """Makes clients that are closed with the test."""
    with ExitStack() as stack:
        def make(on: Installation = installation, at: Bridge = bridge) -> Client:
            client = on.connect(at)
            stack.callback(client.close)
            return client
        yield make


@pytest.fixture(scope="module")
def older(runner: Runner, bridge: Bridge, worker_name: str) -> Iterator[Installation]:
    """An installation whose openvpn.exe is a 2.6."""
    made = Installation(runner, bridge, f"{worker_name}old", Options(openvpn="2.6"))
    made.create()
    made.populate()
    made.start()
    yield made
    made.destroy()


@pytest.fixture
def well_known_name(runner: Runner) -> Iterator[None]:
    """The service without an instance, of which a machine has one, is this test's alone."""
    with runner.alone():
        yield


@pytest.fixture(scope="session")
def lives_with(runner: Runner, bridge: Bridge, user_bridge: Bridge, worker_name: str
               ) -> Iterator[Callable[[str], Lives]]:
    """Lives of the service on an installation with this openvpn.exe."""
    made: Dict[str, Lives] = {}

    def make(program: str) -> Lives:
        if program not in made:
            name = f"{worker_name}l{program.replace('.', '')}"
            installation = Installation(runner, bridge, name, Options(openvpn=program))
            made[program] = Lives(installation, bridge, user_bridge)
            made[program].prepare()
        return made[program]

    yield make
    for lives in made.values():
        lives.installation.destroy()
