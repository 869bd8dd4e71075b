#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What ClusterFuzzLite calls, with OSS-Fuzz's variables.
set -euo pipefail
exec "$SRC/gatehouse/ci/fuzz" build
