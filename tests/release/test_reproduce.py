# SPDX-License-Identifier: MIT
"""ci/reproduce: packing gives the same bytes anywhere, and a release can be built again. Whether
that is so of compiling, too, is asked with --long."""
from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Dict, List, Optional

import pytest

from harness.runner import PROJECT, build_folder
from release.support.making import SOURCE, make_release_of
from release.support.packages import Packages
from releasing import provenance
from releasing.packages import ARCHITECTURES, PACKAGE, file_name, programs_in
from releasing.programs import Programs, collect
from releasing.reproduce import (SURROUNDINGS, Rebuilt, difference, differences,
                                 pack_unsigned)
from releasing.sign import Signer
from releasing.steps import Progress, run

COMMAND = PROJECT / "ci" / "reproduce"


def problems(release: Path, programs: Programs, work: Path,
             openvpn: Optional[Dict[str, Path]] = None) -> List[str]:
    """What building a release again finds."""
    work.mkdir()
    return Rebuilt(Progress("ci/reproduce"), release, programs, work, openvpn or {}).problems()


def test_packing_gives_the_same_bytes_anywhere(programs: Programs) -> None:
    made = []
    with tempfile.TemporaryDirectory() as name:  # pytest's own folder is closed to other users
        Path(name).chmod(0o755)
        for surroundings in SURROUNDINGS:
            folder = Path(name) / surroundings.folder
            inputs = folder / "programs"
            shutil.copytree(programs.folder, inputs, copy_function=shutil.copyfile)
            if not os.geteuid():
                run(["chown", "-R", f"{surroundings.user}:{surroundings.user}", folder])
            made.append(folder / "packages")
            run(surroundings.command([str(COMMAND), "--pack", str(inputs), str(made[-1])]))
        assert differences(*made) == []
        assert len(list(made[0].iterdir())) == len(ARCHITECTURES)


def test_a_release_is_made_again_with_its_own_signatures(
        whole_release: Path, programs: Programs, tmp_path: Path) -> None:
    assert problems(whole_release, programs, tmp_path / "work") == []


def test_a_program_that_was_not_built_here_is_named(release: Path, programs: Programs,
                                                    tmp_path: Path) -> None:
    other = Programs(Path(shutil.copytree(programs.folder, tmp_path / "other")))
    path = other.folder / "x86_64" / "gatehouse.exe"
    path.write_bytes(path.read_bytes().replace(b"This program", b"That program"))
    found = problems(release, other, tmp_path / "work")
    assert found[0] == "x86_64/gatehouse.exe: without its signature it is not what was built here"


def test_a_package_with_something_else_in_it_is_named(release: Path, programs: Programs,
                                                      tmp_path: Path) -> None:
    name = file_name(programs.product, "x86_64", PACKAGE)
    run(["msibuild", release / name, "-q",
         "INSERT INTO `Property` (`Property`, `Value`) VALUES ('TAKEOVER', '1')"])
    found = problems(release, programs, tmp_path / "work")
    assert len(found) == 1 and re.match(rf"{name}: \d+ and \d+ bytes, \d+ of them differ", found[0])


def test_all_that_a_release_can_have_is_made_again(
        programs: Programs, signer: Signer, packages: Packages, tmp_path: Path) -> None:
    """The root of updates, setups with OpenVPN."""
    other = Programs(Path(shutil.copytree(programs.folder, tmp_path / "programs")))
    (other.folder / "update.root").write_text("a root\n", encoding="ascii")
    openvpn = {each: packages.openvpn() for each in ARCHITECTURES}
    release = tmp_path / "release"
    make_release_of(other, signer, release, openvpn)
    assert sorted(path.name.split("-", 2)[2] for path in release.glob("*-setup.exe")) == [
        "i686-setup.exe", "x86_64-setup.exe"]
    package = release / file_name(programs.product, "x86_64", PACKAGE)
    assert "update.root" in programs_in(package, tmp_path / "inside")
    assert problems(release, programs, tmp_path / "work", openvpn) == []


def test_an_icon_is_packed_wherever_it_lies(tmp_path: Path) -> None:
    """An icon without a picture: only who draws it would mind."""
    made = []
    for name in ("one", "other"):
        builds = {}
        for architecture, built in (("x86_64", build_folder()),
                                    ("i686", build_folder().with_name("mingw32"))):
            build = builds[architecture] = tmp_path / name / architecture
            build.mkdir(parents=True)
            for each in ("bin", "maps", "settings.json"):
                (build / each).symlink_to(built / each)
            icon = tmp_path / name / "icon of the brand.ico"
            icon.write_bytes(b"\0\0\1\0\0\0")
            product = json.loads((built / "product.json").read_text(encoding="utf-8"))
            (build / "product.json").write_text(json.dumps({**product, "icon": str(icon)}),
                                                encoding="utf-8")
        programs = collect(builds, tmp_path / name / "programs", SOURCE)
        made.append(tmp_path / name / "packages")
        pack_unsigned(programs, made[-1])
    assert differences(*(path.with_name("programs") for path in made)) == []
    assert differences(*made) == []
    table = run(["msiinfo", "export", next(made[0].glob("*-x86_64.msi")), "Icon"],
                folder=tmp_path)  # it writes the icons there
    assert "Product.ico" in table


def test_a_difference_is_told_with_its_place(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"0123456789")
    other.write_bytes(b"0123X56789")
    assert difference(one, other, "file") == [
        "file: 10 and 10 bytes, 1 of them differ, the first at 0x4"]


def test_a_release_of_another_commit_is_refused(whole_release: Path, programs: Programs,
                                                tmp_path: Path) -> None:
    other = Programs(Path(shutil.copytree(programs.folder, tmp_path / "other")))
    build = other.folder / "build.json"
    build.write_text(build.read_text(encoding="utf-8").replace(programs.source.commit, "f" * 40),
                     encoding="utf-8")
    done = subprocess.run([COMMAND, "--release", whole_release, "--from", other.folder],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                          check=False)
    assert done.returncode == 1
    assert f"git checkout {programs.source.commit}" in done.stderr


BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.long
@pytest.mark.timeout(3 * 60 * 60)
def test_a_stranger_builds_a_release_again_by_the_recipe(tmp_path: Path) -> None:
    """After two builds of the commit, which must be the same; committed changes alone are built."""
    run([COMMAND], what="building twice")
    release = tmp_path / "release"
    run([PROJECT / "ci" / "release", "--from", PROJECT / "build" / "reproduce" / "programs",
         "--output", release, "--conformance", "none"])
    page = (PROJECT / "docs" / "reproduce.md").read_text(encoding="utf-8")
    recipe = BLOCK.findall(page.split("\n## The recipe\n")[1])[0]
    for word, value in (("ADDRESS", PROJECT), ("COMMIT", provenance.commit_of(release)),
                        ("DOWNLOADED", release)):
        recipe = recipe.replace(word, str(value))
    run(["bash", "-euc", recipe], folder=tmp_path, what="following docs/reproduce.md")
