# SPDX-License-Identifier: MIT
"""Makes a release of the build folders, without compiling anything."""
from __future__ import annotations

from pathlib import Path
from typing import Dict, Optional

from harness.runner import build_folder
from releasing.programs import Programs, Source, collect
from releasing.release import make_release
from releasing.sign import Signer
from releasing.steps import Progress

#: Stands for the checkout, which has changes while someone works on it.
SOURCE = Source(commit="0123456789abcdef0123456789abcdef01234567", epoch=1_700_000_000,
                changed=False)


def collect_built(folder: Path) -> None:
    """Make a folder of programs of what ci/build mingw mingw32 has built."""
    built = build_folder()
    collect({"x86_64": built, "i686": built.with_name("mingw32")}, folder, SOURCE)


def make_release_of(programs: Programs, signer: Signer, folder: Path,
                    openvpn: Optional[Dict[str, Path]] = None) -> None:
    """Sign, pack and describe them; with setups for the architectures of `openvpn`."""
    page = folder.with_name(f"{folder.name}-conformance.html")
    page.write_text("<!DOCTYPE html>\n", encoding="ascii")
    make_release(Progress("ci/release"), programs, signer, folder, openvpn or {}, page)
