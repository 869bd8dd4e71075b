# SPDX-License-Identifier: MIT
"""ci/verify-release accepts a release, and names what is wrong with each that is spoiled."""
from __future__ import annotations

import json
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional

import pytest

from harness.runner import PROJECT, build_folder
from harness.sections import set_load_flags
from releasing import packages, sums
from releasing.authority import Authority, CODE_SIGNING, make_authority
from releasing.layout import POLICY, SIGNATURES
from releasing.programs import Programs
from releasing.sign import Roots, Signer, extract, sign, authority_signer
from releasing.steps import run
from releasing.verify import problems_of_release

CLIENT, SERVICE, SETUP = (f"x86_64/{name}" for name in (
    "gatehouse.exe", "gatehouse-service.exe", "gatehouse-setup.dll"))
SBOM, PROVENANCE = "sbom.cdx.json", "provenance.json"
TEMPLATE = f"{POLICY}/gatehouse.admx"

#: Where fields are, from the signature "PE" on (Microsoft, "PE Format").
LINK_TIME, SUBSYSTEM, DLL_CHARACTERISTICS = 8, 24 + 68, 24 + 70
WINDOWS_PROGRAM = 2


class Bench:
    """A release to be spoiled, and what is needed for it."""

    def __init__(self, folder: Path, programs: Programs, signer: Signer, authority: Authority
                 ) -> None:
        self.folder = folder
        self.programs = programs
        self.signer = signer
        self.authority = authority

    @property
    def package(self) -> str:
        """The name of the 64-bit package."""
        return packages.file_name(self.programs.product, "x86_64", packages.PACKAGE)

    def change(self, name: str, edit: Callable[[bytes], bytes], signer: Optional[Signer] = None
               ) -> None:
        """Another unsigned file, signed properly instead of the released one."""
        path = self.folder / name
        source = self.programs.folder / name
        path.write_bytes(edit(source.read_bytes()))
        self.sign_again(name, signer)

    def sign_again(self, name: str, signer: Optional[Signer] = None) -> None:
        """Sign what lies there, and replace the signature that lies beside."""
        sign(self.folder / name, signer or self.signer, self.programs.product)
        extract(self.folder / name, self.folder / SIGNATURES / f"{name}.pem")

    def edit_json(self, name: str, edit: Callable[[Dict[str, Any]], None]) -> None:
        """Change a description."""
        body = json.loads((self.folder / name).read_text(encoding="utf-8"))
        edit(body)
        (self.folder / name).write_text(json.dumps(body), encoding="utf-8")

    def edit_text(self, name: str, old: str, new: str) -> None:
        """Replace words in a text file."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """Replaces bytes by as many others."""
    def edit(content: bytes) -> bytes:
        assert old in content and len(old) == len(new)
        return content.replace(old, new)

    return edit


def with_field(offset: int, form: str, value: int) -> Callable[[bytes], bytes]:
    """Sets a field of the headers."""
    def edit(content: bytes) -> bytes:
        changed = bytearray(content)
        header, = struct.unpack_from("<I", content, 0x3C)
        struct.pack_into(form, changed, header + offset, value)
        return bytes(changed)

    return edit


def wide(text: str) -> bytes:
    """As version resources and programs of Windows hold it."""
    return text.encode("utf-16-le")


def flip_a_byte(bench: Bench) -> None:
    """Of a signed program, in words that nothing reads."""
    path = bench.folder / CLIENT
    path.write_bytes(path.read_bytes().replace(b"This program", b"this program"))


def remove_signature(bench: Bench) -> None:
    shutil.copyfile(bench.programs.folder / CLIENT, bench.folder / CLIENT)


def sign_without_timestamp(bench: Bench) -> None:
    path = bench.folder / CLIENT
    path.unlink()
    run(["osslsigncode", "sign", *bench.signer.arguments, "-h", "sha256",
         "-in", bench.programs.folder / CLIENT, "-out", path])


def sign_as_another(bench: Bench) -> None:
    """Of the same authority."""
    bench.authority.issue("other", "Gatehouse TEST other signer", CODE_SIGNING)
    with authority_signer(bench.authority, "other") as other:
        bench.change(CLIENT, lambda content: content, other)


def sign_by_unknown_authority(bench: Bench) -> None:
    with authority_signer(make_authority(bench.folder.with_name("unknown"))) as rogue:
        bench.change(CLIENT, lambda content: content, rogue)


def sign_with_a_web_certificate(bench: Bench) -> None:
    """It was not issued to sign code."""
    leaf = bench.authority.issue("web", "Gatehouse TEST web server", "serverAuth")
    path = bench.folder / CLIENT
    path.unlink()
    run(["osslsigncode", "sign", "-certs", leaf.chain, "-key", leaf.key, "-h", "sha256",
         "-ts", bench.signer.timestamp, "-in", bench.programs.folder / CLIENT, "-out", path])


def swap_signature_file(bench: Bench) -> None:
    folder = bench.folder / SIGNATURES
    shutil.copyfile(folder / f"{SERVICE}.pem", folder / f"{CLIENT}.pem")


def put_a_fake(bench: Bench) -> None:
    """A scripted openvpn.exe of the tests as the client."""
    fake = (build_folder() / "fakes" / "openvpn-2.6.exe").read_bytes()
    bench.change(CLIENT, lambda _: fake)


def name_a_test_symbol(bench: Bench) -> None:
    """A symbol of the same length becomes one of cmocka's."""
    bench.change(SERVICE, replaced(b"session_list_", b"cmocka_tests_"))


