# SPDX-License-Identifier: MIT
"""Runs a host command in an environment in which `wine` uses the harness's prefix."""
from __future__ import annotations

import subprocess
import sys

from harness.runner import make_runner


def main() -> int:
    """Run the command given as arguments; its exit code."""
    if len(sys.argv) < 2:
        print("usage: with-wine COMMAND [ARGUMENT...]", file=sys.stderr)
        return 2
    runner = make_runner()
    runner.start()
    try:
        return subprocess.run(sys.argv[1:], env=runner.environment(), check=False).returncode
    finally:
        runner.stop()


if __name__ == "__main__":
    sys.exit(main())
