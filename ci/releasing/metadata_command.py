# SPDX-License-Identifier: MIT
"""Keys, roots and manifests of updates, made and signed by hand (docs/updates.md, "Keys").

Each key stays with its holder: the file that is to be signed goes from one to the next."""
from __future__ import annotations

import argparse
import datetime
import getpass
from pathlib import Path
from typing import List

from releasing import metadata
from releasing.metadata import Manifest, Package, Root, read_file, write_file
from releasing.steps import Progress, ReleaseError, run_command


def _write_new(path: Path, text: str) -> None:
    if path.exists():
        raise ReleaseError(f"{path} exists; what may be signed is not overwritten")
    write_file(path, text)
    print(f"written: {path}. It must be signed now: ci/metadata sign {path} KEY")


def _ask(words: str, path: Path) -> str:
    passphrase = getpass.getpass(f"{words} of {path}: ")
    if not passphrase:
        raise ReleaseError("there is no passphrase without a character")
    return passphrase


def make_key(options: argparse.Namespace) -> None:
    """ci/metadata key."""
    passphrase = ""
    if not options.no_passphrase:
        passphrase = _ask("passphrase", options.file)
        if _ask("the same passphrase", options.file) != passphrase:
            raise ReleaseError("these were two passphrases; no key was made")
    key = metadata.make_key(options.file, passphrase)
    public = options.file.with_name(options.file.name + ".pub")
    write_file(public, metadata.public_pem(key))
    print(f"key {key.id}\nprivate: {options.file} (it never leaves its holder)\n"
          f"public:  {public} (for ci/metadata root)")


def _signers(options: argparse.Namespace) -> List[str]:
    return [metadata.signer_of_certificate(path) for path in options.signer]


def make_root(options: argparse.Namespace) -> None:
    """ci/metadata root."""
    roots = [metadata.public_key(path) for path in options.root_key]
    manifests = [metadata.public_key(path) for path in options.manifest_key]
    version = 1
    if options.after:
        version = metadata.read_root(read_file(options.after)).version + 1
    _write_new(options.file, Root(
        options.product, version, metadata.read_time(options.expires), roots,
        options.root_threshold, manifests, options.manifest_threshold, _signers(options)).text())


def make_manifest(options: argparse.Namespace) -> None:
    """ci/metadata manifest."""
    packages = []
    for architecture, file in options.package:
        packages.append(Package.of_file(Path(file), architecture, options.least_windows))
    _write_new(options.file, Manifest(
        options.product, options.channel, options.version, metadata.read_time(options.expires),
        options.release, packages).text())


def sign(options: argparse.Namespace) -> None:
    """ci/metadata sign."""
    text = read_file(options.file)
    passphrase = _ask("passphrase", options.key) if metadata.is_encrypted(options.key) else ""
    write_file(options.file, metadata.sign(text, options.key, passphrase))
    print(f"signed: {options.file}")


def show(options: argparse.Namespace) -> None:
    """ci/metadata show. Raises ReleaseError if who trusts the given root would refuse it."""
    text = read_file(options.file)
    print(metadata.body_of(text), end="")
    known = metadata.read_root(text) if text.startswith(metadata.ROOT) else None
    expires = known.expires if known else metadata.read_manifest(text).expires
    days = (expires - datetime.datetime.now(datetime.timezone.utc)).days
    print(f"It expires in {days} days." if days >= 0 else "It has EXPIRED.")
    for key_id in metadata.signatures_of(text):
        print(f"It has a signature of {key_id}.")
    if options.root:
        problems = metadata.problems_of(text, metadata.read_root(read_file(options.root)))
        if problems:
            raise ReleaseError("; ".join(problems))
        print(f"Who trusts {options.root} accepts it.")
    elif known:
        missing = metadata.missing_signatures(text, known.roots, known.root_threshold)
        print(f"It lacks {missing} of {known.root_threshold} signatures of its own keys."
              if missing else "It is signed by as many of its own keys as it says.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ci/metadata", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    command = commands.add_parser("key", help="make a key")
    command.add_argument("file", type=Path, help="the new private key; FILE.pub is the public one")
    command.add_argument("--no-passphrase", action="store_true", help="for tests")
    command.set_defaults(work=make_key)

    command = commands.add_parser("root", help="write a root, to be signed")
    command.add_argument("file", type=Path)
    command.add_argument("--after", type=Path, metavar="ROOT",
                         help="the newest root: this one is the next version")
    command.add_argument("--product", default="Gatehouse")
    command.add_argument("--expires", required=True, metavar="TIME", help="2027-11-30T00:00:00Z")
    for role in ("root", "manifest"):
        command.add_argument(f"--{role}-key", type=Path, action="append", required=True,
                             metavar="PUBLIC_KEY", help="again for each")
        command.add_argument(f"--{role}-threshold", type=int, required=True, metavar="N",
                             help="how many of them must sign")
    command.add_argument("--signer", type=Path, action="append", required=True,
                         metavar="CERTIFICATE", help="of who signs packages; again for each")
    command.set_defaults(work=make_root)

    command = commands.add_parser("manifest", help="write a manifest, to be signed")
    command.add_argument("file", type=Path)
    command.add_argument("--product", default="Gatehouse")
    command.add_argument("--channel", default="stable")
    command.add_argument("--version", type=int, required=True,
                         help="of the manifest: one more than the last one's")
    command.add_argument("--expires", required=True, metavar="TIME", help="2027-11-30T00:00:00Z")
    command.add_argument("--release", required=True, help="of the product: 1.4.0")
    command.add_argument("--least-windows", default="10.0.10240", metavar="VERSION")
    command.add_argument("--package", nargs=2, action="append", required=True,
                         metavar=("ARCHITECTURE", "MSI"), help="again for each")
    command.set_defaults(work=make_manifest)

    command = commands.add_parser("sign", help="add a signature to a root or manifest")
    command.add_argument("file", type=Path)
    command.add_argument("key", type=Path, help="the private key")
    command.set_defaults(work=sign)

    command = commands.add_parser("show", help="what a root or manifest says, and who has signed")
    command.add_argument("file", type=Path)
    command.add_argument("--root", type=Path, help="the root that computers trust now")
    command.set_defaults(work=show)
    return parser


def main() -> int:
    """ci/metadata."""
    options = _parser().parse_args()
    progress = Progress("ci/metadata")
    progress.current = options.command

    def work() -> int:
        options.work(options)
        return 0

    return run_command(progress, work)


if __name__ == "__main__":
    raise SystemExit(main())
