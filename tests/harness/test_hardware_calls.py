# SPDX-License-Identifier: MIT
"""How tests/hardware calls Windows by ctypes, over functions that take what Windows takes
(windows_calls.py)."""
from __future__ import annotations

import ctypes
import io
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple, Type

import pytest

from hardware import test_programs as programs
from hardware.support import adapter as adapters
from hardware.support import app_container, as_user, fwpuclnt, here, windows
from hardware.support.adapter import Adapter
from harness.eventually import HANG
from harness.windows_calls import HANDLE, PROTOTYPES, Windows

MINGW = "x86_64-w64-mingw32-gcc"
NO_HANDLE = ctypes.c_void_p(-1).value or 0

HEADERS = "#define _WIN32_WINNT 0x0A00\n" + "".join(f"#include <{name}.h>\n" for name in (
    "winsock2", "windows", "ws2ipdef", "iphlpapi", "netioapi", "fwpmu", "windns", "userenv",
    "aclapi", "sddl", "shlobj"))

TAP = Adapter("Gatehouse test TAP", 7, "{9B1D}", 1 << 48)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Windows:
    """In place of Windows."""
    return Windows(monkeypatch)


# ---- the stubs, and the structures, by the headers of the compiler ----

def compile_check(lines: List[str]) -> None:
    """Have MinGW's compiler read these statements."""
    if not shutil.which(MINGW):
        pytest.skip(f"{MINGW} is not installed: ci/setup installs it")
    body = "".join(f"    {line}\n" for line in lines)
    done = subprocess.run(
        [MINGW, "-fsyntax-only", "-Werror=implicit-function-declaration",
         "-Werror=int-conversion", "-x", "c", "-"],
        input=f"{HEADERS}void check(void)\n{{\n{body}}}\n",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=HANG,
        check=False)
    assert done.returncode == 0, done.stdout


def test_the_prototypes_are_those_of_the_headers() -> None:
    calls = []
    for functions in PROTOTYPES.values():
        for name, prototype in functions.items():
            returns, parameters = prototype.split(":")
            given = ", ".join("1" if kind in "ds" else "(void *)8" for kind in parameters)
            result = f"void *result_{name} = " if returns == "p" else ""
            calls.append(f"{result}{name}({given});")
    compile_check(calls)


STRUCTURES: List[Tuple[Type[ctypes.Structure], str, Dict[str, str]]] = [
    (as_user._Startup, "STARTUPINFOW", {"desktop": "lpDesktop", "flags": "dwFlags",
                                        "handles": "hStdInput"}),
    (as_user._Started, "PROCESS_INFORMATION", {"process_id": "dwProcessId"}),
    (app_container._Startup, "STARTUPINFOEXW", {"flags": "StartupInfo.dwFlags",
                                                "attributes": "lpAttributeList"}),
    (app_container._Capabilities, "SECURITY_CAPABILITIES", {"list": "Capabilities"}),
    (fwpuclnt.Session, "FWPM_SESSION0", {"milliseconds": "txnWaitTimeoutInMSec",
                                         "user": "username"}),
    (fwpuclnt.Provider, "FWPM_PROVIDER0", {"data": "providerData", "service": "serviceName"}),
    (fwpuclnt.Sublayer, "FWPM_SUBLAYER0", {"provider": "providerKey", "weight": "weight"}),
    (fwpuclnt.Filter, "FWPM_FILTER0", {
        "layer": "layerKey", "sublayer": "subLayerKey", "weight": "weight", "action": "action",
        "conditions": "filterCondition", "id": "filterId", "effective_weight": "effectiveWeight"}),
    (fwpuclnt.Template, "FWPM_FILTER_ENUM_TEMPLATE0", {
        "layer": "layerKey", "flags": "flags", "action_mask": "actionMask",
        "callout": "calloutKey"}),
]


