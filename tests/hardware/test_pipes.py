# SPDX-License-Identifier: MIT
"""The client pipe: who may use it, and what an old client does to a service that starts."""
from __future__ import annotations

from typing import Callable

import pytest

from hardware.support.release import Release, now
from hardware.support.second_user import User
from harness.bridge import Bridge, BridgeError
from harness.client import Client, startup
from harness.eventually import eventually
from harness.installation import Options
from harness.pipe import DUPLEX, FIRST_INSTANCE, Pipe
from harness.runner import Runner
from harness.service import CONTROL_STOP, Service, State
from harness.session import Session

ERROR_FILE_NOT_FOUND, ERROR_ACCESS_DENIED = 2, 5
ERROR_NOT_ENOUGH_QUOTA = 0x22A


def error_of_connecting(bridge: Bridge, name: str) -> int:
    """0, or the error of opening the pipe as a client."""
    try:
        Pipe.connect(bridge, name).close()
    except BridgeError as error:
        return error.code
    return 0


def test_an_old_clients_handle_does_not_keep_the_service_from_starting(
        release: Release, user_bridge: Bridge) -> None:
    old = release.connect(user_bridge)
    release.kill()
    try:
        release.start()
        client = release.connect(user_bridge)
        reply = client.start(release.folder, "--unheard-of x")
        assert reply.code, "an option that is in no list was taken"
        client.close()
    finally:
        old.close()


def test_another_program_that_listens_stops_the_start(release: Release, bridge: Bridge) -> None:
    release.stop()
    squatter = Pipe.create(bridge, release.pipe_name, open_mode=DUPLEX | FIRST_INSTANCE)
    try:
        assert release.try_start().state == State.STOPPED
    finally:
        squatter.close()
    release.start()


def test_a_second_user_who_has_the_name_first_is_named(release: Release, other_user: User) -> None:
    theirs = other_user.bridge()
    release.stop()
    since = now()
    squatter = Pipe.create(theirs, release.pipe_name, open_mode=DUPLEX | FIRST_INSTANCE)
    try:
        assert release.try_start().state == State.STOPPED
        assert any(release.pipe_name in text and str(theirs.process) in text
                   for text in release.events(since))
    finally:
        squatter.close()
    release.start()


def test_a_second_service_with_the_same_pipe_does_not_start(release: Release, bridge: Bridge,
                                                            connect: Callable[..., Session]
                                                            ) -> None:
    """Its pipe has the access list that the first one's has."""
    session = connect()
    twin = Service(bridge, f"{release.service.name}twin")
    twin.create(release.binary)
    try:
        assert twin.run().state == State.STOPPED
    finally:
        if twin.status().state != State.STOPPED:
            twin.control(CONTROL_STOP)
            twin.wait(State.STOPPED)
        twin.delete()
    assert session.process.is_alive()
    client = release.connect()
    assert client.server == release.service.status().process
    client.close()


def test_a_second_user_may_connect_and_make_no_instance(release: Release, other_user: User
                                                        ) -> None:
    theirs = other_user.bridge()
    client = release.connect(theirs)
    assert client.server == release.service.status().process
    client.close()
    with pytest.raises(BridgeError) as refused:
        Pipe.create(theirs, release.pipe_name)
    assert refused.value.code == ERROR_ACCESS_DENIED


def test_a_client_from_the_network_is_refused(release: Release, bridge: Bridge) -> None:
    local = release.pipe_name
    assert error_of_connecting(bridge, local) == 0
    remote = local.replace("\\\\.\\", "\\\\127.0.0.1\\", 1)
    assert error_of_connecting(bridge, remote) != 0


def test_a_client_is_known_by_its_token(release: Release, bridge: Bridge, other_user: User,
                                        connect: Callable[..., Session]) -> None:
    """The service impersonates its client after it has read: openvpn.exe is the client's."""
    theirs = other_user.bridge()
    client = release.connect(theirs)
    refused = client.start(rf"{release.folder}\config", "--plugin x")
    assert refused.code, "a plain user's option that is in no list was taken"
    client.close()
    session = connect(client_bridge=bridge, options="--plugin x")
    assert session.reply.code == 0


def test_a_refused_client_can_write_all_and_reads_why(runner: Runner, bridge: Bridge,
                                                      user_bridge: Bridge) -> None:
    crowded = Release(runner, bridge, runner.claim_name("ghq"),
                      Options(settings=(("max_clients_per_user", "1"),)))
    crowded.create()
    try:
        crowded.start()
        first = crowded.connect(user_bridge)
        second = Client(user_bridge, crowded.pipe_name)
        second.send(startup(crowded.folder, "--verb 3 " * 400))
        assert second.read().code == ERROR_NOT_ENOUGH_QUOTA
        second.close()
        first.close()
    finally:
        crowded.destroy()


def test_a_reply_can_be_read_late(release: Release, user_bridge: Bridge) -> None:
    late, other = release.connect(user_bridge), release.connect(user_bridge)
    late.send(b"\0\0")
    assert eventually(late.pipe.available, bool)
    assert other.start(release.folder, "--unheard-of x").code  # meanwhile the session has ended
    assert late.read().function == "GetStartupData"
    late.close()
    other.close()


def test_the_pipe_has_gone_when_the_service_has_stopped(release: Release, bridge: Bridge) -> None:
    """Of one client the session has ended, the other one is still asked what it wants."""
    ended, client = release.connect(), release.connect()
    ended.send(b"\0\0")
    assert ended.read().code
    ended.wait_closed()
    release.stop()
    assert error_of_connecting(bridge, release.pipe_name) == ERROR_FILE_NOT_FOUND
    first = Pipe.create(bridge, release.pipe_name, open_mode=DUPLEX | FIRST_INSTANCE)
    first.close()
    ended.close()
    client.close()
