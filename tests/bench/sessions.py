# SPDX-License-Identifier: MIT
"""Sessions: how long one takes to start, and what very many open sessions cost."""
from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, Sequence, Tuple, Union

from harness.eventually import eventually
from harness.installation import Installation
from harness.runner import build_folder

from bench.figures import KIBIBYTES, MILLISECONDS, RATIO, SECONDS, Results
from bench.measure import Measured, NotPossible, Sample, in_turns, possible, ratio
from bench.memory import linux_process, private_kibibytes
from bench.programs import Program, client_event, client_of
from bench.rig import Rig, Services, Size

MEMORY_OF_ONE = 256.0

#: Settings that allow so many sessions.
SETTINGS = (("max_clients", "16384"), ("max_clients_per_user", "16384"))

A_FEW, IDLE_THREADS = 5, 50

#: What the start and the end of a session may take when many are started.
SECONDS_EACH = 0.2


def sessions(rig: Rig, programs: Mapping[str, Path], size: Size, results: Results) -> None:
    """All figures about sessions. Their openvpn.exe is a small program that waits."""
    waiter = build_folder() / "bench" / "bench-waiter.exe"
    with ExitStack() as stack:
        services = rig.for_each(programs, lambda program: stack.enter_context(
            rig.service(program, SETTINGS, waiter)))
        patience = rig.patience + SECONDS_EACH * size.sessions  # for a command
        clients = rig.for_each(services, lambda service: stack.enter_context(
            client_of(rig.runner, service, patience)))
        rig.progress.begin("starts of a session")
        clients = _starts(rig, clients, size, results)
        rig.progress.begin(f"{size.sessions} sessions held at once")
        for subject, held in rig.for_each(_pairs(services, clients),
                                          lambda pair: _hold(pair, size)).items():
            _tell_held(subject, held, size, results)
        ours, client = services[results.ours], clients[results.ours]
        assert isinstance(ours, Installation) and isinstance(client, Program)
        _idle(client, linux_process("bench-client.exe", client_event(ours)), size, results)


Clients = Dict[str, Union[Program, NotPossible]]
Pair = Tuple[Installation, Program]


@contextmanager
def _held(client: Program, what: str, count: int) -> Iterator[List[float]]:
    """So many sessions (or what else the client can start) are held; the microseconds that each
    took to start."""
    try:
        yield client.command(f"{what} {count}")
    finally:
        client.command("end")


def _starts(rig: Rig, clients: Clients, size: Size, results: Results) -> Clients:
    """Returns the clients that have been able to start sessions."""
    def turn(client: Program, what: str = "open") -> float:
        with _held(client, what, A_FEW) as microseconds:
            return Sample(tuple(microseconds)).median / 1000

    ours = clients[results.ours]
    assert isinstance(ours, Program)
    first = rig.for_each(clients, turn)  # it takes longer
    sides = {subject: client for subject, client in possible(clients).items()
             if not isinstance(first[subject], NotPossible)}
    turns = [rig.turn(subject, partial(turn, client)) for subject, client in sides.items()]
    *measured, spawned = in_turns([*turns, partial(turn, ours, "spawn")], max(3, size.starts),
                                  rig.progress)
    samples: Dict[str, Measured] = {
        subject: failure for subject, failure in first.items()
        if isinstance(failure, NotPossible)}
    samples.update(zip(sides, measured))
    for subject in clients:
        results.add("start-up message to process id", subject, samples[subject], MILLISECONDS)
    results.add("CreateProcess of the same program", "", spawned, MILLISECONDS)
    for subject in clients:
        results.add("start-up message to process id against CreateProcess", subject,
                    ratio(samples[subject], spawned), RATIO)
    return {subject: sample if isinstance(sample := samples[subject], NotPossible) else client
            for subject, client in clients.items()}


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
    with _held(client, what, count) as microseconds:
        return (_stable(process) - before) / count, microseconds


def _growth(microseconds: Sequence[float]) -> float:
    """The start of the last sessions compared with the first ones."""
    part = max(1, len(microseconds) // 10)
    return Sample(tuple(microseconds[-part:])).median / Sample(tuple(microseconds[:part])).median


def _pairs(services: Services, clients: Clients) -> Dict[str, Union[Pair, NotPossible]]:
    pairs: Dict[str, Union[Pair, NotPossible]] = {}
    for subject, client in clients.items():
        service = services[subject]
        if isinstance(client, NotPossible):
            pairs[subject] = client
        elif isinstance(service, Installation):
            pairs[subject] = service, client
    return pairs


def _hold(pair: Pair, size: Size) -> Tuple[float, List[float]]:
    service, client = pair
    process = linux_process(rf"{service.folder}\{service.image}")
    return _private(client, process, "open", size.sessions)


def _tell_held(subject: str, held: Union[Tuple[float, List[float]], NotPossible], size: Size,
               results: Results) -> None:
    seconds: Measured
    growth: Measured
    memory: Measured
    if isinstance(held, NotPossible):
        seconds = growth = memory = held
    else:
        each, microseconds = held
        seconds, growth, memory = (
            Sample((value,)) for value in (sum(microseconds) / 1e6, _growth(microseconds), each))
    results.add(f"{size.sessions} sessions, opened one after the other", subject, seconds, SECONDS)
    results.add(f"start of a session, the last of {size.sessions} against the first", subject,
                growth, RATIO)
    results.add(f"private memory of a session, of {size.sessions} held at once", subject, memory,
                KIBIBYTES, target=MEMORY_OF_ONE)


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
