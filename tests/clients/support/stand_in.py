# SPDX-License-Identifier: MIT
"""Plays the service for a client: a Windows service whose process does what a test says."""
from __future__ import annotations

import shutil
from pathlib import Path
from typing import List, Optional

from harness.bridge import Bridge, BridgeError, ServiceBridge
from harness.pipe import DUPLEX, Pipe
from harness.registry import Registry
from harness.runner import Runner, bridge_program
from harness.service import ERROR_SERVICE_DOES_NOT_EXIST, Service, State

PROGRAM = "stand-in-service.exe"


class StandIn:
    """The service of one instance. Its process has no pipe until a test opens one."""

    def __init__(self, runner: Runner, bridge: Bridge, folder: str, instance: str) -> None:
        self.instance = instance
        self.folder = folder
        self.host_folder: Path = runner.host_path(folder)
        self.pipe_name = rf"\\.\pipe\openvpn{instance}\service"
        self.key = rf"HKLM\SOFTWARE\OpenVPN{instance}"
        self.service = Service(bridge, f"OpenVPNServiceInteractive{instance}")
        self._bridge = bridge
        self._registry = Registry(bridge)
        self._inside: Optional[ServiceBridge] = None
        self._pipes: List[Pipe] = []

    def lay_out(self) -> None:
        """Its folder and settings, as an installer of OpenVPN leaves them."""
        self.remove()
        for name in ("bin", "config", "log"):
            (self.host_folder / name).mkdir(parents=True)
        shutil.copy2(bridge_program(), self.host_folder / PROGRAM)
        for value, text in {"": self.folder, "config_dir": rf"{self.folder}\config",
                            "config_ext": "ovpn", "log_dir": rf"{self.folder}\log",
                            "exe_path": rf"{self.folder}\bin\openvpn.exe",
                            "priority": "NORMAL_PRIORITY_CLASS", "log_append": "0"}.items():
            self._registry.set_text(self.key, value, text)

    def remove(self) -> None:
        """Remove everything; does nothing when there is nothing."""
        self.uninstall()
        self._registry.delete_tree(self.key)
        shutil.rmtree(self.host_folder, ignore_errors=True)

    def start(self, state: State = State.RUNNING) -> None:
        """Start it, if it does not run yet, and have it report this state."""
        if self._inside is None:
            self.uninstall()
            self._inside = ServiceBridge(self._install_and_start)
        self._inside.report(state)

    def _install_and_start(self, port: int) -> None:
        self.service.create(
            rf'"{self.folder}\{PROGRAM}" --service {self.service.name} {port}')
        self.service.start()

    def stop(self) -> None:
        """Stop it; it stays installed."""
        self.close_pipes()
        if self._inside is not None:
            inside, self._inside = self._inside, None
            inside.close()
            self.service.wait(State.STOPPED)

    def uninstall(self) -> None:
        """Stop and delete it; does nothing when there is none."""
        self.stop()
        try:
            self.service.delete()
        except BridgeError as error:
            if error.code != ERROR_SERVICE_DOES_NOT_EXIST:
                raise

    def open_pipe(self, bridge: Optional[Bridge] = None, instances: int = 255) -> Pipe:
        """A new instance of the client pipe in the service's process, or in that of `bridge`. A
        reply that was written to it has been read."""
        where = bridge or self._inside
        assert where is not None, "the service does not run"
        pipe = Pipe.create(where, self.pipe_name, open_mode=DUPLEX, instances=instances, room=1,
                           noted=True)
        self._pipes.append(pipe)
        return pipe

    def close_pipes(self) -> None:
        """Close all instances of the pipe."""
        pipes, self._pipes = self._pipes, []
        for pipe in pipes:
            pipe.close()
