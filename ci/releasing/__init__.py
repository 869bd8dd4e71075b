# SPDX-License-Identifier: MIT
"""Makes, signs, checks and rebuilds releases: what ci/release and its companions call."""
