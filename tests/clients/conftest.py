# SPDX-License-Identifier: MIT
"""Fixtures of the tests of clients: a service and an openvpn.exe that do what a test says."""
from __future__ import annotations

from contextlib import ExitStack, nullcontext
from typing import Callable, Iterator, Sequence

import pytest

from clients.support.meeting import Meet, Meeting
from clients.support.openvpn import Openvpn
from clients.support.program import Client, Run, client_under_test, values
from clients.support.stand_in import StandIn
from harness.bridge import Bridge
from harness.runner import Runner

#: Seconds that a client is told to wait at most.
TIME_LIMIT = 20

StartClient = Callable[..., Run]


@pytest.fixture(scope="session")
def client() -> Client:
    """The client that is judged."""
    return client_under_test()


@pytest.fixture(scope="session")
def console_client(client: Client) -> Client:
    """The same, if it is a program for the command line."""
    if client.is_window:
        pytest.skip("the client has a window: it prints nothing, and stays when it fails")
    return client


@pytest.fixture(scope="session")
def one_service(client: Client, runner: Runner, bridge: Bridge, worker_name: str
                ) -> Iterator[StandIn]:
    """The service of this worker's own instance; of the one without an instance for a client that
    knows no others."""
    instance = f"${worker_name}c" if client.has_instance else ""
    with nullcontext() if instance else runner.alone():
        made = StandIn(runner, bridge, rf"C:\gatehouse\{worker_name}c", instance)
        made.lay_out()
        yield made
        made.remove()


@pytest.fixture
def service(one_service: StandIn) -> Iterator[StandIn]:
    """The same; it runs, and has no pipe yet."""
    one_service.start()
    yield one_service
    one_service.close_pipes()


@pytest.fixture(scope="session")
def openvpn(runner: Runner) -> Openvpn:
    """The process that clients take for openvpn.exe."""
    return Openvpn(runner)


@pytest.fixture
def start_client(client: Client, runner: Runner, one_service: StandIn) -> Iterator[StartClient]:
    """Starts the client with a configuration of this name; it ends with the test."""
    with ExitStack() as stack:
        def start(config: str = "home.ovpn", more: Sequence[str] = (), timeout: int = TIME_LIMIT
                  ) -> Run:
            if more and not client.takes("more"):
                pytest.skip("the client's arguments have no {more}: it can't be given options")
            (one_service.host_folder / "config" / config).write_text("client\n", encoding="utf-8")
            words = client.words(
                values(one_service.folder, one_service.instance, config, timeout), more)
            made = Run(runner, client, words, one_service.host_folder)
            stack.callback(made.close)
            return made
        yield start


@pytest.fixture
def meet(service: StandIn, openvpn: Openvpn, start_client: StartClient, bridge: Bridge
         ) -> Iterator[Meet]:
    """Starts the client, and waits for its start-up message unless `receives` is false."""
    with ExitStack() as stack:
        def make(receives: bool = True, **how: object) -> Meeting:
            pipe = service.open_pipe()
            made = Meeting(start_client(**how), pipe, openvpn, bridge)
            stack.callback(made.close)
            made.accept()
            if receives:
                made.receive()
            return made
        yield make
