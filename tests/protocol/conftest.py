# SPDX-License-Identifier: MIT
"""Fixtures of the protocol tests, which act as clients of the service."""
from __future__ import annotations

from contextlib import ExitStack
from typing import Callable, Iterator, List, Optional

import pytest

from harness import process
from harness.bridge import Bridge, BridgeError
from harness.client import Client
from harness.control import Control
from harness.eventually import eventually
from harness.fakes import LOCAL_GROUPS, PLAIN_USER
from harness.installation import Installation, Options
from harness.pipe import Pipe
from harness.runner import Runner
from harness.session import Session, launch
from protocol.support.availability import ClientMaker, ControlMaker
from protocol.support.doctor import Machine, SessionMaker
from protocol.support.gatehouse_program import Gatehouse, starting
from protocol.support.kill_switch import ALICE, BOB, KillSwitch
from protocol.support.lifecycle import Lifecycle, LifecyclePool
from protocol.support.profile_user import ALICE as PROFILE_USER
from protocol.support.profile_user import CHECKED, ProfileUser, Setting
from protocol.support.raw_client import Caller
from protocol.support.service_program import EVENT_SOURCE, Program, forget_service


@pytest.fixture
def caller(installation: Installation, bridge: Bridge, user_bridge: Bridge) -> Iterator[Caller]:
    """A client without rights, unless the test gives it another persona."""
    installation.fakes.personas(PLAIN_USER)
    installation.fakes.local_groups(*LOCAL_GROUPS)
    made = Caller(installation, bridge, user_bridge)
    yield made
    made.close()


@pytest.fixture
def make_user(make_installation: Callable[..., Installation], bridge: Bridge, user_bridge: Bridge
              ) -> Iterator[Callable[[Setting], ProfileUser]]:
    """Makes alice, at the computer, with an installation of these settings."""
    made: List[ProfileUser] = []

    def make(settings: Setting) -> ProfileUser:
        installation = make_installation(settings=tuple(settings.items()))
        installation.start()
        installation.fakes.personas(PROFILE_USER)
        installation.fakes.local_groups(*LOCAL_GROUPS)
        made.append(ProfileUser(Caller(installation, bridge, user_bridge), bridge))
        return made[-1]

    yield make
    for user in made:
        user.close()
        user.caller.close()


@pytest.fixture
def user(make_user: Callable[[Setting], ProfileUser]) -> ProfileUser:
    """Alice, whose profiles are checked."""
    return make_user(CHECKED)


@pytest.fixture
def make_client(installation: Installation, bridge: Bridge) -> Iterator[ClientMaker]:
    """Makes clients that are closed at the end of the test."""
    with ExitStack() as stack:
        def make(on: Installation = installation, at: Bridge = bridge) -> Client:
            client = on.connect(at)
            stack.callback(client.close)
            return client
        yield make


@pytest.fixture
def ask_control(installation: Installation, bridge: Bridge) -> Iterator[ControlMaker]:
    """Makes clients of the control pipe that are closed at the end of the test."""
    with ExitStack() as stack:
        def make(on: Installation = installation, at: Bridge = bridge, **more: int) -> Control:
            control = on.control(at, **more)
            stack.callback(control.close)
            return control
        yield make


@pytest.fixture
def connect(installation: Installation, user_bridge: Bridge
            ) -> Iterator[Callable[..., Gatehouse]]:
    """Starts gatehouse.exe connect as an ordinary user, and ends it at the end of the test."""
    def make(arguments: str, bridge: Optional[Bridge] = None) -> Gatehouse:
        return Gatehouse.connect(installation, bridge or user_bridge, arguments)

    installation.fakes.personas(PLAIN_USER)
    with starting(make) as start:
        yield start


@pytest.fixture
def run(installation: Installation, user_bridge: Bridge) -> Iterator[Callable[[str], Gatehouse]]:
    """Runs gatehouse.exe with these arguments and no others, to its end."""
    ended: List[Gatehouse] = []

    def to_its_end(arguments: str) -> Gatehouse:
        ended.append(Gatehouse(installation, user_bridge, arguments))
        ended[-1].process.wait()
        return ended[-1]

    yield to_its_end
    for each in ended:
        each.process.close()


