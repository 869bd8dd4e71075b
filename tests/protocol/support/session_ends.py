# SPDX-License-Identifier: MIT
"""Ways in which sessions end, with one signature, for tests that try them all."""
from __future__ import annotations

from typing import Callable

from harness.installation import Installation
from harness.service import CONTROL_STOP, State
from harness.session import Session

End = Callable[[Installation, Session], None]


def exit_openvpn(_: Installation, session: Session) -> None:
    """openvpn.exe ends with 0."""
    session.end()


def kill_openvpn(_: Installation, session: Session) -> None:
    """openvpn.exe is killed."""
    session.kill()


def stop_service(installation: Installation, *sessions: Session) -> None:
    """The service is stopped, and every openvpn.exe obeys its exit event."""
    installation.service.control(CONTROL_STOP)
    for session in sessions:
        session.openvpn.exit(0)
    installation.service.wait(State.STOPPED)
