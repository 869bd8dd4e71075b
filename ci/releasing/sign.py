# SPDX-License-Identifier: MIT
"""Authenticode signatures by osslsigncode: SHA-256, with a timestamp (RFC 3161).

Variables of the environment tell who signs, so that nothing of a key is in a command line:

    GATEHOUSE_SIGN_CERTIFICATES     the signer's certificate, and those up to its root (PEM)
    GATEHOUSE_SIGN_KEY              its key: a file (PEM), or a PKCS#11 URI ("pkcs11:token=...")
    GATEHOUSE_SIGN_PKCS11_MODULE    the library of the token, for a URI
    GATEHOUSE_SIGN_PASSWORD_FILE    a file with the key's password or the token's PIN, if any
    GATEHOUSE_SIGN_TIMESTAMP        address of the timestamp authority
    GATEHOUSE_SIGN_ROOTS            roots that every signature is checked against (PEM)
    GATEHOUSE_SIGN_TIMESTAMP_ROOTS  the same for timestamps; without it the same file

Without the first of them the test authority of this checkout signs (releasing/authority.py)."""
from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, Sequence

from releasing import steps
from releasing.authority import Authority, test_authority
from releasing.steps import Progress, ReleaseError, run
from releasing.timestamping import timestamp_server

TOOL = "osslsigncode"
PREFIX = "GATEHOUSE_SIGN_"
_TRUSTED_TEXT = ("Timestamp Server Signature verification: ok", "Signature verification: ok")


@dataclass(frozen=True)
class Roots:
    """What a signature and its timestamp must lead to: two files of certificates."""

    signer: Path
    timestamp: Path


@dataclass(frozen=True)
class Signer:
    """Who signs, and how it is checked afterwards."""

    arguments: Sequence[str]
    timestamp: str
    roots: Roots
    is_test: bool


def _existing(variables: Mapping[str, str], name: str) -> Path:
    """The file that a variable names. Raises ReleaseError."""
    text = variables.get(PREFIX + name, "")
    if not text:
        raise ReleaseError(f"the variable {PREFIX}{name} is not set; ci/sign --help names them all")
    if not Path(text).is_file():
        raise ReleaseError(f"{PREFIX}{name}: there is no file {text}")
    return Path(text).resolve()


def _key_arguments(variables: Mapping[str, str]) -> List[str]:
    """Where osslsigncode finds the key."""
    key = variables.get(PREFIX + "KEY", "")
    if not key.startswith("pkcs11:"):
        found = ["-key", str(_existing(variables, "KEY"))]
    else:
        # No -pkcs11engine: OpenSSL finds its own; bookworm's osslsigncode can't load it by a path.
        found = ["-pkcs11module", str(_existing(variables, "PKCS11_MODULE")), "-key", key]
    if variables.get(PREFIX + "PASSWORD_FILE"):
        found += ["-readpass", str(_existing(variables, "PASSWORD_FILE"))]
    return found


def roots_of(variables: Mapping[str, str]) -> Roots:
    """The roots that variables name; those of the test authority without any."""
    if not variables.get(PREFIX + "ROOTS"):
        root = test_authority().root
        return Roots(root, root)
    roots = _existing(variables, "ROOTS")
    has_own = variables.get(PREFIX + "TIMESTAMP_ROOTS")
    return Roots(roots, _existing(variables, "TIMESTAMP_ROOTS") if has_own else roots)


def is_test(variables: Mapping[str, str]) -> bool:
    """Whether the test authority signs."""
    return not variables.get(PREFIX + "CERTIFICATES")


@contextlib.contextmanager
def authority_signer(authority: Authority, name: str = "signer") -> Iterator[Signer]:
    """A signer of a test authority, whose timestamp server runs meanwhile."""
    leaf = authority.leaf(name)
    with timestamp_server(authority) as address:
        yield Signer(["-certs", str(leaf.chain), "-key", str(leaf.key)], address,
                     Roots(authority.root, authority.root), True)


