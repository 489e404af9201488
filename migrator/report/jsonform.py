"""The ledger as JSON, schema `privmigrate.scan/1`."""

from __future__ import annotations

import json
from typing import Any


def dumps(ledger: dict[str, Any]) -> str:
    """The ledger as JSON text: two spaces an indent, keys in the order of the schema, ASCII, a newline at the end."""
    return json.dumps(ledger, indent=2) + "\n"
