"""What is put into the house: the rules' own functions, and no more than is asked for."""

from __future__ import annotations

import ast
import json
import sys

from migrator.bench import service
from migrator.bench.machine import Target
from migrator.bench.plan import OPERATIONS, plan
from migrator.decide.load import rulebook

TARGET = Target(sys.executable, {}, True)


def test_native_functions_have_the_text_of_the_rules() -> None:
    files = service.files(plan(), TARGET)
    settings = json.loads(files[f"{service.HOME}/{service.PACKAGE}/settings.json"].content)
    assert [one["name"] for one in settings["operations"]] == [one.name for one in OPERATIONS]
    for told, one in zip(settings["operations"], OPERATIONS, strict=True):
        if not one.rule:
            assert told["function"] == ""
            continue
        module, _, name = told["function"].partition(".")
        (rule,) = rulebook().named(one.rule)
        text = files[f"{service.HOME}/{service.PACKAGE}/{module}.py"].content.decode()
        assert f"@contexts.native.entrypoint\n{rule.source}" in text
        ast.parse(text)
        assert name == rule.function.__name__
        assert set(rule.capabilities) <= set(settings["capabilities"])
    assert settings["operations"][0]["given"] == [
        {"owner": owner, "path": "/var/lib/privmigrate/owned"} for owner in ("2001", "2002")
    ]


def test_what_is_not_asked_for_is_not_admitted() -> None:
    files = service.files(plan(["chown"]), TARGET)
    filters = files[f"{service.HOME}/rootwrap.d/bench.filters"].content.decode()
    assert "chown: CommandFilter, chown, root\n" in filters
    assert "ip:" not in filters and "chmod" not in filters
    assert f"{service.HOME}/{service.PACKAGE}/native_chmod.py" not in files


def test_programs_keep_what_they_compile_only_where_the_libraries_are_not_compiled() -> None:
    path = f"{service.PROGRAMS}/privsep-helper"
    texts = [
        service.files(plan(["true"]), Target(sys.executable, {}, compiled))[path].content.decode()
        for compiled in (True, False)
    ]
    assert ["pycache_prefix" in text for text in texts] == [False, True]
    assert all(text.startswith(f"#!{sys.executable}\n") for text in texts)