@contextlib.contextmanager
def signer_of(variables: Mapping[str, str]) -> Iterator[Signer]:
    """Whom the variables name. Raises ReleaseError."""
    if is_test(variables):
        left = sorted(name for name in variables if name.startswith(PREFIX))
        if left:
            raise ReleaseError(f"{left[0]} is set, but not {PREFIX}CERTIFICATES")
        with authority_signer(test_authority()) as signer:
            yield signer
        return
    timestamp = variables.get(PREFIX + "TIMESTAMP", "")
    if not timestamp:
        raise ReleaseError(f"the variable {PREFIX}TIMESTAMP is not set: a signature without a "
                           "timestamp ends with its certificate")
    yield Signer(["-certs", str(_existing(variables, "CERTIFICATES")), *_key_arguments(variables)],
                 timestamp, roots_of(variables), False)


def is_signed(path: Path) -> bool:
    """Whether a file has an Authenticode signature."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            extract(path, Path(folder) / "signature")
        except ReleaseError:
            return False
        return True


def extract(path: Path, signature: Path) -> None:
    """Write the signature of a file as PEM. Raises ReleaseError when it has none."""
    signature.parent.mkdir(parents=True, exist_ok=True)
    signature.unlink(missing_ok=True)
    run([TOOL, "extract-signature", "-pem", "-in", path, "-out", signature],
        what=f"the signature of {path.name}")


def attach(unsigned: Path, signature: Path, signed: Path) -> None:
    """Put a signature on the file that it was made for: the signed file comes out bit by bit. It is
    for whoever compares files, and says nothing of trust. Raises ReleaseError."""
    try:
        run([TOOL, "attach-signature", "-sigin", signature, "-in", unsigned, "-out", signed],
            what=f"attaching the signature of {unsigned.name}")
    except ReleaseError:
        if not signed.is_file():  # it is written even if the tool then does not trust the signer
            raise


def check(path: Path, roots: Roots) -> None:
    """Raises ReleaseError unless a file has a signature and a timestamp that these roots trust."""
    said = run([TOOL, "verify", "-CAfile", roots.signer, "-TSA-CAfile", roots.timestamp,
                "-in", path], what=f"checking the signature of {path.name}")
    if "Timestamp is not available" in said:
        raise ReleaseError(f"the signature of {path.name} has no timestamp")
    if not all(text in said for text in _TRUSTED_TEXT):
        raise ReleaseError(f"{TOOL} does not say that the signature of {path.name} is good")


def sign(path: Path, signer: Signer, product: Mapping[str, str]) -> None:
    """Sign a file in place and check the signature. What is signed already is refused: a second
    signature would change bytes that others may have packed."""
    if is_signed(path):
        raise ReleaseError(f"{path.name} is signed already")
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        signed = Path(folder) / path.name
        run([TOOL, "sign", *signer.arguments, "-h", "sha256", "-n", product["name"],
             "-i", product["url"], "-ts", signer.timestamp, "-in", path, "-out", signed],
            what=f"signing {path.name}", environment=_without_proxy(signer))
        check(signed, signer.roots)
        shutil.copymode(path, signed)
        os.replace(signed, path)


def _without_proxy(signer: Signer) -> Dict[str, str]:
    """The test authority is on this machine: no proxy may be asked for it."""
    return {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"} if signer.is_test else {}


def main() -> int:
    """ci/sign."""
    parser = argparse.ArgumentParser(
        prog="ci/sign", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE",
                        help="an .exe, .dll or .msi; it is signed in place")
    parser.add_argument("--name", default="Gatehouse", help="what the signature calls the product")
    parser.add_argument("--url", default="https://gatehouse.example/",
                        help="where users read about it")
    options = parser.parse_args()
    progress = Progress("ci/sign")

    def work() -> int:
        with signer_of(os.environ) as signer:
            if signer.is_test:
                print("ci/sign: the TEST authority signs: no Windows trusts it", flush=True)
            for path in options.files:
                progress.step(f"{path}")
                if not path.is_file():
                    raise ReleaseError("there is no such file")
                sign(path, signer, {"name": options.name, "url": options.url})
        return 0

    return steps.run_command(progress, work)


if __name__ == "__main__":
    raise SystemExit(main())
