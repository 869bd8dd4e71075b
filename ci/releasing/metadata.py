# SPDX-License-Identifier: MIT
"""Roots and manifests of updates: their text, their keys and their signatures (docs/updates.md).

src/update reads what is written here. Private keys are files that openssl has made. A passphrase
goes to openssl through a pipe, never by a command line or the environment."""
from __future__ import annotations

import datetime
import hashlib
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Tuple

from releasing.steps import ReleaseError

MAX_SIZE, MAX_KEYS, MAX_SIGNERS, MAX_PACKAGES, MAX_SIGNATURES = 65536, 16, 8, 4, 32
MAX_VERSION, MAX_PACKAGE_SIZE = 2 ** 63 - 1, 2 ** 30
ROOT, MANIFEST = "gatehouse-root", "gatehouse-manifest"

_HALF, _POINT = 32, 64
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_SIGNATURE = re.compile(r"^signature ([0-9a-f]{64}) ([0-9a-f]{128})$")
_VERSION = r"(0|[1-9][0-9]{0,4})(\.(0|[1-9][0-9]{0,4})){2}"

#: A SubjectPublicKeyInfo of P-256 up to its point (RFC 5480): algorithm, curve, "not compressed".
_SPKI_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200") + b"\4"

#: What the values of a line must be.
_FORMS = {
    "product": r"[!-~]([ -~]{0,61}[!-~])?",
    "channel": r"[a-z0-9-]{1,32}",
    "version": r"[1-9][0-9]{0,18}",
    "expires": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
    "release": _VERSION,
    "package": rf"[a-z0-9_]{{1,16}} {_VERSION} [1-9][0-9]{{0,9}} [0-9a-f]{{64}} "
               r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}\.msi",
    "root-threshold": r"[1-9][0-9]?",
    "manifest-threshold": r"[1-9][0-9]?",
    "root-key": r"[0-9a-f]{64} [0-9a-f]{128}",
    "manifest-key": r"[0-9a-f]{64} [0-9a-f]{128}",
    "signer": r"[0-9a-f]{64}",
    ROOT: "1",
    MANIFEST: "1",
}


# ---- openssl ----


def _openssl(arguments: Sequence[str], data: bytes = b"", *, what: str, passphrase: str = "",
             passphrase_option: str = "-passin") -> bytes:
    """What openssl prints. Raises ReleaseError."""
    reader, writer = os.pipe()
    try:
        os.write(writer, passphrase.encode() + b"\n")
        done = subprocess.run(
            ["openssl", *arguments, *([passphrase_option, f"fd:{reader}"] if passphrase else [])],
            input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=[reader],
            check=False)
    except FileNotFoundError as error:
        raise ReleaseError(f"{what}: there is no openssl; ci/setup installs it") from error
    finally:
        os.close(reader)
        os.close(writer)
    if done.returncode:
        raise ReleaseError(f"{what}: openssl failed:\n"
                           f"{done.stderr.decode(errors='replace').strip()}")
    return done.stdout


@dataclass(frozen=True)
class Key:
    """A public key: x and y of its point."""

    point: bytes

    @property
    def id(self) -> str:
        """How signatures name it."""
        return hashlib.sha256(self.point).hexdigest()

    def __str__(self) -> str:
        return f"{self.id} {self.point.hex()}"


def make_key(path: Path, passphrase: str = "") -> Key:
    """Make a private key in a new file, readable by its owner alone, encrypted if there is a
    passphrase. Raises ReleaseError."""
    if path.exists():
        raise ReleaseError(f"{path} exists; a key is never overwritten")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = _openssl(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                     *(["-aes-256-cbc"] if passphrase else [])], what=f"making the key {path}",
                    passphrase=passphrase, passphrase_option="-pass")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
    return public_key(path, passphrase)


def _holds(path: Path, words: str) -> bool:
    return path.is_file() and words in path.read_text(encoding="ascii", errors="replace")


