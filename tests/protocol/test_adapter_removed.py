# SPDX-License-Identifier: MIT
"""An adapter is unplugged when a change on it must be undone, and comes back later or never."""
from __future__ import annotations

from typing import Callable

import pytest

from harness.eventually import eventually
from harness.installation import Installation
from harness.messages import Interface, Mtu
from harness.session import Session
from protocol.support.journal_file import crash, events

SessionMaker = Callable[..., Session]

ADAPTERS = r"HKLM\SYSTEM\CurrentControlSet\Control\Network\{4d36e972-e325-11ce-bfc1-08002be10318}"
ADAPTER, OURS, BEFORE = 12, 1340, 1500

#: The service is told of the adapter, and would retry after 30 seconds anyway.
RETRIED_WITHIN = 50.0


def plug_in(installation: Installation, mtu: int) -> None:
    """The adapter appears, with the MTU that Windows remembers."""
    installation.fakes.add_interface(ADAPTER, "Tunnel", component_id="wintun",
                                     ipv4={"mtu": mtu, "metric": 25, "use_automatic_metric": 1})


def mtu_of(installation: Installation) -> int:
    """Its current MTU."""
    row, = [row for row in installation.fakes.dump()["interfaces"] if row["index"] == ADAPTER]
    return int(row["ipv4"]["mtu"])


@pytest.fixture
def unplugged(installation: Installation, start_session: SessionMaker) -> Installation:
    """The service has died after it had set the MTU of an adapter, which was then unplugged."""
    plug_in(installation, BEFORE)
    row, = [row for row in installation.fakes.dump()["interfaces"] if row["index"] == ADAPTER]
    installation.fakes.set_value(rf"{ADAPTERS}\{row['guid']}\Connection", "Name", "REG_SZ",
                                 "Tunnel")
    session = start_session()
    assert session.openvpn.request(Mtu("set_mtu", Interface(ADAPTER), 2, OURS)) == 0
    assert mtu_of(installation) == OURS
    crash(installation)
    installation.fakes.delete_interface(ADAPTER)
    return installation


def test_change_is_undone_when_the_adapter_returns(unplugged: Installation) -> None:
    unplugged.start()
    assert events(unplugged, "Not undone yet: MTU")
    plug_in(unplugged, OURS)
    assert eventually(lambda: mtu_of(unplugged), lambda mtu: mtu == BEFORE,
                      RETRIED_WITHIN) == BEFORE
    assert eventually(lambda: events(unplugged, "After this machine's network changed: 1 "), bool)
    unplugged.populate()


def test_change_is_undone_by_a_later_start(unplugged: Installation) -> None:
    unplugged.start()
    unplugged.stop()
    plug_in(unplugged, OURS)
    unplugged.start()
    assert mtu_of(unplugged) == BEFORE
    unplugged.populate()


def test_undo_does_not_wait_for_an_uninstalled_adapter(unplugged: Installation) -> None:
    unplugged.fakes.delete_key(ADAPTERS)
    unplugged.start()
    assert not events(unplugged, "Not undone yet")
    assert events(unplugged, "its interface has gone since")
    unplugged.populate()
