# SPDX-License-Identifier: MIT
"""ci/soak: very many sessions, and whether anything grows."""
