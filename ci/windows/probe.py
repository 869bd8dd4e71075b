# SPDX-License-Identifier: MIT
"""Prints, as JSON, what only a real Windows can tell: how it treats pipes, libraries and processes
where this project relies on it, and what the machine has. Changes nothing that outlives it.

{"schema": 1, "facts": [{"name", "question", "answer" or "error"}]}: fields are only ever added."""
from __future__ import annotations

import argparse
import json
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

WRONG_USE = 2
#: Seconds for one answer.
PATIENCE = 120.0

Fact = Callable[[], Any]


def windows_facts() -> Dict[str, Fact]:
    """All of them, in the order in which they are asked. They import what Windows alone has."""
    import machine
    import pipes

    asked = (
        machine.windows, machine.size, machine.boot, machine.identity, machine.session, machine.job,
        machine.process_times, machine.services, machine.service_manager, machine.tools,
        machine.adapters, machine.defender, machine.known_libraries, machine.exports,
        machine.library_of_the_own_folder, machine.unknown_interface,
        pipes.name_after_the_server_closed, pipes.message_beyond_the_quota,
        pipes.message_without_room,
        pipes.impersonation_before_a_read, pipes.remote_clients,
    )
    return {fact.__name__: fact for fact in asked}


def ask(name: str, fact: Fact, patience: float = PATIENCE) -> Dict[str, Any]:
    """One question and its answer. One that does not come in time is an error; what it waits for is
    left behind."""
    told: Dict[str, Any] = {"name": name, "question": " ".join((fact.__doc__ or "").split())}
    said: Dict[str, Any] = {}

    def run() -> None:
        try:
            said["answer"] = fact()
        except Exception as error:
            said["error"] = f"{type(error).__name__}: {error}"

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(patience)
    told.update(dict(said) or {"error": f"no answer within {patience:g} s"})
    return told


def ask_all(facts: Mapping[str, Fact], only: Sequence[str]) -> Dict[str, Any]:
    """The whole report."""
    return {"schema": 1, "facts": [ask(name, fact) for name, fact in facts.items()
                                   if not only or name in only]}


def main(arguments: Optional[List[str]] = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n\n", maxsplit=1)[0],
        epilog="Exit code 0 when every question was asked, also where one has no answer; 2 for a "
               "wrong command line or another system than Windows.")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the JSON there too")
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="ask this alone; may be repeated")
    options = parser.parse_args(arguments)
    if sys.platform != "win32":
        print("probe.py: this is not Windows", file=sys.stderr)
        return WRONG_USE
    facts = windows_facts()
    unknown = [name for name in options.only if name not in facts]
    if unknown:
        parser.error(f"no such question: {unknown[0]} (there are {', '.join(facts)})")
    text = json.dumps(ask_all(facts, options.only), indent=1, ensure_ascii=True)
    if options.output:
        options.output.write_text(text + "\n", encoding="ascii")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
