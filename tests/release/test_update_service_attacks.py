# SPDX-License-Identifier: MIT
"""What the service refuses to take over, and what it says: a table of attacks over the binary that
ships. tests/unit/test_update_attacks.c has those that need no service."""
from __future__ import annotations

import datetime
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional

import pytest

from harness.bridge import Bridge, BridgeError
from harness.control import ControlReply
from harness.fakes import INTERACTIVE, PLAIN_USER
from harness.installation import Installation, Options
from harness.pipe import GENERIC_WRITE, IDENTIFICATION, IMPERSONATION, Pipe
from harness.runner import Runner
from harness.signatures import EXPIRED, UNTRUSTED_ROOT, unsign
from release.support.repository import ROOT_FILE, SIGNER, Keys, Offer, Repository, now, signer_id
from release.support.updated_service import FAILED, REFUSED, SETTINGS, Updated

SHARE_ALL, ACCESS_DENIED, SHARING_VIOLATION = 0x7, 5, 32
BAD_LEVEL, DISK_FULL = 1346, 112
LONG_AGO = now() - datetime.timedelta(hours=1)


@pytest.fixture(scope="module")
def attacked(runner: Runner, bridge: Bridge, worker_name: str, update_keys: Keys
             ) -> Iterator[Updated]:
    """One service for all attacks: whoever is refused changes nothing."""
    installation = Installation(runner, bridge, f"{worker_name}u", Options(settings=SETTINGS))
    installation.create()
    installation.populate()
    made = Updated.make(installation, update_keys, bridge)
    installation.start()
    yield made
    installation.destroy()


@pytest.fixture
def service(attacked: Updated) -> Updated:
    """The same as if nothing had been accepted yet."""
    attacked.installation.fakes.clear_faults()
    attacked.installation.fakes.personas()
    shutil.rmtree(attacked.folder, ignore_errors=True)
    shutil.rmtree(attacked.repository.folder)
    attacked.repository.folder.mkdir()
    (attacked.installation.host_folder / ROOT_FILE).unlink(missing_ok=True)
    attacked.repository.install_root()
    attacked.installation.record.forget()
    return attacked


def refused(service: Updated, reply: ControlReply) -> str:
    """The refusal's short name. Nothing was begun, and the reason is in an event, too."""
    assert reply.code, reply
    assert service.result()["state"] == "none"
    assert not service.installers()
    assert not list(service.folder.glob("*.msi")) and not list(service.folder.glob("*.new"))
    event, = [call["strings"][1] for call in service.events(REFUSED)
              if call["strings"][1].startswith("An update is refused: ")]
    assert event == f"An update is refused: {reply.reason}"
    return reply.records[0]["refusal"]


# ---- the table ----

Attack = Callable[[Repository], Offer]


class Row(NamedTuple):
    """What is offered, the refusal's name, and a part of its sentence."""

    offer: Attack
    name: str
    text: str


def with_files(attack: Callable[[Repository, Offer], Optional[Offer]]) -> Attack:
    """An attack on a good offer."""
    def changed(repository: Repository) -> Offer:
        offer = repository.offer()
        return attack(repository, offer) or offer

    return changed


def package_of(repository: Repository) -> Path:
    """The package of the offer."""
    path, = repository.folder.glob("*.msi")
    return path


def with_bytes(change: Callable[[bytes], bytes]) -> Attack:
    """Another content of the package."""
    def attack(repository: Repository, _: Offer) -> None:
        package = package_of(repository)
        package.write_bytes(change(package.read_bytes()))

    return with_files(attack)


def swapped(repository: Repository, _: Offer) -> None:
    """Another package of the right signer."""
    repository.package()


def signed_by(signer: str, **more: int) -> Attack:
    """A package whose manifest is good."""
    def attack(repository: Repository) -> Offer:
        package = repository.package(signer=signer, **more)
        return Offer(repository.windows(repository.manifest(package)), repository.windows(package))

    return attack


def changed_after_its_signature(repository: Repository) -> Offer:
    package = repository.package()
    data = bytearray(package.read_bytes())
    data[1000] ^= 1
    package.write_bytes(data)
    return Offer(repository.windows(repository.manifest(package)), repository.windows(package))


