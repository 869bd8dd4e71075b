# SPDX-License-Identifier: MIT
"""Fixtures of the tests that ask for an openvpn.exe."""
from __future__ import annotations

from typing import Iterator

import pytest

from harness.bridge import Bridge
from harness.fakes import LOCAL_GROUPS, PLAIN_USER
from harness.installation import Installation
from harness.runner import Runner
from protocol.asking import Asker


@pytest.fixture
def asker(installation: Installation, bridge: Bridge, user_bridge: Bridge) -> Iterator[Asker]:
    """Asks as a user without rights, unless the test makes it somebody else."""
    installation.fakes.personas(PLAIN_USER)
    installation.fakes.local_groups(*LOCAL_GROUPS)
    made = Asker(installation, bridge, user_bridge)
    yield made
    made.close()


@pytest.fixture
def well_known_name(runner: Runner) -> Iterator[None]:
    """The service without an instance, of which a machine has one, is this test's alone."""
    with runner.alone():
        yield
