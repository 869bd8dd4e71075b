# SPDX-License-Identifier: MIT
r"""Which config files a user without rights may name: docs/protocol.md, "Option check".

A case is a working folder and a value of --config. For allowed files openvpn.exe gets the final
path. {folder} is the installation's folder, {rest} the same without its drive."""
from __future__ import annotations

import ntpath
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, Tuple

import pytest

from harness.bridge import Bridge
from harness.client import Reply, startup
from harness.fakes import ADMINISTRATOR, LOCAL_GROUPS, PLAIN_USER, Persona
from harness.installation import Installation
from harness.openvpn import Openvpn
from harness.process import Process
from protocol.support.raw_client import Caller, config_missing, config_refusal

InstallationMaker = Callable[..., Installation]

ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_ACCESS_DENIED = 2, 3, 5
ERROR_SHARING_VIOLATION, ERROR_FILENAME_EXCED_RANGE = 32, 206
ERROR_CLOUD_FILE_REQUEST_TIMEOUT = 426

#: Files that every test has, below the installation's folder.
FILES = [
    r"config\home.ovpn", r"config\sub\deep.ovpn", r"config\sub\..ovpn", r"config\a.b\home.ovpn",
    r"config\stdin", r"config\sub\stdin", r"config\nul.txt.ovpn", r"config\two words.ovpn",
    r"config_evil\home.ovpn", r"configs\home.ovpn", r"log\home.ovpn", r"home.ovpn",
    r"log\config\home.ovpn",
]

#: Links below the installation's folder, and their targets.
LINKS = {
    r"config\link_in.ovpn": r"config\home.ovpn",
    r"config\link_out.ovpn": r"log\home.ovpn",
    r"config\folder_in": r"config\sub",
    r"config\folder_out": "log",
    r"config\link_to_link_out.ovpn": r"config\link_out.ovpn",
    r"config\dangling.ovpn": r"config\nowhere.ovpn",
    r"log\link_to_config.ovpn": r"config\home.ovpn",
    r"log\link_to_outside.ovpn": "home.ovpn",
    r"log\folder_to_config": "config",
    "config_alias": "config",
}

CONFIG = r"{folder}\config"


@dataclass(frozen=True)
class Case:
    """A value of --config, and the working folder that it is relative to."""

    file: str
    final: str = ""
    directory: str = CONFIG


ALLOWED = {
    "name only": Case("home.ovpn", r"config\home.ovpn"),
    "absolute": Case(r"{folder}\config\home.ovpn", r"config\home.ovpn"),
    "below": Case(r"sub\deep.ovpn", r"config\sub\deep.ovpn"),
    "absolute below": Case(r"{folder}\config\sub\deep.ovpn", r"config\sub\deep.ovpn"),
    "blank": Case("two words.ovpn", r"config\two words.ovpn"),
    "upper case": Case("HOME.OVPN", r"config\home.ovpn"),
    "absolute, upper case": Case(r"{FOLDER}\CONFIG\HOME.OVPN", r"config\home.ovpn"),
    "lower-case drive": Case(r"c:{rest}\config\home.ovpn", r"config\home.ovpn"),
    "forward slashes": Case("C:{forward}/config/home.ovpn", r"config\home.ovpn"),
    "mixed slashes": Case(r"{folder}/config\sub/deep.ovpn", r"config\sub\deep.ovpn"),
    "relative with a forward slash": Case("sub/deep.ovpn", r"config\sub\deep.ovpn"),
    "backslash at the end": Case("home.ovpn\\", r"config\home.ovpn"),
    "double backslashes": Case(r"{folder}\\config\\\home.ovpn", r"config\home.ovpn"),
    "dot": Case(r".\home.ovpn", r"config\home.ovpn"),
    "dots inside": Case(r"sub\.\..\home.ovpn", r"config\home.ovpn"),
    "out and in again": Case(r"..\config\home.ovpn", r"config\home.ovpn"),
    "out of config_evil": Case(r"{folder}\config_evil\..\config\home.ovpn", r"config\home.ovpn"),
    "working folder elsewhere": Case(r"..\config\home.ovpn", r"config\home.ovpn",
                                     r"{folder}\log"),
    "working folder below": Case(r"..\home.ovpn", r"config\home.ovpn", CONFIG + r"\sub"),
    "working folder with a backslash": Case("home.ovpn", r"config\home.ovpn", CONFIG + "\\"),
    "working folder in other case": Case("home.ovpn", r"config\home.ovpn", r"{FOLDER}\CONFIG"),
    "name that begins with dots": Case(r"sub\..ovpn", r"config\sub\..ovpn"),
    "folder with a dot": Case(r"a.b\home.ovpn", r"config\a.b\home.ovpn"),
    "stdin with a folder": Case(r"sub\stdin", r"config\sub\stdin"),
    "stdin, absolute": Case(r"{folder}\config\stdin", r"config\stdin"),
    "link inside": Case("link_in.ovpn", r"config\home.ovpn"),
    "folder link inside": Case(r"folder_in\deep.ovpn", r"config\sub\deep.ovpn"),
    "link from outside": Case(r"{folder}\log\link_to_config.ovpn", r"config\home.ovpn"),
    "folder link from outside": Case(r"{folder}\log\folder_to_config\home.ovpn",
                                     r"config\home.ovpn"),
    "alias of the config folder": Case(r"{folder}\config_alias\sub\deep.ovpn",
                                       r"config\sub\deep.ovpn"),
    "relative to an alias": Case("home.ovpn", r"config\home.ovpn", r"{folder}\config_alias"),
    "working folder with the long path prefix": Case("home.ovpn", r"config\home.ovpn",
                                                     r"\\?\{folder}\config"),
    "working folder with forward slashes": Case("home.ovpn", r"config\home.ovpn",
                                                "C:{forward}/config"),
}