@pytest.fixture
def guarded(installation: Installation) -> Iterator[Installation]:
    """Its service is one that Windows starts, as the kill switch needs it. Whatever has happened,
    nothing of the kill switch is left at the end."""
    installation.service.set_automatic(True)
    before = installation.fakes.firewall()["providers"]
    yield installation
    installation.fakes.personas()
    if installation.fakes.firewall()["phase"] != "running":
        installation.fakes.start_bfe()
    if not installation.is_running():
        installation.start()
    control = installation.control()
    try:
        assert control.ask("firewall", "stop").code == 0
    finally:
        control.close()
    installation.service.set_automatic(False)
    assert installation.fakes.firewall()["providers"] == before


@pytest.fixture
def switch(guarded: Installation, bridge: Bridge) -> KillSwitch:
    """Its kill switch as an administrator sees it, unless a test says otherwise."""
    return KillSwitch(guarded, bridge)


@pytest.fixture
def users(guarded: Installation, bridge: Bridge, user_bridge: Bridge) -> Installation:
    """Alice acts in `user_bridge`, Bob in `bridge`; neither is an administrator."""
    guarded.fakes.personas(ALICE.of(user_bridge.process), BOB.of(bridge.process))
    guarded.fakes.local_groups(*LOCAL_GROUPS)
    return guarded


@pytest.fixture(scope="module")
def older(runner: Runner, bridge: Bridge, worker_name: str) -> Iterator[Installation]:
    """An installation whose openvpn.exe is version 2.6."""
    made = Installation(runner, bridge, f"{worker_name}old", Options(openvpn="2.6"))
    made.create()
    made.populate()
    made.start()
    yield made
    made.destroy()


@pytest.fixture
def well_known_name(runner: Runner) -> Iterator[None]:
    """A lock for tests of the service without an instance, which exists once per machine."""
    with runner.alone():
        yield


@pytest.fixture(scope="session")
def lifecycle_with(runner: Runner, bridge: Bridge, user_bridge: Bridge, worker_name: str
                   ) -> Iterator[Callable[..., Lifecycle]]:
    """Makes the lifecycle of a service with this openvpn.exe, and with profiles of users or not."""
    pool = LifecyclePool(runner, bridge, user_bridge, f"{worker_name}l")
    yield pool.get
    pool.destroy()


@pytest.fixture(scope="module")
def laid_out(runner: Runner, bridge: Bridge, worker_name: str) -> Iterator[Installation]:
    """An installation for this module; its service is not started."""
    made = Installation(runner, bridge, f"{worker_name}i")
    made.create()
    yield made
    made.destroy()


@pytest.fixture
def service_names(bridge: Bridge) -> Iterator[None]:
    """A lock for what all workers share, services' names and the event source: a pipe of which only
    one can exist."""
    def claim() -> Optional[Pipe]:
        try:
            return Pipe.create(bridge, r"\\.\pipe\gatehouse-test-machine", instances=1)
        except BridgeError:
            return None

    claimed = eventually(claim, lambda pipe: pipe is not None)
    assert claimed is not None
    yield
    claimed.close()


@pytest.fixture
def program(service_names: None, laid_out: Installation, bridge: Bridge) -> Iterator[Program]:
    """The program with its registry key; neither its service nor the event source exists."""
    forget_service(laid_out.service)
    laid_out.registry.delete_tree(EVENT_SOURCE)
    laid_out.registry.set_text(laid_out.key, "", laid_out.folder)
    laid_out.populate()
    yield Program(laid_out, bridge)
    forget_service(laid_out.service)
    laid_out.registry.delete_tree(EVENT_SOURCE)
    for row in laid_out.processes():
        process.kill(bridge, row.process)


@pytest.fixture(scope="module")
def made_for_doctor(runner: Runner, bridge: Bridge, user_bridge: Bridge, worker_name: str
                    ) -> Iterator[Machine]:
    """An installation for this module, for gatehouse doctor to look at."""
    made = Machine(runner, bridge, user_bridge, f"{worker_name}doc")
    made.create()
    yield made
    made.destroy()


@pytest.fixture
def machine(made_for_doctor: Machine) -> Machine:
    """The same; nothing is wrong with it."""
    made_for_doctor.repair()
    return made_for_doctor


@pytest.fixture
def open_session(machine: Machine, bridge: Bridge, user_bridge: Bridge) -> Iterator[SessionMaker]:
    """Starts connections of an ordinary user on it, which end with the test."""
    sessions: List[Session] = []

    def start() -> Session:
        sessions.append(launch(machine.installation, bridge, client_bridge=user_bridge))
        return sessions[-1]

    yield start
    for session in sessions:
        session.close()
