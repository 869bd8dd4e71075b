# SPDX-License-Identifier: MIT
"""What is read of a binary before it is judged. The binaries here are a small service with one
section more, in which a load configuration or delayed imports lie as a linker writes them."""
from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path
from typing import List

import pytest

from conformance.loading import NotLoadable, check, patch
from conformance.main import main
from conformance.page import page
from conformance.report import as_json, summary
from conformance.samples import judgement
from harness.eventually import HANG
from harness.image import Image
from harness.runner import PROJECT, build_folder
from harness.sections import add_section, section_address, set_load_flags

DELAYED_IMPORTS = 13
SYSTEM32, APPLICATION_DIR = 0x800, 0x200


def stand_in() -> bytes:
    """A service of 64-bit Windows without any of these."""
    return (build_folder() / "bench" / "stand-in.exe").read_bytes()


def with_load_flags(folder: Path, flags: int) -> Path:
    """A service with these."""
    made = folder / "stand-in+flags.exe"
    made.write_bytes(set_load_flags(stand_in(), flags))
    return made


def with_delayed_imports(folder: Path, library: str, names: List[str]) -> Path:
    """A service with these; the last one has no name but number 7."""
    address = section_address(stand_in())
    table, names_at = 0x200, 0x400
    content = {0: struct.pack("<8I", 1, address + 0x100, 0, address + table, address + table, 0, 0,
                              0), 0x100: library.encode() + b"\0"}
    entries = b""
    for number, name in enumerate(names):
        content[names_at + 64 * number] = b"\0\0" + name.encode() + b"\0"
        entries += struct.pack("<Q", address + names_at + 64 * number)
    content[table] = entries + struct.pack("<2Q", 1 << 63 | 7, 0)
    made = folder / "stand-in+delayed.exe"
    made.write_bytes(add_section(stand_in(), DELAYED_IMPORTS, content))
    return made


def test_an_ordinary_binary_needs_no_note() -> None:
    assert check(build_folder() / "bin" / "gatehouse-service.exe", is_native=True) == []


def test_one_that_loads_from_system32_only_cannot_be_tested_natively(tmp_path: Path) -> None:
    service = with_load_flags(tmp_path, SYSTEM32)
    with pytest.raises(NotLoadable, match=r"natively: loads from System32 only .*0x800.*"
                                          r"--patch-load-flags"):
        check(service, is_native=True)
    note, = check(service, is_native=False)
    assert "cannot be tested natively: loads from System32 only" in note


@pytest.mark.parametrize("flags", [0, APPLICATION_DIR, SYSTEM32 | APPLICATION_DIR, 0x1000])
def test_one_that_looks_beside_itself_can_be_tested(tmp_path: Path, flags: int) -> None:
    service = with_load_flags(tmp_path, flags)
    assert Image(service).load_flags == flags
    assert check(service, is_native=True) == []
    assert patch(service, tmp_path / "copy") == (service, ())


def test_a_copy_is_tested_without_the_flags_if_one_asks(tmp_path: Path) -> None:
    service = with_load_flags(tmp_path, SYSTEM32)
    copy, notes = patch(service, tmp_path / "copy")
    before, after = service.read_bytes(), copy.read_bytes()
    assert copy.name == service.name and Image(service).load_flags == SYSTEM32
    assert [at for at in range(len(before)) if before[at] != after[at]] == [
        (Image(service).load_flags_at or 0) + 1]
    assert check(copy, is_native=True) == []
    note, = notes
    assert "a copy was tested, whose DependentLoadFlags are 0 instead of 0x800" in note


def test_what_is_loaded_late_is_told(tmp_path: Path) -> None:
    service = with_delayed_imports(tmp_path, "USERENV.dll", ["CreateEnvironmentBlock"])
    assert Image(service).delayed_imports() == {"USERENV.dll": ["CreateEnvironmentBlock", "#7"]}
    note, = check(service, is_native=True)
    assert note == ("calls to USERENV.dll are not recorded, because it is loaded only when it is "
                    "first needed: CreateEnvironmentBlock, #7")


def test_late_libraries_that_have_a_fake_need_no_note(tmp_path: Path) -> None:
    assert not check(with_delayed_imports(tmp_path, "IPHLPAPI.DLL", ["GetIfTable2"]), True)


def test_api_sets_are_told(tmp_path: Path) -> None:
    service = with_delayed_imports(tmp_path, "api-ms-win-core-path-l1-1-0.dll", ["PathCchAppend"])
    assert "imports through 1 API sets; their functions are hooked by name" in check(service, True)


@pytest.mark.parametrize("content", [b"", b"MZ", b"#!/bin/sh\n" * 100])
def test_a_file_that_is_no_program_is_left_to_its_start(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "no.exe").write_bytes(content)
    assert check(tmp_path / "no.exe", is_native=True) == []
    assert patch(tmp_path / "no.exe", tmp_path)[0] == tmp_path / "no.exe"


def test_windows_itself_refuses_it_with_a_sentence(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:
    service = with_load_flags(tmp_path, SYSTEM32)
    monkeypatch.setattr("conformance.main.sys.platform", "win32")
    assert main(["--service", str(service), "--only", "startup.01.empty"]) == 2
    assert ("stand-in+flags.exe cannot be tested natively: loads from System32 only"
            in capsys.readouterr().err)


def test_a_patched_copy_is_judged_and_the_results_say_so(tmp_path: Path) -> None:
    service, results = with_load_flags(tmp_path, SYSTEM32), tmp_path / "results.json"
    subprocess.run(
        [str(PROJECT / "ci" / "conformance"), "--service", str(service), "--patch-load-flags",
         "--only", "startup.02.plain", "--extensions", "no", "--jobs", "1", "--patience", "5",
         "--json", str(results), "--html", str(tmp_path / "page.html")],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        timeout=10 * HANG, check=False)
    judged, = json.loads(results.read_text(encoding="utf-8"))["services"]
    assert [note[:18] for note in judged["notes"]] == ["a copy was tested,"]
    assert judged["cases"][0]["verdict"] in ("passed", "failed")


def test_notes_are_in_every_report() -> None:
    judged = judgement("theirs")
    judged.notes = ("it has <habits>",)
    assert "note: it has <habits>" in summary([judged])
    assert "Note: it has &lt;habits&gt;." in page([judged])
    assert json.loads(as_json([judged]))["services"][0]["notes"] == ["it has <habits>"]