def unsigned_package(repository: Repository) -> Offer:
    package = repository.package()
    unsign(package)
    return Offer(repository.windows(repository.manifest(package)), repository.windows(package))


def write_manifest(data: bytes) -> Attack:
    """Other bytes in place of the manifest."""
    def attack(repository: Repository, _: Offer) -> None:
        repository.write("stable.manifest", data)

    return with_files(attack)


def edited_manifest(repository: Repository, _: Offer) -> None:
    path = repository.folder / "stable.manifest"
    path.write_bytes(path.read_bytes().replace(b"version 1\n", b"version 9\n"))


def of_another_repository(repository: Repository) -> Offer:
    """A root, manifest and package of the attacker's own: a whole chain, but not ours."""
    root = repository.root(2, roots=["evil root"], manifests=["evil"],
                           signers=[signer_id("Evil AB")], signed_by=["evil root"])
    package = repository.package(signer="Evil AB")
    manifest = repository.manifest(package, signed_by=["evil"])
    return Offer(repository.windows(manifest), repository.windows(package), (root,))


def offered(version: int = 1, **more: Any) -> Attack:
    """An offer with another manifest."""
    return lambda repository: repository.offer(version, **more)


def with_roots(*numbers: int, **more: Any) -> Attack:
    """An offer with roots of these versions."""
    return lambda repository: repository.offer(
        roots=[repository.root(number, **more) for number in numbers])


def named(**paths: str) -> Attack:
    """A good offer whose files have other paths; {folder} is that of the installation."""
    def attack(repository: Repository, offer: Offer) -> Offer:
        return replace(offer, **{name: path.format(folder=repository.windows_folder)
                                 for name, path in paths.items()})

    return with_files(attack)


def linked_file(repository: Repository, offer: Offer) -> Offer:
    link = repository.folder / "link.msi"
    link.symlink_to(package_of(repository))
    return replace(offer, package=repository.windows(link))


def linked_folder(repository: Repository, offer: Offer) -> Offer:
    package, link = package_of(repository), repository.folder / "link"
    link.symlink_to(repository.folder)
    return replace(offer, package=repository.windows(link / package.name))


