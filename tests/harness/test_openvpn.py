# SPDX-License-Identifier: MIT
"""The scripted openvpn.exe, alone and started by a service."""
from __future__ import annotations

import socket
from pathlib import Path, PureWindowsPath
from typing import Callable, Iterator, List, Optional, Tuple

import pytest

from harness import messages
from harness.bridge import Bridge, BridgeError
from harness.client import Client
from harness.eventually import eventually
from harness.installation import Installation
from harness.process import Process, kill
from harness.runner import Runner, build_folder
from harness.session import Session

SessionMaker = Callable[..., Session]


def free_port() -> int:
    """A port without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Management:
    """A client of the management interface."""

    def __init__(self, port: int) -> None:
        def connect() -> Optional[socket.socket]:
            try:
                return socket.create_connection(("127.0.0.1", port), 10)
            except ConnectionRefusedError:
                return None

        connected = eventually(connect, bool)
        assert connected, "nobody listens"
        self._socket = connected
        self._seen = b""

    def send(self, line: str) -> None:
        """Send a command."""
        self._socket.sendall(line.encode() + b"\n")

    def until(self, text: str) -> str:
        """Everything up to this text, which is removed."""
        while text.encode() not in self._seen:
            more = self._socket.recv(4096)
            if not more:
                raise AssertionError(f"ended before {text!r}: {self._seen!r}")
            self._seen += more
        before, self._seen = self._seen.split(text.encode(), 1)
        return before.decode()

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


class Demo:
    """An openvpn.exe that plays a connection without a script, and its log."""

    def __init__(self, runner: Runner, bridge: Bridge, name: str) -> None:
        self.folder = rf"C:\gatehouse\{name}demo"
        self.host = runner.host_path(self.folder)
        self.host.mkdir(parents=True, exist_ok=True)
        self._program = build_folder() / "fakes" / "openvpn.exe"
        self._bridge = bridge
        self._started: List[Process] = []
        self.write("demo.ovpn", "client\n")
        (self.host / "openvpn.exe").write_bytes(self._program.read_bytes())

    def write(self, name: str, text: str) -> str:
        """Write a file; returns its Windows path."""
        (self.host / name).write_text(text, encoding="utf-8")
        return str(PureWindowsPath(self.folder) / name)

    def start(self, arguments: str) -> Process:
        """Start it."""
        command = rf'"{self.folder}\openvpn.exe" {arguments}'
        self._started.append(Process.start(self._bridge, command, directory=self.folder,
                                           output=rf"{self.folder}\{self._output}"))
        return self._started[-1]

    @property
    def _output(self) -> str:
        return f"output{len(self._started)}.txt"

    def text(self, name: str = "") -> str:
        """The last one's standard output, or the content of a file."""
        last = f"output{len(self._started) - 1}.txt"
        return Path(self.host / (name or last)).read_text(encoding="utf-8")

    def close(self) -> None:
        """End the running one."""
        for process in self._started:
            process.kill()
            process.close()


@pytest.fixture
def demo(runner: Runner, bridge: Bridge, worker_name: str) -> Iterator[Demo]:
    """A folder with an openvpn.exe."""
    made = Demo(runner, bridge, worker_name)
    yield made
    made.close()


def test_it_refuses_an_unknown_option(demo: Demo) -> None:
    assert demo.start("--verb 3 --config demo.ovpn").is_alive()
    assert demo.start("verb 3 --config demo.ovpn").wait() == 1
    assert "I'm trying to parse \"verb\"" in demo.text()


def test_it_refuses_a_missing_configuration(demo: Demo) -> None:
    assert demo.start("--config none.ovpn").wait() == 1
    assert "Error opening configuration file: none.ovpn" in demo.text()


def test_it_refuses_an_invalid_channel(demo: Demo) -> None:
    assert demo.start("--config demo.ovpn --msg-channel 9999").wait() == 1


def test_it_plays_a_connection_to_its_management_client(demo: Demo) -> None:
    port = free_port()
    process = demo.start(f"--config demo.ovpn --management 127.0.0.1 {port} --management-hold "
                         "--log openvpn.log")
    client = Management(port)
    client.until(">HOLD:Waiting for hold release:0\r\n")
    client.send("state on")
    client.until("SUCCESS: real-time state notification set to ON\r\n")
    client.send("hold release")
    client.until("SUCCESS: hold release succeeded\r\n")
    states = client.until("CONNECTED,SUCCESS,10.8.0.10,203.0.113.1,1194,,\r\n")
    assert [line.split(",")[1] for line in states.splitlines()[:-1]] == [
        "CONNECTING", "WAIT", "AUTH", "GET_CONFIG"]
    client.send("pid")
    assert client.until("\r\n") == f"SUCCESS: pid={process.id}"
    client.send("dance")
    assert client.until("\r\n").startswith("ERROR: unknown command")
    client.send("signal SIGTERM")
    client.until("EXITING")
    assert process.wait() == 0
    assert "Initialization Sequence Completed" in demo.text("openvpn.log")
    client.close()


def test_it_dies_when_its_configuration_says(demo: Demo) -> None:
    demo.write("dies.ovpn", "setenv GATEHOUSE_DIES_AFTER 0.1\n")
    assert demo.start("--config dies.ovpn").wait() == 1


