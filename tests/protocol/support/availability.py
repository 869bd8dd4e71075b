# SPDX-License-Identifier: MIT
"""Checks whether the service answers a client and has capacity for it."""
from __future__ import annotations

from typing import Callable

from harness.bridge import Bridge
from harness.client import Client, Reply
from harness.control import Control
from harness.eventually import eventually
from harness.installation import Installation
from harness.service import State

#: The fixture `make_client`: takes an installation and a bridge, both optional.
ClientMaker = Callable[..., Client]

#: The fixture `ask_control`: the same for the control pipe.
ControlMaker = Callable[..., Control]

ERROR_CANT_WAIT = 0x22A

#: What starts the thread of a client: ours, and the reference.
THREAD_STARTS = ("_beginthreadex", "CreateThread")


def ask(client: Client) -> Reply:
    """Send data that is always refused, to see whether the service answers."""
    client.send(b"\0\0")
    return client.read()


def assert_serves(installation: Installation, bridge: Bridge) -> None:
    """A new client is served, by a service that has not stopped."""
    client = installation.connect(bridge)
    try:
        assert ask(client).function == "GetStartupData"
    finally:
        client.close()
    assert installation.service.status().state == State.RUNNING


def is_admitted(installation: Installation, bridge: Bridge) -> bool:
    """Whether the service admits one more client."""
    client = installation.connect(bridge)
    try:
        return ask(client).code != ERROR_CANT_WAIT
    finally:
        client.close()


def assert_admitted(installation: Installation, bridge: Bridge) -> None:
    """The service admits one more client now or soon."""
    assert eventually(lambda: is_admitted(installation, bridge), bool)