def test_the_structures_are_those_of_the_headers() -> None:
    checks = []
    for ours, theirs, fields in STRUCTURES:
        checks.append(f'_Static_assert(sizeof({theirs}) == {ctypes.sizeof(ours)}, "{theirs}");')
        checks += [f"_Static_assert(offsetof({theirs}, {there}) == {getattr(ours, here_).offset}, "
                   f'"{theirs}.{there}");' for here_, there in fields.items()]
    compile_check(checks)


def test_a_pointer_that_is_given_as_a_number_is_refused(stub: Windows) -> None:
    with pytest.raises(AssertionError, match="CloseHandle: argument 1 is 5"):
        stub._load("kernel32").CloseHandle(5)


def test_a_pointer_whose_type_is_not_told_is_cut(stub: Windows) -> None:
    stub.on("GetStdHandle", lambda number: HANDLE)
    assert stub._load("kernel32").GetStdHandle(-10) == HANDLE & 0xFFFFFFFF


# ---- the cable of an adapter ----

def test_a_cable_is_plugged_in_as_long_as_the_handle_is_open(stub: Windows) -> None:
    stub.on("CreateFileW", lambda *_: HANDLE)
    with adapters.connected(TAP):
        (device, code, media, size, *_), = stub.called("DeviceIoControl")
        assert (device, code, media.value, size) == (HANDLE, 0x220018, 1, 4)
        assert not stub.called("CloseHandle")
    assert stub.called("CloseHandle") == [[HANDLE]]
    assert stub.called("CreateFileW")[0][0] == r"\\.\Global\{9B1D}.tap"


def test_a_device_that_another_program_has_is_an_error(stub: Windows) -> None:
    stub.fail("CreateFileW", 31, NO_HANDLE)
    with pytest.raises(OSError, match="error 31"), adapters.connected(TAP):
        pass
    assert not stub.called("DeviceIoControl")


def test_a_cable_that_can_not_be_plugged_in_leaves_no_handle(stub: Windows) -> None:
    stub.on("CreateFileW", lambda *_: HANDLE)
    stub.fail("DeviceIoControl", 1)
    with pytest.raises(OSError, match="error 1 "), adapters.connected(TAP):
        pass
    assert stub.called("CloseHandle") == [[HANDLE]]


# ---- programs of others ----

def begin(process: int) -> Any:
    """What CreateProcess does: the process in its last argument."""
    def started(*arguments: Any) -> int:
        arguments[-1].process = process
        return 1

    return started


def end(code: int) -> Any:
    """What GetExitCodeProcess does."""
    def ended(process: int, result: Any) -> int:
        assert process == HANDLE
        result.value = code
        return 1

    return ended


@pytest.fixture
def processes(stub: Windows) -> Windows:
    """Programs can be started; they end with 7."""
    stub.on("GetStdHandle", lambda number: HANDLE + 100 - int(number))
    stub.on("CreateProcessWithLogonW", begin(HANDLE))
    stub.on("CreateProcessW", begin(HANDLE))
    stub.on("GetExitCodeProcess", end(7))
    return stub


