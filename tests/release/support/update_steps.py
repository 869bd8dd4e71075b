# SPDX-License-Identifier: MIT
"""The service dies at a call to Windows while it takes an update over and has it installed.
Whatever the call, the next start knows what has become of the update, and another one can be
installed."""
from __future__ import annotations

import shutil
from typing import Dict, Iterator, List

from harness.bridge import BridgeError
from harness.eventually import eventually
from protocol.support.crash_points import ACTIONS
from protocol.support.lifecycle import CONNECTION_LOST, Death
from release.support.repository import Offer
from release.support.updated_service import Updated

#: Where nothing is to be done: the stand-in for msiexec.exe installs nothing, so each update that
#: is tried ends so.
AT_REST = ("none", "failed")


def is_running(updated: Updated) -> bool:
    """Whether the service is there to be stopped. Wine's manager does not notice that its process
    has gone."""
    try:
        updated.result()
    except BridgeError as error:
        if error.code not in CONNECTION_LOST:
            raise
        return False
    return True


def prepare(updated: Updated) -> Offer:
    """A service that has never seen an update, and one for it."""
    installation = updated.installation
    if is_running(updated):
        installation.stop()
    shutil.rmtree(updated.folder, ignore_errors=True)
    installation.populate()
    installation.start()
    return updated.repository.offer()


def begin(updated: Updated, offer: Offer) -> None:
    """Hand it over to a service that may die."""
    try:
        updated.offer(offer)
    except BridgeError as error:
        if error.code not in CONNECTION_LOST:
            raise


def count_steps(updated: Updated) -> Dict[str, int]:
    """The calls of an update that is not disturbed, by function."""
    offer = prepare(updated)
    before = updated.installation.calls()
    begin(updated, offer)
    updated.wait_state("failed")
    after = updated.installation.calls()
    return {call: count - before.get(call, 0) for call, count in after.items()
            if count > before.get(call, 0)}


def every_step(calls: Dict[str, int]) -> Iterator[Death]:
    """Before and after each call."""
    for call, count in sorted(calls.items()):
        for nth in range(1, count + 1):
            for action in ACTIONS:
                yield Death(call, nth, action)


#: What an update goes by: a file is put in the place of another, and the installer started.
DECIDING = ("MoveFileExW", "CreateProcessW")

#: Others that a sample has once.
PREPARING = ("CreateFileW", "WriteFile", "FlushFileBuffers", "DeleteFileW", "_beginthreadex")


def sample_of(calls: Dict[str, int]) -> List[Death]:
    """Alternately before and after the effect of each call that decides; and a few others."""
    deciding = [Death(call, nth, ACTIONS[nth % len(ACTIONS)])
                for call in DECIDING for nth in range(1, calls[call] + 1)]
    others = [Death(call, (calls[call] + 1) // 2, ACTIONS[number % len(ACTIONS)])
              for number, call in enumerate(PREPARING)]
    return [*deciding, *others]


def is_over(updated: Updated) -> bool:
    """Whether the service has died, or the update has come to its end."""
    if updated.installation.fakes.deaths():
        return True
    try:
        return updated.result()["state"] == "failed"
    except BridgeError as error:
        if error.code not in CONNECTION_LOST:
            raise
        return False


def try_step(updated: Updated, death: Death) -> bool:
    """Returns whether the service has died there. Raises AssertionError."""
    offer = prepare(updated)
    fakes = updated.installation.fakes
    fakes.fault(death.call, death.action, nth=death.nth)
    begin(updated, offer)
    assert eventually(lambda: is_over(updated), bool), death
    fakes.clear_faults()
    if not fakes.deaths():
        return False
    updated.installation.wait_death()
    if death.action == "die_after":
        updated.installation.reboot()  # the power has failed
    updated.installation.start()
    check_rest(updated, str(death))
    updated.restart()
    check_rest(updated, f"{death}, and a restart")
    reply = updated.offer(offer)
    assert reply.code == 0, (death, reply)
    assert updated.wait_state("failed")["manifest"] == "1"
    # Windows' loader makes a process suspended: one whose maker dies then never runs.
    updated.installation.reboot()
    return True


def check_rest(updated: Updated, what: str) -> None:
    """The update has ended, or was never begun; it was not tried twice, and nothing half done is
    left."""
    result = updated.wait_state(*AT_REST)
    left = {path.name for path in updated.folder.glob("*")} if updated.folder.exists() else set()
    assert len(updated.installers()) <= 1, what
    assert not [name for name in left if name.endswith(".new") or name == "incoming.msi"], what
    if result["state"] == "none":
        assert not [name for name in left if name.endswith(".msi")], what
        assert not updated.installers(), what
