# SPDX-License-Identifier: MIT
"""The harness on Windows, as far as another system allows: what it makes of Windows' answers, and
its calls over functions that answer as Windows does. It has run on no Windows yet."""
from __future__ import annotations

import ast
import ctypes
import importlib.util
import sys
from pathlib import Path, PureWindowsPath
from types import ModuleType, SimpleNamespace
from typing import Any, Callable, Dict, List, Optional

import pytest

from harness import access, native
from harness.runner import NativeRunner, PROJECT

IMAGE, LIBRARY = "openvpnserv.exe", "iphlpapi.dll"
FOLDER = r"C:\gatehouse\gwx1"
OF_SYSTEM = r"C:\Windows\System32\IPHLPAPI.DLL"

THREE_MODULES = (rf"{FOLDER}\{IMAGE}", r"C:\Windows\System32\ntdll.dll", rf"{FOLDER}\iphlpapi.dll")


@pytest.mark.parametrize("services, folders, alive, found", [
    (["OpenVPNServiceInteractive$gwx1f"], [], set(), ["gwx1f"]),
    (["OpenVPNServiceInteractive$gwx1f"], ["gwx1f"], {0x1F}, []),
    ([], ["gwx1f", "gwprobex20"], {0x1F}, ["gwprobex20"]),
    (["OpenVPNServiceInteractive$gwx1f"], ["gwx1f"], set(), ["gwx1f"]),
    (["OpenVPNServiceInteractive", "OpenVPNServiceInteractive$work", "gwx1f"], ["tools", "gw0"],
     set(), []),
], ids=["service", "still running", "folder", "both", "others'"])
def test_what_a_killed_run_has_left_is_found(services: List[str], folders: List[str],
                                             alive: "set[int]", found: List[str]) -> None:
    assert native.leftovers(services, folders, alive.__contains__) == found


def test_a_claimed_name_is_found_again() -> None:
    name = native.claimed_name("gw", 4711)
    assert native.leftovers([], [name], lambda process: process != 4711) == [name]


@pytest.mark.parametrize("loaded, known, flags, words", [
    (None, [], 0, "it has not loaded any iphlpapi.dll"),
    (OF_SYSTEM, ["IPHLPAPI.dll"], 0, "one of Windows' KnownDLLs"),
    (OF_SYSTEM, ["kernel32.dll"], 0x800, "its DependentLoadFlags are 0x800"),
    (OF_SYSTEM, [], 0, "no KnownDLL, and the program has no DependentLoadFlags"),
], ids=["not at all", "known library", "load flags", "nobody knows"])
def test_that_the_fakes_did_not_load_is_a_sentence(loaded: Optional[str], known: List[str],
                                                   flags: int, words: str) -> None:
    sentence = native.fakes_not_loaded(IMAGE, LIBRARY, loaded, known, flags)
    assert sentence.startswith(f"{IMAGE} runs without the fakes: ") and words in sentence
    assert loaded is None or loaded in sentence


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not recorded at once is not waited for."""
    monkeypatch.setattr("harness.runner.FAKES_SECONDS", 0.0)
    monkeypatch.setattr(native, "known_libraries", lambda: ["kernel32.dll"])


@pytest.mark.usefixtures("no_patience")
def test_a_service_with_windows_own_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "loaded_library", lambda process, library: OF_SYSTEM)
    with pytest.raises(AssertionError, match="runs without the fakes: it has loaded C:.*IPHLPAPI"):
        NativeRunner().check_fakes(8, Path(IMAGE), lambda: False)


@pytest.mark.usefixtures("no_patience")
def test_one_that_has_the_fakes_and_called_nothing_is_in_order(monkeypatch: pytest.MonkeyPatch
                                                               ) -> None:
    monkeypatch.setattr(native, "loaded_library", lambda process, library: LIBRARY)
    NativeRunner().check_fakes(8, Path(IMAGE), lambda: False)


def test_one_whose_calls_are_recorded_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(native, "loaded_library")
    NativeRunner().check_fakes(8, Path(IMAGE), lambda: True)


#: Modules that Python has on other systems alone, and ours that needs one of them.
NOT_ON_WINDOWS = {"fcntl", "grp", "harness.wine", "pty", "pwd", "resource", "syslog", "termios"}


@pytest.mark.parametrize("folder", ["harness", "protocol", "conformance"])
def test_the_suite_can_be_imported_on_windows(folder: str) -> None:
    imported = [
        (path.name, name) for path in sorted((PROJECT / "tests" / folder).rglob("*.py"))
        if path.name != "wine.py"
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        for name in ([node.module] if isinstance(node, ast.ImportFrom)
                     else [each.name for each in node.names] if isinstance(node, ast.Import)
                     else [])]
    assert imported
    assert not [each for each in imported if each[1] in NOT_ON_WINDOWS]


def test_the_own_folder_is_told_by_any_case() -> None:
    assert native.is_in(OF_SYSTEM, Path(r"c:\windows\system32"))
    assert not native.is_in(OF_SYSTEM, Path(r"C:\Windows"))


def test_rights_of_a_folder_are_those_of_what_is_in_it() -> None:
    words = access.command(Path("bin"), True, ["/inheritance:r"], {"S-1-5-18": "F",
                                                                   "S-1-5-32-545": "RX"})
    assert PureWindowsPath(words[0]).is_absolute() and words[0].endswith(r"\icacls.exe")
    assert words[1:] == ["bin", "/inheritance:r", "/grant:r", "*S-1-5-18:(OI)(CI)F",
                         "/grant:r", "*S-1-5-32-545:(OI)(CI)RX"]
    assert access.command(Path("x.exe"), False, [], {"S-1-1-0": "M"})[-1] == "*S-1-1-0:M"


@pytest.mark.skipif(sys.platform == "win32", reason="a mode means next to nothing on Windows")
def test_elsewhere_rights_are_a_mode(tmp_path: Path) -> None:
    access.let_everyone_write(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o777
    access.let_administrators_write(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o755


class Library:
    """A library of Windows; what is not given answers TRUE."""

    def __init__(self, calls: List["tuple[str, tuple[Any, ...]]"],
                 functions: Dict[str, Callable[..., Any]]) -> None:
        self._calls, self._functions, self._made = calls, functions, {}  # type: Any, Any, Any

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            self._calls.append((name, arguments))
            return self._functions.get(name, lambda *_: 1)(*arguments)
        if name not in self._made:
            self._made[name] = call
        return self._made[name]


class Windows:
    """native.py as it is imported on Windows, over a stub of each function."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: List["tuple[str, tuple[Any, ...]]"] = []
        self.functions: Dict[str, Callable[..., Any]] = {}
        monkeypatch.setattr(sys, "platform", "win32")
        monkeypatch.setattr(ctypes, "WinDLL", self._library, raising=False)
        monkeypatch.setattr(ctypes, "get_last_error", lambda: 5, raising=False)
        monkeypatch.setattr(ctypes, "WinError", lambda code: OSError(f"error {code}"),
                            raising=False)
        monkeypatch.setitem(sys.modules, "winreg", self._registry())
        spec = importlib.util.spec_from_file_location(
            "native_on_windows", PROJECT / "tests" / "harness" / "native.py")
        assert spec and spec.loader
        self.native: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.native)

    def _library(self, _name: str, use_last_error: bool) -> Library:
        assert use_last_error
        return Library(self.calls, self.functions)

    def called(self, name: str) -> int:
        """How often a function was called."""
        return sum(each == name for each, _ in self.calls)

    def _registry(self) -> ModuleType:
        made = ModuleType("winreg")
        names = ["Dnscache", "OpenVPNServiceInteractive$gwx1f"]

        class Key(SimpleNamespace):
            """An open key."""

            def __enter__(self) -> "Key":
                return self

            def __exit__(self, *_: object) -> None:
                pass

        vars(made).update(
            HKEY_LOCAL_MACHINE=1, OpenKey=lambda root, path: Key(path=path),
            CreateKey=lambda root, path: self.calls.append(("CreateKey", (path,))),
            CloseKey=lambda key: None, QueryInfoKey=lambda key: (len(names), 1, 0),
            EnumKey=lambda key, number: names[number],
            EnumValue=lambda key, number: ("_iphlpapi", "IPHLPAPI.DLL", 1))
        return made


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Windows:
    """Windows that says yes to everything."""
    return Windows(monkeypatch)


