# SPDX-License-Identifier: MIT
"""ci/sign: whose key it takes, what it refuses, and that a signature can be put back."""
from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Dict

import pytest

from harness.runner import PROJECT
from releasing import sign as signing
from releasing.authority import Authority
from releasing.programs import Programs
from releasing.sign import PREFIX, Roots, Signer
from releasing.steps import ReleaseError, run

PROGRAM = "x86_64/gatehouse-setup.dll"
PRODUCT = {"name": "Gatehouse", "url": "https://gatehouse.example/"}
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "1234"


@pytest.fixture
def program(programs: Programs, tmp_path: Path) -> Path:
    """An unsigned copy."""
    return Path(shutil.copyfile(programs.folder / PROGRAM, tmp_path / "a program.dll"))


@pytest.fixture
def variables(authority: Authority, signer: Signer) -> Dict[str, str]:
    """Those that name a key file."""
    leaf = authority.leaf("signer")
    return {f"{PREFIX}CERTIFICATES": str(leaf.chain), f"{PREFIX}KEY": str(leaf.key),
            f"{PREFIX}TIMESTAMP": signer.timestamp, f"{PREFIX}ROOTS": str(authority.root)}


def command(variables: Dict[str, str], *words: Path) -> "subprocess.CompletedProcess[str]":
    """ci/sign."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return subprocess.run([PROJECT / "ci" / "sign", *words], env={**kept, **variables},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                          check=False)


def test_a_key_file_signs(program: Path, variables: Dict[str, str], signer: Signer) -> None:
    done = command(variables, program)
    assert (done.returncode, done.stderr) == (0, "")
    assert "TEST" not in done.stdout
    signing.check(program, signer.roots)


def test_without_variables_the_test_authority_signs_and_says_so(program: Path) -> None:
    done = command({}, program)
    assert done.returncode == 0, done.stderr
    assert "the TEST authority signs: no Windows trusts it" in done.stdout


def token(folder: Path, key: Path) -> Path:
    """A software token with the key; returns its configuration."""
    configuration = folder / "softhsm2.conf"
    (folder / "tokens").mkdir()
    configuration.write_text(f"directories.tokendir = {folder}/tokens\n", encoding="ascii")
    environment = {"SOFTHSM2_CONF": str(configuration)}
    converted = folder / "key.p8"
    run(["openssl", "pkcs8", "-topk8", "-nocrypt", "-in", key, "-out", converted])
    run(["softhsm2-util", "--init-token", "--free", "--label", "release", "--pin", PIN,
         "--so-pin", "4321"], environment=environment)
    run(["softhsm2-util", "--import", converted, "--token", "release", "--label", "code",
         "--id", "01", "--pin", PIN], environment=environment)
    return configuration


@pytest.mark.skipif(not SOFTHSM.exists(), reason=f"{SOFTHSM} is missing (package libsofthsm2)")
def test_a_token_signs(program: Path, variables: Dict[str, str], authority: Authority,
                       signer: Signer, tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text(PIN, encoding="ascii")
    variables.update({
        "SOFTHSM2_CONF": str(token(tmp_path, authority.leaf("signer").key)),
        f"{PREFIX}KEY": "pkcs11:token=release;object=code;type=private",
        f"{PREFIX}PKCS11_MODULE": str(SOFTHSM), f"{PREFIX}PASSWORD_FILE": str(pin)})
    done = command(variables, program)
    assert (done.returncode, done.stderr) == (0, "")
    signing.check(program, signer.roots)


@pytest.mark.parametrize("change, refusal", [
    ({"KEY": "/nonexistent"}, "GATEHOUSE_SIGN_KEY: there is no file /nonexistent"),
    ({"KEY": ""}, "the variable GATEHOUSE_SIGN_KEY is not set"),
    ({"TIMESTAMP": ""}, "the variable GATEHOUSE_SIGN_TIMESTAMP is not set"),
    ({"CERTIFICATES": ""}, "is set, but not GATEHOUSE_SIGN_CERTIFICATES"),
    ({"KEY": "pkcs11:token=x"}, "the variable GATEHOUSE_SIGN_PKCS11_MODULE is not set"),
    ({"TIMESTAMP": "http://127.0.0.1:9/"}, "signing a program.dll: osslsigncode failed"),
])
def test_what_is_missing_is_named(change: Dict[str, str], refusal: str, program: Path,
                                  variables: Dict[str, str]) -> None:
    unsigned = program.read_bytes()
    variables.update({PREFIX + name: value for name, value in change.items()})
    done = command({name: value for name, value in variables.items() if value}, program)
    assert done.returncode == 1
    assert refusal in done.stderr
    assert program.read_bytes() == unsigned


def test_a_signed_file_is_not_signed_again(program: Path, signer: Signer) -> None:
    signing.sign(program, signer, PRODUCT)
    signed = program.read_bytes()
    with pytest.raises(ReleaseError, match="is signed already"):
        signing.sign(program, signer, PRODUCT)
    assert program.read_bytes() == signed


def test_a_signature_that_the_roots_do_not_trust_is_not_kept(
        program: Path, signer: Signer, authority: Authority) -> None:
    unsigned = program.read_bytes()
    stranger = authority.leaf("signer").chain.with_name("timestamp.key")  # no certificate at all
    wrong = Signer(signer.arguments, signer.timestamp, Roots(stranger, stranger), True)
    with pytest.raises(ReleaseError, match="checking the signature of a program.dll"):
        signing.sign(program, wrong, PRODUCT)
    assert program.read_bytes() == unsigned


def test_a_signature_goes_back_onto_the_unsigned_file(program: Path, signer: Signer,
                                                      tmp_path: Path) -> None:
    unsigned = Path(shutil.copyfile(program, tmp_path / "unsigned"))
    signing.sign(program, signer, PRODUCT)
    signing.extract(program, tmp_path / "signature.pem")
    signing.attach(unsigned, tmp_path / "signature.pem", tmp_path / "signed again")
    assert (tmp_path / "signed again").read_bytes() == program.read_bytes()
