# SPDX-License-Identifier: MIT
"""The driver: installs, starts and tests an interactive service, under Wine or on Windows."""
