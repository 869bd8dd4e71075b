# SPDX-License-Identifier: MIT
"""Whether Windows' CNG, by which the service verifies updates, agrees with openssl, by which they
are signed. Both programs are unit tests over the code that ships (src/update/win32/crypto.c)."""
from __future__ import annotations

import subprocess

import pytest

from harness.eventually import HANG
from harness.runner import PROJECT, build_folder


@pytest.mark.parametrize("name", ["vectors", "attacks"])
def test_cng_verifies_what_openssl_has_signed(name: str) -> None:
    program = build_folder() / "tests" / f"test_update_{name}.exe"
    if not program.exists():
        pytest.skip(f"{program} is missing: build the preset mingw")
    done = subprocess.run([str(program)], cwd=PROJECT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                          timeout=HANG, check=False)
    assert done.returncode == 0, done.stdout
