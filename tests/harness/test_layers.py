# SPDX-License-Identifier: MIT
"""The check of the layers, on small made-up projects with one violation each."""
from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List

import pytest

from harness import layers

#: Paths and texts of a project that breaks no rule.
SOUND = {
    "docs/architecture.md": """# Architecture

| folder | holds | may include |
|---|---|---|
| `src/base` | text | – |
| `src/base/win32` | handles | base |
| `src/undo` | the ledger | base |
| `src/service/state` | recovery | base, undo |
| `src/service` | the service | all above |
| `tests` | tests | |
""",
    "src/product.h": "#define NAME 1\n",
    "src/base/text.h": "int text_length(void);\n",
    "src/base/text.c": '#include "base/text.h"\nint text_length(void)\n{\n    return 1;\n}\n',
    "src/base/win32/handles.h": "int handle;\n",
    "src/undo/ledger.h": "int ledger_count(int (*each)(void));\n",
    "src/undo/ledger.c": """#include "undo/ledger.h"

#include "base/text.h"
#include "product.h"
#include <stddef.h>

static int ledger_one(void)
{
    return text_length();
}

int ledger_count(int (*each)(void))
{
    return ledger_one() + each();
}
""",
    "src/service/listener.h": "int listener_open(void);\n",
    "src/service/listener.c": """#include "service/state/recovery.h"
int listener_open(void)
{
    return recovery_run();
}
""",
    "src/service/state/recovery.h": "int recovery_run(void);\n",
    "src/service/state/recovery.c": """#include "undo/ledger.h"

static int recovery_each(void)
{
    return 1;
}

int recovery_run(void)
{
    return ledger_count(recovery_each);
}
""",
    "tests/test.c": "int nobody_looks_here;\n",
}


def make_project(root: Path, changes: Dict[str, str]) -> None:
    """The sound one with some files replaced or added."""
    for name, text in {**SOUND, **changes}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def build(root: Path) -> None:
    """Its object files, with what the check reads of a build folder."""
    compiler, nm = shutil.which("gcc"), shutil.which("nm")
    assert compiler and nm, "ci/setup installs both"
    commands = []
    (root / "build").mkdir()
    for number, source in enumerate(sorted((root / "src").rglob("*.c"))):
        words = [compiler, "-w", "-I", str(root / "src"), "-o", f"{number}.o", "-c", str(source)]
        subprocess.run(words, cwd=root / "build", check=True)
        commands.append({"directory": str(root / "build"), "file": str(source),
                         "command": " ".join(words)})
    (root / "build" / "compile_commands.json").write_text(json.dumps(commands), encoding="utf-8")
    (root / "build" / "CMakeCache.txt").write_text(f"CMAKE_NM:FILEPATH={nm}\n", encoding="utf-8")


def report(root: Path, capsys: pytest.CaptureFixture[str], *checks: str) -> List[str]:
    """What the command prints. It must succeed only when that is nothing."""
    code = layers.main(["--project", str(root), "--build", "build", *checks])
    said = capsys.readouterr()
    assert code == (1 if said.out or said.err else 0)
    return (said.out + said.err).splitlines()


def page_with(line: str, instead: str) -> Dict[str, str]:
    """The page with one text replaced by another."""
    page = SOUND["docs/architecture.md"]
    assert line in page
    return {"docs/architecture.md": page.replace(line, instead)}


