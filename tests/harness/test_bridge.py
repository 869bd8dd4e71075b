# SPDX-License-Identifier: MIT
"""The bridge itself, on which all tests rely."""
from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Callable, Iterator, List, Tuple

import pytest

from harness.bridge import WAIT_TIMEOUT, Bridge, BridgeEnded, BridgeError, result_of
from harness.pipe import ERROR_BROKEN_PIPE, READ_BYTES, Pipe
from harness.process import Process, handle_count, running
from harness.registry import EXPAND_SZ, Registry
from harness.runner import Runner

ERROR_FILE_NOT_FOUND = 2
SERVICE_DOES_NOT_EXIST = 1060

PairMaker = Callable[..., Tuple[Pipe, Pipe]]


@pytest.fixture
def pair(bridge: Bridge) -> Iterator[PairMaker]:
    """Creates both ends of a pipe: server, client."""
    ends: List[Pipe] = []

    def make(client: Bridge = bridge, mode: int = 2) -> Tuple[Pipe, Pipe]:
        name = rf"\\.\pipe\gatehouse-{uuid.uuid4()}"
        server = Pipe.create(bridge, name)
        end = Pipe.connect(client, name, mode=mode)
        server.accept()
        ends.extend((server, end))
        return server, end

    yield make
    for end in ends:
        end.close()


def test_messages_keep_their_boundaries(pair: PairMaker) -> None:
    server, client = pair()
    for data in (b"one", b"x" * 50_000, b"three"):
        client.write(data)
    assert [server.read() for _ in range(3)] == [b"one", b"x" * 50_000, b"three"]


def test_a_message_longer_than_any_buffer_is_read_completely(pair: PairMaker) -> None:
    server, client = pair()
    pending = server.begin_read(20)
    client.write(b"y" * 200_000)
    assert bytes.fromhex(result_of(pending)["data"]) == b"y" * 200_000


def test_an_empty_message_is_a_message(pair: PairMaker) -> None:
    server, client = pair()
    client.write(b"")
    assert server.read() == b""


def test_byte_mode_joins_messages(pair: PairMaker) -> None:
    server, client = pair(mode=READ_BYTES)
    server.write(b"ab")
    server.write(b"cd")
    assert client.read() == b"abcd"


def test_a_waiting_read_does_not_block_other_requests(pair: PairMaker, bridge: Bridge) -> None:
    server, client = pair()
    pending = server.begin_read(20)
    assert running(bridge)
    assert not pending.done()
    client.write(b"now")
    assert bytes.fromhex(result_of(pending)["data"]) == b"now"


def test_a_read_gives_up_in_time_and_loses_nothing(pair: PairMaker) -> None:
    server, client = pair()
    with pytest.raises(BridgeError) as failure:
        server.read(0.05)
    assert failure.value.code == WAIT_TIMEOUT
    client.write(b"late")
    assert server.read() == b"late"


def test_closing_ends_a_waiting_read(pair: PairMaker) -> None:
    server, _ = pair()
    pending = server.begin_read(20)
    server.close()
    with pytest.raises(BridgeError):
        result_of(pending, 5)


def test_a_closed_pipe_is_reported_with_its_code(pair: PairMaker) -> None:
    server, client = pair()
    client.close()
    with pytest.raises(BridgeError) as failure:
        server.read()
    assert failure.value.code == ERROR_BROKEN_PIPE


def test_ends_know_each_other(pair: PairMaker, bridge: Bridge, user_bridge: Bridge) -> None:
    server, client = pair(user_bridge)
    assert server.info().client == user_bridge.process
    assert client.server == bridge.process
    assert user_bridge.process != bridge.process


def test_a_missing_pipe_is_error_2(bridge: Bridge) -> None:
    with pytest.raises(BridgeError) as failure:
        Pipe.connect(bridge, r"\\.\pipe\gatehouse-none")
    assert (failure.value.code, failure.value.function) == (ERROR_FILE_NOT_FOUND, "CreateFile")


def test_registry_values_come_back(bridge: Bridge) -> None:
    registry = Registry(bridge)
    key = rf"HKCU\Software\Gatehouse test {os.getpid()}"
    registry.set_text(key, "", "the default")
    registry.set_text(key, "path", "%PATH%", EXPAND_SZ)
    registry.set_number(key, "number", 0xFFFFFFFF)
    registry.set_list(key, "list", ["ä", "b c"])
    registry.set_raw(key, "bytes", 3, b"\0\1\xff")
    registry.create(rf"{key}\below")
    try:
        assert registry.get(key, "") == "the default"
        assert registry.get(key, "path") == "%PATH%"
        assert registry.get(key, "number") == 0xFFFFFFFF
        assert registry.get(key, "list") == ["ä", "b c"]
        assert registry.get(key, "bytes") == b"\0\1\xff"
        assert registry.keys(key) == ["below"]
        registry.delete(key, "list")
        assert registry.get(key, "list") is None
    finally:
        registry.delete_tree(key)
    assert registry.get(key, "path") is None


def test_a_missing_service_is_error_1060(bridge: Bridge) -> None:
    with pytest.raises(BridgeError) as failure:
        bridge.call("service_query", name="gatehouse none")
    assert failure.value.code == SERVICE_DOES_NOT_EXIST


def test_a_process_is_started_watched_and_killed(bridge: Bridge) -> None:
    process = Process.start(bridge, "cmd /c pause")
    assert process.is_alive()
    process.kill()
    assert process.wait() == 1
    process.kill()
    process.close()


def test_an_exit_code_is_kept(bridge: Bridge) -> None:
    process = Process.start(bridge, "cmd /c exit 42")
    assert process.wait() == 42
    process.close()


def test_children_end_with_their_bridge(runner: Runner, bridge: Bridge) -> None:
    other = runner.bridge()
    watched = Process.open(bridge, Process.start(other, "cmd /c pause").id)
    other.close()
    watched.wait()
    watched.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no FIFOs in folders")
def test_a_request_to_a_bridge_that_is_just_dying_says_that_it_has_ended(tmp_path: Path) -> None:
    """Its input is closed already, its output not yet."""
    until = tmp_path / "until"
    os.mkfifo(until)
    dying = "import os, sys; os.close(0); open(sys.argv[1]).read()"
    bridge = Bridge([sys.executable, "-c", dying, str(until)])
    with until.open("w"):
        with pytest.raises(BridgeEnded):
            bridge.begin("process_own")
    bridge.close()


def test_unknown_operations_are_refused(bridge: Bridge) -> None:
    with pytest.raises(BridgeError) as failure:
        bridge.call("dance")
    assert failure.value.function == "op"


def test_handles_of_a_process_are_counted(bridge: Bridge, runner: Runner) -> None:
    other = runner.bridge()
    events = [other.call("event_create", name=f"gatehouse-{uuid.uuid4()}") for _ in range(50)]
    assert len(events) < handle_count(bridge, other.process) < 3 * len(events)
    other.close()


@pytest.mark.skipif(os.name == "nt", reason="no Wine")
def test_the_heap_of_a_process_leaves_the_data_that_windows_shares_alone() -> None:
    if subprocess.run(["setarch", "-R", "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("this container does not allow it: some processes will fail to start")
    assert int(Path("/proc/self/personality").read_text(), 16) & 0x0040000
