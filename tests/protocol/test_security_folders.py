# SPDX-License-Identifier: MIT
"""The service warns when users who are not administrators may replace what it runs."""
from __future__ import annotations

from typing import Callable, List

import pytest

from harness.access import let_everyone_write
from harness.bridge import Bridge
from harness.installation import Installation
from harness.messages import route
from harness.process import Process
from harness.service import State
from harness.session import Session

InstallationMaker = Callable[..., Installation]
SessionMaker = Callable[..., Session]


def warnings(installation: Installation) -> List[str]:
    """The warnings in the log, once the service has checked all places, which it does in the
    background."""
    installation.stop()
    return [line for line in installation.record.events() if "may be changed by" in line]


def test_start_says_nothing_of_folders_that_are_closed(make_installation: InstallationMaker
                                                       ) -> None:
    installation = make_installation()
    installation.start()
    assert not warnings(installation)


@pytest.mark.parametrize("place, shown", [
    ("gatehouse-service.exe", r"\gatehouse-service.exe"),
    (".", ""),
    (r"bin/openvpn.exe", r"\bin\openvpn.exe"),
    ("bin", r"\bin"),
    (r"bin/tapctl.exe", r"\bin\tapctl.exe"),
    ("config", r"\config"),
], ids=["service", "folder of the service", "openvpn", "folder of openvpn", "tapctl",
        "config folder"])
def test_start_logs_who_may_change_what_it_runs(make_installation: InstallationMaker, place: str,
                                                shown: str) -> None:
    installation = make_installation()
    let_everyone_write(installation.host_folder / place)
    installation.start()
    found = warnings(installation)
    assert found
    assert all(f"{installation.folder}{shown} may be changed by " in line for line in found)


def test_start_is_not_refused_for_it(make_installation: InstallationMaker) -> None:
    installation = make_installation()
    let_everyone_write(installation.host_folder / "bin")
    installation.start()
    assert installation.is_running()


def test_a_check_that_hangs_delays_nobody(make_installation: InstallationMaker,
                                          start_session: SessionMaker) -> None:
    installation = make_installation()
    let_everyone_write(installation.host_folder / "bin")
    installation.fakes.fault("LookupAccountSidW", "block")
    installation.start()
    installation.fakes.wait_blocked("LookupAccountSidW")
    session = start_session(on=installation)
    assert session.openvpn.request(route("10.20.0.0/16", "10.8.0.1", 2)) == 0
    assert installation.stop().state == State.STOPPED


def test_each_place_is_logged_once(make_installation: InstallationMaker) -> None:
    installation = make_installation()
    let_everyone_write(installation.host_folder / "bin")  # of openvpn.exe and of tapctl.exe
    installation.start()
    assert len(warnings(installation)) == 1


def test_only_the_first_finding_of_each_place_is_logged(
        make_installation: InstallationMaker) -> None:
    installation = make_installation()
    let_everyone_write(installation.host_folder)
    for name in ("openvpn.exe", "tapctl.exe"):
        let_everyone_write(installation.host_folder / "bin" / name)
    let_everyone_write(installation.host_folder / "config")
    installation.start()
    assert len(warnings(installation)) == 4


def test_install_warns_and_says_how_to_close_the_place(make_installation: InstallationMaker,
                                                       bridge: Bridge) -> None:
    installation = make_installation()
    installation.service.delete()
    place = rf"{installation.folder}\bin\openvpn.exe"
    let_everyone_write(installation.host_folder / "bin" / "openvpn.exe")
    output = rf"{installation.folder}\log\install.txt"
    started = Process.start(bridge, rf'"{installation.folder}\{installation.image}" -instance '
                            f"interactive {installation.instance} -install", output=output)
    assert started.wait() == 0
    started.close()
    said = (installation.host_folder / "log" / "install.txt").read_text(encoding="utf-8")
    assert f"Warning: {place} may be changed by " in said
    assert f'icacls.exe "{place}" /inheritance:d /remove:g *S-1-' in said
