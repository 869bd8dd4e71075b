# SPDX-License-Identifier: MIT
"""What the tests of releases and updates share."""
