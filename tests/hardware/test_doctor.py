# SPDX-License-Identifier: MIT
"""gatehouse doctor on the installed release: what Windows lets an ordinary user read."""
from __future__ import annotations

import json
from typing import Any, Dict, List

import pytest

from hardware.support.release import Release
from hardware.support.second_user import User
from harness.bridge import Bridge
from harness.process import Process
from harness.runner import build_folder

Check = Dict[str, Any]


def examine(release: Release, bridge: Bridge, folder: str) -> List[Check]:
    """The findings of the doctor, run in this bridge's account."""
    output = rf"{folder}\doctor.json"
    process = Process.start(bridge, f'"{build_folder()}\\bin\\gatehouse.exe" doctor --json '
                            f"--instance {release.instance}", output=output)
    assert process.wait() in (0, 10)
    process.close()
    with open(output, encoding="utf-8") as file:
        found: List[Check] = json.load(file)["checks"]
    return found


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder for the output."""
    return str(tmp_path_factory.mktemp("doctor"))


def test_an_administrator_reads_everything(release: Release, bridge: Bridge, folder: str) -> None:
    checks = examine(release, bridge, folder)
    assert not [check for check in checks if "not readable" in check["what"]]
    running, = [check for check in checks if check["name"] == "service.running"]
    assert running["result"] == "ok"


def test_an_ordinary_user_reads_services_settings_events_and_rules(
        release: Release, bridge: Bridge, other_user: User, folder: str) -> None:
    """The default access lists of services, registry and event log: Microsoft documents them in
    part only."""
    theirs = examine(release, other_user.bridge(), folder)
    denied = {check["name"] for check in theirs if "not readable" in check["what"]}
    assert not denied
    ours = examine(release, bridge, folder)
    assert {check["name"] for check in theirs} == {check["name"] for check in ours}


def test_a_user_is_told_of_a_journal_that_was_set_aside(release: Release, other_user: User,
                                                        folder: str) -> None:
    """In a folder that a user may not list, Windows denies what is there and does not find what is
    not."""
    checks = examine(release, other_user.bridge(), folder)
    aside, = [check for check in checks if check["name"] == "journal.aside"]
    assert aside["what"] == "Nothing was set aside"
