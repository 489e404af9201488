"""rootwrap.conf: where an installation has its filters and its programs, read as oslo.rootwrap reads it."""

from __future__ import annotations

import configparser
import logging
import logging.handlers
import os
from dataclasses import dataclass

from migrator.fault import Fault
from migrator.rootwrap import lines
from migrator.rootwrap.filters import Filter, defined
from migrator.rootwrap.lines import FiltersFile
from migrator.understand.walk import relative

# What oslo.rootwrap 5.0.0 and later add to whatever the files define (wrapper.load_filters).
OWN = defined("privsep-helper", "CommandFilter, privsep-helper, root")
_NUMBERS = {"daemon_timeout": 600, "rlimit_nofile": 1024}


@dataclass(frozen=True, slots=True)
class Conf:
    """filters_path, exec_dirs: folders. daemon_timeout: seconds. rlimit_nofile: open files at the most."""

    path: str
    filters_path: tuple[str, ...]
    exec_dirs: tuple[str, ...]
    use_syslog: bool = False
    daemon_timeout: int = 600
    rlimit_nofile: int = 1024


def read(path: str) -> Conf:
    """A rootwrap.conf. Raises Fault for one with which rootwrap would not start, saying why."""
    config = configparser.RawConfigParser()
    try:
        with open(path, encoding="utf-8") as file:
            config.read_file(file, path)
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        raise lines.unusable(path, error) from error
    values = config.defaults()
    if "filters_path" not in values:
        raise Fault(f"{relative(path)}: has no filters_path in [DEFAULT], so rootwrap does not start; add it")
    try:
        syslog = config.getboolean("DEFAULT", "use_syslog", fallback=False)
        numbers = {name: int(values.get(name, default)) for name, default in _NUMBERS.items()}
        _check_syslog(values.get("syslog_log_facility", "syslog"), values.get("syslog_log_level", "ERROR"))
    except ValueError as error:
        raise Fault(f"{relative(path)}: {error}, so rootwrap does not start; mend it") from error
    # Without exec_dirs rootwrap looks along the PATH that sudo gives it.
    folders = values["exec_dirs"].split(",") if "exec_dirs" in values else os.get_exec_path()
    return Conf(path, tuple(values["filters_path"].split(",")), tuple(folders), syslog, **numbers)


def _check_syslog(facility: str, level: str) -> None:
    handler = logging.handlers.SysLogHandler
    if getattr(handler, facility, None) is None and facility not in handler.facility_names:
        raise ValueError(f"Unexpected syslog_log_facility: {facility}")
    if isinstance(logging.getLevelName(level.upper()), str):
        raise ValueError(f"Unexpected syslog_log_level: {level!r}")


def installed(conf: Conf, root: str = "/") -> tuple[FiltersFile, ...]:
    """The files of filters of an installation whose / is `root`, sorted; rootwrap takes each folder in any order.

    A folder that is not there is left out, as rootwrap does. Raises Fault for a file with which rootwrap would stop.
    """
    found = []
    for folder in conf.filters_path:
        here = os.path.join(root, folder.lstrip("/")) if os.path.isabs(folder) else folder
        if not os.path.isdir(here):
            continue
        for name in sorted(os.listdir(here)):
            path = os.path.join(here, name)
            if name.startswith(".") or not os.path.isfile(path):
                continue
            file = lines.read(path)
            if not file.sectioned:
                text = "has no section [Filters], so rootwrap stops whatever it is asked for"
                raise Fault(f"{relative(path)}: {text}; add one, or move the file elsewhere")
            found.append(file)
    return tuple(found)


def filters(files: tuple[FiltersFile, ...], *, own: bool = True) -> tuple[Filter, ...]:
    """All filters that rootwrap has of these files, and its own (since 5.0.0) behind them."""
    some = tuple(one for file in files for one in file.filters)
    return (*some, OWN) if own and OWN is not None else some
