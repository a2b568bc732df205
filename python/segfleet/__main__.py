# SPDX-License-Identifier: Apache-2.0
"""`python -m segfleet`: the command."""

from segfleet._cli import main

main()
