# SPDX-License-Identifier: MIT
"""What block-outside-dns and block-local let through, and that they leave nothing behind."""
from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Tuple

import pytest

from harness.eventually import eventually
from harness.fakes import ETHERNET, LOOPBACK, TAP, WIFI
from harness.installation import Installation
from harness.messages import Dialect, Flush, Interface, Mtu, OnInterface
from harness.session import Session
from protocol.support.change_cases import block
from protocol.support.journal_file import events

SessionMaker = Callable[..., Session]

LOCAL, DNS = 1, 2
TCP, UDP = 6, 17
IPV4, IPV6 = 2, 23
ERROR_ACCESS_DENIED = 5
SEND_RESUME = 200
BROWSER = r"C:\Program Files\Browser\browser.exe"
RESOLVER = r"C:\Windows\System32\svchost.exe"

#: The calls of add_wfp_block that shall fail in turn.
CALLS_OF_A_BLOCK = ("FwpmGetAppIdFromFileName0", "FwpmEngineOpen0", "FwpmSubLayerAdd0",
                    "FwpmTransactionBegin0", "FwpmFilterAdd0", "FwpmTransactionCommit0",
                    "SetIpInterfaceEntry", "GetIpInterfaceEntry")


class Network:
    """Asks the model what would happen to packets."""

    def __init__(self, installation: Installation) -> None:
        self._fakes = installation.fakes
        self.openvpn = rf"{installation.folder}\bin\openvpn.exe"

    def passes(self, interface: int, address: str, port: int, program: str = BROWSER,
               **more: Any) -> bool:
        """Whether this packet passes."""
        answer = self._fakes.verdict(interface, address, remote_port=port, program=program, **more)
        return bool(answer["action"] == "permit")


@pytest.fixture
def network(installation: Installation) -> Network:
    """The network of the machine under test."""
    return Network(installation)


def metrics(installation: Installation, interface: int) -> List[Tuple[int, int]]:
    """The metric, and whether it is automatic, for IPv4 and IPv6."""
    rows: Dict[int, Dict[str, Any]] = {
        row["index"]: row for row in installation.fakes.dump()["interfaces"]}
    return [(rows[interface][family]["metric"], rows[interface][family]["use_automatic_metric"])
            for family in ("ipv4", "ipv6")]


def our_sessions(installation: Installation) -> List[Dict[str, Any]]:
    """Open sessions of the filtering engine."""
    sessions: List[Dict[str, Any]] = installation.fakes.firewall()["sessions"]
    return sessions


class TestBlockOutsideDns:
    """flags 2"""

    @pytest.fixture(autouse=True)
    def blocking(self, start_session: SessionMaker) -> Iterator[Session]:
        """A session with the filters on."""
        session = start_session()
        assert session.openvpn.request(block(DNS)) == 0
        yield session

    @pytest.mark.parametrize("interface", [ETHERNET, WIFI])
    @pytest.mark.parametrize("address", ["9.9.9.9", "192.168.1.1", "2620:fe::fe"])
    @pytest.mark.parametrize("program", [BROWSER, RESOLVER])
    @pytest.mark.parametrize("protocol", [TCP, UDP])
    def test_queries_outside_the_tunnel_are_blocked(self, network: Network, interface: int,
                                                    address: str, program: str,
                                                    protocol: int) -> None:
        assert not network.passes(interface, address, 53, program, protocol=protocol)

    def test_queries_over_loopback_are_blocked(self, network: Network) -> None:
        assert not network.passes(LOOPBACK, "127.0.0.1", 53)
        assert not network.passes(LOOPBACK, "::1", 53)

    @pytest.mark.parametrize("address", ["10.8.0.1", "fd00::1"])
    def test_queries_inside_the_tunnel_pass(self, network: Network, address: str) -> None:
        assert network.passes(TAP, address, 53)

    @pytest.mark.parametrize("address", ["9.9.9.9", "2620:fe::fe"])
    def test_openvpn_may_query_any_server(self, network: Network, address: str) -> None:
        assert network.passes(ETHERNET, address, 53, network.openvpn)

    def test_other_traffic_is_not_affected(self, network: Network) -> None:
        assert network.passes(ETHERNET, "9.9.9.9", 443, protocol=TCP)
        assert network.passes(ETHERNET, "2620:fe::fe", 853, protocol=TCP)
        assert network.passes(LOOPBACK, "127.0.0.1", 8080)
        assert network.passes(ETHERNET, "9.9.9.9", 53, direction="in")
        assert not network.passes(ETHERNET, "9.9.9.9", 25, protocol=TCP)  # another program's filter


