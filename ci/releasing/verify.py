# SPDX-License-Identifier: MIT
"""Checks a release: signatures and timestamps, what Windows reads in the programs, that nothing of
tests and of the builder's machine is in them, packages, bill of materials, provenance, sums.

Signatures must lead to the roots that GATEHOUSE_SIGN_ROOTS and GATEHOUSE_SIGN_TIMESTAMP_ROOTS name
(`ci/sign --help`); without these variables to the test authority of this checkout."""
from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Mapping, Sequence, Tuple

from releasing import packages, provenance, sbom, sums, winget
from releasing.images import problems_of_program
from releasing.layout import CHANGES, CONFORMANCE, POLICY, PRODUCT, SIGNATURES, UNSIGNED_SUMS
from releasing.policy_check import problems_of_folder
from releasing.programs import PROGRAMS
from releasing.sign import Roots, check, extract, roots_of
from releasing.steps import BUILD, Progress, ReleaseError, files_below, run, run_command


@dataclass(frozen=True)
class Release:
    """What is checked."""

    folder: Path
    product: Mapping[str, str]
    roots: Roots
    allow_changes: bool

    @property
    def programs(self) -> List[str]:
        """Names of what must be there for each architecture."""
        return [f"{architecture}/{program}" for architecture in packages.ARCHITECTURES
                for program in PROGRAMS]

    @property
    def msis(self) -> Dict[str, str]:
        """Names of the packages by architecture; all must be there."""
        return {each: packages.file_name(self.product, each, packages.PACKAGE)
                for each in packages.ARCHITECTURES}

    @property
    def setups(self) -> List[str]:
        """Names of the setups that are there; a release may have none."""
        names = [packages.file_name(self.product, each, packages.SETUP)
                 for each in packages.ARCHITECTURES]
        return [name for name in names if (self.folder / name).exists()]

    @property
    def signed(self) -> List[str]:
        """Names of what must be signed."""
        return [*self.programs, *self.msis.values(), *self.setups]


def _read_product(folder: Path) -> Dict[str, str]:
    try:
        body = json.loads((folder / PRODUCT).read_text(encoding="utf-8"))
        return {name: str(body[name]) for name in sorted(body)} if body["version"] else {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"{PRODUCT} can't be read: {error!r}") from error


def _problems_of_sums(release: Release) -> Iterator[str]:
    yield from sums.problems_of_sums(release.folder)


def _problems_of_files(release: Release) -> Iterator[str]:
    """Everything is there, and nothing else."""
    needed = {*release.signed, *(f"{SIGNATURES}/{name}.pem" for name in release.signed), PRODUCT,
              CHANGES, UNSIGNED_SUMS, sums.NAME, sbom.NAME, provenance.NAME}
    there = {path.as_posix() for path in files_below(release.folder)}
    for name in sorted(needed - there):
        yield f"{name}: is missing"
    for name in sorted(there - needed - {CONFORMANCE}):
        if name.partition("/")[0] not in (winget.FOLDER, POLICY):
            yield f"{name}: does not belong to a release"


def _problems_of_signatures(release: Release) -> Iterator[str]:
    """Each is good, is also there alone, and all are of one signer."""
    signers: Dict[str, List[str]] = {}
    for name in release.signed:
        path, alone = release.folder / name, release.folder / SIGNATURES / f"{name}.pem"
        if not path.exists():
            continue
        try:
            check(path, release.roots)
            with tempfile.TemporaryDirectory() as folder:
                extracted = Path(folder) / "signature"
                extract(path, extracted)
                if not alone.exists() or alone.read_bytes() != extracted.read_bytes():
                    yield f"{SIGNATURES}/{name}.pem: is not the signature of {name}"
                said = run(["openssl", "pkcs7", "-in", extracted, "-print_certs", "-noout"])
            signers.setdefault(said, []).append(name)
        except ReleaseError as error:
            yield f"{name}: {_in_one_line(error)}"
    if len(signers) > 1:
        fewest = min(signers.values(), key=len)
        yield f"{', '.join(fewest)}: has another signer than the rest"


