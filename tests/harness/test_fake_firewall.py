# SPDX-License-Identifier: MIT
"""The fake filtering engine as tests drive it. What programs see of it: fakes/system/selftest."""
from __future__ import annotations

import pytest

from harness.fakes import ETHERNET, LOOPBACK, WIFI, FakesError
from harness.installation import Installation
from protocol.support.verdict_rows import (COLUMNS, read_rows, while_interfaces_exist,
                                           wrong_verdicts)

ROWS = 88
X = "93.184.216.34"


def test_rows_of_the_table_are_read() -> None:
    rows = read_rows()
    assert {row.number for row in rows} == set(range(1, ROWS + 1))
    assert {verdict for row in rows for verdict in row.verdicts.values()} == set("PB-")
    assert all(tuple(row.verdicts) == COLUMNS for row in rows)


def test_without_a_kill_switch_packets_have_the_verdicts_of_off(
        installation: Installation) -> None:
    with while_interfaces_exist(installation):
        assert not wrong_verdicts(installation, "off")


def test_another_program_blocks(installation: Installation) -> None:
    before = installation.fakes.firewall()
    installation.fakes.add_sublayer(0xFFFF)
    installation.fakes.add_filter("ALE_AUTH_CONNECT_V4", "block")
    answer = installation.fakes.verdict(ETHERNET, X)
    assert (answer["action"], answer["filter"]["sublayer"]) == ("block", "Fabrikam")
    with pytest.raises(FakesError):
        installation.fakes.add_sublayer(0xFFFF, "Second")
    installation.fakes.delete_filter(answer["filter"]["id"])
    assert installation.fakes.verdict(ETHERNET, X)["action"] == "permit"
    assert installation.fakes.firewall()["filters"] == before["filters"]
    installation.fakes.restart_bfe()  # what it has added is not persistent
    assert installation.fakes.firewall()["sublayers"] == before["sublayers"]


def test_connections_are_judged_again_after_a_change(installation: Installation) -> None:
    assert installation.fakes.open_flow("web", ETHERNET, X, protocol=6)["action"] == "permit"
    assert installation.fakes.open_flow("local", LOOPBACK, "::1", protocol=6)["action"] == "permit"
    installation.fakes.add_sublayer(0xFFFF)
    installation.fakes.add_filter("ALE_AUTH_CONNECT_V4", "block")
    web, local = (installation.fakes.flow_packet(name) for name in ("web", "local"))
    assert (web["action"], web["judged_again"]) == ("block", True)
    assert (local["action"], local["judged_again"]) == ("permit", False)
    installation.fakes.restart_bfe()


def test_phases_of_the_start(installation: Installation) -> None:
    installation.reboot(bfe=False)
    assert installation.fakes.firewall()["phase"] == "boot"
    assert installation.fakes.verdict(ETHERNET, X, remote_port=25)["action"] == "permit"
    installation.fakes.start_bfe()
    assert installation.fakes.firewall()["phase"] == "running"
    assert installation.fakes.verdict(ETHERNET, X, remote_port=25)["action"] == "block"
    installation.start()


def test_a_stopped_engine_gives_no_verdict(installation: Installation) -> None:
    installation.fakes.stop_bfe()
    with pytest.raises(FakesError, match="BFE is stopped"):
        installation.fakes.verdict(ETHERNET, X)
    with pytest.raises(FakesError, match="does not run"):
        installation.fakes.stop_bfe()
    installation.fakes.start_bfe()
    assert installation.fakes.verdict(ETHERNET, X)["action"] == "permit"


def test_forwarded_packets_and_icmp(installation: Installation) -> None:
    answer = installation.fakes.verdict(WIFI, X, direction="forward", departure=ETHERNET,
                                        local_address="192.168.137.5")
    assert answer["action"] == "permit"
    assert installation.fakes.verdict(ETHERNET, X, icmp_type=8, icmp_code=0)["action"] == "permit"
    with pytest.raises(FakesError, match="bad packet"):
        installation.fakes.verdict(ETHERNET, X, protocol=1)
