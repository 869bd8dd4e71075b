# SPDX-License-Identifier: MIT
"""ci/fuzz: the fuzz tests as OSS-Fuzz and ClusterFuzzLite build them and run them."""
from __future__ import annotations

import os
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Dict, List

import pytest
import yaml  # type: ignore[import]

from harness.eventually import HANG
from harness.runner import PROJECT

SCRIPT = PROJECT / "ci" / "fuzz"
FUZZ = PROJECT / "tests" / "fuzz"
LITE = PROJECT / ".clusterfuzzlite"
WRONG_USE = 2

#: What those of OSS-Fuzz other than libFuzzer are like: a library of C++ with a program's entry.
#: This one tries one input, and fails when it is told to do more.
ENGINE = """
extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, unsigned long size);
int main(int count, char **)
{
    return LLVMFuzzerTestOneInput(new unsigned char[4](), 4) + (count > 1);
}
"""


def fuzz(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run ci/fuzz with these variables besides ours."""
    environment: Dict[str, str] = {**os.environ, **variables}
    return subprocess.run([str(SCRIPT), *arguments], env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                          timeout=10 * HANG, check=False)


@pytest.mark.parametrize("arguments", [[], ["burn"], ["build", "nothing"], ["run", "--seconds"],
                                       ["run", "--seconds", "0"], ["run", "--seconds", "1", "no"]],
                         ids=" ".join)
def test_wrong_arguments_are_refused(arguments: List[str]) -> None:
    assert fuzz(*arguments).returncode == WRONG_USE


def test_two_subjects_are_built_and_run_as_oss_fuzz_does_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = fuzz("run", "--seconds", "3", "multi_string", "profile", OUT=str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    for subject in ("multi_string", "profile"):
        assert re.search(rf"^{subject}: Done \d+ runs in", done.stdout, re.MULTILINE)
        program = out / f"fuzz_{subject}"
        assert os.access(program, os.X_OK)
        with zipfile.ZipFile(out / f"fuzz_{subject}_seed_corpus.zip") as corpus:
            packed = {Path(name).name for name in corpus.namelist() if not name.endswith("/")}
        assert packed == {path.name for path in (FUZZ / "seeds" / subject).iterdir()}
        options = program.with_suffix(".options").read_text(encoding="utf-8")
        assert options.startswith("[libfuzzer]\nmax_len = ")
        assert (f"dict = fuzz_{subject}.dict" in options) is program.with_suffix(".dict").exists()
    assert (out / "fuzz_profile.dict").exists()


def test_compiler_flags_and_engine_are_those_of_the_variables(tmp_path: Path) -> None:
    source, program, library = (tmp_path / name for name in ("engine.cc", "engine.o", "engine.a"))
    source.write_text(ENGINE, encoding="utf-8")
    subprocess.run(["clang++", "-c", str(source), "-o", str(program)], check=True)
    subprocess.run(["ar", "rc", str(library), str(program)], check=True)
    variables = {"CC": "clang", "CXX": "clang++", "CFLAGS": "-O0 -DFUZZED_BY_OTHERS",
                 "CXXFLAGS": "-O0", "LIB_FUZZING_ENGINE": str(library),
                 "OUT": str(tmp_path / "out"), "WORK": str(tmp_path / "work")}
    done = fuzz("build", "nrpt", **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert subprocess.run([str(tmp_path / "out" / "fuzz_nrpt")], timeout=HANG,
                          check=False).returncode == 0
    build = (tmp_path / "work" / "fuzzers-cmake" / "build.ninja").read_text(encoding="utf-8")
    assert "-DFUZZED_BY_OTHERS" in build and "-fsanitize=fuzzer" not in build

    done = fuzz("run", "nrpt", **variables)
    assert done.returncode == 1 and "nrpt: FAILED" in done.stdout, "a failure must fail the run"


def test_clusterfuzzlite_builds_with_the_same_script() -> None:
    project = yaml.safe_load((LITE / "project.yaml").read_text(encoding="utf-8"))
    assert project["language"] == "c"
    assert "ci/fuzz\" build" in (LITE / "build.sh").read_text(encoding="utf-8")
    assert os.access(LITE / "build.sh", os.X_OK)
    recipe = (LITE / "Dockerfile").read_text(encoding="utf-8")
    for line in ("FROM gcr.io/oss-fuzz-base/base-builder", "COPY . $SRC/gatehouse",
                 "COPY .clusterfuzzlite/build.sh $SRC/"):
        assert f"\n{line}" in recipe
