# SPDX-License-Identifier: GPL-2.0-only
"""Mutation check of C sources: plants single faults and sees whether the suites notice. In order of use:
lexer, faults (what can be planted), sample (which are), lab (building and running), argued, command."""