class TestBlockLocal:
    """flags 1"""

    @pytest.fixture(autouse=True)
    def blocking(self, start_session: SessionMaker) -> Iterator[Session]:
        """A session with the filters on."""
        session = start_session()
        assert session.openvpn.request(block(LOCAL)) == 0
        yield session

    @pytest.mark.parametrize("interface", [ETHERNET, WIFI])
    @pytest.mark.parametrize("address", ["9.9.9.9", "192.168.1.7", "2620:fe::fe"])
    @pytest.mark.parametrize("port", [53, 80, 443, 51820])
    def test_nothing_new_leaves_outside_the_tunnel(self, network: Network, interface: int,
                                                   address: str, port: int) -> None:
        assert not network.passes(interface, address, port)

    @pytest.mark.parametrize("port", [53, 443])
    def test_the_tunnel_is_open(self, network: Network, port: int) -> None:
        assert network.passes(TAP, "10.8.0.1", port)
        assert network.passes(TAP, "fd00::1", port)

    def test_loopback_is_open_but_for_dns(self, network: Network) -> None:
        assert network.passes(LOOPBACK, "127.0.0.1", 8080)
        assert network.passes(LOOPBACK, "::1", 8080)
        assert not network.passes(LOOPBACK, "127.0.0.1", 53)
        assert not network.passes(LOOPBACK, "::1", 53)

    def test_openvpn_reaches_its_server(self, network: Network) -> None:
        assert network.passes(ETHERNET, "203.0.113.7", 1194, network.openvpn)
        assert network.passes(WIFI, "2001:db8::7", 1194, network.openvpn)

    def test_what_arrives_is_not_filtered(self, network: Network) -> None:
        assert network.passes(ETHERNET, "203.0.113.7", 40000, direction="in", local_port=22)


def test_2_6_client_blocks_dns_by_six_filters(make_installation: Callable[..., Installation],
                                              start_session: SessionMaker) -> None:
    installation = make_installation(openvpn="2.6")
    installation.start()
    before = len(installation.fakes.dump()["filters"])
    session = start_session(installation)
    network = Network(installation)

    add = OnInterface("add_block_dns", interface=Interface(TAP))
    assert session.openvpn.request(add, Dialect.V2_6_6) == 0
    assert len(installation.fakes.dump()["filters"]) == before + 6
    assert not network.passes(ETHERNET, "9.9.9.9", 53)
    assert network.passes(TAP, "10.8.0.1", 53)
    assert network.passes(ETHERNET, "9.9.9.9", 53, network.openvpn)
    assert network.passes(ETHERNET, "9.9.9.9", 443)
    delete = OnInterface("delete_block_dns", interface=Interface(TAP))
    assert session.openvpn.request(delete, Dialect.V2_6_6) == 0
    assert not installation.differences()


def test_filters_appear_in_one_step_in_a_dynamic_session(installation: Installation,
                                                         start_session: SessionMaker) -> None:
    session = start_session()
    mark = installation.record.mark()
    assert session.openvpn.request(block(DNS)) == 0
    calls = installation.record.calls("FwpmTransactionBegin0", "FwpmFilterAdd0",
                                      "FwpmTransactionCommit0", since=mark)
    assert [call["call"] for call in calls] == [
        "FwpmTransactionBegin0", *["FwpmFilterAdd0"] * 8, "FwpmTransactionCommit0"]
    assert all(call["dynamic"] for call in calls if call["call"] == "FwpmFilterAdd0")
    sublayer, = [row for row in installation.fakes.firewall()["sublayers"]
                 if row["key"] == "{2f660d7e-6a37-11e6-a181-001e8c6e04a2}"]
    assert (sublayer["name"], sublayer["weight"], sublayer["dynamic"]) == ("OpenVPN", 0x100, False)


def test_metric_is_3_until_the_deletion(make_installation: Callable[..., Installation],
                                        start_session: SessionMaker) -> None:
    installation = make_installation(settings=(("vpn_adapters", "*"),))
    installation.start()
    session = start_session(installation)
    before = metrics(installation, WIFI)
    assert before[0] == (50, 0)
    assert session.openvpn.request(block(DNS, WIFI)) == 0
    assert metrics(installation, WIFI) == [(3, 0), (3, 0)]
    assert session.openvpn.request(block(LOCAL, TAP, delete=True)) == 0
    assert metrics(installation, WIFI) == before
    assert not installation.differences()


