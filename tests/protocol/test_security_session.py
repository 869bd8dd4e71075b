# SPDX-License-Identifier: MIT
"""What a hijacked openvpn.exe, or a program that it has given its pipe to, cannot do."""
from __future__ import annotations

from typing import Callable

from harness.eventually import eventually
from harness.installation import Installation
from harness.messages import route
from harness.session import Session

SessionMaker = Callable[..., Session]

#: What a service calls for a route that is there: ours looks first.
ROUTE_CALLS = ("CreateIpForwardEntry2", "GetIpForwardEntry2")

#: After so many requests the flood is at full speed.
FLOOD = 300


def test_session_ends_with_its_openvpn_although_another_process_keeps_the_channel_busy(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(route("10.11.0.0/16", "10.8.0.1", 2)) == 0
    session.openvpn.spawn_flood()
    assert eventually(lambda: len(installation.record.calls(*ROUTE_CALLS)) > FLOOD, bool)
    died = installation.record.mark()
    session.openvpn.die(0)
    session.client.wait_closed()
    assert len(installation.record.calls(*ROUTE_CALLS, since=died)) < 1000
    assert not installation.differences()
    assert not eventually(installation.strangers, lambda rows: not rows)
