# SPDX-License-Identifier: MIT
"""A certificate for https://localhost, and an authority that Windows is told to trust."""
from __future__ import annotations

import hashlib
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.registry import BINARY, Registry

ROOTS = r"HKLM\SOFTWARE\Microsoft\SystemCertificates\Root\Certificates"

#: CERT_CERT_PROP_ID: in a stored certificate, what follows is the certificate.
CERTIFICATE = 32

_EXTENSIONS = """basicConstraints=critical,CA:FALSE
subjectAltName=DNS:localhost
extendedKeyUsage=serverAuth
"""


@dataclass(frozen=True)
class Authority:
    """The root as Windows stores it, and a file with a server's key and certificate."""

    root: bytes
    server: Path

    @property
    def _key(self) -> str:
        return rf"{ROOTS}\{hashlib.sha1(self.root).hexdigest().upper()}"

    def trust(self, registry: Registry) -> None:
        """Windows trusts servers that it has certified, until distrust()."""
        stored = struct.pack("<III", CERTIFICATE, 1, len(self.root)) + self.root
        registry.set_raw(self._key, "Blob", BINARY, stored)

    def distrust(self, registry: Registry) -> None:
        """No more."""
        registry.delete_tree(self._key)


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_authority(folder: Path) -> Authority:
    """A new one, in an empty folder."""
    root, key, request, server, extensions, der = (
        folder / name for name in ("root.pem", "root.key", "server.csr", "server.pem",
                                   "server.cnf", "root.der"))
    extensions.write_text(_EXTENSIONS, encoding="ascii")
    new = ("-newkey", "rsa:2048", "-nodes", "-sha256")
    _openssl("req", "-x509", *new, "-days", 2, "-subj", "/CN=Gatehouse TEST servers",
             "-keyout", key, "-out", root, "-addext", "basicConstraints=critical,CA:TRUE",
             "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    _openssl("x509", "-in", root, "-outform", "DER", "-out", der)
    _openssl("req", *new, "-subj", "/CN=localhost", "-keyout", folder / "server.key",
             "-out", request)
    _openssl("x509", "-req", "-sha256", "-days", 2, "-in", request, "-CA", root, "-CAkey", key,
             "-CAcreateserial", "-extfile", extensions, "-out", server)
    server.write_bytes(server.read_bytes() + (folder / "server.key").read_bytes())
    return Authority(der.read_bytes(), server)
