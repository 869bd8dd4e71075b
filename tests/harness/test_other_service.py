# SPDX-License-Identifier: MIT
"""The protocol suite over another service ends, whatever that service does."""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List, cast

import pytest

from harness.eventually import HANG
from harness.installation import Installation
from harness.runner import PROJECT, build_folder
from harness.starter import MOST_FAILED_STARTS, Starter

#: It never answers, and its openvpn.exe can't be opened.
SERVICE = "stand-in+mute+protects.exe"

TESTS = ("tests/protocol/test_smoke.py", "tests/protocol/test_capacity.py", "-k",
         "smoke or slot_is_free")


class Lost:
    """An installation whose service starts only when it says so."""

    image = "lost.exe"

    def __init__(self, *starts: bool) -> None:
        self.starts: List[bool] = list(starts)

    def create(self) -> None:
        """Nothing to do."""

    def populate(self) -> None:
        """Nothing to do."""

    def is_running(self) -> bool:
        """Never."""
        return False

    def start(self) -> None:
        """Raises AssertionError, as Installation does."""
        if not self.starts.pop(0):
            raise AssertionError("stopped at its start")


def starter(lost: Lost) -> Starter:
    """Of this installation."""
    return Starter(cast(Installation, lost))


def test_a_service_that_is_lost_is_not_started_for_ever() -> None:
    lost = Lost(*[False] * MOST_FAILED_STARTS)
    made = starter(lost)
    for _ in range(MOST_FAILED_STARTS):
        with pytest.raises(AssertionError, match="stopped at its start"):
            made.reset()
    for _ in range(2):
        with pytest.raises(pytest.fail.Exception, match="lost.exe could not be started"):
            made.reset()


def test_a_service_that_comes_back_is_tried_again() -> None:
    lost = Lost(*[*[False] * (MOST_FAILED_STARTS - 1), True] * 2)
    made = starter(lost)
    while lost.starts:
        try:
            made.reset()
        except AssertionError:
            continue


class Hanging(Lost):
    """It runs, and listens to nobody until it is installed anew."""

    listens = False

    def create(self) -> None:
        """Ends it."""
        self.listens = True

    def is_running(self) -> bool:
        """Always."""
        return True

    def is_listening(self) -> bool:
        """Whether it was installed anew."""
        return self.listens


def test_a_service_that_hangs_is_installed_anew() -> None:
    hanging = Hanging(True)
    made = starter(hanging)
    for _ in range(2):
        made.reset()
        assert hanging.listens and not hanging.starts


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals to fail it alone")
def test_a_test_that_hangs_fails_alone_and_its_worker_goes_on(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import threading\nimport pytest\n"
        "@pytest.mark.timeout(1)\ndef test_hangs():\n    threading.Event().wait()\n"
        "def test_goes_on():\n    pass\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", str(PROJECT / "tests" / "pytest.ini"), "--rootdir",
         str(tmp_path), "-q", "-n", "1", str(tmp_path)], cwd=PROJECT, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=10 * HANG,
        check=False)
    assert "1 failed, 1 passed" in done.stdout, done.stdout
    assert "crashed while running" not in done.stdout, done.stdout


def test_what_a_failed_test_leaves_does_not_reach_the_next_one(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "def test_fails(installation):\n"
        "    (installation.host_folder / 'left').touch()\n    assert False\n"
        "def test_goes_on(installation):\n"
        "    assert not (installation.host_folder / 'left').exists()\n"
        "    assert installation.connect()\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "conftest", "-c",
         str(PROJECT / "tests" / "pytest.ini"), "--rootdir", str(tmp_path), "-q", str(tmp_path)],
        cwd=PROJECT, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=10 * HANG,
        env={**os.environ, "PYTHONPATH": f"{PROJECT / 'tests'}{os.pathsep}{PROJECT / 'ci'}"},
        check=False)
    assert "1 failed, 1 passed" in done.stdout, done.stdout


def test_the_suite_ends_with_its_workers(tmp_path: Path) -> None:
    service = tmp_path / SERVICE
    shutil.copy2(build_folder() / "bench" / "stand-in.exe", service)
    environment = {**os.environ, "GATEHOUSE_SERVICE": str(service), "GATEHOUSE_HANG": "5"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "1", *TESTS], cwd=PROJECT,
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, encoding="utf-8", timeout=10 * HANG, check=False)
    assert done.returncode == 1, done.stdout
    assert "crashed while running" not in done.stdout, done.stdout
