# SPDX-License-Identifier: MIT
"""What the tests of tests/clients share."""
