# SPDX-License-Identifier: MIT
"""Makes a draft of a release on GitHub, with the tool gh: a person looks at it and publishes it.

The notes end with three checks that a user can run. --notes prints them alone."""
from __future__ import annotations

import argparse
import tarfile
from pathlib import Path
from typing import List

from releasing import packages, provenance, sbom, sums
from releasing.layout import CHANGES
from releasing.programs import Programs, tag_of_commit
from releasing.steps import BUILD, Progress, ReleaseError, files_below, run, run_command, write_text

_CHECKS = """
## Check what you have downloaded

Nothing has to be taken on trust. On Linux or macOS, in the folder of the downloaded files:

1. The files are complete and as they were published:

   ```sh
   sha256sum --check --ignore-missing SHA256SUMS
   ```

2. They are signed by the publisher, and the signature has a timestamp:

   ```sh
   osslsigncode verify -in {package}
   ```

3. They were made from the source, and from nothing else: build them again, and compare bit by bit.
   `{parts}` has the signatures and hashes for it; unpack it here. In a checkout of commit
   {commit}, with this folder as `DOWNLOADED`:

   ```sh
   ci/reproduce --release DOWNLOADED
   ```

On Windows, PowerShell does the first two: `Get-FileHash {package}`, to be compared with the line
in SHA256SUMS, and `Get-AuthenticodeSignature {package}`, which must say *Valid* and name the
publisher.
"""


def parts_name(release: Path) -> str:
    """What the archive is called that holds all but the installers."""
    product = Programs(release).product
    return packages.file_name(product, "parts", ".tar.gz")


def notes(release: Path) -> str:
    """The text of a release: what has changed, and how to check it."""
    product = Programs(release).product
    changes = (release / CHANGES).read_text(encoding="utf-8")
    return changes + _CHECKS.format(
        package=packages.file_name(product, "x86_64", packages.PACKAGE),
        parts=parts_name(release), commit=provenance.commit_of(release))


def _is_own_file(name: str) -> bool:
    """Whether a file is published on its own; the others are in the archive of parts."""
    return "/" not in name and (name in (sums.NAME, sbom.NAME, provenance.NAME)
                                or name.endswith((packages.PACKAGE, packages.SETUP)))


def published_files(release: Path, folder: Path) -> List[Path]:
    """The files of a release that are uploaded; the archive of parts is made in `folder`."""
    names = [path.as_posix() for path in files_below(release)]
    archive = folder / parts_name(release)
    with tarfile.open(archive, "w:gz") as file:
        for name in names:
            if not _is_own_file(name):
                file.add(release / name, arcname=name)
    return [release / name for name in names if _is_own_file(name)] + [archive]


def make_draft(release: Path, tag: str) -> None:
    """Raises ReleaseError; the tag must be that of the release's version."""
    product = Programs(release).product
    if tag != f"v{product['version']}":
        raise ReleaseError(f"the release is version {product['version']}, and the tag is {tag}")
    work = release.with_name(f"{release.name}-draft")
    work.mkdir(exist_ok=True)
    write_text(work / "NOTES.md", notes(release))
    run(["gh", "release", "create", tag, "--draft", "--verify-tag",
         "--title", f"{product['name']} {product['version']}",
         "--notes-file", work / "NOTES.md", *published_files(release, work)], what="the draft")


def main() -> int:
    """ci/draft-release."""
    parser = argparse.ArgumentParser(
        prog="ci/draft-release", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", type=Path, default=BUILD / "release", metavar="FOLDER",
                        help="instead of build/release")
    parser.add_argument("--notes", action="store_true", help="print the notes, do nothing")
    options = parser.parse_args()
    progress = Progress("ci/draft-release")

    def work() -> int:
        if options.notes:
            print(notes(options.release), end="")
            return 0
        progress.step("making the draft")
        make_draft(options.release, tag_of_commit())
        return 0

    return run_command(progress, work)


if __name__ == "__main__":
    raise SystemExit(main())
