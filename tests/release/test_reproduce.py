# SPDX-License-Identifier: MIT
"""ci/reproduce: packing gives the same bytes anywhere, and a release can be built again. Whether
that is so of compiling, too, is asked with --long."""
from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List, Optional

import pytest

from harness.runner import PROJECT
from release.support.making import make_release_of
from release.support.packages import Packages
from releasing import provenance
from releasing.packages import ARCHITECTURES, PACKAGE, file_name
from releasing.programs import Programs
from releasing.reproduce import SURROUNDINGS, Rebuilt, difference, differences
from releasing.sign import Signer
from releasing.steps import Progress, run

COMMAND = PROJECT / "ci" / "reproduce"


def problems(release: Path, programs: Programs, work: Path,
             openvpn: Optional[Dict[str, Path]] = None) -> List[str]:
    """What building a release again finds."""
    work.mkdir()
    return Rebuilt(Progress("ci/reproduce"), release, programs, work, openvpn or {}).problems()


def test_packing_gives_the_same_bytes_anywhere(programs: Programs, tmp_path: Path) -> None:
    made = []
    for surroundings in SURROUNDINGS:
        folder = tmp_path / surroundings.folder
        folder.mkdir()
        inputs = folder / "programs"
        shutil.copytree(programs.folder, inputs, copy_function=shutil.copyfile)  # at another time
        for path in (tmp_path, *tmp_path.parents, folder):
            if path.name.startswith(("pytest-", "popen-", "test_")) or path == folder:
                path.chmod(0o755)
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


def test_setups_with_openvpn_are_signed_and_made_again(
        programs: Programs, signer: Signer, packages: Packages, tmp_path: Path) -> None:
    openvpn = {each: packages.openvpn() for each in ARCHITECTURES}
    release = tmp_path / "release"
    make_release_of(programs, signer, release, openvpn)
    assert sorted(path.name.split("-", 2)[2] for path in release.glob("*-setup.exe")) == [
        "i686-setup.exe", "x86_64-setup.exe"]
    assert problems(release, programs, tmp_path / "work", openvpn) == []


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
         "--output", release])
    page = (PROJECT / "docs" / "reproduce.md").read_text(encoding="utf-8")
    recipe = BLOCK.findall(page.split("\n## The recipe\n")[1])[0]
    for word, value in (("ADDRESS", PROJECT), ("COMMIT", provenance.commit_of(release)),
                        ("DOWNLOADED", release)):
        recipe = recipe.replace(word, str(value))
    run(["bash", "-euc", recipe], folder=tmp_path, what="following docs/reproduce.md")
