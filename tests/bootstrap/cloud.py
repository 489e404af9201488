"""A small service with two contexts, as it ships; what the tests of this folder look at."""

from __future__ import annotations

from pathlib import Path

from migrator.bootstrap.launch import Launch

CONTEXT = "cloud.privsep.sys_admin_pctxt"
OTHER = "cloud.privsep.net_pctxt"
LAUNCH = Launch("cloud", "cloud", "/usr/bin/privsep-helper", "/usr/bin/cloud-rootwrap", ("/etc/cloud/cloud.conf",))

PRIVSEP = """\
from oslo_privsep import capabilities as c
from oslo_privsep import priv_context

sys_admin_pctxt = priv_context.PrivContext(
    'cloud', cfg_section='cloud_sys_admin', pypath=__name__ + '.sys_admin_pctxt', capabilities=[c.CAP_SYS_ADMIN])
net_pctxt = priv_context.PrivContext(
    'cloud', cfg_section='cloud_net', pypath=__name__ + '.net_pctxt', capabilities=[c.CAP_NET_ADMIN])
"""
MAIN = """\
import shlex
from oslo_privsep import priv_context
from cloud import utils


def main():
    priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
"""
UTILS = """\
from oslo_concurrency import processutils


def get_root_helper():
    return 'sudo cloud-rootwrap /etc/cloud/rootwrap.conf'


def bring(device):
    processutils.execute('ip', 'link', 'set', device, 'up', run_as_root=True)


def own(path):
    processutils.execute('chown', 'cloud', path, run_as_root=True)
"""
LOOSE = (
    "privsep-helper, root, privsep-helper, --config-file, /etc/(?!\\.\\.).*, --privsep_context, "
    f"{CONTEXT}, --privsep_sock_path, /tmp/.*"
)
FILTERS = f"""\
[Filters]
# the daemon
privsep: RegExpFilter, {LOOSE}
ip: IpFilter, ip, root
chown: CommandFilter, chown, root
"""
ROOTWRAP_CONF = """\
[DEFAULT]
filters_path=/etc/cloud/rootwrap.d
exec_dirs=/sbin,/usr/sbin,/bin,/usr/bin
"""


def write(folder: Path, *, helper: bool = True, contexts: bool = True, filters: str = FILTERS) -> Path:
    """The service below a folder, with or without a root helper, contexts and filters; its package."""
    files = {
        "cloud/__init__.py": "",
        "cloud/utils.py": UTILS,
        "cloud/cmd.py": MAIN if helper else "",
        "setup.cfg": "[entry_points]\nconsole_scripts =\n    cloud-rootwrap = oslo_rootwrap.cmd:main\n",
        "etc/cloud/rootwrap.conf": ROOTWRAP_CONF,
    }
    if contexts:
        files["cloud/privsep/__init__.py"] = PRIVSEP
    if filters:
        files["etc/cloud/rootwrap.d/cloud.filters"] = filters
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "cloud"
