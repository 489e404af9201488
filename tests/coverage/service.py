"""A small service with operations on several rungs, written out for tests."""

from __future__ import annotations

from pathlib import Path

from migrator.coverage.operations import Coverage
from migrator.coverage.projects import Asked, coverage

PRIVSEP = """\
from oslo_privsep import capabilities
from oslo_privsep import priv_context

sys_admin_pctxt = priv_context.PrivContext(
    'service', cfg_section='service_sys_admin', pypath=__name__ + '.sys_admin_pctxt',
    capabilities=[capabilities.CAP_CHOWN, capabilities.CAP_SYS_ADMIN])
"""
PATH = """\
import os

import service.privsep


@service.privsep.sys_admin_pctxt.entrypoint
def chown(path, uid):
    os.chown(path, uid, -1)


def chown_argv(*argv, **kwargs):
    return chown(argv[2], int(argv[1]))
"""
LVM = """\
from oslo_concurrency import processutils

import service.privsep


@service.privsep.sys_admin_pctxt.entrypoint
def list_volumes(group):
    return processutils.execute('lvs', '--noheadings', group)


@service.privsep.sys_admin_pctxt.entrypoint
def anything(*cmd):
    return processutils.execute(*cmd)
"""
VOLUME = """\
from oslo_concurrency import processutils

import service.privsep.lvm
import service.privsep.path


def run(*cmd, **kwargs):
    return processutils.execute(*cmd, **kwargs)


def take(path, uid):
    run('chown', uid, path, run_as_root=True)


def look(name):
    return processutils.execute(name, run_as_root=True)


def give(path, uid):
    service.privsep.path.chown(path, uid)


def hand(path):
    return [path, service.privsep.path.chown_argv]


class Group:
    def volumes(self):
        return service.privsep.lvm.list_volumes(self.name)

    def format(self, path):
        service.privsep.lvm.anything('mkfs', path)
"""
FILES = {
    "service/__init__.py": "",
    "service/privsep/__init__.py": PRIVSEP,
    "service/privsep/path.py": PATH,
    "service/privsep/lvm.py": LVM,
    "service/volume.py": VOLUME,
}


def write(folder: Path, files: dict[str, str] = FILES) -> Path:
    """Write files below a folder; the folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def asked(folder: Path) -> Asked:
    return Asked(paths=(str(folder / "service"),), here=str(folder), name="service")


def read(folder: Path, files: dict[str, str] = FILES) -> Coverage:
    """The coverage of such a service."""
    return coverage(asked(write(folder, files)))