def add_a_fake_library(bench: Bench) -> None:
    shutil.copyfile(build_folder() / "fakes" / "iphlpapi.dll",
                    bench.folder / "x86_64" / "iphlpapi.dll")


def pack_other_programs(bench: Bench) -> None:
    """The package of the other architecture under this one's name."""
    other = packages.file_name(bench.programs.product, "i686", packages.PACKAGE)
    for name in (bench.folder, bench.folder / SIGNATURES):
        ending = ".pem" if name.name == SIGNATURES else ""
        shutil.copyfile(name / f"{other}{ending}", name / f"{bench.package}{ending}")


def pack_another_version(bench: Bench) -> None:
    path = bench.folder / bench.package
    signed = path.rename(path.with_suffix(".signed"))
    run(["osslsigncode", "remove-signature", "-in", signed, "-out", path])
    signed.unlink()
    run(["msibuild", path, "-q", "UPDATE `Property` SET `Value`='9.9.9' "
         "WHERE `Property`='ProductVersion'"])
    bench.sign_again(bench.package)


def drop_file_from_sbom(bench: Bench) -> None:
    bench.edit_json(SBOM, lambda body: body.update(
        components=[each for each in body["components"] if each["name"] != CLIENT]))


def drop_libraries_from_sbom(bench: Bench) -> None:
    def edit(body: Dict[str, Any]) -> None:
        for row in body["dependencies"]:
            if row["ref"] == CLIENT:
                row["dependsOn"] = []

    bench.edit_json(SBOM, edit)


def sbom_of_another_version(bench: Bench) -> None:
    def edit(body: Dict[str, Any]) -> None:
        body["metadata"]["component"]["version"] = "9.9.9"

    bench.edit_json(SBOM, edit)


def drop_file_from_provenance(bench: Bench) -> None:
    bench.edit_json(PROVENANCE, lambda body: body.update(
        subject=[each for each in body["subject"] if each["name"] != bench.package]))


def build_with_changes(bench: Bench) -> None:
    def edit(body: Dict[str, Any]) -> None:
        definition = body["predicate"]["buildDefinition"]
        definition["internalParameters"]["uncommittedChanges"] = True

    bench.edit_json(PROVENANCE, edit)


def _winget(bench: Bench, suffix: str) -> str:
    path, = (bench.folder / "winget").glob(f"*{suffix}")
    return f"winget/{path.name}"


def winget_of_another_file(bench: Bench) -> None:
    digits = sums.sha256_of(bench.folder / bench.package).upper()
    bench.edit_text(_winget(bench, ".installer.yaml"), digits, "0" * 64)


