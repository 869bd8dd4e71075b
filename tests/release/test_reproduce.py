# SPDX-License-Identifier: MIT
"""ci/reproduce: packing gives the same bytes anywhere, and a release can be built again. Whether
that is so of compiling, too, is asked with --long."""
from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.runner import PROJECT
from releasing import packages
from releasing.programs import Programs
from releasing.reproduce import SURROUNDINGS, Rebuilt, difference, differences
from releasing.steps import Progress, run

COMMAND = PROJECT / "ci" / "reproduce"


def problems(release: Path, programs: Programs, work: Path) -> "list[str]":
    """What building a release again finds."""
    work.mkdir()
    return Rebuilt(Progress("ci/reproduce"), release, programs, work).problems()


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
    assert len(list(made[0].iterdir())) == len(packages.ARCHITECTURES)


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
    name = packages.file_name(programs.product, "x86_64", packages.PACKAGE)
    run(["msibuild", release / name, "-q",
         "INSERT INTO `Property` (`Property`, `Value`) VALUES ('TAKEOVER', '1')"])
    found = problems(release, programs, tmp_path / "work")
    assert len(found) == 1 and re.match(rf"{name}: \d+ and \d+ bytes, \d+ of them differ", found[0])


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


@pytest.mark.long
def test_two_builds_are_the_same_bit_by_bit() -> None:
    run([COMMAND], what="building twice")