TABLE: Dict[str, Row] = {
    # Roots.
    "a whole chain of somebody else": Row(of_another_repository, "signatures", "trusted keys"),
    "the installed root again": Row(with_roots(1), "root-rollback", "older"),
    "a root left out": Row(with_roots(3), "root-gap", "not the next version"),
    "roots in the wrong order": Row(with_roots(3, 2), "root-gap", "not the next version"),
    "a root of another product": Row(with_roots(2, product="Acme"), "root-product", "another"),
    "a root that has expired": Row(with_roots(2, expires=LONG_AGO), "root-expired", "expired"),
    "a root that its new keys have not signed": Row(
        with_roots(2, roots=["next root"], signed_by=["root"]), "root-new-signatures", "its own"),
    "a root that the old keys have not signed": Row(
        with_roots(2, roots=["next root"], signed_by=["next root"]), "signatures", "trusted keys"),
    "a manifest key that a newer root has withdrawn": Row(
        with_roots(2, manifests=["next manifest"]), "signatures", "trusted keys"),
    # The manifest.
    "a manifest of another key": Row(offered(signed_by=["evil"]), "signatures", "trusted keys"),
    "a manifest of a root's key": Row(offered(signed_by=["root"]), "signatures", "trusted keys"),
    "a manifest without a signature": Row(offered(signed_by=[]), "unsigned", "not signed"),
    "a manifest changed after its signature": Row(with_files(edited_manifest), "signatures",
                                                  "trusted keys"),
    "a manifest that has expired": Row(offered(expires=LONG_AGO), "manifest-expired", "expired"),
    "a manifest of another channel": Row(offered(channel="beta"), "manifest-channel", "channel"),
    "a manifest of another product": Row(offered(product="Acme"), "manifest-product", "product"),
    "no package for this processor": Row(offered(architecture="i686"), "architecture",
                                         "architecture"),
    "a newer Windows is needed": Row(offered(least_windows="99.0.0"), "old-windows", "Windows"),
    "an older release": Row(offered(release="0.0.1"), "downgrade", "older"),
    "an endless manifest": Row(write_manifest(b"x" * 65537), "too-large", "65536"),
    "an empty manifest": Row(write_manifest(b""), "empty", "empty"),
    "bytes of all kinds for a manifest": Row(write_manifest(bytes(range(256)) * 9), "bad-character",
                                             "ASCII"),
    # The package.
    "a package swapped for another signed one": Row(with_files(swapped), "package-digest",
                                                    "SHA-256"),
    "a package cut short": Row(with_bytes(lambda data: data[:-1]), "package-short", "shorter"),
    "a package with a byte more": Row(with_bytes(lambda data: data + b"x"), "package-long",
                                      "longer"),
    "an endless package": Row(with_bytes(lambda data: data + bytes(50 << 20)), "package-long",
                              "longer"),
    "an empty package": Row(with_bytes(lambda data: b""), "package-short", "shorter"),
    "a package that nobody has signed": Row(unsigned_package, "package-unsigned",
                                            "no Authenticode"),
    "a package changed after its signature": Row(changed_after_its_signature, "package-signature",
                                                 "does not trust"),
    "a package of another signer": Row(signed_by("Evil AB"), "package-signer",
                                       "root does not name"),
    "a signer whose certificate has expired": Row(
        signed_by(SIGNER, status=EXPIRED), "package-signature", "does not trust"),
    "a signer of an unknown authority": Row(
        signed_by(SIGNER, status=UNTRUSTED_ROOT), "package-signature",
        "does not trust"),
    # Paths.
    "a package on a server": Row(named(package=r"\\127.0.0.1\c$\x.msi"), "path-remote", "disk"),
    "a manifest on a server": Row(named(manifest=r"\\127.0.0.1\c$\x"), "path-remote", "disk"),
    "a drive that the service does not have": Row(named(package=r"Q:\x.msi"), "path-remote",
                                                  "disk"),
    "a pipe": Row(named(package=r"\\.\pipe\openvpn\service"), "path-device", "device or pipe"),
    "a disk": Row(named(package=r"\\.\PhysicalDrive0"), "path-device", "device or pipe"),
    "a path without a parser": Row(named(package=r"\\?\{folder}\x.msi"), "path-form", "whole path"),
    "a path of the object manager": Row(named(package=r"\??\{folder}\x.msi"), "path-form",
                                        "whole path"),
    "a relative path": Row(named(package=r"downloads\x.msi"), "path-form", "whole path"),
    "a path from the drive's folder": Row(named(manifest="C:x"), "path-form", "whole path"),
    "a path with the wrong slashes": Row(named(manifest="C:/x"), "path-form", "whole path"),
    "a stream of a file": Row(named(package=r"{folder}\downloads\x.msi:y"), "path-form",
                              "whole path"),
    "a folder": Row(named(package=r"{folder}\downloads"), "path-folder", "folder"),
    "a folder as a manifest": Row(named(manifest=r"{folder}\downloads"), "path-folder", "folder"),
    "a link": Row(with_files(linked_file), "path-link", "link"),
    "a link in the path": Row(with_files(linked_folder), "path-link", "link"),
    "a way back in the path": Row(named(manifest=r"{folder}\bin\..\downloads\stable.manifest"),
                                  "path-link", "link"),
    "no file": Row(named(package=r"{folder}\downloads\none.msi"), "path-unreadable", "read"),
    "a device in the folder": Row(named(package=r"{folder}\downloads\NUL"), "path-device",
                                  "device or pipe"),
}


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE.keys())
def test_it_is_refused_with_the_reason(service: Updated, row: Row) -> None:
    reply = service.offer(row.offer(service.repository))
    assert refused(service, reply) == row.name, reply.reason
    assert row.text in reply.reason


# ---- what was accepted before ----

def accept(service: Updated, offer: Offer) -> None:
    """A package that is refused, although its manifest is accepted: nothing is installed."""
    assert refused(service, service.offer(offer)).startswith("package-")
    service.installation.record.forget()


def good_but_unsigned(repository: Repository, version: int, **more: Any) -> Offer:
    package = repository.package()
    unsign(package)
    return Offer(repository.windows(repository.manifest(package, version, **more)),
                 repository.windows(package))


