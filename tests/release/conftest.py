# SPDX-License-Identifier: MIT
"""Fixtures of the tests of releases: one small release, made of what ci/build has built."""
from __future__ import annotations

import fcntl
import shutil
from pathlib import Path
from typing import Callable, Iterator

import pytest

from release.support.making import collect_built, make_release_of
from releasing.authority import Authority, make_authority
from releasing.programs import Programs
from releasing.sign import Signer, authority_signer


def _made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that all workers share; the first that asks makes it, the others wait."""
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