def test_services_and_known_libraries_are_read_from_the_registry(windows: Windows) -> None:
    assert windows.native.service_names() == ["Dnscache", "OpenVPNServiceInteractive$gwx1f"]
    assert windows.native.known_libraries() == ["IPHLPAPI.DLL"]


@pytest.mark.parametrize("code, alive", [(259, True), (0, False)])
def test_a_process_that_has_ended_is_not_alive(windows: Windows, code: int, alive: bool) -> None:
    def tell(_handle: Any, place: Any) -> int:
        place._obj.value = code
        return 1

    windows.functions["GetExitCodeProcess"] = tell
    assert windows.native.is_alive(8) is alive
    assert windows.called("CloseHandle") == 1


def test_a_process_that_is_not_there_is_not_alive(windows: Windows) -> None:
    windows.functions["OpenProcess"] = lambda *_: None
    assert windows.native.is_alive(8) is False


@pytest.mark.parametrize("library, found", [("IPHLPAPI.dll", THREE_MODULES[2]),
                                            ("dnsapi.dll", None)])
def test_the_path_of_a_loaded_library_is_found(windows: Windows, library: str,
                                               found: Optional[str]) -> None:
    def modules(_process: Any, place: Any, _size: int, needed: Any) -> int:
        for number in range(len(THREE_MODULES)):
            place[number] = number + 1
        needed._obj.value = len(THREE_MODULES) * ctypes.sizeof(ctypes.c_void_p)
        return 1

    def path_of(_process: Any, module: int, place: Any, _size: int) -> int:
        place.value = THREE_MODULES[module - 1]
        return len(place.value)

    windows.functions.update(K32EnumProcessModules=modules, K32GetModuleFileNameExW=path_of)
    assert windows.native.loaded_library(8, library) == found
    assert windows.called("CloseHandle") == 1


def test_a_process_that_may_not_be_opened_is_an_error(windows: Windows) -> None:
    windows.functions["OpenProcess"] = lambda *_: None
    with pytest.raises(OSError, match="error 5"):
        windows.native.loaded_library(8, LIBRARY)


def test_users_may_write_the_store_of_the_fakes(windows: Windows) -> None:
    windows.functions["SetNamedSecurityInfoW"] = lambda *_: 0
    windows.native.let_users_write_store()
    assert [each for each in windows.calls if each[0] == "CreateKey"] == [
        ("CreateKey", (r"SYSTEM\GatehouseFakes",))]
    (sddl,) = [each[1][0] for each in windows.calls
               if each[0].startswith("ConvertStringSecurity")]
    assert "(A;OICI;KRKW;;;BU)" in sddl and windows.called("LocalFree") == 1


def test_a_store_that_cannot_be_opened_to_users_is_an_error(windows: Windows) -> None:
    windows.functions["SetNamedSecurityInfoW"] = lambda *_: 5
    with pytest.raises(OSError, match="error 5"):
        windows.native.let_users_write_store()
    assert windows.called("LocalFree") == 1
