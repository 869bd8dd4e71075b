# SPDX-License-Identifier: MIT
"""One connection through everything: if this fails, look here first."""
from __future__ import annotations

from typing import Callable

from harness.client import ERROR_STARTUP
from harness.installation import Installation
from harness.messages import address, route
from harness.session import Session

SessionMaker = Callable[..., Session]


def test_a_route_lives_as_long_as_its_openvpn(installation: Installation,
                                              start_session: SessionMaker) -> None:
    session = start_session()
    assert session.reply.process == session.openvpn.process

    assert session.openvpn.request(address("10.8.0.10/24", 2)) == 0
    assert session.openvpn.request(route("10.11.0.0/16", "10.8.0.1", 2)) == 0
    assert any("10.11.0.0" in line for line in installation.differences())

    session.openvpn.die(1)
    assert session.client.read().code == ERROR_STARTUP
    session.client.wait_closed()
    assert not installation.differences()
