# SPDX-License-Identifier: MIT
"""The driver: installs, starts and talks to an interactive service, under Wine or on Windows."""
