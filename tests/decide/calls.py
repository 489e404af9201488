"""Sites made from the text of one call, for tests that ask nothing of the scanner."""

from __future__ import annotations

from migrator.decide.checks import site

__all__ = ["site"]