def test_it_ends_on_its_exit_event(demo: Demo, bridge: Bridge, worker_name: str) -> None:
    name = f"gatehouse-{worker_name}-exit"
    event = bridge.call("event_create", name=name)["object"]
    process = demo.start(f"--config demo.ovpn --service {name} 0")
    assert process.is_alive()
    bridge.call("event_set", object=event)
    assert process.wait() == 0
    bridge.call("close", object=event)


def play_below_service(installation: Installation, user_bridge: Bridge, config: str
                       ) -> Tuple[Client, Management]:
    """Start the played connection as a GUI does, up to the hold."""
    port = free_port()
    path = installation.write_config("demo.ovpn", f"client\n{config}")
    client = installation.connect(user_bridge)
    reply = client.start(
        rf"{installation.folder}\config",
        f'--config "{path}" --management 127.0.0.1 {port} stdin --management-query-passwords '
        "--management-hold", "a password\n")
    assert not reply.code, reply
    management = Management(port)
    management.until("ENTER PASSWORD:")
    management.send("wrong")
    management.until("ERROR: bad password\r\nENTER PASSWORD:")
    management.send("a password")
    management.until("SUCCESS: password is correct\r\n")
    management.until(">HOLD:Waiting for hold release:0\r\n")
    management.send("state on")
    management.send("hold release")
    management.until("CONNECTED,SUCCESS")
    return client, management


def test_the_played_connection_undoes_itself(installation: Installation, user_bridge: Bridge
                                             ) -> None:
    client, management = play_below_service(installation, user_bridge, "")
    changes = "\n".join(installation.differences())
    for made in ("10.8.0.10", "fd00:8::1000", "203.0.113.1", "128.0.0.0"):
        assert made in changes
    management.send("signal SIGTERM")
    client.wait_closed()
    assert not installation.differences()
    management.close()
    client.close()


def test_the_played_connection_dies_when_told(installation: Installation, user_bridge: Bridge
                                              ) -> None:
    client, management = play_below_service(installation, user_bridge,
                                            "setenv GATEHOUSE_DIES_AFTER 0.2\n")
    assert client.read().function == "OpenVPN exited with error: exit code = 1"
    client.wait_closed()
    assert not installation.differences()
    management.close()
    client.close()


def test_it_describes_how_it_was_started(installation: Installation,
                                         start_session: SessionMaker) -> None:
    session = start_session(options='--setenv A "b c" --verb 4')
    described = session.openvpn.describe()
    assert described["arguments"][3:8] == ["--setenv", "A", "b c", "--verb", "4"]
    assert described["directory"] == rf"{installation.folder}\config"
    assert described["image"] == rf"{installation.folder}\bin\openvpn.exe"
    assert described["process"] == session.reply.process
    assert described["in_job"] is True


def test_it_reports_what_came_on_stdin(start_session: SessionMaker) -> None:
    session = start_session(stdin="secret ä\n")
    assert session.openvpn.stdin(10) == "secret ä\n".encode()


def test_a_batch_is_answered_in_order(start_session: SessionMaker) -> None:
    session = start_session()
    data = [messages.encode(messages.route(f"10.20.{number}.0/24", "10.8.0.1", 2),
                            message_id=number) for number in range(100)]
    for pipelined in (False, True):
        answers = session.openvpn.batch(data, pipelined).answers
        assert [messages.decode_acknowledgement(answer)[1] for answer in answers] == list(
            range(100))


def test_a_series_counts_up(installation: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    first = messages.encode(messages.route("10.20.0.255/32", "10.8.0.1", 2))
    at = first.index(bytes([10, 20, 0, 255]))
    series = session.openvpn.series(first, at, 3)
    assert messages.decode_acknowledgement(series.answer)[0] == 0
    assert series.others == 0
    assert 0 < series.median <= series.microseconds
    assert {row["prefix"] for row in installation.fakes.dump()["routes"]} >= {
        "10.20.0.255/32", "10.20.1.0/32", "10.20.1.1/32"}


def test_a_series_counts_answers_that_differ_from_the_first(start_session: SessionMaker) -> None:
    session = start_session()
    session.openvpn.request(messages.route("10.20.0.1/32", "10.8.0.1", 2))
    first = messages.encode(messages.route("10.20.0.0/32", "10.8.0.1", 2))
    series = session.openvpn.series(first, first.index(bytes([10, 20, 0, 0])), 4)
    assert series.others == 1


def test_a_grandchild_is_seen_and_killed(installation: Installation, bridge: Bridge,
                                         start_session: SessionMaker) -> None:
    child = start_session().openvpn.spawn()
    strangers = installation.strangers()
    assert child in {row.process for row in strangers}
    kill(bridge, child)


def test_a_closed_channel_ends_the_session(start_session: SessionMaker) -> None:
    session = start_session()
    session.openvpn.close_channel()
    assert session.client.read(10).code


def test_the_exit_code_of_an_ended_process_can_be_read(start_session: SessionMaker) -> None:
    session = start_session()
    session.openvpn.exit(3)
    assert session.process.wait() == 3
    with pytest.raises(BridgeError):
        session.openvpn.describe()