REFUSED = {
    "above": Case(r"..\home.ovpn"),
    "elsewhere": Case(r"{folder}\log\home.ovpn"),
    "relative elsewhere": Case(r"..\log\home.ovpn"),
    "relative to elsewhere": Case("home.ovpn", directory=r"{folder}\log"),
    "Windows": Case(r"C:\windows\win.ini"),
    "config_evil": Case(r"{folder}\config_evil\home.ovpn"),
    "config_evil, relative": Case(r"..\config_evil\home.ovpn"),
    "configs": Case(r"{folder}\configs\home.ovpn"),
    "another folder named config": Case(r"{folder}\log\config\home.ovpn"),
    "in and out again": Case(r"{folder}\config\..\log\home.ovpn"),
    "in and out, forward": Case("sub/../../log/home.ovpn"),
    "below a folder that is not there": Case(r"nowhere\..\..\log\home.ovpn"),
    "above the root": Case(r"..\..\..\..\..\..\home.ovpn"),
    "link out": Case("link_out.ovpn"),
    "link to a link out": Case("link_to_link_out.ovpn"),
    "folder link out": Case(r"folder_out\home.ovpn"),
    "dot-dot behind a link, by name": Case(r"folder_out\..\..\home.ovpn"),
    "link outside": Case(r"{folder}\log\link_to_outside.ovpn"),
    "empty": Case(""),
    "stdin": Case("stdin"),
    "long path prefix": Case(r"\\?\{folder}\config\home.ovpn"),
    "NT prefix": Case(r"\??\{folder}\config\home.ovpn"),
    "device prefix": Case(r"\\.\{folder}\config\home.ovpn"),
    "forward device prefix": Case(r"//./{folder}/config/home.ovpn"),
    "global root": Case(r"\\?\GLOBALROOT\??\{folder}\config\home.ovpn"),
    "volume": Case(r"\\?\Volume{{00000000-0000-0000-0000-000000000000}}\home.ovpn"),
    "pipe": Case(r"\\.\pipe\openvpn\service"),
    "share": Case(r"\\localhost\c${rest}\config\home.ovpn"),
    "share by number": Case(r"\\127.0.0.1\c${rest}\config\home.ovpn"),
    "share, forward": Case("//localhost/c${forward}/config/home.ovpn"),
    "long UNC": Case(r"\\?\UNC\localhost\c${rest}\config\home.ovpn"),
    "WebDAV": Case(r"\\localhost@8080\DavWWWRoot\home.ovpn"),
    "relative to the drive": Case("C:home.ovpn"),
    "relative to the drive's root": Case(r"{rest}\config\home.ovpn"),
    "relative to the root, forward": Case("{forward}/config/home.ovpn"),
    "stream": Case("home.ovpn:stream"),
    "default stream": Case("home.ovpn::$DATA"),
    "stream of a folder": Case(r"{folder}\config::$INDEX_ALLOCATION\home.ovpn"),
    "trailing dot": Case("home.ovpn."),
    "trailing dots": Case("home.ovpn..."),
    "trailing blank": Case("home.ovpn "),
    "folder with a trailing dot": Case(r"sub.\deep.ovpn"),
    "folder with a trailing blank": Case(r"sub \deep.ovpn"),
    "three dots": Case(r"...\home.ovpn"),
    "CON": Case("CON"),
    "NUL": Case("NUL"),
    "nul": Case("nul"),
    "NUL with a colon": Case("NUL:"),
    "nul with an extension": Case("nul.txt.ovpn"),
    "COM1": Case(r"{folder}\config\COM1"),
    "com9 with an extension": Case("com9.ovpn"),
    "LPT1": Case("LPT1"),
    "CONIN$": Case("CONIN$"),
    "CONOUT$": Case("CONOUT$"),
    "AUX in a folder": Case(r"sub\aux"),
    "wildcard": Case("hom?.ovpn"),
    "other wildcard": Case("home<.ovpn"),
    "pipe sign": Case("home|.ovpn"),
    "URL": Case("file:///C:{forward}/config/home.ovpn"),
    "no working folder": Case("home.ovpn", directory=""),
    "relative working folder": Case("home.ovpn", directory="config"),
    "working folder on a share": Case("home.ovpn", directory=r"\\localhost\c${rest}\config"),
    "working folder as a device": Case("home.ovpn", directory=r"\\.\{folder}\config"),
    "working folder on a share, long": Case("home.ovpn",
                                            directory=r"\\?\UNC\localhost\c${rest}\config"),
    "working folder of the object manager": Case(
        "home.ovpn", directory=r"\\?\GLOBALROOT\??\{folder}\config"),
}

