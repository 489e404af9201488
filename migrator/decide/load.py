"""Folders of rule files -> a rulebook that imports a rule file only when its program is met."""

from __future__ import annotations

import builtins
import functools
import importlib
import importlib.util
import sys
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrator.decide.rule import Rule, RuleError

PACKAGE = Path(__file__).resolve().parent.parent


def shipped(package: Path = PACKAGE) -> Path:
    """The folder of our own rules: `migrator/rules` in a wheel, `rules` beside the package in a checkout.

    The parent folder counts only where a pyproject.toml lies: elsewhere it is site-packages, where `rules` would be
    another project's. Raises RuleError when there is no such folder.
    """
    inside, beside = package / "rules", package.parent / "rules"
    if inside.is_dir():
        return inside
    if beside.is_dir() and (package.parent / "pyproject.toml").is_file():
        return beside
    raise RuleError(f"{inside}: the folder of the shipped rules is missing; install privmigrate again")


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Rules by program; files: program -> the rule file, or the folder of rule files, that is named after it.

    replaced: (user's file, file of ours that it takes the place of).
    """

    files: Mapping[str, Path]
    replaced: tuple[tuple[Path, Path], ...] = ()
    _read: dict[str, tuple[Rule, ...]] = field(default_factory=dict, repr=False, compare=False)

    def rules_for(self, program: str) -> tuple[Rule, ...]:
        """The rules of one program, () when there are none; raises RuleError when its file cannot be used."""
        if program not in self.files:
            return ()
        if program not in self._read:
            self._read[program] = load_file(self.files[program])
        return self._read[program]

    def named(self, name: str) -> tuple[Rule, ...]:
        """The rules of a program ("chown"), or the one of that name ("chown.chown"); raises RuleError for none."""
        program = name.rpartition(".")[0]
        found = self.rules_for(name) or tuple(rule for rule in self.rules_for(program) if rule.name == name)
        if not found:
            from difflib import get_close_matches

            near = get_close_matches(name, sorted(self.files), n=1)
            hint = f", did you mean {near[0]}?" if near else "; `privmigrate rules` lists them"
            raise RuleError(f"{name}: there is no such rule{hint}")
        return found

    def all(self) -> tuple[Rule, ...]:
        """Every rule, by program; imports every rule file."""
        return tuple(rule for program in sorted(self.files) for rule in self.rules_for(program))


def rulebook(folders: Sequence[str | Path] = (), package: Path = PACKAGE) -> Rulebook:
    """Our rules and those of the user's folders, the later folder winning by file name.

    Raises RuleError for a folder that is missing or has no rules in it.
    """
    files: dict[str, Path] = {}  # or a folder of files on one program
    replaced: list[tuple[Path, Path]] = []
    for folder in (shipped(package), *map(Path, folders)):
        for path in rule_files(folder):
            if path.stem in files:
                replaced.append((path, files[path.stem]))
            files[path.stem] = path
    return Rulebook(files, tuple(replaced))


def rule_files(folder: Path) -> Iterable[Path]:
    """The rule files of a folder, by name; raises RuleError for a folder that is missing or has none."""
    if not folder.is_dir():
        raise RuleError(f"{folder}: no such folder of rules")
    found = sorted(path for path in folder.glob("*.py") if not path.name.startswith("_"))
    found += sorted(path for path in folder.iterdir() if path.is_dir() and _parts(path))
    if not found:
        raise RuleError(f"{folder}: there are no rules in this folder (files named after programs, such as chown.py)")
    return found


def _parts(folder: Path) -> list[Path]:
    """The rule files of a program that has many rules."""
    return sorted(path for path in folder.glob("*.py") if path.name[0] not in "._" and folder.name[0] not in "._")


def load_file(path: Path) -> tuple[Rule, ...]:
    """The RULES of one file, or of all in the folder of a program.

    Raises RuleError, naming the file, when it does not load or its rules do not fit.
    """
    return _checked(path, tuple(rule for part in _parts(path) or [path] for rule in _loaded(part)))


def _loaded(path: Path) -> tuple[Rule, ...]:
    module = _module(path)
    rules = getattr(module, "RULES", None)
    if not isinstance(rules, tuple) or not rules or not all(isinstance(rule, Rule) for rule in rules):
        raise RuleError(f"{path}: RULES has to be a tuple with at least one Rule in it")
    return rules


def _module(path: Path) -> types.ModuleType:
    name = f"privmigrate_rules.{path.stem}_{abs(hash(path.resolve())):x}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # The globals' own __builtins__ decide which __import__ the file's import statements call.
    module.__dict__["__builtins__"] = {**vars(builtins), "__import__": functools.partial(_import_later, path.parent)}
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except RuleError:
        raise
    except Exception as error:  # whatever a rule file does wrong, its author needs the file's name
        raise RuleError(f"{path}: cannot be loaded: {type(error).__name__}: {error}") from error
    finally:
        del sys.modules[name]
    return module


@functools.cache
def _shared(path: Path) -> types.ModuleType:
    """What rule files import from a file beside them or above; its name begins with _, so it is no rule file."""
    return _module(path)


def _checked(path: Path, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    names: set[str] = set()
    for rule in rules:
        if rule.form.program != path.stem:
            raise RuleError(f"{path}: {rule.grammar!r} is a rule of {rule.form.program}; the file is named {path.name}")
        if rule.name in names:
            raise RuleError(f"{path}: two rules have a function named {rule.function.__name__}")
        names.add(rule.name)
    return rules


class _Later(types.ModuleType):
    """A module that is imported when the first of its attributes is read.

    Rules import oslo libraries for their functions to run; to match and to print a rule none of them is needed, and
    oslo_concurrency alone would cost 0.15 s.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


def _import_later(
    folder: Path,
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: Sequence[str] = (),
    level: int = 0,
) -> types.ModuleType:
    root = name.partition(".")[0]
    shared = (folder / f"{name}.py", folder.parent / f"{name}.py")[level - 1] if level in (1, 2) else None
    if shared is not None and name.startswith("_") and shared.is_file():
        return _shared(shared)
    if level or root in sys.stdlib_module_names or root == "migrator":
        return __import__(name, globals, locals, fromlist, level)
    module = _Later(name if fromlist else root)
    for each in fromlist or ():
        setattr(module, each, _Later(f"{name}.{each}"))
    return module
