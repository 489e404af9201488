"""Values as JSON, between the tool and the target's interpreter."""

from __future__ import annotations

import importlib
from typing import Any


class Opaque:
    """An object of the target's that is no text: an executor calls str() on it, it does not cross by itself."""

    def __init__(self, text: str):
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __fspath__(self) -> str:
        return self.text


def encoded(value: Any) -> Any:
    """A value as JSON, its type kept: {"bytes": ...}, {"tuple": ...}; what has no form there is {"other": repr}."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin-1")}
    if isinstance(value, (list, tuple)):
        return {"tuple" if isinstance(value, tuple) else "list": [encoded(one) for one in value]}
    if isinstance(value, dict):
        return {"dict": [[encoded(key), encoded(one)] for key, one in value.items()]}
    return {"other": repr(value)}


def decoded(value: Any) -> Any:
    """The value of a JSON form; {"object": text} gives an Opaque, {"constant": "module:NAME"} what it names here."""
    if not isinstance(value, dict):
        return value
    (kind, inner), *_ = value.items()
    if kind == "bytes":
        return inner.encode("latin-1")
    if kind == "tuple":
        return tuple(decoded(one) for one in inner)
    if kind == "list":
        return [decoded(one) for one in inner]
    if kind == "set":
        return {decoded(one) for one in inner}
    if kind == "dict":
        return {decoded(key): decoded(one) for key, one in inner}
    if kind == "constant":
        module, _, name = inner.partition(":")
        return getattr(importlib.import_module(module), name)
    return Opaque(inner)
