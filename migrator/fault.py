"""The one exception for what a user or the environment did wrong."""

from __future__ import annotations


class Fault(Exception):
    """A mistake of the user's or the environment's: one line that names the file and what to do; exit status 2."""