def test_a_sound_project_passes_every_check(tmp_path: Path,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    make_project(tmp_path, {})
    build(tmp_path)
    assert not report(tmp_path, capsys)


INCLUDES = {
    "upwards": ("src/base/text.h", '\n#include "undo/ledger.h"\n',
                "src/base/text.h:2: src/base may not include src/undo/ledger.h"),
    "with angle brackets": ("src/base/text.h", "# include <undo/ledger.h>\n",
                            "src/base/text.h:1: src/base may not include src/undo/ledger.h"),
    "by a relative path": ("src/base/text.h", '#include "../undo/ledger.h"\n',
                           "src/base/text.h:1: src/base may not include src/undo/ledger.h"),
    "into a folder win32 of an allowed one": (
        "src/undo/ledger.c", '#include "base/win32/handles.h"\n',
        "src/undo/ledger.c:1: src/undo may not include src/base/win32/handles.h"),
    "from a folder to the one above it": (
        "src/service/state/recovery.c", '#include "service/listener.h"\n',
        "src/service/state/recovery.c:1: src/service/state may not include "
        "src/service/listener.h"),
    "from the file that all may include": (
        "src/product.h", '#include "base/text.h"\n',
        "src/product.h:1: src may not include src/base/text.h"),
}


@pytest.mark.parametrize("path, text, violation", INCLUDES.values(), ids=INCLUDES.keys())
def test_an_include_that_no_row_allows_is_named(tmp_path: Path, path: str, text: str,
                                                violation: str,
                                                capsys: pytest.CaptureFixture[str]) -> None:
    make_project(tmp_path, {path: text})
    assert report(tmp_path, capsys, "includes") == [violation]


def test_a_folder_without_a_row_of_its_own_belongs_to_the_one_above(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_project(tmp_path, {"src/undo/disk/file.h": '#include "undo/ledger.h"\n',
                            "src/undo/journal.h": '#include "undo/disk/file.h"\n'})
    assert not report(tmp_path, capsys, "folders", "includes")


def test_a_symbol_of_a_folder_that_no_row_allows_is_named(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_project(tmp_path, {"src/base/text.c": "int ledger_count(void *);\n"
                                               "int text_length(void)\n{\n"
                                               "    return ledger_count(0);\n}\n"})
    build(tmp_path)
    assert report(tmp_path, capsys, "includes", "symbols") == [
        "src/base/text.c:1: src/base may not need ledger_count, which src/undo/ledger.c defines"]


def test_a_variable_is_a_symbol_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_project(tmp_path, {
        "src/undo/kinds.c": "const int kinds[] = {1};\n",
        "src/base/table.c": "extern const int kinds[];\nint first(void)\n{\n"
                            "    return kinds[0];\n}\n"})
    build(tmp_path)
    assert report(tmp_path, capsys, "symbols") == [
        "src/base/table.c:1: src/base may not need kinds, which src/undo/kinds.c defines"]


def test_a_source_that_was_not_built_is_named(tmp_path: Path,
                                              capsys: pytest.CaptureFixture[str]) -> None:
    make_project(tmp_path, {})
    build(tmp_path)
    (tmp_path / "src" / "undo" / "late.c").write_text("int late;\n", encoding="utf-8")
    assert report(tmp_path, capsys, "symbols") == [
        f"src/undo/late.c:1: has no object file in {tmp_path / 'build'}: build it"]


FOLDERS = {
    "a folder without a row": (
        {"src/client/main.c": "\n"},
        "docs/architecture.md:1: src/client has no row in the table of folders"),
    "a folder win32 without a row of its own": (
        {"src/undo/win32/boot.c": "\n"},
        "docs/architecture.md:1: src/undo/win32 has no row in the table of folders"),
    "a row without a folder": (
        page_with("| `src/undo`", "| `src/dns` | DNS | base |\n| `src/undo`"),
        "docs/architecture.md:7: there is no folder src/dns"),
    "a row that allows what has no row": (
        page_with("| base, undo |", "| base, udno |"),
        'layers: docs/architecture.md:8: "udno" has no row'),
    "no row at all": (
        {"docs/architecture.md": "# Architecture\n"},
        "layers: docs/architecture.md: no row is about a folder of src"),
}


@pytest.mark.parametrize("changes, violation", FOLDERS.values(), ids=FOLDERS.keys())
def test_rows_and_folders_correspond(tmp_path: Path, changes: Dict[str, str], violation: str,
                                     capsys: pytest.CaptureFixture[str]) -> None:
    make_project(tmp_path, changes)
    assert report(tmp_path, capsys, "folders") == [violation]


STATIC = "static inline unsigned long *\nledger_one(int first,\n           int second)\n{\n}\n"


@pytest.mark.parametrize("text", [STATIC, "int ledger_one(void)\n{\n}\n"],
                         ids=["a static one", "one that is not static"])
def test_a_static_function_with_the_name_of_another_is_named(
        tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    make_project(tmp_path, {"src/service/state/upkeep.h": f"\n{text}"})
    assert report(tmp_path, capsys, "statics") == [
        "src/service/state/upkeep.h:2: ledger_one() has the name of another function: "
        "src/undo/ledger.c:7"]


def test_names_are_shared_by_alternatives_entry_points_and_variables(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = "static void lock_acquire(void)\n{\n}\n"
    make_project(tmp_path, {
        "src/base/lock.h": f"#ifdef _WIN32\n{lock}#else\n{lock}#endif\n",
        "src/base/main.c": "int main(void)\n{\n}\n",
        "src/service/main.c": "static int ledger_one;\n\nint main(void)\n{\n}\n"})
    assert not report(tmp_path, capsys, "statics")


def test_an_unknown_check_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        layers.main(["everything"])
    assert end.value.code == 2
    assert "everything" in capsys.readouterr().err
