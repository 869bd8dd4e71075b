# SPDX-License-Identifier: MIT
"""The tables of the package: what Windows Installer will do, also where Wine can't show it."""
from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List

import pytest

from harness.golden import FOLDER, check_golden
from harness.image import Image
from harness.runner import PROJECT
from release.support.packages import EPOCH, Product, as_dictionary, edit, table, tables
from releasing.msi import (ACTIONS, COMMIT, IMMEDIATE, PROGRAMS, PUBLIC_PROPERTIES, ROLLBACK,
                           UPDATE_ROOT, build_msi)
from releasing.steps import ReleaseError

#: Debian 12's.
WIXL = "0.101"

DEFERRED = 3073
NOT_IN_UPGRADES = 'REMOVE="ALL" AND NOT UPGRADINGPRODUCTCODE'

PRODUCT: Product = {"name": "Gatehouse", "company": "Gatehouse",
                    "url": "https://gatehouse.example/",
                    "uuid": "7d25ba79-00c8-494f-b8d1-6ef0cdd9f2aa"}
ACME: Product = {"name": "Acme VPN", "company": "Acme & Sons", "url": "https://acme.example/",
                 "uuid": "0e9b2a51-98e0-4d4c-a3ab-6f4e5f8f6c01"}


@pytest.fixture(scope="module", autouse=True)
def tools() -> None:
    """What packages are made with."""
    for tool in ("wixl", "msibuild", "faketime"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed: ci/setup installs it")


def make_inputs(folder: Path) -> Path:
    """Small files in place of the programs: the tables tell their size."""
    folder.mkdir()
    for name in (*PROGRAMS, ACTIONS, UPDATE_ROOT):
        (folder / name).write_bytes(f"in place of {name}".encode())
    return folder


def make(folder: Path, product: Product = PRODUCT, arch: str = "x86_64", version: str = "1.2.3"
         ) -> Path:
    """A package of such files."""
    out = folder / f"{product['name']}-{arch}-{version}.msi"
    build_msi(folder / "inputs", product, arch, version, EPOCH, out)
    return out


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds the inputs, and the packages."""
    made = tmp_path_factory.mktemp("tables")
    make_inputs(made / "inputs")
    return made


@pytest.fixture(scope="module")
def package(folder: Path) -> Path:
    """The package of version 1.2.3."""
    return make(folder)


@pytest.fixture(scope="module")
def sequence(package: Path) -> Dict[str, int]:
    """The numbers of the actions of an installation."""
    return {row[0]: int(row[2]) for row in table(package, "InstallExecuteSequence")}


@pytest.fixture(scope="module")
def conditions(package: Path) -> Dict[str, str]:
    """Their conditions."""
    return as_dictionary(table(package, "InstallExecuteSequence"))


def text_of(package: Path) -> str:
    """All tables as text; of those with bytes in them the names."""
    lines: List[str] = []
    for name in tables(package):
        lines.append(f"[{name}]")
        for row in sorted(table(package, name)):
            lines.append("\t".join(row).rstrip())
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("product, arch", [(PRODUCT, "x86_64"), (PRODUCT, "i686"),
                                           (ACME, "x86_64")],
                         ids=["x86_64", "i686", "acme"])
def test_every_table_is_as_expected(folder: Path, product: Product, arch: str,
                                    request: pytest.FixtureRequest) -> None:
    version = subprocess.run(["wixl", "--version"], check=True, stdout=subprocess.PIPE,
                             encoding="utf-8", timeout=60).stdout.strip()
    if version != WIXL:
        pytest.skip(f"wixl {version} writes other rows than {WIXL}, which makes releases")
    package = make(folder, product, arch)
    codes = {as_dictionary(table(package, "Property"))["ProductCode"]: "<product code>",
             as_dictionary(table(package, "_SummaryInformation"))["9"]: "<package code>"}
    check_golden(f"{request.node.callspec.id}.txt", text_of(package), codes, FOLDER / "installer")


def test_two_builds_are_identical(folder: Path, package: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "inputs", tmp_path / "inputs")
    os.utime(tmp_path / "inputs" / PROGRAMS[0], (1, 1))
    environment = dict(os.environ, TZ="Pacific/Auckland", PYTHONPATH=str(PROJECT / "ci"))
    script = ("import sys, json; from pathlib import Path; from releasing.msi import build_msi; "
              f"build_msi(Path('inputs'), {PRODUCT!r}, 'x86_64', '1.2.3', {EPOCH}, Path('b.msi'))")
    subprocess.run(["/usr/bin/python3", "-c", script], cwd=tmp_path, env=environment, check=True,
                   timeout=60)
    assert (tmp_path / "b.msi").read_bytes() == package.read_bytes()


def test_another_content_has_other_codes_and_the_same_upgrade_code(
        folder: Path, package: Path, tmp_path: Path) -> None:
    make_inputs(tmp_path / "inputs")
    (tmp_path / "inputs" / PROGRAMS[1]).write_bytes(b"another build")
    first, second = (as_dictionary(table(each, "Property")) for each in (package, make(tmp_path)))
    assert first["ProductCode"] != second["ProductCode"]
    assert first["UpgradeCode"] == second["UpgradeCode"]
    summaries = [as_dictionary(table(each, "_SummaryInformation"))["9"]
                 for each in (package, tmp_path / "Gatehouse-x86_64-1.2.3.msi")]
    assert summaries[0] != summaries[1]


def test_brands_share_no_identifier(folder: Path, package: Path) -> None:
    guid = re.compile(r"\{[0-9A-F-]{36}\}")
    ours, theirs = (set(guid.findall(text_of(each))) for each in (package, make(folder, ACME)))
    assert len(ours) >= 5
    assert not ours & theirs


def test_components_are_the_same_in_each_version(folder: Path, package: Path) -> None:
    identifiers = [as_dictionary(table(each, "Component"))
                   for each in (package, make(folder, version="1.3.0"))]
    assert identifiers[0] == identifiers[1]


def test_no_installation_restarts_windows_or_closes_programs(package: Path) -> None:
    properties = as_dictionary(table(package, "Property"))
    assert properties["REBOOT"] == "ReallySuppress"
    assert properties["MSIRESTARTMANAGERCONTROL"] == "Disable"
    actions = {row[0] for row in table(package, "InstallExecuteSequence")}
    assert not actions & {"ScheduleReboot", "ForceReboot"}


def test_what_is_removed_first_comes_back_after_a_failure(sequence: Dict[str, int]) -> None:
    """Outside the transaction, at the usual 1401, a failure would leave nothing."""
    assert sequence["InstallInitialize"] == 1500
    assert sequence["RemoveExistingProducts"] == 1501


def test_earlier_versions_and_the_same_one_are_replaced_and_newer_ones_not(package: Path) -> None:
    code = as_dictionary(table(package, "Property"))["UpgradeCode"]
    rows = {row[6]: row for row in table(package, "Upgrade")}
    assert rows["WIX_UPGRADE_DETECTED"][:5] == (code, "", "1.2.3", "", "1")
    assert rows["SAMEVERSION"][:5] == (code, "1.2.3", "1.2.3", "", "768")
    assert rows["WIX_DOWNGRADE_DETECTED"][:5] == (code, "1.2.3", "", "", "2")
    launch = as_dictionary(table(package, "LaunchCondition"))
    assert "newer version" in launch["NOT WIX_DOWNGRADE_DETECTED"]


def test_public_properties_reach_the_service_process(package: Path) -> None:
    secure = as_dictionary(table(package, "Property"))["SecureCustomProperties"].split(";")
    assert set(PUBLIC_PROPERTIES) < set(secure)
    assert {"WIX_UPGRADE_DETECTED", "WIX_DOWNGRADE_DETECTED", "SAMEVERSION"} < set(secure)


def test_the_public_properties_are_those_of_the_code_and_of_the_manual() -> None:
    code = (PROJECT / "src/installer/properties.c").read_text(encoding="utf-8")
    rows = re.findall(r'\{u"(\w+)", (?:NULL|u"(\w+)")\}', code)
    assert tuple(name for name, _ in rows) == PUBLIC_PROPERTIES
    manual = (PROJECT / "docs/packaging.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([A-Z_]+)` \| (?:`(\w+)`)?", manual, re.M)
    assert documented == rows


def test_programs_have_a_version_so_that_newer_ones_replace_them(package: Path) -> None:
    files = {row[2]: row for row in table(package, "File")}
    for name in PROGRAMS:
        assert files[name][4:6] == ("1.2.3.0", "1033")
    hashed = [row[0] for row in table(package, "MsiFileHash")]
    assert hashed == ["License", "UpdateRootFile"]


def test_the_path_is_kept_and_only_ours_is_taken_out(package: Path, sequence: Dict[str, int]
                                                     ) -> None:
    assert table(package, "Environment") == [("ClientInPath", "=-*PATH", "[~];[BINDIR]", "Client")]
    assert sequence["RemoveEnvironmentStrings"] < sequence["InstallFiles"]
    assert sequence["InstallFiles"] < sequence["WriteEnvironmentStrings"]


def test_the_package_writes_no_setting_and_no_service_by_tables(package: Path) -> None:
    """Windows Installer would delete them whoever has written them since."""
    for name in ("Registry", "ServiceInstall", "ServiceControl"):
        assert name not in tables(package) or table(package, name) == []


def test_custom_actions_have_their_types(package: Path) -> None:
    types: Dict[int, List[str]] = {}
    for name, kind, *_ in sorted(table(package, "CustomAction")):
        types.setdefault(int(kind), []).append(name)
    assert types == {
        IMMEDIATE: ["CheckInstances", "CheckOpenVpn", "CheckService", "Prepare",
                    "RecallProperties"],
        DEFERRED: ["InstallService", "PutClientAside", "RemoveService", "RemoveSettings",
                   "StartInstances", "StopInstances", "UndoChanges", "WriteSettings"],
        ROLLBACK: ["InstallServiceAgain", "PutClientBack", "StartInstancesAgain",
                   "StopNewInstances", "TakeBackRemoval", "TakeBackSettings", "WithdrawService"],
        COMMIT: ["CommitSettings", "ForgetUpdates"]}


@pytest.mark.parametrize("preset", ["mingw", "mingw32"])
def test_the_library_has_the_actions_under_their_plain_names(package: Path, preset: str) -> None:
    library = PROJECT / "build" / preset / "bin" / ACTIONS
    if not library.exists():
        pytest.skip(f"{library} is not built: ci/build {preset}")
    called = {row[3] for row in table(package, "CustomAction")}
    assert set(Image(library).exports()) == called


def test_deferred_actions_are_inside_the_transaction(package: Path, sequence: Dict[str, int]
                                                     ) -> None:
    for name, kind, *_ in table(package, "CustomAction"):
        is_immediate = int(kind) == IMMEDIATE
        assert (sequence[name] < sequence["InstallInitialize"]) == is_immediate, name
        assert sequence[name] < sequence["InstallFinalize"], name


@pytest.mark.parametrize("taken_back, by", [
    ("StopInstances", "StartInstancesAgain"), ("RemoveService", "InstallServiceAgain"),
    ("RemoveSettings", "TakeBackRemoval"), ("WriteSettings", "TakeBackSettings"),
    ("InstallService", "WithdrawService"), ("StartInstances", "StopNewInstances"),
    ("PutClientAside", "PutClientBack")])
def test_what_takes_back_stands_before(sequence: Dict[str, int], conditions: Dict[str, str],
                                       taken_back: str, by: str) -> None:
    assert sequence[by] < sequence[taken_back]
    assert conditions[by] == conditions[taken_back]


def test_changes_are_undone_while_the_program_is_there(sequence: Dict[str, int],
                                                       conditions: Dict[str, str]) -> None:
    for name in ("StopInstances", "UndoChanges", "RemoveService", "RemoveSettings"):
        assert sequence["RemoveExistingProducts"] < sequence[name] < sequence["RemoveFiles"]
    assert conditions["UndoChanges"] == "UPGRADINGPRODUCTCODE"


@pytest.mark.parametrize("action", ["RemoveService", "RemoveSettings", "CheckInstances"])
def test_an_upgrade_is_no_uninstall(conditions: Dict[str, str], action: str) -> None:
    """RemoveService purges the kill switch."""
    assert conditions[action] == NOT_IN_UPGRADES


def test_the_services_program_is_replaced_while_it_is_stopped(sequence: Dict[str, int]) -> None:
    assert sequence["StopInstances"] < sequence["RemoveFiles"] < sequence["InstallFiles"]
    assert sequence["PutClientAside"] == sequence["RemoveFiles"] - 10
    assert sequence["InstallFiles"] < sequence["InstallService"] < sequence["StartInstances"]


def test_properties_are_recalled_before_anything_reads_them(package: Path) -> None:
    for name in ("InstallExecuteSequence", "InstallUISequence"):
        numbers = {row[0]: int(row[2]) for row in table(package, name)}
        assert numbers["RecallProperties"] < min(numbers["LaunchConditions"],
                                                 numbers["CostInitialize"])


def test_the_summary_names_architecture_and_installer(folder: Path, package: Path) -> None:
    summary = as_dictionary(table(package, "_SummaryInformation"))
    assert (summary["7"], summary["14"], summary["15"]) == ("x64;1033", "500", "2")
    other = as_dictionary(table(make(folder, arch="i686"), "_SummaryInformation"))
    assert other["7"] == "Intel;1033"


def test_a_line_on_a_tools_standard_error_fails_the_build(tmp_path: Path,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    make_inputs(tmp_path / "inputs")
    source = tmp_path / "source"
    shutil.copytree(PROJECT / "src" / "installer", source)
    monkeypatch.setattr("releasing.msi.SOURCE", source)
    text = (source / "gatehouse.wxs").read_text(encoding="utf-8")
    (source / "gatehouse.wxs").write_text(text.replace(
        '<Component Id="Client"', '<Component Permanent="yes" Id="Client"'), encoding="utf-8")
    with pytest.raises(ReleaseError, match="has no property named"):
        make(tmp_path)


@pytest.mark.parametrize("version", ["1.2", "1.2.3.4", "256.0.0", "1.256.0", "1.2.65536", "v1.2.3"])
def test_versions_that_windows_installer_cannot_compare_are_refused(folder: Path, version: str
                                                                    ) -> None:
    with pytest.raises(ReleaseError, match="compares three numbers"):
        make(folder, version=version)


@pytest.mark.parametrize("name", [*PROGRAMS, ACTIONS])
def test_a_missing_program_is_named(tmp_path: Path, name: str) -> None:
    make_inputs(tmp_path / "inputs")
    (tmp_path / "inputs" / name).unlink()
    with pytest.raises(ReleaseError, match=f"{name} is missing"):
        make(tmp_path)


def test_without_update_root_the_rest_is_packed(tmp_path: Path) -> None:
    make_inputs(tmp_path / "inputs")
    (tmp_path / "inputs" / UPDATE_ROOT).unlink()
    files = [row[2] for row in table(make(tmp_path), "File")]
    assert sorted(files) == ["LICENSE.txt", *PROGRAMS]


def test_one_changed_number_changes_the_text(package: Path, tmp_path: Path) -> None:
    copy = tmp_path / "edited.msi"
    shutil.copyfile(package, copy)
    edit(copy, "UPDATE `InstallExecuteSequence` SET `Sequence`=1401 "
               "WHERE `Action`='RemoveExistingProducts'")
    assert text_of(copy) != text_of(package)
