"""Small projects on disk, and what a cutover finds in them."""

from __future__ import annotations

from pathlib import Path

from migrator.cutover import plan, tree
from migrator.cutover.plan import Cutover
from migrator.cutover.ties import Standing, Start
from migrator.understand.scan import scan

SETUP = """\
[metadata]
name = cloudy

[entry_points]
console_scripts =
    cloudy-agent = cloudy.agent:main
    cloudy-rootwrap = oslo_rootwrap.cmd:main
"""
UTILS = """\
from oslo_concurrency import processutils

from cloudy.conf import CONF


def get_root_helper():
    return 'sudo cloudy-rootwrap %s' % CONF.rootwrap_config


def execute(*cmd, **kwargs):
    if 'run_as_root' in kwargs and 'root_helper' not in kwargs:
        kwargs['root_helper'] = get_root_helper()
    return processutils.execute(*cmd, **kwargs)
"""
CONF = """\
from oslo_config import cfg

CONF = cfg.CONF
OPTS = [
    # where rootwrap is told what to admit
    cfg.StrOpt('rootwrap_config',
               default='/etc/cloudy/rootwrap.conf'),

    cfg.StrOpt('state_path', default='/var'),
]
CONF.register_opts(OPTS)
"""
TREE = {
    "setup.cfg": SETUP,
    "requirements.txt": "oslo.config>=5 # Apache-2.0\noslo.rootwrap>=5.8.0 # Apache-2.0\noslo.utils>=3\n",
    "cloudy/__init__.py": "",
    "cloudy/utils.py": UTILS,
    "cloudy/conf.py": CONF,
    "etc/cloudy/rootwrap.conf": "[DEFAULT]\nfilters_path=/etc/cloudy/rootwrap.d\n",
    "etc/cloudy/rootwrap.d/agent.filters": "[Filters]\nchown: CommandFilter, chown, root\n",
}


def project(folder: Path, **more: str) -> Path:
    """Write the small project, plus or with other files given as {path: text}; its folder."""
    for name, text in {**TREE, **more}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def cutover(folder: Path, start: Start | None = None) -> Cutover:
    return plan.cutover(tree.read(str(folder.resolve())), scan([str(folder / "cloudy")]), start)


def told(found: Cutover, standing: Standing = Standing.BLOCKING) -> list[str]:
    """Kind and place of each tie."""
    return [f"{tie.kind.value} {tie.path}:{','.join(map(str, tie.lines))}" for tie in found.standing(standing)]


def after(found: Cutover) -> dict[str, str | None]:
    """What the files hold afterwards, None for one that goes."""
    return {
        str(Path(change.path).resolve().relative_to(found.root)): None if change.removed else change.new.decode()
        for change in found.changes
    }