def is_encrypted(path: Path) -> bool:
    """Whether a key is to be read with a passphrase."""
    return _holds(path, "ENCRYPTED")


def public_key(path: Path, passphrase: str = "") -> Key:
    """The public key of a private or public one (PEM). Raises ReleaseError."""
    is_public = _holds(path, "BEGIN PUBLIC KEY")
    der = _openssl(["pkey", *(["-pubin"] if is_public else []), "-in", str(path), "-pubout",
                    "-outform", "DER"], what=f"reading the key {path}", passphrase=passphrase)
    kind = _openssl(["pkey", "-pubin", "-inform", "DER", "-noout", "-text"], der,
                    what=f"reading the key {path}").decode()
    if "prime256v1" not in kind or der[-_POINT - 1] != 4:  # 4: the point is not compressed
        raise ReleaseError(f"{path} is no key of the curve P-256")
    return Key(der[-_POINT:])


def public_pem(key: Key) -> str:
    """The key as a file to pass on. Raises ReleaseError."""
    return _openssl(["pkey", "-pubin", "-inform", "DER"], _SPKI_HEAD + key.point,
                    what="writing a public key").decode()


def signer_of_certificate(path: Path) -> str:
    """The SHA-256 of the SubjectPublicKeyInfo of the first certificate in a file (PEM): how a root
    names who signs packages. Raises ReleaseError."""
    pem = _openssl(["x509", "-in", str(path), "-noout", "-pubkey"],
                   what=f"reading the certificate {path}")
    der = _openssl(["pkey", "-pubin", "-outform", "DER"], pem,
                   what=f"reading the certificate {path}")
    return hashlib.sha256(der).hexdigest()


def integers_of_der(der: bytes) -> Tuple[int, int]:
    """r and s of a signature as openssl writes it: SEQUENCE { INTEGER, INTEGER }."""
    numbers, at = [], 2
    for _ in range(2):
        length = der[at + 1]
        numbers.append(int.from_bytes(der[at + 2:at + 2 + length], "big"))
        at += 2 + length
    return numbers[0], numbers[1]


def der_of_integers(value: bytes) -> bytes:
    """The same the other way round, of r and s of 32 bytes each."""
    der = b""
    for half in (value[:_HALF], value[_HALF:]):
        digits = half.lstrip(b"\0") or b"\0"
        digits = (b"\0" if digits[0] & 0x80 else b"") + digits
        der += bytes([2, len(digits)]) + digits
    return bytes([0x30, len(der)]) + der


# ---- files ----


def body_of(text: str) -> str:
    """What is signed of a file: all before its first signature."""
    at = text.find("\nsignature ")
    return text if at < 0 else text[:at + 1]


def signatures_of(text: str) -> Dict[str, bytes]:
    """Signatures by the ids of their keys. Raises ReleaseError."""
    found: Dict[str, bytes] = {}
    for line in text[len(body_of(text)):].splitlines():
        match = _SIGNATURE.match(line)
        if not match or match[1] in found:
            raise ReleaseError(f"this is no signature, or one too many of its key: {line[:80]}")
        found[match[1]] = bytes.fromhex(match[2])
    return found


def sign(text: str, private_key: Path, passphrase: str = "") -> str:
    """The file with one signature more, or a new one of the same key. Raises ReleaseError."""
    key, body = public_key(private_key, passphrase), body_of(text)
    der = _openssl(["dgst", "-sha256", "-sign", str(private_key)], body.encode("ascii"),
                   what=f"signing with {private_key}", passphrase=passphrase)
    value = b"".join(each.to_bytes(_HALF, "big") for each in integers_of_der(der))
    signatures = {**signatures_of(text), key.id: value}
    if len(signatures) > MAX_SIGNATURES:
        raise ReleaseError(f"a file has at most {MAX_SIGNATURES} signatures")
    return body + "".join(f"signature {each} {signatures[each].hex()}\n"
                          for each in sorted(signatures))


