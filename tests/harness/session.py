# SPDX-License-Identifier: MIT
"""A whole session: a client, the service, and a scripted openvpn.exe."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from harness.bridge import Bridge
from harness.client import Client, Reply
from harness.eventually import HANG
from harness.installation import Installation
from harness.openvpn import Openvpn
from harness.process import WINE_FAILED, Process


@dataclass
class Session:
    """The parts of a started session."""

    client: Client
    openvpn: Openvpn
    reply: Reply
    process: Process

    def end(self) -> None:
        """openvpn.exe ends with 0; the service has undone everything when it closes the pipe."""
        self.openvpn.exit(0)
        self.client.wait_closed()

    def kill(self) -> None:
        """Kill openvpn.exe; the service reports that and closes the pipe."""
        self.process.kill()
        self.client.read()
        self.client.wait_closed()

    def close(self) -> None:
        """Close both ends; openvpn.exe ends with its control pipe."""
        self.openvpn.close()
        self.client.close()
        self.process.close()


MOST_LAUNCHES = 3


def launch(installation: Installation, bridge: Bridge, *, client_bridge: Optional[Bridge] = None,
           options: str = "", stdin: str = "", config: str = "", prefix: str = "",
           directory: Optional[str] = None, seconds: float = HANG) -> Session:
    """Start a session with `options` in addition to --config, and `config` lines in addition to the
    usual ones, in a file whose name begins with `prefix`.

    `client_bridge` is the process that the service sees as its client; the working `directory` is
    the folder of the configuration by default. The reply, and then openvpn.exe, must come in
    time."""
    openvpn = Openvpn(bridge)
    name = openvpn.pipe_name.rsplit("\\", 1)[1]
    path = installation.write_config(f"{prefix}{name}.ovpn", openvpn.config() + config)
    for _ in range(MOST_LAUNCHES):
        client = installation.connect(client_bridge)
        reply = client.start(directory or rf"{installation.folder}\config",
                             f'--config "{path}" {options}'.strip(), stdin, seconds)
        if reply.code not in WINE_FAILED or reply.function != "CreateProcessAsUser":
            break
        client.close()
    if reply.code:
        raise AssertionError(f"expected a start; came a refusal: {reply.line}")
    openvpn.accept(seconds)
    return Session(client, openvpn, reply, Process.open(bridge, openvpn.process))
