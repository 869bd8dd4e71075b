# SPDX-License-Identifier: MIT
"""Fixtures of the tests that install packages, and what keeps the long ones apart."""
from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Iterator, List

import pytest

from harness.runner import Runner
from release.support.machine import Machine
from release.support.packages import Packages

FOLDER = Path(__file__).parent
LONG = "--long"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Known when this folder is named at the command line."""
    parser.addoption(LONG, action="store_true", default=False,
                     help="also run what takes minutes, such as a failure at each action")


def pytest_collection_modifyitems(items: List[pytest.Item]) -> None:
    """Skip what takes long, unless it was asked for."""
    for item in items:
        if item.get_closest_marker("long") and not item.config.getoption(LONG, False):
            item.add_marker(pytest.mark.skip(reason=f"takes long: only with {LONG}"))


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """Makes packages."""
    for tool in ("wixl", "msibuild", "faketime"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed: ci/setup installs it")
    return Packages(tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="session")
def installing_runner() -> Iterator[Runner]:
    """A Wine of its own for packages."""
    if sys.platform == "win32":
        pytest.skip("tests/hardware installs packages on Windows")
    from harness.wine import WineRunner, default_prefix
    made = WineRunner(default_prefix().with_name("wine-packages"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def machine(installing_runner: Runner) -> Iterator[Machine]:
    """A machine with OpenVPN without its service, and nothing of ours, for one test at a time."""
    with installing_runner.alone():
        bridge = installing_runner.bridge()
        made = Machine(installing_runner, bridge)
        made.clear()
        made.add_openvpn()
        yield made
        made.clear()
        installing_runner.end_bridge(bridge)