#: Files that cannot be opened, and Windows' code. An administrator could not help.
UNOPENED = {
    "dangling link": (Case("dangling.ovpn"), ERROR_FILE_NOT_FOUND),
    "missing": (Case("missing.ovpn"), ERROR_FILE_NOT_FOUND),
    "missing folder": (Case(r"nowhere\home.ovpn"), ERROR_PATH_NOT_FOUND),
    "missing elsewhere": (Case(r"C:\nowhere\home.ovpn"), ERROR_PATH_NOT_FOUND),
    "environment": (Case(r"%ProgramFiles%\home.ovpn"), ERROR_PATH_NOT_FOUND),
    "file as a folder": (Case(r"home.ovpn\home.ovpn"), ERROR_PATH_NOT_FOUND),
    "folder": (Case("sub"), ERROR_ACCESS_DENIED),
    "the config folder": (Case(CONFIG), ERROR_ACCESS_DENIED),
    "the config folder with a backslash": (Case(CONFIG + "\\"), ERROR_ACCESS_DENIED),
}

#: What a file can be besides missing, and Windows' code for it.
UNOPENED_CODES = {"denied": ERROR_ACCESS_DENIED, "locked": ERROR_SHARING_VIOLATION,
                  "in the cloud": ERROR_CLOUD_FILE_REQUEST_TIMEOUT}

#: Paths that are too long, so long that the reply shortens them.
TOO_LONG = {
    "long name": Case("x" * 1100 + ".ovpn"),
    "long folders": Case("\\".join(["x" * 200] * 6) + r"\home.ovpn"),
    "many folders": Case("x\\" * 600 + "home.ovpn"),
    "long working folder": Case("home.ovpn", directory="C:\\" + "x\\" * 600),
}

#: Paths that must not even be opened, because that would access a server or a device.
NOT_OPENED = ["long path prefix", "NT prefix", "device prefix", "forward device prefix", "pipe",
              "global root", "volume", "share", "share by number", "share, forward", "long UNC",
              "WebDAV", "relative to the drive", "stdin", "stream", "default stream", "NUL", "CON",
              "COM1", "LPT1", "CONIN$", "trailing dot", "trailing blank", "URL",
              "working folder on a share", "working folder as a device", "no working folder"]