def _in_one_line(error: ReleaseError) -> str:
    """What went wrong, without all that a program has said about it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] + ("" if len(lines) < 2 else f" ({'; '.join(lines[-3:])})")


def _problems_of_programs(release: Release) -> Iterator[str]:
    for name in release.programs:
        if (release.folder / name).exists():
            architecture, program = name.split("/")
            for text in problems_of_program(release.folder / name, architecture, program,
                                            release.product):
                yield f"{name}: {text}"


def _problems_of_packages(release: Release) -> Iterator[str]:
    """Each installs the very programs of the release, and says what it is."""
    for architecture, name in release.msis.items():
        package = release.folder / name
        if not package.exists():
            continue
        try:
            for key, value in (("ProductName", release.product["name"]),
                               ("ProductVersion", release.product["version"]),
                               ("Manufacturer", release.product["company"])):
                if packages.property_of(package, key) != value:
                    yield f"{name}: {key} is not {value}"
            with tempfile.TemporaryDirectory() as folder:
                inside = packages.programs_in(package, Path(folder))
                for program in PROGRAMS:
                    outside = release.folder / architecture / program
                    if outside.exists() and (
                            program not in inside
                            or sums.sha256_of(inside[program]) != sums.sha256_of(outside)):
                        yield f"{name}: does not hold the {program} of {architecture}"
        except ReleaseError as error:
            yield f"{name}: {_in_one_line(error)}"


def _problems_of_sbom(release: Release) -> Iterator[str]:
    yield from sbom.problems_of_sbom(release.folder, release.signed, release.product["version"])


def _problems_of_provenance(release: Release) -> Iterator[str]:
    for text in provenance.problems_of_provenance(release.folder, release.signed):
        if not (release.allow_changes and text.endswith(provenance.UNCOMMITTED)):
            yield text


def _problems_of_winget(release: Release) -> Iterator[str]:
    yield from winget.problems_of_folder(release.folder, release.product)


def _problems_of_policy(release: Release) -> Iterator[str]:
    yield from problems_of_folder(release.folder / POLICY, release.product)


def _problems_of_unsigned_sums(release: Release) -> Iterator[str]:
    """There is a hash of everything before it was signed: what others can rebuild."""
    try:
        listed = sums.read_sums(release.folder / UNSIGNED_SUMS)
    except ReleaseError as error:
        yield str(error)
        return
    for name in sorted(set(release.signed) ^ set(listed)):
        yield f"{UNSIGNED_SUMS}: {name} is not in it, or is not in the release"


Check = Callable[[Release], Iterator[str]]
CHECKS: Sequence[Tuple[str, Check]] = (
    ("sums", _problems_of_sums),
    ("files", _problems_of_files),
    ("signatures and timestamps", _problems_of_signatures),
    ("programs", _problems_of_programs),
    ("packages", _problems_of_packages),
    ("bill of materials", _problems_of_sbom),
    ("provenance", _problems_of_provenance),
    ("winget", _problems_of_winget),
    ("templates of group policies", _problems_of_policy),
    ("sums of the unsigned files", _problems_of_unsigned_sums),
)


def problems_of_release(folder: Path, roots: Roots, *, allow_changes: bool = False) -> List[str]:
    """What is wrong with a release, one line each; empty when nothing is."""
    try:
        release = Release(folder, _read_product(folder), roots, allow_changes)
    except ReleaseError as error:
        return [str(error)]
    return [text for _, check_one in CHECKS for text in check_one(release)]


def main() -> int:
    """ci/verify-release."""
    parser = argparse.ArgumentParser(
        prog="ci/verify-release", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=BUILD / "release",
                        help="build/release without it")
    parser.add_argument("--uncommitted", action="store_true",
                        help="accept that it was built with changes that are not committed")
    options = parser.parse_args()
    progress = Progress("ci/verify-release")

    def work() -> int:
        roots = roots_of(os.environ)
        progress.step(f"checking {options.folder}, signed for the roots in {roots.signer}")
        problems = problems_of_release(options.folder, roots, allow_changes=options.uncommitted)
        for text in problems:
            print(text, file=sys.stderr)
        progress.step(f"problems: {len(problems)}" if problems else "everything is as it must be")
        return 1 if problems else 0

    return run_command(progress, work)


if __name__ == "__main__":
    raise SystemExit(main())
