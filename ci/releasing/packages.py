# SPDX-License-Identifier: MIT
"""The installers of a release: an .msi for each architecture and, on wish, a setup with OpenVPN."""
from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from releasing import bundle, msi
from releasing.programs import PRESETS, PROGRAMS, UPDATE_ROOT
from releasing.steps import ReleaseError, run, run_to_file

ARCHITECTURES: Sequence[str] = tuple(PRESETS)
ACTIONS_STREAM = "Binary.Setup"  #: where gatehouse-setup.dll is in a package
PACKAGE, SETUP = ".msi", "-setup.exe"


def file_name(product: Mapping[str, str], architecture: str, ending: str) -> str:
    """What an installer is called."""
    name = product["name"].replace(" ", "-")
    return f"{name}-{product['version']}-{architecture}{ending}"


def pack(binaries: Path, update_root: Optional[Path], product: Mapping[str, str], architecture: str,
         epoch: int, output: Path, openvpn: Optional[Path], sign: Callable[[Path], None]
         ) -> Iterator[Path]:
    """Make the installers of an architecture, of programs that are signed already, and sign each.
    Raises ReleaseError."""
    package = output / file_name(product, architecture, PACKAGE)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for program in PROGRAMS:
            shutil.copyfile(binaries / program, folder / program)
        if update_root:
            shutil.copyfile(update_root, folder / UPDATE_ROOT)
        msi.build_msi(folder, product, architecture, product["version"], epoch, package)
    sign(package)
    yield package
    if openvpn:
        setup = output / file_name(product, architecture, SETUP)
        bundle.build_bundle(package, openvpn, product, architecture, product["version"], epoch,
                            setup)
        sign(setup)
        yield setup


def openvpn_package(text: str) -> Tuple[str, Path]:
    """ARCHITECTURE=FILE of a command line: the package that a setup carries."""
    architecture, _, file = text.partition("=")
    if architecture not in ARCHITECTURES or not Path(file).is_file():
        raise argparse.ArgumentTypeError(
            f"{text}: give an architecture ({', '.join(ARCHITECTURES)}) and a file")
    return architecture, Path(file)


def contents(product: Mapping[str, str], installers: Iterable[str]) -> Dict[str, List[str]]:
    """By installer: the files of the release that are in it."""
    found = {}
    for name in installers:
        architecture, = [each for each in ARCHITECTURES if name in (
            file_name(product, each, PACKAGE), file_name(product, each, SETUP))]
        found[name] = ([file_name(product, architecture, PACKAGE)] if name.endswith(SETUP)
                       else [f"{architecture}/{program}" for program in PROGRAMS])
    return found


def property_of(package: Path, name: str) -> str:
    """A row of a package's table of properties. Raises ReleaseError."""
    table = run(["msiinfo", "export", package, "Property"], what=f"reading {package.name}")
    for line in table.splitlines():
        key, _, value = line.partition("\t")
        if key == name:
            return value
    raise ReleaseError(f"{package.name} has no property {name}")


def programs_in(package: Path, folder: Path) -> Dict[str, Path]:
    """The files that a package installs, and the library of its own actions, by their names,
    extracted into a folder. Raises ReleaseError."""
    what = f"unpacking {package.name}"
    run(["msiextract", "-C", folder, package], what=what)
    found = {path.name: path for path in folder.rglob("*") if path.is_file()}
    found[msi.ACTIONS] = folder / msi.ACTIONS
    run_to_file(["msiinfo", "extract", package, ACTIONS_STREAM], found[msi.ACTIONS], what=what)
    return found
