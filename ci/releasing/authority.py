# SPDX-License-Identifier: MIT
"""A certificate authority for tests: its root, a signer of code and a timestamp authority.

Made with openssl on first use, in build/test-ca. Nothing trusts it but the checks that are told to,
and every certificate of it says TEST in its name."""
from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from releasing.steps import BUILD, run

FOLDER = BUILD / "test-ca"

_ROOT_DAYS, _LEAF_DAYS = 3650, 1825
_KEY = ("-newkey", "rsa:3072", "-nodes", "-sha256")

#: Extensions of a certificate that may do one thing alone.
_LEAF = """basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage={usage}
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
"""

CODE_SIGNING, TIME_STAMPING = "codeSigning", "critical,timeStamping"


@dataclass(frozen=True)
class Leaf:
    """A key, and its certificate with that of the root after it."""

    key: Path
    chain: Path


class Authority:
    """The files of a certificate authority in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "root.pem"

    def leaf(self, name: str) -> Leaf:
        """One that issue() has made."""
        return Leaf(self.folder / f"{name}.key", self.folder / f"{name}.pem")

    def create_root(self) -> None:
        """The key and the certificate that all others hang on."""
        run(["openssl", "req", "-x509", *_KEY, "-days", str(_ROOT_DAYS),
             "-subj", "/CN=Gatehouse TEST root", "-keyout", self.folder / "root.key",
             "-out", self.root, "-addext", "basicConstraints=critical,CA:TRUE",
             "-addext", "keyUsage=critical,keyCertSign,cRLSign"])

    def issue(self, name: str, subject: str, usage: str, days: int = _LEAF_DAYS) -> Leaf:
        """A key and a certificate for it. Negative `days` make one that has expired."""
        leaf = self.leaf(name)
        request, extensions = leaf.key.with_suffix(".csr"), leaf.key.with_suffix(".cnf")
        extensions.write_text(_LEAF.format(usage=usage), encoding="ascii")
        run(["openssl", "req", *_KEY, "-subj", f"/CN={subject}", "-keyout", leaf.key,
             "-out", request])
        run(["openssl", "x509", "-req", "-sha256", "-days", str(days), "-in", request,
             "-CA", self.root, "-CAkey", self.folder / "root.key", "-CAcreateserial",
             "-extfile", extensions, "-out", leaf.chain])
        leaf.chain.write_bytes(leaf.chain.read_bytes() + self.root.read_bytes())
        return leaf


def make_authority(folder: Path) -> Authority:
    """A new one, with a signer and a timestamp authority. The folder must not exist."""
    authority = Authority(folder)
    folder.mkdir(mode=0o700, parents=True)
    authority.create_root()
    authority.issue("signer", "Gatehouse TEST signer", CODE_SIGNING)
    authority.issue("timestamp", "Gatehouse TEST timestamp authority", TIME_STAMPING)
    return authority


def test_authority(folder: Path = FOLDER) -> Authority:
    """The one of this checkout; it is made when there is none."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="test-ca-", dir=folder.parent)) / "new"
        make_authority(made)
        try:
            os.rename(made, folder)
        except OSError:  # another process was faster: its authority is used
            if not folder.exists():
                raise
        finally:
            shutil.rmtree(made.parent)
    return Authority(folder)
