# SPDX-License-Identifier: MIT
"""What only Windows itself can tell (README.md)."""