def filled(text: str, installation: Installation) -> str:
    """Replaces the placeholders by the installation's folder."""
    rest = installation.folder[2:]
    return text.format(folder=installation.folder, FOLDER=installation.folder.upper(), rest=rest,
                       forward=rest.replace("\\", "/"))


def quoted(file: str) -> str:
    """Quotes it as a token of the options."""
    return '"' + file + ('\\"' if file.endswith("\\") else '"')


def ask_for(caller: Caller, case: Case) -> bytes:
    """The reply to a case."""
    file, directory = (filled(text, caller.installation) for text in (case.file, case.directory))
    return caller.reply_to(startup(directory, f"--config {quoted(file)}"))


def below(installation: Installation, name: str) -> Path:
    """The host's path of a file of the installation."""
    return installation.host_folder.joinpath(*name.split("\\"))


@pytest.fixture
def tree(caller: Caller) -> Iterator[Caller]:
    """Makes the files and links."""
    installation = caller.installation
    for name in FILES:
        path = below(installation, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("client\n")
    for name, target in LINKS.items():
        below(installation, name).symlink_to(below(installation, target))
    yield caller
    for name in LINKS:
        below(installation, name).unlink()
    for name in FILES:
        below(installation, name).unlink()
    for name in ("config_evil", "configs", r"config\sub", r"config\a.b", r"log\config"):
        shutil.rmtree(below(installation, name))


@pytest.mark.parametrize("case", ALLOWED.values(), ids=ALLOWED.keys())
def test_child_opens_the_file_in_the_folder(tree: Caller, case: Case) -> None:
    installation = tree.installation
    given = tree.arguments(f"--config {quoted(filled(case.file, installation))}",
                           file=case.final, directory=filled(case.directory, installation))
    # It has found its control pipe in the file, so whatever the path is, it leads there.
    assert len(given) == 2 and given[0] == "--config"


@pytest.mark.parametrize("name", ["name only", "upper case", "dot", "link inside",
                                  "folder link inside", "relative to an alias"])
def test_path_is_replaced_by_the_final_one(tree: Caller, name: str) -> None:
    case, installation = ALLOWED[name], tree.installation
    given = tree.arguments(f"--config {quoted(filled(case.file, installation))}",
                           file=case.final, directory=filled(case.directory, installation))
    assert given == ["--config", rf"{installation.folder}\{case.final}"]


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_other_file_is_refused(tree: Caller, case: Case) -> None:
    file, directory = (filled(text, tree.installation) for text in (case.file, case.directory))
    assert ask_for(tree, case) == config_refusal(file, directory)
    assert not tree.installation.record.calls("CreateProcessAsUserW")


def unopened(file: str, directory: str) -> str:
    """The second line of the reply."""
    return f"The config file ({file} relative to {directory}) cannot be opened"


@pytest.mark.parametrize("case, code", UNOPENED.values(), ids=UNOPENED.keys())
def test_file_that_cannot_be_opened_is_told_as_that(tree: Caller, case: Case, code: int) -> None:
    file, directory = (filled(text, tree.installation) for text in (case.file, case.directory))
    reply = Reply.parse(ask_for(tree, case))
    assert (reply.code, reply.function) == (code, unopened(file, directory))
    assert not tree.installation.record.calls("CreateProcessAsUserW")


@pytest.mark.parametrize("case", TOO_LONG.values(), ids=TOO_LONG.keys())
def test_path_that_is_too_long_is_told_as_that(tree: Caller, case: Case) -> None:
    reply = Reply.parse(ask_for(tree, case))
    assert reply.code == ERROR_FILENAME_EXCED_RANGE
    assert reply.function.startswith("The config file (")


@pytest.mark.parametrize("name", NOT_OPENED)
def test_path_that_leads_elsewhere_is_not_even_opened(tree: Caller, name: str) -> None:
    mark = tree.installation.record.mark()
    ask_for(tree, REFUSED[name])
    opened = [call["path"] for call in tree.installation.record.calls("CreateFileW", since=mark)
              if call["impersonating"]]
    assert not opened


def test_config_is_opened_as_the_user(tree: Caller) -> None:
    tree.ask("--config missing.ovpn")
    opened = tree.installation.record.calls(
        "CreateFileW", where=lambda call: str(call["path"]).endswith("missing.ovpn"))
    assert [call["impersonating"] for call in opened] == [True]


@pytest.mark.parametrize("code", UNOPENED_CODES.values(), ids=UNOPENED_CODES.keys())
def test_file_that_the_user_cannot_read_is_refused(tree: Caller, code: int) -> None:
    # The service opens its config folder first, then the file as the user.
    tree.installation.fakes.fail("CreateFileW", code, nth=2)
    reply = Reply.parse(tree.ask("--config home.ovpn"))
    assert (reply.code, reply.function) == (code, unopened("home.ovpn", tree.directory))
    opened = tree.installation.record.calls("CreateFileW")
    assert [call["result"] for call in opened if call["impersonating"]] == [code]
    assert any(f"0x{code:08x}" in event and "home.ovpn" in event
               for event in tree.installation.record.events())


@pytest.mark.parametrize("code", UNOPENED_CODES.values(), ids=UNOPENED_CODES.keys())
def test_authorised_user_gets_an_openvpn_that_may_open_it(tree: Caller, code: int) -> None:
    tree.installation.fakes.personas(ADMINISTRATOR)
    tree.installation.fakes.fail("CreateFileW", code, nth=2)
    assert tree.arguments('--config "{config}"', file=r"config\home.ovpn")


@pytest.mark.parametrize("persona", [PLAIN_USER, ADMINISTRATOR], ids=["other", "authorised"])
@pytest.mark.parametrize("file", ["missing.ovpn", r"nowhere\home.ovpn"])
def test_missing_file_looks_up_no_groups(tree: Caller, file: str, persona: Persona) -> None:
    tree.installation.fakes.personas(persona)
    assert Reply.parse(tree.ask(f"--config {file}")).function == unopened(file, tree.directory)
    assert not tree.installation.record.calls("LookupAccountSidW", "LookupAccountNameW",
                                              "NetLocalGroupGetMembers")


@pytest.mark.parametrize("options, file", [
    (r'--config home.ovpn --config ..\home.ovpn', r"..\home.ovpn"),
    (r'--config ..\home.ovpn --config home.ovpn', r"..\home.ovpn"),
    (r'--config home.ovpn ..\home.ovpn', r"..\home.ovpn"),
    (r'--config home.ovpn --verb 3 --config stdin', "stdin"),
], ids=["second", "first", "second value", "stdin later"])
def test_every_config_is_checked(tree: Caller, options: str, file: str) -> None:
    assert tree.ask(options) == config_refusal(file, tree.directory)


def test_every_config_is_replaced_by_its_final_path(tree: Caller) -> None:
    given = tree.arguments(r'--config SUB\DEEP.OVPN --config "{config}" --config .\HOME.ovpn',
                           file=r"config\home.ovpn")
    assert given == ["--config", rf"{tree.directory}\sub\deep.ovpn",
                     "--config", rf"{tree.directory}\home.ovpn",
                     "--config", rf"{tree.directory}\home.ovpn"]


def test_value_of_another_option_is_no_config(tree: Caller) -> None:
    given = tree.arguments(r'--config "{config}" --log ..\log\x.log', file=r"config\home.ovpn")
    assert given[2:] == ["--log", r"..\log\x.log"]


def test_link_that_is_changed_after_the_check_leads_nowhere_else(tree: Caller, bridge: Bridge
                                                                 ) -> None:
    installation, openvpn = tree.installation, Openvpn(bridge)
    below(installation, r"config\home.ovpn").write_text(openvpn.config())
    installation.fakes.fault("CreateProcessAsUserW", "block")
    client = tree.connect()
    client.send(startup(tree.directory, "--config link_in.ovpn"))
    installation.fakes.wait_blocked("CreateProcessAsUserW")

    link = below(installation, r"config\link_in.ovpn")
    link.unlink()
    link.symlink_to(below(installation, r"log\home.ovpn"))
    installation.fakes.clear_faults()
    assert client.read().process
    openvpn.accept()  # only the config in the folder has the control pipe
    openvpn.exit()
    openvpn.close()


# ---- other names of the same file

def short_name(bridge: Bridge, installation: Installation, path: str) -> str:
    """A path with the 8.3 names of its folders."""
    output = rf"{installation.folder}\log\short.txt"
    command = Process.start(bridge, f"cmd /c for %i in ({path}) do @echo %~si", output=output)
    assert command.wait() == 0
    command.close()
    short = below(installation, r"log\short.txt").read_text().strip()
    assert "~" in short
    return short


def test_short_names_are_resolved(tree: Caller, bridge: Bridge) -> None:
    final = rf"{tree.directory}\home.ovpn"
    short = short_name(bridge, tree.installation, final)
    assert tree.arguments(f"--config {short}", file=r"config\home.ovpn") == ["--config", final]


def test_short_name_outside_is_refused(tree: Caller, bridge: Bridge) -> None:
    short = short_name(bridge, tree.installation,
                       rf"{tree.installation.folder}\config_evil\home.ovpn")
    assert tree.ask(f"--config {short}") == config_refusal(short, tree.directory)


@pytest.mark.skipif(sys.platform == "win32", reason="Wine shows our root folder as drive Z")
def test_another_drive_is_resolved(tree: Caller) -> None:
    path = str(below(tree.installation, r"config\home.ovpn")).replace("/", "\\")
    assert tree.arguments(f'--config "Z:{path}"', file=r"config\home.ovpn") == [
        "--config", rf"{tree.directory}\home.ovpn"]


@pytest.mark.skipif(sys.platform == "win32", reason="Wine shows our root folder as drive Z")
def test_another_drive_does_not_help_outside(tree: Caller) -> None:
    path = "Z:" + str(below(tree.installation, r"log\home.ovpn")).replace("/", "\\")
    assert tree.ask(f'--config "{path}"') == config_refusal(path, tree.directory)


# ---- the setting config_dir

@pytest.fixture
def ask_there(bridge: Bridge, user_bridge: Bridge, make_installation: InstallationMaker
              ) -> Iterator[Callable[[str], Caller]]:
    """Starts an installation with another config_dir, in which {folder} is its folder."""
    askers = []

    def make(directory: str) -> Caller:
        made = make_installation()
        made.registry.set_text(made.key, "config_dir", filled(directory, made))
        for name in (r"config\sub", "config_evil"):
            below(made, name).mkdir()
        below(made, "config_link").symlink_to(below(made, "config"))
        below(made, r"config_evil\home.ovpn").write_text("client\n")
        made.start()
        made.fakes.personas(PLAIN_USER)
        made.fakes.local_groups(*LOCAL_GROUPS)
        askers.append(Caller(made, bridge, user_bridge))
        return askers[-1]

    yield make
    for each in askers:
        each.close()


DIRECTORIES: Tuple[Tuple[str, str], ...] = (
    ("without a backslash", r"{folder}\config"),
    ("with a backslash", "{folder}\\config\\"),
    ("in other letters", r"{FOLDER}\CONFIG"),
    ("with a lower-case drive", r"c:{rest}\Config"),
    ("as a link", r"{folder}\config_link"),
    ("with forward slashes", "C:{forward}/config"),
    ("with dots", r"{folder}\log\..\config"),
)


@pytest.mark.parametrize("directory", [row[1] for row in DIRECTORIES],
                         ids=[row[0] for row in DIRECTORIES])
def test_config_folder_may_be_written_in_any_way(ask_there: Callable[[str], Caller], directory: str
                                                 ) -> None:
    caller = ask_there(directory)
    assert caller.arguments('--config "{config}"', file=r"config\home.ovpn")[0] == "--config"
    evil = rf"{caller.installation.folder}\config_evil\home.ovpn"
    assert caller.ask(f'--config "{evil}"') == config_refusal(evil, caller.directory)


def test_config_folder_that_is_not_there_allows_nothing(ask_there: Callable[[str], Caller]) -> None:
    caller = ask_there(r"{folder}\nowhere")
    caller.installation.write_config("home.ovpn", "client\n")
    assert caller.ask("--config home.ovpn") == config_refusal("home.ovpn", caller.directory)


def test_files_may_be_added_to_the_folder_while_the_service_runs(tree: Caller) -> None:
    given = tree.arguments("--config later.ovpn", file=r"config\later.ovpn")
    assert ntpath.basename(given[1]) == "later.ovpn"


def test_file_that_was_missing_is_found_once_it_is_there(tree: Caller) -> None:
    assert tree.ask("--config afterwards.ovpn") == config_missing("afterwards.ovpn", tree.directory)
    assert tree.arguments("--config afterwards.ovpn", file=r"config\afterwards.ovpn")
