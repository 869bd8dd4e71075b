# SPDX-License-Identifier: MIT
"""Tests of tests/hardware on the modelled machine: that they ask what they mean to ask, and that a
service which does it right passes. What a real Windows does is theirs alone to tell."""
from __future__ import annotations

from typing import Any, Callable, Iterator

import pytest

from hardware import test_network as network
from hardware import test_pipes as pipes
from hardware import test_service_manager as service_manager
from hardware import test_speed as speed
from hardware.support.adapter import Adapter
from harness.bridge import Bridge
from harness.hardware_rehearsal import rehearse, tap_of
from harness.installation import Installation
from harness.session import Session


@pytest.fixture
def release(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The installation, as tests/hardware has it."""
    yield from rehearse(installation, monkeypatch)


@pytest.fixture
def plugged(release: Any) -> Adapter:
    """Its TAP adapter."""
    return tap_of(release)


@pytest.fixture
def connect(release: Any, start_session: Callable[..., Session]) -> Callable[..., Session]:
    """Starts sessions."""
    return start_session


class OtherUser:
    """A second user, who is the first one under Wine."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def bridge(self) -> Bridge:
        """A bridge of theirs."""
        return self._bridge


@pytest.fixture
def other_user(user_bridge: Bridge) -> Any:
    """For tests that need one."""
    return OtherUser(user_bridge)


test_a_change_goes_with_its_session = network.test_a_change_goes_with_its_session
test_a_change_goes_with_the_start_after_a_kill = \
    network.test_a_change_goes_with_the_start_after_a_kill
test_a_change_goes_with_a_start_that_takes_itself_for_the_first_of_a_boot = \
    network.test_a_change_goes_with_a_start_that_takes_itself_for_the_first_of_a_boot
test_what_another_program_sets_beside_a_change_stays = \
    network.test_what_another_program_sets_beside_a_change_stays
test_filters_for_name_service_hold_nothing_else = \
    network.test_filters_for_name_service_hold_nothing_else
test_filters_for_everything_leave_the_tunnel_open = \
    network.test_filters_for_everything_leave_the_tunnel_open
test_filters_go_with_the_process = network.test_filters_go_with_the_process
test_an_old_clients_handle_does_not_keep_the_service_from_starting = \
    pipes.test_an_old_clients_handle_does_not_keep_the_service_from_starting
test_another_program_that_listens_stops_the_start = \
    pipes.test_another_program_that_listens_stops_the_start
test_a_second_user_who_has_the_name_first_is_named = \
    pipes.test_a_second_user_who_has_the_name_first_is_named
test_a_second_service_with_the_same_pipe_does_not_start = \
    pipes.test_a_second_service_with_the_same_pipe_does_not_start
test_a_reply_can_be_read_late = pipes.test_a_reply_can_be_read_late
test_the_pipe_has_gone_when_the_service_has_stopped = \
    pipes.test_the_pipe_has_gone_when_the_service_has_stopped
test_no_client_is_left_unserved_by_a_stop = \
    service_manager.test_no_client_is_left_unserved_by_a_stop
test_a_thousand_routes_take_less_time_than_by_new_net_route = \
    speed.test_a_thousand_routes_take_less_time_than_by_new_net_route
