# SPDX-License-Identifier: MIT
"""The client that is judged, and one run of it."""
from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Dict, List, Mapping, Optional, Sequence

from harness.eventually import HANG
from harness.runner import Runner, build_folder

#: The environment variable that names another client than ours: JSON, as described() makes it.
VARIABLE = "GATEHOUSE_CLIENT"

#: The command line of gatehouse.exe.
OUR_ARGUMENTS = ("connect --instance {instance} --log {log} --timeout {timeout} "
                 "{config} -- {more}")

#: What stands for several arguments, or none.
MORE = "{more}"


@dataclass(frozen=True)
class Client:
    """A binary, and how it is told to connect."""

    path: str
    #: Its command line, with names in braces for what differs from case to case.
    arguments: str = OUR_ARGUMENTS
    #: It has a window: it does not end with its connection, and reads no answers.
    is_window: bool = False

    def described(self) -> str:
        """For the environment."""
        return json.dumps(asdict(self))

    @property
    def has_instance(self) -> bool:
        """Whether it can be told which service to use."""
        return "{instance}" in self.arguments

    def takes(self, name: str) -> bool:
        """Whether its command line has a place for this: "more", "timeout"."""
        return f"{{{name}}}" in self.arguments

    def words(self, values: Mapping[str, str], more: Sequence[str] = ()) -> List[str]:
        """The arguments of one run."""
        made: List[str] = []
        for word in shlex.split(self.arguments):
            if word == MORE:
                made += more
                continue
            for name, value in values.items():
                word = word.replace(f"{{{name}}}", value)
            made.append(word)
        return made


def client_under_test() -> Client:
    """$GATEHOUSE_CLIENT, or our gatehouse.exe."""
    if VARIABLE in os.environ:
        return Client(**json.loads(os.environ[VARIABLE]))
    return Client(str(build_folder() / "bin" / "gatehouse.exe"))


class Run:
    """One run of the client, as a child of ours: with standard input, output, and Ctrl-C."""

    def __init__(self, runner: Runner, client: Client, words: Sequence[str], folder: Path) -> None:
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP
        self._process = subprocess.Popen(
            runner.command(Path(client.path), *words), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=runner.environment(),
            cwd=folder, creationflags=flags)
        self._said = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def answer(self, line: str) -> None:
        """What a user types."""
        with suppress(BrokenPipeError):  # it has ended
            stream = self._stream(self._process.stdin)
            stream.write(line.encode("utf-8") + b"\n")
            stream.flush()

    def interrupt(self) -> None:
        """Ctrl-C; on Windows Ctrl-Break, which can be sent to one program alone."""
        if sys.platform == "win32":
            self._process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            self._process.send_signal(signal.SIGINT)

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def wait(self, seconds: float = HANG) -> int:
        """Wait for its end; its exit code, of which Wine shows the lowest byte."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"expected its end; it still runs after {seconds:g} s") from None
        self._reader.join(HANG)
        return code

    def said(self) -> str:
        """Its whole output so far."""
        return bytes(self._said).decode("utf-8", "replace")

    def close(self) -> None:
        """End it."""
        if self.is_alive():
            self._process.kill()
        self._process.wait()
        self._reader.join(HANG)
        with suppress(BrokenPipeError):
            self._stream(self._process.stdin).close()
        self._stream(self._process.stdout).close()

    def _read(self) -> None:
        stream = self._stream(self._process.stdout)
        while chunk := os.read(stream.fileno(), 4096):
            self._said += chunk

    @staticmethod
    def _stream(stream: Optional[IO[bytes]]) -> IO[bytes]:
        assert stream is not None
        return stream


def values(folder: str, instance: str, config: str, timeout: int) -> Dict[str, str]:
    """What stands in braces in the arguments of a client; `config` is a file name."""
    return {"folder": folder, "instance": instance, "timeout": str(timeout),
            "config": rf"{folder}\config\{config}", "name": config.rpartition(".")[0],
            "log": rf"{folder}\log\client.log"}
