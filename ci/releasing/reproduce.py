# SPDX-License-Identifier: MIT
"""Shows that a release can be built again, bit by bit (docs/reproduce.md).

    ci/reproduce                      builds this commit twice, in different folders, at different
                                      times, in different time zones and, as root, as different
                                      users, and compares programs and packages before signing
    ci/reproduce --release FOLDER     builds the commit of a release again, puts the release's own
                                      signatures on, and compares with the released files; a setup
                                      only if --bundle-openvpn names the package that it carries
    ci/reproduce --compare ONE OTHER  compares what ci/release --programs-only has made twice"""
from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence

from releasing import packages, provenance, sums
from releasing.layout import PRODUCT, SIGNATURES, UNSIGNED_SUMS
from releasing.programs import PROGRAMS, UPDATE_ROOT, Programs, make_programs, source_of
from releasing.sign import attach
from releasing.steps import (BUILD, PROJECT, Progress, ReleaseError, files_below, run, run_command,
                             write_text)

WORK = BUILD / "reproduce"


@dataclass(frozen=True)
class Surroundings:
    """Where one of the builds takes place: nothing of it may be seen in the results."""

    folder: str
    zone: str
    clock: str
    home: str
    umask: str
    user: int

    def command(self, words: Sequence[str]) -> List[str]:
        """A command line as it runs there."""
        shell = f'umask {self.umask}; exec "$@"'
        user = ([] if os.geteuid() else
                ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"])
        return ["env", f"TZ={self.zone}", f"HOME={self.home}", *user,
                "faketime", "-f", self.clock, "bash", "-c", shell, "bash", *words]


SURROUNDINGS = (
    Surroundings("one", "UTC", "+0d", "/", "022", 0),
    Surroundings("the other, with blanks", "Pacific/Kiritimati", "+400d", "/nonexistent", "002",
                 65534))


def differences(one: Path, other: Path) -> List[str]:
    """How the files of two folders differ, one line each."""
    files, others = files_below(one), files_below(other)
    found = [f"{path}: is in one of them alone" for path in sorted(set(files) ^ set(others))]
    for path in files:
        if path in others:
            found += difference(one / path, other / path, path.as_posix())
    return found


def difference(one: Path, other: Path, name: str) -> List[str]:
    """A line, if two files are not the same."""
    first, second = one.read_bytes(), other.read_bytes()
    if first == second:
        return []
    at = next((number for number, (left, right) in enumerate(zip(first, second)) if left != right),
              min(len(first), len(second)))
    count = sum(left != right for left, right in zip(first, second))
    return [f"{name}: {len(first)} and {len(second)} bytes, {count} of them differ, the first at "
            f"{at:#x}"]


def pack_unsigned(programs: Programs, output: Path) -> None:
    """All packages of unsigned programs."""
    output.mkdir(parents=True)
    for architecture in packages.ARCHITECTURES:
        for _ in packages.pack(programs.folder / architecture, programs.update_root,
                               programs.product_to_pack, architecture, programs.source.epoch,
                               output, None, lambda path: None):
            pass


def _build_in(progress: Progress, surroundings: Surroundings, work: Path, commit: str,
              options: Sequence[str]) -> Path:
    """A clone of the checkout at a commit, built there. Returns the folder of results."""
    progress.step(f'building in "{surroundings.folder}" ({surroundings.zone}, '
                  f"{surroundings.clock})")
    clone = work / surroundings.folder
    run(["git", "clone", "-q", "--no-hardlinks", PROJECT, clone])
    run(["git", "-C", clone, "checkout", "-q", commit])
    if (BUILD / "sources").exists():
        shutil.copytree(BUILD / "sources", clone / "build" / "sources")
    if not os.geteuid():
        run(["chown", "-R", f"{surroundings.user}:{surroundings.user}", clone])
    results = clone / "build" / "results"
    for words in ([str(clone / "ci" / "release"), "--programs-only", str(results / "programs"),
                   *options],
                  [str(clone / "ci" / "reproduce"), "--pack", str(results / "programs"),
                   str(results / "packages")]):
        run(surroundings.command(words), what=f"building in {surroundings.folder}", folder=clone,
            log=BUILD / "reproduce.log")
    return results


def reproduce_twice(progress: Progress, options: Sequence[str]) -> List[str]:
    """Build the checkout twice; what differs."""
    commit = source_of(PROJECT, allow_changes=True).commit  # it stays so, whoever commits meanwhile
    with tempfile.TemporaryDirectory(prefix="reproduce-") as name:
        work = Path(name)
        work.chmod(0o755)
        results = [_build_in(progress, each, work, commit, options) for each in SURROUNDINGS]
        progress.step("comparing")
        found = differences(*results)
        if not found:
            shutil.rmtree(WORK, ignore_errors=True)
            shutil.copytree(results[0], WORK)
            write_text(WORK / sums.NAME, "".join(
                f"{digits}  {path}\n" for path, digits in sums.sums_of(WORK).items()))
        return found


class Rebuilt:
    """A release, and what is built again of it."""

    def __init__(self, progress: Progress, release: Path, programs: Programs, work: Path,
                 openvpn: Mapping[str, Path]) -> None:
        self._progress = progress
        self._openvpn = openvpn
        self._release = release
        self._programs = programs
        self._work = work
        self._unsigned = sums.read_sums(release / UNSIGNED_SUMS)

    def _compare(self, unsigned: Path, name: str) -> List[str]:
        """One file: without its signature by its hash, with it bit by bit."""
        if sums.sha256_of(unsigned) != self._unsigned.get(name):
            return [f"{name}: without its signature it is not what was built here"]
        signed = self._work / "signed" / name
        signed.parent.mkdir(parents=True, exist_ok=True)
        attach(unsigned, self._release / SIGNATURES / f"{name}.pem", signed)
        return difference(self._release / name, signed, name)

    def problems(self) -> List[str]:
        """What is not the same."""
        found: List[str] = []
        for architecture in packages.ARCHITECTURES:
            for program in PROGRAMS:
                name = f"{architecture}/{program}"
                self._progress.step(f"comparing {name}")
                found += self._compare(self._programs.folder / name, name)
            if not found:  # a package of other programs is another package
                found += self._problems_of_package(architecture)
        return found

    def _problems_of_package(self, architecture: str) -> List[str]:
        """The package, and the setup that carries it."""
        product = self._programs.product_to_pack
        name = packages.file_name(product, architecture, packages.PACKAGE)
        found: List[str] = []

        def compare(path: Path) -> None:
            """Compare what was packed; what is packed next is the released file."""
            self._progress.step(f"comparing {path.name}")
            found.extend(self._compare(path, path.name))
            shutil.copyfile(self._release / path.name, path)

        try:
            inside = packages.programs_in(self._release / name, self._work / f"in-{architecture}")
            for _ in packages.pack(self._work / "signed" / architecture, inside.get(UPDATE_ROOT),
                                   product, architecture, self._programs.source.epoch, self._work,
                                   self._openvpn.get(architecture), compare):
                pass
        except ReleaseError as error:
            found.append(f"{name}: {error}")
        return found


def reproduce_release(progress: Progress, release: Path, brand: Optional[Path],
                      made: Optional[Path], openvpn: Mapping[str, Path]) -> List[str]:
    """Build a release again; what differs."""
    commit = provenance.commit_of(release)
    with tempfile.TemporaryDirectory(prefix="reproduce-") as name:
        work = Path(name)
        product: Mapping[str, str] = Programs(release).product
        programs = Programs(made) if made else make_programs(
            progress, work / "build", work / "programs", version=product["version"], brand=brand)
        if programs.source.commit != commit:
            raise ReleaseError(f"the release is of commit {commit}, and this is "
                               f"{programs.source.commit}: git checkout {commit}")
        found = _other_names(product, programs.product)
        return found or Rebuilt(progress, release, programs, work, openvpn).problems()


def _other_names(one: Mapping[str, str], other: Mapping[str, str]) -> List[str]:
    return [f"{PRODUCT}: {key} is {one.get(key)} in the release, and here {other.get(key)}"
            for key in sorted({*one, *other}) if one.get(key) != other.get(key)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="ci/reproduce", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", type=Path, metavar="FOLDER", help="build this release again")
    parser.add_argument("--from", type=Path, dest="programs", metavar="FOLDER",
                        help="with --release: do not compile, take what --programs-only made")
    parser.add_argument("--compare", type=Path, nargs=2, metavar=("ONE", "OTHER"))
    parser.add_argument("--pack", type=Path, nargs=2, metavar=("PROGRAMS", "FOLDER"),
                        help="make the packages of unsigned programs")
    parser.add_argument("--bundle-openvpn", type=packages.openvpn_package, action="append",
                        default=[], metavar="ARCHITECTURE=MSI")
    parser.add_argument("--version", metavar="X.Y.Z")
    parser.add_argument("--brand", type=Path, metavar="FILE")
    return parser.parse_args()


def main() -> int:
    """ci/reproduce."""
    options = _options()
    progress = Progress("ci/reproduce")

    def work() -> int:
        if options.pack:
            progress.step("packing")
            pack_unsigned(Programs(options.pack[0]), options.pack[1])
            return 0
        if options.compare:
            progress.step("comparing")
            found = differences(*options.compare)
        elif options.release:
            found = reproduce_release(progress, options.release, options.brand, options.programs,
                                      dict(options.bundle_openvpn))
        else:
            more: Dict[str, Optional[str]] = {
                "--version": options.version,
                "--brand": str(options.brand.resolve()) if options.brand else None}
            found = reproduce_twice(progress, [word for name, value in more.items() if value
                                               for word in (name, value)])
        for text in found:
            print(text)
        progress.step(f"differences: {len(found)}" if found else "the same, bit by bit")
        return 1 if found else 0

    return run_command(progress, work)


if __name__ == "__main__":
    raise SystemExit(main())