def test_a_program_of_another_user_has_our_handles_and_not_the_password(
        processes: Windows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEHOUSE_PASSWORD", "Aa1!secret")
    assert as_user.main(["gh_hardware", "/theirs/bridge.exe"]) == 7
    call, = processes.called("CreateProcessWithLogonW")
    user, domain, password, with_profile, program, line, _, _, folder, startup, _ = call
    assert (user, domain, password, with_profile) == ("gh_hardware", ".", "Aa1!secret", 1)
    assert (program, line.value, folder) == (None, '"/theirs/bridge.exe"', "/theirs")
    assert startup.flags == 0x100
    assert list(startup.handles) == [HANDLE + 110, HANDLE + 111, HANDLE + 112]
    assert processes.called("SetHandleInformation") == [[handle, 1, 1]
                                                        for handle in startup.handles]
    with pytest.raises(KeyError):  # what is started gets our environment
        as_user.main(["gh_hardware", "/theirs/bridge.exe"])


def test_a_logon_that_fails_is_an_error(processes: Windows, monkeypatch: pytest.MonkeyPatch
                                        ) -> None:
    monkeypatch.setenv("GATEHOUSE_PASSWORD", "wrong")
    processes.fail("CreateProcessWithLogonW", 1326)
    with pytest.raises(OSError, match="error 1326"):
        as_user.main(["gh_hardware", "/theirs/bridge.exe"])


@pytest.mark.parametrize("is_there", [False, True], ids=["new", "left by a killed run"])
def test_a_container_is_made_for_a_program_and_goes_with_it(processes: Windows, is_there: bool
                                                            ) -> None:
    def make(*arguments: Any) -> int:
        return -0x7FF8FF49 if is_there else 0  # HRESULT_FROM_WIN32(ERROR_ALREADY_EXISTS)

    def size_of_list(attributes: Any, count: int, flags: int, size: Any) -> int:
        if attributes is None:
            size.value = 48
        return int(attributes is not None)

    processes.on("CreateAppContainerProfile", make)
    processes.on("InitializeProcThreadAttributeList", size_of_list)
    assert app_container.main(["/theirs/bridge.exe"]) == 7
    assert len(processes.called("DeriveAppContainerSidFromAppContainerName")) == int(is_there)
    attribute = processes.called("UpdateProcThreadAttribute")[0]
    assert (attribute[2], attribute[4]) == (0x20009, 24)
    flags = processes.called("CreateProcessW")[0][5]
    assert flags & 0x00080000, "EXTENDED_STARTUPINFO_PRESENT"
    assert len(processes.called("DeleteAppContainerProfile")) == 1


def test_a_container_goes_also_if_its_program_does_not_start(processes: Windows) -> None:
    processes.fail("CreateProcessW", 2)
    with pytest.raises(OSError, match="error 2 "):
        app_container.main(["/theirs/bridge.exe"])
    assert len(processes.called("DeleteAppContainerProfile")) == 1


# ---- single functions ----

def test_who_may_install_services(stub: Windows) -> None:
    assert here.is_administrator()
    stub.on("IsUserAnAdmin", lambda: 0)
    assert not here.is_administrator()


def test_whether_a_process_can_be_opened(stub: Windows) -> None:
    stub.on("OpenProcess", lambda *_: HANDLE)
    assert windows.can_be_opened(4) == 0
    assert stub.called("CloseHandle") == [[HANDLE]]
    stub.fail("OpenProcess", 5)
    assert windows.can_be_opened(4) == 5


def test_the_label_of_a_process(stub: Windows) -> None:
    def convert(descriptor: int, revision: int, what: int, text: Any, length: Any) -> int:
        assert (revision, what) == (1, 0x10)
        text.value = "S:(ML;;NW;;;ME)"
        return 1

    stub.on("OpenProcess", lambda *_: HANDLE)
    stub.on("ConvertSecurityDescriptorToStringSecurityDescriptorW", convert)
    assert windows.integrity_label(4) == "S:(ML;;NW;;;ME)"
    assert stub.called("GetSecurityInfo")[0][:3] == [HANDLE, 6, 0x10]
    assert stub.called("CloseHandle") == [[HANDLE]]


def test_changes_of_routes_are_told(stub: Windows) -> None:
    def notify(family: int, callback: Any, context: Any, at_once: int, handle: Any) -> int:
        handle.value = HANDLE
        callback(None, None, 1)
        return 0

    stub.on("NotifyRouteChange2", notify)
    with windows.route_changes() as told:
        assert told.is_set()
    assert stub.called("CancelMibChangeNotify2") == [[HANDLE]]


@pytest.mark.parametrize("status, is_there", [(0, True), (9701, False)])
def test_what_the_cache_has(stub: Windows, status: int, is_there: bool) -> None:
    def query(name: str, kind: int, options: int, extra: Any, found: Any, reserved: Any) -> int:
        assert (name, kind, options) == ("host.gatehouse.test", 1, 0x10)
        found.value = None if status else HANDLE
        return status

    stub.on("DnsQuery_W", query)
    assert windows.is_in_dns_cache("host.gatehouse.test") == is_there
    assert stub.called("DnsFree") == ([[HANDLE, 1]] if is_there else [])


def test_the_code_for_an_unknown_luid(stub: Windows) -> None:
    stub.on("ConvertInterfaceLuidToGuid", lambda luid, guid: 87 if luid.value == 1 << 48 else 0)
    assert windows.error_of_unknown_luid(1 << 48) == 87


def test_a_short_path(stub: Windows) -> None:
    def shorten(path: str, text: Any, size: int) -> int:
        text.value = "SHORT~1"
        return 7

    stub.on("GetShortPathNameW", shorten)
    assert programs.short_path(Path("a long name")) == Path("SHORT~1")


# ---- the filtering platform ----

def open_engine(*arguments: Any) -> int:
    """What FwpmEngineOpen0 does."""
    arguments[-1].value = HANDLE
    return 0


def test_what_a_program_adds_ends_with_its_session(stub: Windows) -> None:
    stub.on("FwpmEngineOpen0", open_engine)
    with fwpuclnt.Engine() as engine:
        key = engine.add_sublayer(0xFFFF)
    session = stub.called("FwpmEngineOpen0")[0][3]
    assert (session.flags, session.display.name) == (1, "Gatehouse hardware test")
    handle, sublayer, security = stub.called("FwpmSubLayerAdd0")[0]
    assert (handle, sublayer.key.value(), sublayer.weight, security) == (HANDLE, key, 0xFFFF, None)
    assert stub.called("FwpmEngineClose0") == [[HANDLE]]


def test_an_error_of_the_platform_is_its_code(stub: Windows) -> None:
    stub.on("FwpmEngineOpen0", open_engine)
    stub.on("FwpmTransactionBegin0", lambda *_: ctypes.c_int32(0x80320012).value)
    with fwpuclnt.Engine() as engine, pytest.raises(fwpuclnt.PlatformError) as failed:
        engine.begin()
    assert failed.value.code == fwpuclnt.TIMEOUT


def test_a_list_of_filters_is_read_and_freed(stub: Windows) -> None:
    keys = [uuid.UUID(int=1), uuid.UUID(int=2)]
    filters = [fwpuclnt.Filter(key=fwpuclnt.Guid.of(key)) for key in keys]
    table = (ctypes.POINTER(fwpuclnt.Filter) * 2)(*(ctypes.pointer(row) for row in filters))

    def enumerate_filters(engine: int, listing: int, most: int, rows: Any, count: Any) -> int:
        ctypes.memmove(ctypes.addressof(rows), ctypes.addressof(ctypes.c_void_p(
            ctypes.addressof(table))), ctypes.sizeof(ctypes.c_void_p))
        count.value = 2
        return 0

    stub.on("FwpmEngineOpen0", open_engine)
    stub.on("FwpmFilterEnum0", enumerate_filters)
    with fwpuclnt.Engine() as engine:
        assert engine.filter_keys(fwpuclnt.CONNECT_V4, fwpuclnt.INCLUDE_BOOT) == [
            f"{{{key}}}" for key in keys]
    template = stub.called("FwpmFilterCreateEnumHandle0")[0][1]
    assert (template.layer.value(), template.flags) == (fwpuclnt.CONNECT_V4, 8)
    assert len(stub.called("FwpmFreeMemory0")) == 1
    assert len(stub.called("FwpmFilterDestroyEnumHandle0")) == 1


def test_nothing_calls_windows_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert as_user.main(["gh_hardware", "x"]) == app_container.main(["x"]) == 2
    functions: List[Callable[[], object]] = [
        windows.route_changes().__enter__, adapters.connected(TAP).__enter__,
        fwpuclnt.Engine, windows.use_debug_privilege]
    for function in functions:
        with pytest.raises(NotImplementedError):
            function()