def test_end_of_openvpn_takes_the_filters_away(installation: Installation,
                                               start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(block(LOCAL)) == 0
    assert session.openvpn.request(block(DNS)) == 0
    assert len(our_sessions(installation)) == 2
    session.openvpn.die(1)
    assert not eventually(installation.differences, lambda rows: not rows)
    assert not eventually(lambda: our_sessions(installation), lambda rows: not rows)


def test_crash_of_the_service_takes_the_filters_away(installation: Installation, network: Network,
                                                     start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(block(LOCAL)) == 0
    assert not network.passes(ETHERNET, "9.9.9.9", 443)
    installation.crash()
    assert network.passes(ETHERNET, "9.9.9.9", 443)
    assert not our_sessions(installation)
    # A crash leaves the metric, because nothing of the service is left to restore it.
    for family in ("ipv4", "ipv6"):
        installation.fakes.set_interface(TAP, **{family: {"metric": 25, "use_automatic_metric": 1}})


@pytest.mark.parametrize("call", CALLS_OF_A_BLOCK)
def test_each_failing_call_leaves_nothing(installation: Installation, start_session: SessionMaker,
                                          call: str) -> None:
    session = start_session()
    installation.fakes.fail(call, ERROR_ACCESS_DENIED)
    assert session.openvpn.request(block(DNS)) == ERROR_ACCESS_DENIED
    assert not installation.differences()
    assert not our_sessions(installation)
    assert session.openvpn.request(block(DNS)) == 0


def test_every_filter_that_cannot_be_added_takes_back_the_others(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    for number in range(1, 9):
        installation.fakes.fail("FwpmFilterAdd0", ERROR_ACCESS_DENIED, nth=number)
        assert session.openvpn.request(block(LOCAL)) == ERROR_ACCESS_DENIED
        installation.fakes.clear_faults()
        assert not installation.differences()
        assert not our_sessions(installation)


@pytest.mark.parametrize("family, values", [(IPV4, "ipv4"), (IPV6, "ipv6")])
def test_mtu_is_put_back(installation: Installation, start_session: SessionMaker, family: int,
                         values: str) -> None:
    session = start_session()
    assert session.openvpn.request(
        Mtu("set_mtu", interface=Interface(TAP), family=family, mtu=1340)) == 0
    row, = [row for row in installation.fakes.dump()["interfaces"] if row["index"] == TAP]
    assert row[values]["mtu"] == 1340
    session.openvpn.die(1)
    assert not eventually(installation.differences, lambda rows: not rows)


def test_neighbours_are_flushed(installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    mark = installation.record.mark()
    for family in (IPV4, IPV6):
        assert session.openvpn.request(
            Flush("flush_neighbors", family=family, interface=Interface(TAP))) == 0
    calls = installation.record.calls("FlushIpNetTable", "FlushIpNetTable2", since=mark)
    assert [(call["call"], call["interface"]) for call in calls] == [
        ("FlushIpNetTable", TAP), ("FlushIpNetTable2", TAP)]


@pytest.mark.parametrize("family", [0, 1, 22, 24, -1])
def test_neighbours_of_other_families_are_not_flushed(
        installation: Installation, start_session: SessionMaker, family: int) -> None:
    session = start_session()
    assert session.openvpn.request(
        Flush("flush_neighbors", family=family, interface=Interface(TAP))) == 87
    assert not installation.record.calls("FlushIpNetTable", "FlushIpNetTable2")


class TestRestartOfTheFilteringEngine:
    """Its dynamic sessions end, and the service's handles to it with them."""

    def test_a_session_ends_without_a_fault(self, installation: Installation,
                                            start_session: SessionMaker) -> None:
        session = start_session()
        assert session.openvpn.request(block(DNS)) == 0
        installation.fakes.restart_bfe()
        session.end()
        assert not installation.differences()
        assert not events(installation, "cannot be undone")

    def test_filters_that_go_while_a_session_ends_are_no_fault(
            self, installation: Installation, start_session: SessionMaker) -> None:
        """The session has seen that they are there, and cannot close its handle then."""
        session = start_session()
        assert session.openvpn.request(block(DNS)) == 0
        installation.fakes.fault("FwpmEngineClose0", "block")
        session.openvpn.die(0)
        installation.fakes.wait_blocked("FwpmEngineClose0")
        installation.fakes.restart_bfe()
        installation.fakes.clear_faults()
        session.client.wait_closed()
        assert not installation.differences()
        assert not events(installation, "cannot be undone")

    def test_lost_filters_are_added_again(self, installation: Installation,
                                          start_session: SessionMaker, network: Network) -> None:
        session = start_session()
        assert session.openvpn.request(block(DNS)) == 0
        for _ in range(2):
            installation.fakes.restart_bfe()
            assert not eventually(lambda: network.passes(ETHERNET, "9.9.9.9", 53),
                                  lambda passes: not passes)
        session.end()
        assert network.passes(ETHERNET, "9.9.9.9", 53)

    def test_without_word_of_the_restart_they_are_added_again_at_a_resume(
            self, installation: Installation, start_session: SessionMaker,
            network: Network) -> None:
        installation.stop()
        installation.fakes.fail("NotifyServiceStatusChangeW", ERROR_ACCESS_DENIED)
        installation.start()
        assert eventually(lambda: events(installation, "restarts of the filtering platform"), bool)
        session = start_session()
        assert session.openvpn.request(block(DNS)) == 0
        installation.fakes.restart_bfe()
        assert network.passes(ETHERNET, "9.9.9.9", 53)
        installation.service.control(SEND_RESUME)
        assert not eventually(lambda: network.passes(ETHERNET, "9.9.9.9", 53),
                              lambda passes: not passes)
        session.end()
        assert network.passes(ETHERNET, "9.9.9.9", 53)
        assert not our_sessions(installation)

    def test_a_handle_that_cannot_be_closed_is_tried_again_while_its_filters_exist(
            self, installation: Installation, start_session: SessionMaker,
            network: Network) -> None:
        session = start_session()
        assert session.openvpn.request(block(DNS)) == 0
        installation.fakes.fail("FwpmEngineClose0", ERROR_ACCESS_DENIED)
        session.end()
        assert eventually(lambda: network.passes(ETHERNET, "9.9.9.9", 53), bool)
        assert not our_sessions(installation)
