# SPDX-License-Identifier: 0BSD
"""Modules of the past, with their signatures, results and exceptions.

fdsend (python-fdsend), python_passfd (python-passfd 0.2), passfd (PyPI passfd
1.0.2), sendmsg (PyPI sendmsg 1.0.1). A program changes one import. What
differs is better: what was received is close-on-exec, what was not asked for
is closed, and what was lost is an error.
"""
