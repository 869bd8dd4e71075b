# SPDX-License-Identifier: MIT
"""Metric and MTU lie in one row of Windows: a change of one does not touch the other."""
from __future__ import annotations

from typing import Callable

from harness.fakes import TAP
from harness.installation import Installation
from harness.messages import Interface, Mtu, decode_acknowledgement, encode
from harness.session import Session

SessionMaker = Callable[..., Session]

IPV4 = 2

INVALID_PARAMETER = 87

MTU_OF_IPV4 = Mtu("set_mtu", interface=Interface(TAP), family=IPV4, mtu=1400)


def metric_of_ipv4(installation: Installation) -> object:
    row, = (row for row in installation.fakes.dump()["interfaces"] if row["index"] == TAP)
    return row["ipv4"]["metric"]


def test_what_another_program_sets_meanwhile_is_kept(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    installation.fakes.fault("SetIpInterfaceEntry", "block")
    session.openvpn.write(encode(MTU_OF_IPV4))
    installation.fakes.wait_blocked("SetIpInterfaceEntry")
    installation.fakes.set_interface(TAP, ipv4={"metric": 77, "use_automatic_metric": 0})
    installation.fakes.clear_faults()
    assert decode_acknowledgement(session.openvpn.read())[0] == 0
    assert metric_of_ipv4(installation) == 77
    session.end()
    assert metric_of_ipv4(installation) == 77
    installation.populate()


def test_a_row_with_one_field_that_windows_refuses_is_set_whole(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    installation.fakes.fail("SetIpInterfaceEntry", INVALID_PARAMETER)
    assert session.openvpn.request(MTU_OF_IPV4) == 0
    change, = installation.differences()
    assert "1400" in change
    session.end()
    assert not installation.differences()
