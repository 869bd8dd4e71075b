# SPDX-License-Identifier: MIT
"""Where the service accepts configurations."""
from __future__ import annotations

from pathlib import PureWindowsPath

from harness.bridge import Bridge
from harness.installation import Installation
from harness.openvpn import Openvpn
from harness.process import Process


def assert_accepted(installation: Installation, bridge: Bridge, user_bridge: Bridge,
                    config: PureWindowsPath) -> None:
    """The config, relative to the installation folder, is accepted: openvpn.exe is started."""
    openvpn = Openvpn(bridge)
    folder = installation.host_folder / config.parent
    folder.mkdir(exist_ok=True)
    (folder / config.name).write_text(openvpn.config())
    client = installation.connect(user_bridge)
    assert client.start(installation.folder, f'--config "{config}"').process
    openvpn.accept()
    openvpn.exit()
    client.wait_closed()
    client.close()
    openvpn.close()


def short_name(bridge: Bridge, installation: Installation, path: str) -> str:
    """The path with 8.3 names; it has no quotes around it."""
    output = rf"{installation.folder}\log\short.txt"
    command = Process.start(bridge, f'cmd /c for %i in ("{path}") do @echo %~si', output=output)
    assert command.wait() == 0
    command.close()
    short = (installation.host_folder / "log" / "short.txt").read_text().strip()
    assert "~" in short
    return short
