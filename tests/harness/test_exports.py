# SPDX-License-Identifier: MIT
"""The fakes export all that Windows' own libraries do, so that every program loads over them.

On Windows the libraries of System32 are compared, elsewhere those of Wine and what MinGW-w64 knows
of Windows'."""
from __future__ import annotations

import re
import shutil
import subprocess
from typing import Set

import pytest

from harness.image import Image
from harness.runner import PROJECT, Runner, build_folder

LIBRARIES = ("dnsapi", "fwpuclnt", "iphlpapi")
LISTS = PROJECT / "fakes" / "system" / "forwards"

#: Wine's own names for packet filters, decorated as on 32-bit Windows: no program imports them.
DECORATED = re.compile(r"_\w+@\d+")


def exports_of_the_fake(library: str) -> Set[str]:
    """The names."""
    return set(Image(build_folder() / "fakes" / f"{library}.dll").exports())


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_fake_exports_all_that_windows_does(runner: Runner, library: str) -> None:
    real = Image(runner.windows_library(f"{library}.dll")).exports()
    wanted = {name for name in real if not DECORATED.fullmatch(name)}
    missing = wanted - exports_of_the_fake(library)
    assert not missing, f"add to fakes/system/forwards/{library}.txt: {sorted(missing)}"


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_fake_exports_all_that_the_compiler_links_to(library: str) -> None:
    names = "x86_64-w64-mingw32-nm"
    if not shutil.which(names):
        pytest.skip(f"{names} is not here: MinGW-w64 has built the fakes elsewhere")
    place = subprocess.run(["x86_64-w64-mingw32-gcc", f"-print-file-name=lib{library}.a"],
                           stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout.strip()
    listed = subprocess.run([names, place], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            encoding="utf-8", check=True).stdout
    known = set(re.findall(r" T (\w+)$", listed, re.M))
    assert known, f"nothing found in {place}"
    missing = known - exports_of_the_fake(library)
    assert not missing, f"add to fakes/system/forwards/{library}.txt: {sorted(missing)}"


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_function_is_listed_once_and_in_order(library: str) -> None:
    lines = (LISTS / f"{library}.txt").read_text(encoding="ascii").splitlines()
    names = [line.split()[0] for line in lines if not line.startswith("#")]
    assert names == sorted(set(names))


def test_functions_of_the_filtering_engine_never_reach_windows() -> None:
    """Its handles are the model's."""
    lines = (LISTS / "fwpuclnt.txt").read_text(encoding="ascii").splitlines()
    assert {line.split()[1] for line in lines if not line.startswith("#")} == {"refuse"}
