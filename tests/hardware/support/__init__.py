# SPDX-License-Identifier: MIT
"""What the tests on a real machine share."""
