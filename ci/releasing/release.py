# SPDX-License-Identifier: MIT
"""Makes a complete, signed release of this checkout in build/release, and checks it.

Without the variables that `ci/sign --help` names, a test authority signs. The first half of the
work, which needs no key, can be done apart: --programs-only compiles, --from signs and packs what
that has made."""
from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path
from typing import Dict, List, Mapping, Optional

from releasing import changelog, judge, packages, provenance, sbom, sums, verify, winget
from releasing.judge import conformance_page
from releasing.layout import CHANGES, CONFORMANCE, POLICY, PRODUCT, SIGNATURES, UNSIGNED_SUMS
from releasing.policy_template import make_template
from releasing.programs import PROGRAMS, Programs, make_programs, version_of_tag
from releasing.sign import Signer, extract, sign, signer_of
from releasing.steps import BUILD, Progress, ReleaseError, run_command, write_text

OUTPUT = BUILD / "release"
WORK = BUILD / "release-work"
PROGRAMS_FOLDER = BUILD / "programs"
CONFORMANCE_PAGE = BUILD / "release-conformance.html"


def builder() -> str:
    """Who builds, as provenance names it."""
    server, repository = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    return f"{server}/{repository}/actions" if server and repository else "a machine of a developer"


class Release:
    """A release that is being made, in a folder that is moved to its place at the end."""

    def __init__(self, progress: Progress, programs: Programs, folder: Path) -> None:
        self._progress = progress
        self._programs = programs
        self._folder = folder
        self._product = programs.product
        self._source = programs.source
        self._unsigned: Dict[str, str] = {}

    def _sign(self, name: str, signer: Signer) -> None:
        """Sign a file; its hash without, and its signature alone, belong to the release."""
        path = self._folder / name
        self._progress.step(f"signing {name}")
        self._unsigned[name] = sums.sha256_of(path)
        sign(path, signer, self._product)
        extract(path, self._folder / SIGNATURES / f"{name}.pem")

    def make_files(self, signer: Signer, openvpn: Mapping[str, Path]) -> List[str]:
        """Everything that is signed. Returns the names of the installers."""
        installers = []
        for architecture in packages.ARCHITECTURES:
            folder = self._folder / architecture
            shutil.copytree(self._programs.folder / architecture, folder)
            for program in PROGRAMS:
                self._sign(f"{architecture}/{program}", signer)
            self._progress.step(f"packing for {architecture}")
            for path in packages.pack(folder, self._programs.update_root,
                                      self._programs.product_to_pack, architecture,
                                      self._source.epoch, self._folder, openvpn.get(architecture),
                                      lambda path: self._sign(path.name, signer)):
                installers.append(path.name)
        return installers

    def describe(self, installers: List[str]) -> None:
        """Everything that tells of the files."""
        product, source = self._product, self._source
        self._progress.step("describing: changes, policies, winget, materials, provenance, sums")
        shutil.copyfile(self._programs.folder / PRODUCT, self._folder / PRODUCT)
        make_template(self._programs.settings, product).write(self._folder / POLICY)
        name, text = changelog.section(product["version"])
        if name == changelog.UNRELEASED:
            print(f"  CHANGELOG.md has no section {product['version']}: {name} stands in for it",
                  flush=True)
        write_text(self._folder / CHANGES, text)
        msis = {each: self._folder / packages.file_name(product, each, ".msi")
                for each in packages.ARCHITECTURES}
        codes = {each: packages.property_of(path, "ProductCode") for each, path in msis.items()}
        winget.write_manifests(self._folder / winget.FOLDER, winget.make_manifests(
            product, source.epoch, msis, codes, text))
        linked = self._programs.linked
        write_text(self._folder / sbom.NAME, sbom.make_sbom(
            self._folder, product, source.epoch, commit=source.commit, linked=linked,
            contents=packages.contents(product, installers)))
        write_text(self._folder / provenance.NAME, provenance.make_provenance(
            self._folder, product, [*linked, *installers], commit=source.commit,
            changed=source.changed, builder=builder(), made_with=self._programs.tools))
        write_text(self._folder / UNSIGNED_SUMS, "".join(
            f"{digits}  {name}\n" for name, digits in sorted(self._unsigned.items())))
        sums.write_sums(self._folder)


def make_release(progress: Progress, programs: Programs, signer: Signer, output: Path,
                 openvpn: Mapping[str, Path], conformance: Optional[Path] = None) -> None:
    """Sign, pack, describe and check; only what has passed comes to its place."""
    made = output.with_name(f"{output.name}.new")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    if conformance:
        shutil.copyfile(conformance, made / CONFORMANCE)
    release = Release(progress, programs, made)
    release.describe(release.make_files(signer, openvpn))
    progress.step("checking the release")
    problems = verify.problems_of_release(made, signer.roots,
                                          allow_changes=programs.source.changed)
    if problems:
        raise ReleaseError(f"what is in {made} is no release:\n" + "\n".join(problems))
    shutil.rmtree(output, ignore_errors=True)
    os.replace(made, output)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="ci/release", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", metavar="X.Y.Z", help="instead of the one in CMakeLists.txt; "
                        "tag: the one that the tag of this commit names (v1.2.3)")
    parser.add_argument("--brand", type=Path, metavar="FILE",
                        help="names of another product (docs/release.md)")
    parser.add_argument("--update-root", type=Path, metavar="FILE",
                        help="root metadata of updates to put into the packages; without it the "
                        "installed product refuses updates")
    parser.add_argument("--bundle-openvpn", type=packages.openvpn_package, action="append",
                        default=[], metavar="ARCHITECTURE=MSI",
                        help="also make a setup that carries this package of OpenVPN")
    parser.add_argument("--conformance", default=judge.RUN, metavar="PAGE",
                        help="put this page into the release, which `ci/conformance --html PAGE` "
                        f"has written about the programs that are packed; {judge.RUN}, the "
                        "default, runs the suite, which takes about ten minutes and is left out "
                        f"for brands with names of their own; {judge.NONE}: no page")
    parser.add_argument("--uncommitted", action="store_true",
                        help="build in spite of changes that are not committed")
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="FOLDER",
                        help="instead of build/release")
    parser.add_argument("--programs-only", type=Path, metavar="FOLDER",
                        help="compile only, into this folder")
    parser.add_argument("--from", type=Path, dest="programs", metavar="FOLDER",
                        help="do not compile: take what --programs-only made")
    return parser.parse_args()


def main() -> int:
    """ci/release."""
    options = _options()
    progress = Progress("ci/release")

    def work() -> int:
        judge.check_wanted(options.conformance)
        if options.programs:
            programs = Programs(options.programs)
        else:
            programs = make_programs(
                progress, WORK, options.programs_only or PROGRAMS_FOLDER,
                version=version_of_tag() if options.version == "tag" else options.version,
                brand=options.brand, update_root=options.update_root,
                allow_changes=options.uncommitted)
        if options.programs_only:
            print(f"ci/release: the programs are in {options.programs_only}")
            return 0
        page = conformance_page(progress, programs, options.conformance, CONFORMANCE_PAGE)
        with signer_of(os.environ) as signer:
            if signer.is_test:
                print("ci/release: the TEST authority signs: no Windows trusts it", flush=True)
            make_release(progress, programs, signer, options.output.resolve(),
                         dict(options.bundle_openvpn), page)
        progress.step(f"done: {options.output}")
        return 0

    return run_command(progress, work)


if __name__ == "__main__":
    raise SystemExit(main())
