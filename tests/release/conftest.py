# SPDX-License-Identifier: MIT
"""Fixtures of the tests of releases, packages and updates, and what keeps the long ones apart."""
from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Callable, Iterator, List

import pytest

from harness.bridge import Bridge
from harness.installation import Installation
from harness.runner import Runner
from release.support.machine import Machine
from release.support.making import collect_built, make_release_of
from release.support.packages import Packages
from release.support.repository import Keys
from release.support.update_server import UpdateServer
from release.support.updated_service import SETTINGS, Updated
from releasing.authority import Authority, make_authority
from releasing.programs import Programs
from releasing.sign import Signer, authority_signer

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


@pytest.fixture
def server() -> Iterator[UpdateServer]:
    """A server of updates, reached by http, as only this computer itself is."""
    with UpdateServer() as made:
        yield made


# ---- one small release, made of what ci/build has built ----


def _made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that all workers share; the first that asks makes it, the others wait."""
    import fcntl  # Windows, where these tests do not run but are collected, has none
    shared = factory.getbasetemp()
    if shared.name.startswith("popen-"):  # a worker's own folder, within that of all
        shared = shared.parent
    made = shared / name
    with (shared / f"{name}.lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            unfinished = shared / f"{name}.unfinished"
            make(unfinished)
            unfinished.rename(made)
    return made


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A test authority with a signer and a timestamp authority."""
    def make(folder: Path) -> None:
        make_authority(folder)

    return Authority(_made_once(tmp_path_factory, "authority", make))


@pytest.fixture(scope="session")
def signer(authority: Authority) -> Iterator[Signer]:
    """Signs with it; its timestamp server runs."""
    with authority_signer(authority) as made:
        yield made


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """The unsigned programs of a release. Not to be changed."""
    return Programs(_made_once(tmp_path_factory, "programs", collect_built))


@pytest.fixture(scope="session")
def whole_release(tmp_path_factory: pytest.TempPathFactory, programs: Programs, signer: Signer
                  ) -> Path:
    """A release of them, as ci/release makes it. Not to be changed."""
    return _made_once(tmp_path_factory, "release",
                      lambda folder: make_release_of(programs, signer, folder))


@pytest.fixture
def release(whole_release: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(whole_release, tmp_path / "release"))


# ---- a service that installs updates ----


@pytest.fixture(scope="session")
def update_keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Keys that sign roots and manifests."""
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def make_updated(make_installation: Callable[..., Installation], update_keys: Keys, bridge: Bridge
                 ) -> Callable[..., Updated]:
    """Makes services with updates on, with a root beside their program; not started."""
    def make(**settings: str) -> Updated:
        made = make_installation(settings=(*SETTINGS, *settings.items()))
        return Updated.make(made, update_keys, bridge)

    return make


@pytest.fixture
def updated(make_updated: Callable[..., Updated]) -> Updated:
    """One that runs."""
    made = make_updated()
    made.installation.start()
    return made
