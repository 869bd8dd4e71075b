# SPDX-License-Identifier: MIT
"""Cases about clients of an interactive service: the harness plays the service and openvpn.exe."""
