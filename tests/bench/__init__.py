# SPDX-License-Identifier: MIT
"""ci/bench: measures the service, beside a minimal one."""
