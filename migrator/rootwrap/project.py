"""The filters that a project ships: the files below its etc folder, read as rootwrap reads them once installed."""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterator, Sequence

from migrator.model import Kind, Site
from migrator.rootwrap import lines
from migrator.rootwrap.filters import Filter

_ENDING = ".filters"


def filters_of(root: str) -> tuple[Filter, ...]:
    """The filters below the folder of a project, in the order of their files' names; () when it ships none.

    Filters that admit nothing but the start of a privsep daemon are none: a library ships them for those that use it,
    and what the library runs is admitted by their filters. Raises Fault for a file that rootwrap could not load.
    """
    found = tuple(each for path in files(root) for each in lines.read(path).filters)
    return found if any(os.path.basename(each.executable) != "privsep-helper" for each in found) else ()


def asked_of(site: Site, shipped: Sequence[Filter]) -> tuple[Filter, ...]:
    """Which of a project's filters a site is run through: none where it gets root by sudo or privsep."""
    return tuple(shipped) if through_rootwrap(site) else ()


def through_rootwrap(site: Site) -> bool:
    """Whether a site's command is handed to the root helper: not to sudo by name, and not to a privsep daemon."""
    return site.runner is None and site.kind not in (Kind.LAUNDERED, Kind.LITERAL_SUDO)


def files(root: str) -> list[str]:
    """The files with filters: *.filters anywhere below etc, and all in the folders that a rootwrap.conf names there."""
    found: set[str] = set()
    if os.path.abspath(root) == "/":  # a script that lies there; /etc is the machine's
        return []
    for folder, folders, names in os.walk(os.path.join(root, "etc")):
        folders.sort()
        found.update(os.path.join(folder, name) for name in names if name.endswith(_ENDING) and name[0] != ".")
        for name in names:
            if name.startswith("rootwrap") and name.endswith(".conf"):
                found.update(_named_in(os.path.join(folder, name), root))
    return sorted(path for path in found if os.path.isfile(path))


def _named_in(path: str, root: str) -> Iterator[str]:
    """All files of the folders in a configuration's filters_path that the project has at the same place."""
    config = configparser.RawConfigParser(strict=False)
    try:
        config.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise lines.unusable(path, error) from error
    for folder in config.defaults().get("filters_path", "").split(","):
        here = os.path.join(root, folder.strip().lstrip("/"))
        if folder.strip().startswith("/etc/") and os.path.isdir(here):
            yield from (os.path.join(here, name) for name in os.listdir(here) if name[0] != ".")
