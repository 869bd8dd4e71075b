# SPDX-License-Identifier: MIT
"""The settings of a group policy, set by Windows itself."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict

import pytest

from hardware.support.local_policy import local_policy
from hardware.support.release import Release
from hardware.support.second_user import User
from harness.bridge import Bridge, BridgeError
from harness.process import Process
from harness.runner import build_folder

ACCESS_DENIED = 5
HKLM = "HKLM\\"


def setting(release: Release, bridge: Bridge, folder: Path, name: str) -> Dict[str, Any]:
    """What the doctor says of it."""
    output = folder / "doctor.json"
    process = Process.start(bridge, f'"{build_folder()}\\bin\\gatehouse.exe" doctor --json '
                            f"--instance {release.instance}", output=str(output))
    assert process.wait() in (0, 10)
    process.close()
    found, = [check for check in json.loads(output.read_text(encoding="utf-8"))["checks"]
              if check["name"] == f"settings.{name}"]
    return dict(found)


@pytest.mark.disruptive
def test_a_policy_arrives_and_goes(release: Release, bridge: Bridge, tmp_path: Path) -> None:
    """Windows writes and deletes the values of Registry.pol, as an editor of policies leaves it."""
    key = release.policy_key[len(HKLM):]
    with local_policy(key, {"max_clients": "9", "query_remote": "0"}):
        assert release.registry.get(release.policy_key, "max_clients") == "9"
        release.stop()
        release.start()
        shown = setting(release, bridge, tmp_path, "max_clients")
        assert (shown["value"], shown["origin"]) == ("9", "policy")
    assert release.registry.get(release.policy_key, "max_clients") is None
    assert setting(release, bridge, tmp_path, "max_clients")["origin"] == "default"


def test_a_user_reads_a_policy_and_cannot_change_it(release: Release, other_user: User) -> None:
    """By what the key inherits from those above it."""
    release.registry.set_text(release.policy_key, "max_clients", "9")
    theirs = other_user.bridge()
    try:
        assert theirs.call("registry_get", key=release.policy_key, name="max_clients")
        with pytest.raises(BridgeError) as refused:
            theirs.call("registry_set", key=release.policy_key, name="max_clients", type=1,
                        data="37000000")
        assert refused.value.code == ACCESS_DENIED
    finally:
        release.registry.delete_tree(release.policy_key)