def winget_without_licence(bench: Bench) -> None:
    bench.edit_text(_winget(bench, ".locale.en-US.yaml"), "License: MIT", "License: ''")


class Spoiled(NamedTuple):
    """What is done to a release, and what the refusal says of it."""

    spoil: Callable[[Bench], None]
    refusal: str
    sums_again: bool = True  #: who spoils it also writes SHA256SUMS again


def patched(name: str, edit: Callable[[bytes], bytes], refusal: str) -> Spoiled:
    """A program is changed and signed again."""
    return Spoiled(lambda bench: bench.change(name, edit), refusal)


SPOILED: Dict[str, Spoiled] = {
    "changed after the sums": Spoiled(
        flip_a_byte, f"{CLIENT}: its hash is not the one in SHA256SUMS", False),
    "file missing": Spoiled(
        lambda bench: (bench.folder / SERVICE).unlink(), f"{SERVICE}: is missing"),
    "no sums": Spoiled(
        lambda bench: (bench.folder / sums.NAME).unlink(), "SHA256SUMS can't be read", False),
    "foreign file": Spoiled(
        add_a_fake_library, "x86_64/iphlpapi.dll: does not belong to a release"),
    "tampered": Spoiled(flip_a_byte, f"{CLIENT}: checking the signature"),
    "unsigned": Spoiled(remove_signature, f"{CLIENT}: checking the signature"),
    "no timestamp": Spoiled(
        sign_without_timestamp, f"the signature of {Path(CLIENT).name} has no timestamp"),
    "other signer": Spoiled(sign_as_another, f"{CLIENT}: has another signer than the rest"),
    "unknown authority": Spoiled(
        sign_by_unknown_authority, f"{CLIENT}: checking the signature"),
    "not for code": Spoiled(sign_with_a_web_certificate, f"{CLIENT}: checking the signature"),
    "signature of another file": Spoiled(
        swap_signature_file, f"{SIGNATURES}/{CLIENT}.pem: is not the signature of {CLIENT}"),
    "mitigations": patched(
        SERVICE, with_field(DLL_CHARACTERISTICS, "<H", 0x8120),
        f"{SERVICE}: DllCharacteristics are 0x8120, not 0x8160"),
    "subsystem": patched(
        CLIENT, with_field(SUBSYSTEM, "<H", WINDOWS_PROGRAM), f"{CLIENT}: its subsystem is 2"),
    "link time": patched(
        CLIENT, with_field(LINK_TIME, "<I", 1), f"{CLIENT}: has the time at which it was linked"),
    "manifest": patched(
        CLIENT, replaced(b'level="asInvoker" uiAccess="false"',
                         b'level="requireAdmin" uiAccess="" '.ljust(34)),
        f"{CLIENT}: its manifest asks for other rights"),
    "version": patched(
        SETUP, lambda content: replaced(wide("ProductVersion\0" + _version()),
                                        wide("ProductVersion\0" "9.9.9"))(content),
        f"{SETUP}: its version resource has ProductVersion 9.9.9"),
    "company": patched(
        CLIENT, replaced(wide("CompanyName\0\0Gatehouse"), wide("CompanyName\0\0Somewhere")),
        f"{CLIENT}: its version resource has CompanyName Somewhere"),
    "import": patched(
        SERVICE, replaced(b"VERSION.dll\0", b"WININET.dll\0"),
        f"{SERVICE}: imports WININET.dll, which imports.txt does not allow"),
    "load flags": patched(
        SERVICE, lambda content: set_load_flags(content, 0x800),
        f"{SERVICE}: loads libraries from System32 only (DependentLoadFlags 0x800)"),
    "fake": Spoiled(put_a_fake, f"{CLIENT}: contains something of tests"),
    "test symbol": Spoiled(name_a_test_symbol, f"{SERVICE}: has cmocka_tests_"),
    "test variable": patched(
        CLIENT, lambda content: content + wide("\0GATEHOUSE_TEST\0"),
        f"{CLIENT}: knows a variable of tests: GATEHOUSE_TE"),
    "build path": patched(
        SETUP, lambda content: content + b"\0/home/somebody/gatehouse/src/x.c\0",
        f"{SETUP}: contains a path of the machine that built it: /home/somebody"),
    "wide build path": patched(
        CLIENT, lambda content: content + wide("\0/home/somebody/gatehouse\0"),
        f"{CLIENT}: contains a path of the machine that built it: /home/somebody"),
    "other programs packed": Spoiled(
        pack_other_programs, "does not hold the gatehouse.exe of x86_64"),
    "other version packed": Spoiled(pack_another_version, "ProductVersion is not"),
    "bill lacks a file": Spoiled(drop_file_from_sbom, f"{SBOM}: does not tell of {CLIENT}"),
    "bill lacks libraries": Spoiled(
        drop_libraries_from_sbom, f"{SBOM}: does not tell what is linked into {CLIENT}"),
    "bill of another version": Spoiled(sbom_of_another_version, f"{SBOM}: is of version 9.9.9"),
    "provenance lacks a file": Spoiled(
        drop_file_from_provenance, f"{PROVENANCE}: does not tell of"),
    "uncommitted": Spoiled(
        build_with_changes, f"{PROVENANCE}: was built with changes that are not committed"),
    "winget, other file": Spoiled(winget_of_another_file, "it describes another Gatehouse"),
    "winget, a rule": Spoiled(
        winget_without_licence, "License is not as winget wants it: ''"),
    "no policies": Spoiled(
        lambda bench: shutil.rmtree(bench.folder / POLICY), "policy: has no template"),
    "policies of another product": Spoiled(
        lambda bench: bench.edit_text(TEMPLATE, r"SOFTWARE\Policies\Gatehouse",
                                      r"SOFTWARE\Policies\Somewhere"),
        "gatehouse: config_dir: its key is that of another product"),
    "policies without a text": Spoiled(
        lambda bench: bench.edit_text(TEMPLATE, "$(string.updates_help)", "$(string.help)"),
        "gatehouse: help: there is no such string"),
}


