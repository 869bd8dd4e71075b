# SPDX-License-Identifier: MIT
"""Sessions: how long one takes to start, and what very many open sessions cost."""
from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Callable, List, Mapping, Sequence, Tuple

from harness.eventually import eventually
from harness.runner import build_folder

from bench.figures import KIBIBYTES, MILLISECONDS, RATIO, SECONDS, Results
from bench.measure import Sample, in_turns, ratio
from bench.memory import linux_process, private_kibibytes
from bench.programs import Program, client_event, client_of
from bench.rig import Rig, Size

MEMORY_OF_ONE = 256.0

#: Settings that allow so many sessions.
SETTINGS = (("max_clients", "16384"), ("max_clients_per_user", "16384"))

A_FEW, IDLE_THREADS = 5, 50


def sessions(rig: Rig, programs: Mapping[str, Path], size: Size, results: Results) -> None:
    """All figures about sessions. Their openvpn.exe is a small program that waits."""
    waiter = build_folder() / "bench" / "bench-waiter.exe"
    with ExitStack() as stack:
        services = {subject: stack.enter_context(rig.service(program, SETTINGS, waiter))
                    for subject, program in programs.items()}
        clients = {subject: stack.enter_context(client_of(rig.runner, service))
                   for subject, service in services.items()}
        rig.progress.begin("starts of a session")
        _starts(clients, size, results, rig.progress)
        rig.progress.begin(f"{size.sessions} sessions held at once")
        for subject, service in services.items():
            process = linux_process(rf"{service.folder}\{service.image}")
            _hold(subject, clients[subject], process, size, results)
        process = linux_process("bench-client.exe", client_event(services[results.ours]))
        _idle(clients[results.ours], process, size, results)


def _starts(clients: Mapping[str, Program], size: Size, results: Results,
            progress: Callable[[int, int], None]) -> None:
    def turn(client: Program, start: str) -> float:
        microseconds = client.command(f"{start} {A_FEW}")
        client.command("end")
        return Sample(tuple(microseconds)).median / 1000

    sides = {subject: partial(turn, client, "open") for subject, client in clients.items()}
    without = partial(turn, clients[results.ours], "spawn")
    for side in sides.values():
        side()
    *samples, spawned = in_turns([*sides.values(), without], max(3, size.starts), progress)
    for subject, sample in zip(sides, samples):
        results.add("start-up message to process id", subject, sample, MILLISECONDS)
    results.add("CreateProcess of the same program", "", spawned, MILLISECONDS)
    for subject, sample in zip(sides, samples):
        results.add("start-up message to process id against CreateProcess", subject,
                    ratio(sample, spawned), RATIO)


def _stable(process: int) -> int:
    """The memory once it no longer changes: some threads are still ending or starting."""
    last = [-1, private_kibibytes(process)]

    def ask() -> bool:
        last[:] = last[1], private_kibibytes(process)
        return last[0] == last[1]

    eventually(ask, bool)
    return last[1]


def _private(client: Program, process: int, what: str, count: int) -> Tuple[float, List[float]]:
    """KiB of the process for each of so many sessions, and the microseconds that each took to
    start."""
    before = _stable(process)
    microseconds = client.command(f"{what} {count}")
    each = (_stable(process) - before) / count
    client.command("end")
    return each, microseconds


def _growth(microseconds: Sequence[float]) -> float:
    """The start of the last sessions compared with the first ones."""
    part = max(1, len(microseconds) // 10)
    return Sample(tuple(microseconds[-part:])).median / Sample(tuple(microseconds[:part])).median


def _hold(subject: str, client: Program, process: int, size: Size, results: Results) -> None:
    each, microseconds = _private(client, process, "open", size.sessions)
    results.add(f"{size.sessions} sessions, opened one after the other", subject,
                Sample((sum(microseconds) / 1e6,)), SECONDS)
    results.add(f"start of a session, the last of {size.sessions} against the first", subject,
                Sample((_growth(microseconds),)), RATIO)
    results.add(f"private memory of a session, of {size.sessions} held at once", subject,
                Sample((each,)), KIBIBYTES, target=MEMORY_OF_ONE)


def _idle(client: Program, process: int, size: Size, results: Results) -> None:
    """The memory of idle threads under this Wine."""
    each, _ = _private(client, process, "idle", IDLE_THREADS)
    results.add("private memory of an idle thread of any program here", "", Sample((each,)),
                KIBIBYTES)
    threads = size.sessions // 4
    alone = Sample(tuple(client.command(f"spawn {A_FEW}"))).median
    client.command(f"idle {threads}")
    beside = Sample(tuple(client.command(f"spawn {A_FEW}"))).median
    client.command("end")
    results.add(f"CreateProcess in a program of {threads} idle threads against few", "",
                Sample((beside / alone,)), RATIO)