def test_an_older_manifest_is_refused_although_nothing_was_installed(service: Updated) -> None:
    accept(service, good_but_unsigned(service.repository, 5))
    assert refused(service, service.offer(service.repository.offer(4))) == "manifest-rollback"


def test_the_same_version_with_another_content_is_refused(service: Updated) -> None:
    accept(service, good_but_unsigned(service.repository, 5))
    reply = service.offer(service.repository.offer(5))
    assert refused(service, reply) == "manifest-replaced"


def test_a_manifest_is_remembered_by_its_channel(service: Updated) -> None:
    accept(service, good_but_unsigned(service.repository, 5))
    assert service.result()["manifest"] == "5"
    service.installation.stop()
    service.installation.registry.set_text(service.installation.key, "update_channel", "beta")
    service.installation.start()
    assert service.result()["manifest"] == "0"
    accept(service, good_but_unsigned(service.repository, 1, channel="beta"))
    assert service.result()["manifest"] == "1"
    service.installation.stop()
    service.installation.registry.set_text(service.installation.key, "update_channel", "stable")
    service.installation.start()
    assert service.result()["manifest"] == "5"


def test_roots_are_kept_although_the_manifest_behind_them_is_refused(service: Updated) -> None:
    repository = service.repository
    offer = repository.offer(roots=[repository.root(2), repository.root(3)], signed_by=["evil"])
    assert refused(service, service.offer(offer)) == "signatures"
    assert service.result()["root"] == "3"
    service.installation.record.forget()
    again = repository.offer(roots=[repository.root(2)])
    assert refused(service, service.offer(again)) == "root-rollback"


def test_a_damaged_record_is_refused_and_never_guessed(service: Updated) -> None:
    accept(service, good_but_unsigned(service.repository, 5))
    record = service.folder / "record"
    data = bytearray(record.read_bytes())
    data[20] ^= 1
    record.write_bytes(data)
    assert refused(service, service.offer(service.repository.offer(6))) == "record-damaged"
    service.installation.record.forget()
    record.write_bytes(bytes(1 << 20))
    assert refused(service, service.offer(service.repository.offer(6))) == "record-damaged"


# ---- where trust begins ----

def test_without_an_installed_root_nothing_is_trusted(service: Updated) -> None:
    (service.installation.host_folder / ROOT_FILE).unlink()
    offer = service.repository.offer(roots=[service.repository.root(1)])
    assert refused(service, service.offer(offer)) == "no-root"
    assert service.result()["root"] == "0"


def test_a_root_that_users_can_change_is_not_where_it_begins(service: Updated) -> None:
    root = service.installation.host_folder / ROOT_FILE
    root.chmod(0o666)
    assert refused(service, service.offer(service.repository.offer())) == "root-changeable"
    event, = [call["strings"][1] for call in service.events(REFUSED)
              if "may be changed by" in call["strings"][1]]
    assert "update.root" in event


# ---- the folder of updates ----

def test_a_folder_that_users_can_write_to_is_not_used(service: Updated) -> None:
    service.folder.mkdir(mode=0o777)
    service.folder.chmod(0o777)
    reply = service.offer(service.repository.offer())
    assert reply.code and not service.installers()
    assert not list(service.folder.iterdir())


def test_a_link_in_its_place_is_not_used(service: Updated) -> None:
    target = service.repository.folder / "target"
    target.mkdir(mode=0o700)
    service.folder.symlink_to(target)
    reply = service.offer(service.repository.offer())
    service.folder.unlink()
    assert reply.code and not service.installers()
    assert not list(target.iterdir())


# ---- while it is at work ----

def error_of_opening(bridge: Bridge, path: str) -> int:
    """0, or the error of opening a file to change it, as a program does that shares it with all."""
    try:
        Pipe.connect(bridge, path, access=GENERIC_WRITE, share=SHARE_ALL, mode=None).close()
    except BridgeError as error:
        return error.code
    return 0


