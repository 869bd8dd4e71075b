# SPDX-License-Identifier: MIT
"""Clients of which only counts whether the service answers them and has a place for them."""
from __future__ import annotations

from typing import Callable

from harness.bridge import Bridge
from harness.client import Client, Reply
from harness.eventually import eventually
from harness.installation import Installation
from harness.service import State

#: The fixture `make_client`: takes an installation and a bridge, or the usual ones.
ClientMaker = Callable[..., Client]

ERROR_CANT_WAIT = 0x22A


def ask(client: Client) -> Reply:
    """Say what is refused to everybody, to hear whether anybody answers."""
    client.send(b"\0\0")
    return client.read()


def assert_serves(installation: Installation, bridge: Bridge) -> None:
    """A new client is served, by a service that has never stopped."""
    client = installation.connect(bridge)
    try:
        assert ask(client).function == "GetStartupData"
    finally:
        client.close()
    assert installation.service.status().state == State.RUNNING


def is_admitted(installation: Installation, bridge: Bridge) -> bool:
    """Whether there is a place for one more client."""
    client = installation.connect(bridge)
    try:
        return ask(client).code != ERROR_CANT_WAIT
    finally:
        client.close()


def assert_admitted(installation: Installation, bridge: Bridge) -> None:
    """There is a place, or one becomes free soon."""
    assert eventually(lambda: is_admitted(installation, bridge), bool)
