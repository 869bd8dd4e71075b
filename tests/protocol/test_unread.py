# SPDX-License-Identifier: MIT
"""The end of a client's pipe: what it has not read yet stays for a while, then it is disconnected.

Windows keeps an end that was closed without that, and the pipe's name, until the client closes its
own end. OpenVPN-GUI keeps it while a message box is open."""
from __future__ import annotations

from typing import Callable, List

from harness.bridge import Bridge, BridgeError, result_of
from harness.client import CLOSED, ERROR_STARTUP, Client, startup
from harness.eventually import HANG, eventually
from harness.fakes import PLAIN_USER
from harness.installation import Installation
from harness.openvpn import Openvpn
from harness.process import handle_count
from harness.service import CONTROL_STOP, State
from harness.session import Session
from protocol.support.availability import ClientMaker, assert_admitted, assert_serves

SessionMaker = Callable[..., Session]
InstallationMaker = Callable[..., Installation]

#: How long the service waits for a client to read, in microseconds of the record.
PATIENCE = 2e6


def is_disconnected(client: Client) -> bool:
    """Whether there is nothing to read, and never will be."""
    try:
        client.pipe.available()
    except BridgeError as error:
        assert error.code in CLOSED
        return True
    return False


def fail(session: Session, code: int) -> None:
    """End it with an error, and wait until the service has sent it."""
    before = session.client.pipe.available()
    session.openvpn.die(code)
    assert eventually(session.client.pipe.available, lambda size: size > before) > before


def waited(installation: Installation, since: int) -> float:
    """How long after it has logged an error the service has disconnected its client."""
    logged = installation.record.wait_for("ReportEventW", since=since)
    parted = installation.record.wait_for("DisconnectNamedPipe", since=since)
    return float(parted["t"] - logged["t"])


# ---- what is read

def test_a_client_that_reads_everything_is_disconnected_at_once(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    mark = installation.record.mark()
    reading = session.client.pipe.begin_read(HANG)
    session.openvpn.die(7)
    assert result_of(reading)["data"]
    session.client.wait_closed()
    assert waited(installation, mark) < PATIENCE - 1e5


def test_a_client_that_reads_late_reads_everything(start_session: SessionMaker) -> None:
    session = start_session()
    fail(session, 7)
    assert not is_disconnected(session.client)
    assert session.client.read().code == ERROR_STARTUP
    session.client.wait_closed()


def test_the_process_id_may_be_unread_when_the_last_reply_comes(
        installation: Installation, bridge: Bridge, make_client: ClientMaker) -> None:
    openvpn, client = Openvpn(bridge), make_client()
    path = installation.write_config("unread.ovpn", openvpn.config())
    client.send(startup(rf"{installation.folder}\config", f'--config "{path}"'))
    openvpn.accept()
    first = client.pipe.available()
    openvpn.die(7)
    assert eventually(client.pipe.available, lambda size: size > first) > first
    assert client.read().process == openvpn.process
    assert client.read().code == ERROR_STARTUP
    client.wait_closed()
    openvpn.close()


def test_an_unread_process_id_does_not_hold_up_the_text_for_openvpn(
        installation: Installation, bridge: Bridge, make_client: ClientMaker) -> None:
    openvpn, client = Openvpn(bridge), make_client()
    path = installation.write_config("unread.ovpn", openvpn.config())
    client.send(startup(rf"{installation.folder}\config", f'--config "{path}"', "secret"))
    openvpn.accept()
    assert openvpn.stdin(len("secret")) == b"secret"
    assert client.read().process == openvpn.process
    openvpn.close()


# ---- what is not read

def test_a_client_that_never_reads_is_disconnected_after_a_while(
        installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    mark = installation.record.mark()
    fail(session, 7)
    assert eventually(lambda: is_disconnected(session.client), bool)
    assert waited(installation, mark) > PATIENCE - 1e5


def test_the_service_runs_on_while_replies_are_unread(
        installation: Installation, bridge: Bridge, start_session: SessionMaker) -> None:
    for session in [start_session() for _ in range(3)]:
        fail(session, 7)
    assert_serves(installation, bridge)


def test_a_client_that_never_reads_keeps_its_place_for_a_while(
        make_installation: InstallationMaker, make_client: ClientMaker, user_bridge: Bridge
        ) -> None:
    small = make_installation(settings=(("max_clients_per_user", "1"),))
    small.fakes.personas(PLAIN_USER)
    small.start()
    client = make_client(small, user_bridge)
    client.send(b"\0\0")
    assert_admitted(small, user_bridge)
    assert is_disconnected(client)


def test_handles_do_not_grow(installation: Installation, bridge: Bridge, make_client: ClientMaker
                             ) -> None:
    """Although every client keeps its own."""
    def come(count: int) -> None:
        clients: List[Client] = []
        for _ in range(count):
            clients.append(make_client())
            clients[-1].send(b"\0\0")
            clients[-1].read()
        for client in clients:
            client.wait_closed()

    come(20)
    service = installation.service.status().process
    before = handle_count(bridge, service)
    come(100)
    assert eventually(lambda: handle_count(bridge, service), lambda count: count < before + 10
                      ) < before + 10


# ---- at a stop

def test_a_stop_disconnects_clients_that_never_read(installation: Installation,
                                                    start_session: SessionMaker) -> None:
    session = start_session()
    fail(session, 7)
    installation.service.control(CONTROL_STOP)
    installation.service.wait(State.STOPPED)
    assert is_disconnected(session.client)


def test_a_stop_disconnects_clients_that_were_not_served_yet(installation: Installation,
                                                             make_client: ClientMaker) -> None:
    installation.fakes.fault("OpenProcessToken", "block")
    clients = [make_client()]
    installation.fakes.wait_blocked("OpenProcessToken")
    clients += [make_client() for _ in range(3)]
    installation.service.control(CONTROL_STOP)
    installation.fakes.clear_faults()
    installation.service.wait(State.STOPPED)
    assert all(is_disconnected(client) for client in clients)
