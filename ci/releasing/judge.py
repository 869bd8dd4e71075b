# SPDX-License-Identifier: MIT
"""What the conformance suite says of the service: a page of the release."""
from __future__ import annotations

from pathlib import Path
from typing import Mapping, Optional

from releasing.programs import Programs
from releasing.steps import PROJECT, Progress, ReleaseError, run_shown

COMMAND = PROJECT / "ci" / "conformance"
SERVICE = Path("x86_64") / "gatehouse-service.exe"

#: Instead of a page: run the suite, or have no page.
RUN, NONE = "run", "none"

#: Where the suite looks for a service: a brand's names are its own.
_NAMES = {"pipe_family": "openvpn", "registry_key": r"SOFTWARE\OpenVPN"}


def can_be_judged(product: Mapping[str, str]) -> bool:
    """Whether the suite finds a service with these names."""
    return all(product[name] == value for name, value in _NAMES.items())


def check_wanted(wanted: str) -> None:
    """Raises ReleaseError for a page that is not there."""
    if wanted not in (RUN, NONE) and not Path(wanted).is_file():
        raise ReleaseError(f"--conformance {wanted}: there is no such page; {RUN} makes one, "
                           f"{NONE} leaves it out")


def conformance_page(progress: Progress, programs: Programs, wanted: str, page: Path
                     ) -> Optional[Path]:
    """The page that is wanted: a file, RUN, which writes it into the file `page`, or NONE. Raises
    ReleaseError, also when the service does not pass."""
    if wanted == NONE:
        return None
    check_wanted(wanted)
    if wanted != RUN:
        return Path(wanted)
    product = programs.product
    if not can_be_judged(product):
        progress.step(f"no page of the conformance suite: {product['name']} has names of its own, "
                      "under which the suite finds no service")
        return None
    progress.step("judging the service, about ten minutes (--conformance none leaves it out)")
    run_shown([COMMAND, "--service", programs.folder / SERVICE, "--name",
               f"{product['name']} {product['version']}", "--html", page],
              what=f"the service does not pass the conformance suite, or it could not be run; "
                   f"the page, if there is one, is {page}")
    return page
