# SPDX-License-Identifier: MIT
"""ci/bench: what the service costs, beside the least that could be called a service."""