def _version() -> str:
    return str(json.loads((build_folder() / "product.json").read_text(encoding="utf-8"))["version"])


@pytest.fixture
def bench(release: Path, programs: Programs, signer: Signer, authority: Authority) -> Bench:
    """A copy of the release, ready to be spoiled."""
    return Bench(release, programs, signer, authority)


def test_a_release_is_accepted(whole_release: Path, signer: Signer) -> None:
    assert problems_of_release(whole_release, signer.roots) == []


@pytest.mark.parametrize("name", SPOILED)
def test_what_is_spoiled_is_named(name: str, bench: Bench) -> None:
    row = SPOILED[name]
    row.spoil(bench)
    if row.sums_again:
        sums.write_sums(bench.folder)
    problems = problems_of_release(bench.folder, bench.signer.roots)
    assert [text for text in problems if row.refusal in text], problems


def verify(*words: str, **variables: Path) -> "subprocess.CompletedProcess[str]":
    """The command."""
    environment = {"PATH": "/usr/bin:/bin", **{name: str(path) for name, path in variables.items()}}
    return subprocess.run([str(PROJECT / "ci" / "verify-release"), *words], env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                          check=False)


def test_the_command_says_what_it_found(release: Path, authority: Authority) -> None:
    done = verify(str(release), GATEHOUSE_SIGN_ROOTS=authority.root)
    assert (done.returncode, done.stderr) == (0, "")
    (release / "CHANGES.md").unlink()
    done = verify(str(release), GATEHOUSE_SIGN_ROOTS=authority.root)
    assert done.returncode == 1
    assert "CHANGES.md: is missing\n" in done.stderr


def test_without_its_roots_nothing_is_accepted(whole_release: Path, tmp_path: Path) -> None:
    root = make_authority(tmp_path / "unknown").root
    problems: List[str] = problems_of_release(whole_release, Roots(root, root))
    assert len([text for text in problems if "checking the signature" in text]) == 8
