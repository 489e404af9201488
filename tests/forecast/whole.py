"""A forecast with something in each of its parts."""

from __future__ import annotations

from typing import Any

from migrator.bench.plan import Way
from migrator.forecast.forecast import Forecast, forecast
from migrator.forecast.log import Call, Item, Refused, Span, Told
from migrator.forecast.operations import Project
from migrator.forecast.traffic import traffic
from migrator.model import Rung
from migrator.report import forecasted
from tests.forecast.made import COMMANDS, FILES, operation, run


def made() -> Forecast:
    operations = (
        operation("chown {uid} {path}", Rung.NATIVE),
        operation("mkfs {dev}", line=2),
        operation("cat {path}", Rung.NATIVE, line=3),
        operation("lvs", Rung.ROOTWRAP, line=4),
    )
    items: list[Item] = [
        Call(Told.RETURNED, ("chown", "1", "/x"), True, Way.ROOTWRAP, 0.2, 60.0),
        Call(Told.RETURNED, ("mkfs", "/dev/x"), True, Way.ROOTWRAP, 9.0, 90.0),
        Call(Told.RETURNED, ("tgtadm", "--op", "show"), True, Way.ROOTWRAP, 0.2, 95.0),
        Refused(),
        Span(0.0, 3600.0, 9),
    ]
    return forecast(
        Project("cloud", operations, (FILES, COMMANDS)),
        run(),
        "x.json",
        False,
        lambda some, hold: traffic([("a.log", items)], some, hold),
    )


def keys() -> set[str]:
    """All names that its JSON has, but for what bench and its machine say, and the ways."""
    told = forecasted.document(made())
    for name in ("machine", "versions"):
        told["bench"][name] = None
    return set(_keys(told)) - {way.value for way in Way}


def _keys(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(key for each in value.values() for key in _keys(each))]
    return [key for each in value for key in _keys(each)] if isinstance(value, list) else []