def test_the_files_cannot_be_changed_while_they_are_copied(service: Updated, user_bridge: Bridge
                                                           ) -> None:
    offer = good_but_unsigned(service.repository, 1)
    service.installation.fakes.fault("WriteFile", "block")
    control = service.installation.control(service.bridge, flags=IMPERSONATION)
    pending = control.begin(*offer.words())
    service.installation.fakes.wait_blocked("WriteFile")
    errors = [error_of_opening(user_bridge, path) for path in (offer.package, offer.manifest)]
    service.installation.fakes.clear_faults()
    reply = pending.end()
    control.close()
    assert refused(service, reply) == "package-unsigned"
    assert errors == [SHARING_VIOLATION, SHARING_VIOLATION]


def test_a_file_that_somebody_may_be_changing_is_refused(service: Updated, user_bridge: Bridge
                                                         ) -> None:
    offer = service.repository.offer()
    writer = Pipe.connect(user_bridge, offer.package, access=GENERIC_WRITE, share=SHARE_ALL,
                          mode=None)
    reply = service.offer(offer)
    writer.close()
    assert refused(service, reply) == "path-changed"


def test_what_lies_there_after_the_opening_does_not_matter(service: Updated) -> None:
    """On Windows the file cannot even be renamed; what counts is the file that is open."""
    offer = service.repository.offer(least_windows="6.1.7601")
    evil = service.repository.write("evil.msi", b"evil")
    service.installation.fakes.fault("WriteFile", "block")
    control = service.installation.control(service.bridge, flags=IMPERSONATION)
    pending = control.begin(*offer.words("when-idle"))
    service.installation.fakes.wait_blocked("WriteFile")
    package, = service.repository.folder.glob("Gatehouse-*.msi")
    good = package.read_bytes()
    evil.replace(package)
    service.installation.fakes.clear_faults()
    assert pending.end().code == 0
    control.close()
    service.wait_state("failed")
    taken, = service.folder.glob("Gatehouse-*.msi")
    assert taken.read_bytes() == good
    (service.folder / "attempt").unlink()
    service.restart()


def offer_beside(service: Updated, bridge: Bridge, call: str, offer: Offer) -> str:
    """The refusal of an offer that is made while another one, at this bridge, waits in a call."""
    service.installation.fakes.fault(call, "block")
    control = service.installation.control(bridge, flags=IMPERSONATION)
    pending = control.begin(*offer.words())
    service.installation.fakes.wait_blocked(call)
    reply = service.offer(offer)
    service.installation.fakes.clear_faults()
    assert pending.end().records[0]["refusal"] == "package-unsigned"
    control.close()
    return str(reply.records[0]["refusal"])


def test_one_offer_at_a_time(service: Updated) -> None:
    offer = good_but_unsigned(service.repository, 1)
    assert offer_beside(service, service.bridge, "WriteFile", offer) == "busy"


def test_a_file_whose_opening_waits_keeps_nobody_else_from_an_update(
        service: Updated, user_bridge: Bridge) -> None:
    """Whoever may read a file can have others wait who open it (an oplock)."""
    offer = good_but_unsigned(service.repository, 1)
    assert offer_beside(service, user_bridge, "CreateFileW", offer) == "package-unsigned"


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_a_full_disk_is_told_as_such_and_leaves_nothing(service: Updated, nth: int) -> None:
    offer = service.repository.offer()
    service.installation.fakes.fail("WriteFile", DISK_FULL, nth=nth)
    assert refused(service, service.offer(offer)) == "disk-full"


def test_a_caller_who_does_not_let_the_service_act_is_told_so(service: Updated) -> None:
    service.installation.fakes.personas(PLAIN_USER.with_group(INTERACTIVE)
                                        .granting("identification"))
    control = service.installation.control(service.bridge, flags=IDENTIFICATION)
    reply = control.ask(*service.repository.offer().words())
    control.close()
    assert (reply.code, service.installers()) == (BAD_LEVEL, [])


def test_a_record_of_the_last_update_that_is_damaged_stops_nothing(service: Updated) -> None:
    accept(service, good_but_unsigned(service.repository, 1))
    (service.folder / "attempt").write_bytes(b"no record")
    service.restart()
    assert service.result()["state"] == "none"
    event, = service.events(FAILED)
    assert "cannot be read" in event["strings"][1]
    (service.folder / "attempt").unlink()
