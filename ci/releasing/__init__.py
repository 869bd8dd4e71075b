# SPDX-License-Identifier: MIT
"""How a release is made from what was built: each module makes or checks one thing."""