def has_signed(text: str, key: Key) -> bool:
    """Whether a good signature of the key is in the file."""
    value = signatures_of(text).get(key.id)
    if value is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        public, signature = Path(folder) / "key", Path(folder) / "signature"
        public.write_text(public_pem(key), encoding="ascii")
        signature.write_bytes(der_of_integers(value))
        done = subprocess.run(["openssl", "dgst", "-sha256", "-verify", public, "-signature",
                               signature], input=body_of(text).encode("ascii"),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def write_file(path: Path, text: str) -> None:
    """ASCII with LF alone. A reader finds the old file or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(text.encode("ascii"))
    new.replace(path)


def read_file(path: Path) -> str:
    """Raises ReleaseError."""
    try:
        return path.read_bytes().decode("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ReleaseError(f"{path} can't be read: {error}") from error


# ---- roots and manifests ----


def _write(lines: Sequence[Tuple[str, str]]) -> str:
    """Raises ReleaseError for what src/update would refuse."""
    for key, values in lines:
        if not re.fullmatch(_FORMS[key], values):
            raise ReleaseError(f"this can't be written as {key}: {values}")
    text = "".join(f"{key} {values}\n" for key, values in lines)
    if len(text) > MAX_SIZE:
        raise ReleaseError(f"a file is at most {MAX_SIZE} bytes long")
    return text


def write_time(when: datetime.datetime) -> str:
    """As files have it: UTC, seconds."""
    return when.astimezone(datetime.timezone.utc).strftime(_TIME)


def read_time(text: str) -> datetime.datetime:
    """Raises ReleaseError."""
    try:
        return datetime.datetime.strptime(text, _TIME).replace(tzinfo=datetime.timezone.utc)
    except ValueError as error:
        raise ReleaseError(f"{text} is no time such as 2027-11-30T00:00:00Z") from error


@dataclass
class Root:
    """Which keys may sign, until when, and who signs packages."""

    product: str
    version: int
    expires: datetime.datetime
    roots: List[Key]
    root_threshold: int
    manifests: List[Key]
    manifest_threshold: int
    signers: List[str]

    def text(self) -> str:
        """Without signatures. Raises ReleaseError."""
        keys = [key.id for key in [*self.roots, *self.manifests]]
        if len(set(keys)) != len(keys):
            raise ReleaseError("a root names each key once, in one role")
        for role, threshold, count in (("root", self.root_threshold, len(self.roots)),
                                       ("manifest", self.manifest_threshold, len(self.manifests))):
            if not 1 <= threshold <= count <= MAX_KEYS:
                raise ReleaseError(f"{threshold} of {count} {role} keys can't sign")
        if not 1 <= len(self.signers) <= MAX_SIGNERS:
            raise ReleaseError(f"a root names 1 to {MAX_SIGNERS} signers of packages")
        return _write([
            (ROOT, "1"), ("product", self.product), ("version", str(self.version)),
            ("expires", write_time(self.expires)),
            ("root-threshold", str(self.root_threshold)),
            *(("root-key", str(key)) for key in self.roots),
            ("manifest-threshold", str(self.manifest_threshold)),
            *(("manifest-key", str(key)) for key in self.manifests),
            *(("signer", each) for each in self.signers)])


@dataclass(frozen=True)
class Package:
    """One package of a manifest."""

    architecture: str
    least_windows: str
    size: int
    digest: str
    name: str

    @classmethod
    def of_file(cls, path: Path, architecture: str, least_windows: str) -> Package:
        """Reads the file."""
        data = path.read_bytes()
        return cls(architecture, least_windows, len(data), hashlib.sha256(data).hexdigest(),
                   path.name)

    def __str__(self) -> str:
        return (f"{self.architecture} {self.least_windows} {self.size} {self.digest} "
                f"{self.name}")


@dataclass
class Manifest:
    """Which release a channel has."""

    product: str
    channel: str
    version: int
    expires: datetime.datetime
    release: str
    packages: List[Package] = field(default_factory=list)

    def text(self) -> str:
        """Without signatures. Raises ReleaseError."""
        architectures = {package.architecture for package in self.packages}
        if not 1 <= len(self.packages) <= MAX_PACKAGES or len(architectures) != len(self.packages):
            raise ReleaseError(f"a manifest has 1 to {MAX_PACKAGES} packages, each of another "
                               "architecture")
        return _write([
            (MANIFEST, "1"), ("product", self.product), ("channel", self.channel),
            ("version", str(self.version)), ("expires", write_time(self.expires)),
            ("release", self.release),
            *(("package", str(package)) for package in self.packages)])


def values_of(text: str) -> Dict[str, List[str]]:
    """The values of each line by its key. Raises ReleaseError for what is no line of metadata."""
    found: Dict[str, List[str]] = {}
    for line in body_of(text).splitlines():
        key, _, values = line.partition(" ")
        if key not in _FORMS or not re.fullmatch(_FORMS[key], values):
            raise ReleaseError(f"this is no line of a root or manifest: {line[:80]}")
        found.setdefault(key, []).append(values)
    return found


def _one(values: Dict[str, List[str]], key: str) -> str:
    if len(values.get(key, [])) != 1:
        raise ReleaseError(f"the file must have one line {key}")
    return values[key][0]


def _keys(values: Dict[str, List[str]], name: str) -> List[Key]:
    return [Key(bytes.fromhex(each.split()[1])) for each in values.get(name, [])]


def read_root(text: str) -> Root:
    """The root in a file; its signatures are not looked at. Raises ReleaseError."""
    values = values_of(text)
    _one(values, ROOT)
    return Root(_one(values, "product"), int(_one(values, "version")),
                read_time(_one(values, "expires")),
                _keys(values, "root-key"), int(_one(values, "root-threshold")),
                _keys(values, "manifest-key"), int(_one(values, "manifest-threshold")),
                values.get("signer", []))


def read_manifest(text: str) -> Manifest:
    """The manifest in a file; its signatures are not looked at. Raises ReleaseError."""
    values = values_of(text)
    _one(values, MANIFEST)
    packages = []
    for line in values.get("package", []):
        architecture, windows, size, digest, name = line.split()
        packages.append(Package(architecture, windows, int(size), digest, name))
    return Manifest(_one(values, "product"), _one(values, "channel"),
                    int(_one(values, "version")), read_time(_one(values, "expires")),
                    _one(values, "release"), packages)


def missing_signatures(text: str, keys: Sequence[Key], threshold: int) -> int:
    """How many good signatures of these keys the file still needs; 0: none."""
    return max(0, threshold - sum(has_signed(text, key) for key in keys))


def problems_of(text: str, trusted: Root) -> List[str]:
    """Why a computer that trusts the root would refuse the file; none, if it would not. Expiry is
    not looked at."""
    checks: List[Callable[[], str]] = []
    if text.startswith(f"{ROOT} "):
        root = read_root(text)
        checks = [
            lambda: "" if root.product == trusted.product else f"it is for {root.product}",
            lambda: "" if root.version == trusted.version + 1 else
            f"its version is {root.version}, not {trusted.version + 1}",
            lambda: _lacking(text, trusted.roots, trusted.root_threshold, "old root"),
            lambda: _lacking(text, root.roots, root.root_threshold, "new root")]
    else:
        manifest = read_manifest(text)
        checks = [
            lambda: "" if manifest.product == trusted.product else f"it is for {manifest.product}",
            lambda: _lacking(text, trusted.manifests, trusted.manifest_threshold, "manifest")]
    return [problem for problem in (check() for check in checks) if problem]


def _lacking(text: str, keys: Sequence[Key], threshold: int, role: str) -> str:
    missing = missing_signatures(text, keys, threshold)
    return f"it lacks {missing} of {threshold} signatures of {role} keys" if missing else ""
