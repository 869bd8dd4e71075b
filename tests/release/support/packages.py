# SPDX-License-Identifier: MIT
"""Packages to install in tests, made of the programs of the build; and what is in their tables."""
from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Dict, Iterable, List, Sequence, Tuple

from harness.runner import build_folder
from releasing.msi import ACTIONS, PROGRAMS, UPDATE_ROOT, build_msi

EPOCH = 1700000000

#: Types of custom actions: the command line of a program, in a folder; a property's value.
PROGRAM_IN_FOLDER, SET_PROPERTY = 34, 51

Product = Dict[str, str]


def product(build: Path) -> Product:
    """The names of a build's brand."""
    names: Product = json.loads((build / "product.json").read_text(encoding="utf-8"))
    return names


def edit(package: Path, *queries: str) -> None:
    """Change a package's tables."""
    for query in queries:
        subprocess.run(["msibuild", str(package), "-q", query], check=True, timeout=60)


def build_of_version(version: str, folder: Path) -> Path:
    """A build whose service says that it is of another version, of as many characters."""
    old = product(build_folder())["version"].encode("utf-16-le")
    (folder / "bin").mkdir(parents=True)
    for name in (*PROGRAMS, ACTIONS):
        program = (build_folder() / "bin" / name).read_bytes()
        (folder / "bin" / name).write_bytes(program.replace(old, version.encode("utf-16-le")))
    shutil.copyfile(build_folder() / "product.json", folder / "product.json")
    return folder


class Packages:
    """Makes packages in a folder, each once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: Dict[Tuple[object, ...], Path] = {}

    def openvpn(self, version: str = "2.7.0") -> Path:
        """A package that stands in for OpenVPN's."""
        key = ("openvpn", version)
        if key not in self._made:
            folder = self._folder / f"openvpn{version}"
            folder.mkdir()
            shutil.copyfile(build_folder() / "fakes" / "openvpn.exe", folder / "openvpn.exe")
            shutil.copyfile(build_folder() / "bin" / "bridge.exe", folder / "openvpnserv.exe")
            shutil.copyfile(Path(__file__).with_name("openvpn.wxs"), folder / "openvpn.wxs")
            code = str(uuid.uuid5(uuid.NAMESPACE_URL, version)).upper()
            subprocess.run(["wixl", "-a", "x64", "-D", f"PRODUCT_CODE={code}", "-D",
                            f"VERSION={version}", "-o", "openvpn.msi", "openvpn.wxs"], cwd=folder,
                           check=True, timeout=60)
            self._made[key] = folder / "openvpn.msi"
        return self._made[key]

    def make(self, version: str, content: str = "", queries: Sequence[str] = (),
             build: Path = build_folder(), root: str = "") -> Path:
        """A package of this version. `content` makes its programs differ from those of other
        packages; the queries change its tables; `root` is where trust in updates begins."""
        key = (version, content, tuple(queries), build, root)
        if key not in self._made:
            folder = self._folder / str(len(self._made))
            folder.mkdir()
            for name in (*PROGRAMS, ACTIONS):
                shutil.copyfile(build / "bin" / name, folder / name)
            for name in PROGRAMS:  # Windows ignores what is behind the last section
                with (folder / name).open("ab") as program:
                    program.write(f"{version} {content}".encode())
            (folder / UPDATE_ROOT).write_text(root or f"root of {version}\n", encoding="ascii")
            build_msi(folder, product(build), "x86_64", version, EPOCH, folder / "out.msi")
            edit(folder / "out.msi", *queries)
            self._made[key] = folder / "out.msi"
        return self._made[key]


def failing_after(sequence: int, condition: str = "") -> List[str]:
    """Queries for a package whose installation fails as SYSTEM right after this place: there it
    runs a program that does not know the switch -stop."""
    return ["INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES "
            "('FailHere', 3073, 'Setup', 'StopInstances')",
            "INSERT INTO `Property` (`Property`, `Value`) VALUES "
            r"('FailHere', 'C:\windows\system32\reg.exe|')",
            "INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES "
            f"('FailHere', '{condition}', {sequence + 1})"]


def tampered(action: str, data: str) -> List[str]:
    """Queries for a package in which the data of an action that runs as SYSTEM is another one, as
    if its caller had changed it: it passes through a process of theirs."""
    return ["INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES "
            f"('Tamper', {SET_PROPERTY}, '{action}', '{data}')",
            "INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES "
            "('Tamper', '', 1445)"]


def replacing(earlier: str) -> List[str]:
    """Queries for a package that removes an earlier one, a file of the machine, as Windows does in
    an upgrade: Wine's RemoveExistingProducts does not say that it is one (UPGRADINGPRODUCTCODE)."""
    removal = f"msiexec.exe /qn /i {earlier} REMOVE=ALL UPGRADINGPRODUCTCODE=1 /l*v {earlier}.log"
    return ["DELETE FROM `InstallExecuteSequence` WHERE `Action`='RemoveExistingProducts'",
            "INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES "
            f"('RemoveAsWindows', {PROGRAM_IN_FOLDER}, 'TARGETDIR', '{removal}')",
            "INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES "
            "('RemoveAsWindows', 'WIX_UPGRADE_DETECTED OR SAMEVERSION', 1501)"]


Row = Tuple[str, ...]


def table(package: Path, name: str) -> List[Row]:
    """The rows of a table, without its three lines of headings."""
    done = subprocess.run(["msiinfo", "export", str(package), name], check=True, timeout=60,
                          stdout=subprocess.PIPE, cwd=package.parent)
    lines = done.stdout.decode("utf-8").replace("\r", "").splitlines()[3:]
    return [tuple(line.split("\t")) for line in lines]


def tables(package: Path) -> List[str]:
    """The names of all tables."""
    done = subprocess.run(["msiinfo", "tables", str(package)], check=True, timeout=60,
                          stdout=subprocess.PIPE, encoding="utf-8")
    return sorted(done.stdout.split())


def as_dictionary(rows: Iterable[Row]) -> Dict[str, str]:
    """A table of two columns."""
    return {row[0]: row[1] for row in rows}


def main(arguments: Sequence[str]) -> int:
    """Make the packages of tests/hardware in a folder: 1.0.0, 1.1.0, and one that fails at its
    end."""
    if len(arguments) != 1:
        print("usage: python3 -m release.support.packages FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        made = Packages(Path(work))
        for name, package in (("old.msi", made.make("1.0.0")), ("new.msi", made.make("1.1.0")),
                              ("broken.msi", made.make("1.2.0", queries=failing_after(6400)))):
            shutil.copyfile(package, folder / name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
