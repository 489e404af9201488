"""Traps met in nova, os-brick and cinder, re-created small: what looks like a site and is none, and the other way."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from migrator.understand.notation import spelled
from migrator.understand.scan import scan
from tests.understand.test_sites import differences

UTILS = """
    from oslo_concurrency import processutils

    def execute(*cmd, **kwargs):
        # site: forwarder | *{cmd}
        return processutils.execute(*cmd, **kwargs)
"""

TRAPS = {
    "the dictionary is no site, the call that takes it is": """
        from lagoon import utils

        class LocalFS:
            def append_file(self, path, content):
                canonpath = self._canonical_path(path)
                args = ["-a", canonpath]
                kwargs = dict(process_input=content, run_as_root=True)
                # site: via_wrapper program=tee | tee -a {canonpath}
                utils.execute("tee", *args, **kwargs)
    """,
    "a dictionary that takes the place of the parameter of the same name": """
        from lagoon import utils

        class Engine:
            def os_execute(self, *cmd, **kwargs):
                # site: forwarder | *{cmd}
                return utils.execute(*cmd, **kwargs)

            def ready(self, **kwargs):
                kwargs = dict(run_as_root=True, root_helper=self._root_helper)
                # site: via_wrapper program=casadm | casadm -L
                out, err = self.os_execute("casadm", "-L", **kwargs)
                return out
    """,
    "an attribute of a class that its own methods give another value by the class's name": """
        from lagoon import utils

        class LVM:
            PREFIX = ["env", "LC_ALL=C"]

            def __init__(self, quiet):
                prefix = ["env", "LC_ALL=C"]
                if quiet:
                    prefix.append("LVM_SUPPRESS_FD_WARNINGS=1")
                LVM.PREFIX = prefix

            def show(self, group):
                # site: direct program=vgs
                utils.execute(*(LVM.PREFIX + ["vgs", group]), run_as_root=True)

        class Fixed:
            PREFIX = ["env", "LC_ALL=C"]

            def show(self, group):
                # site: direct program=vgs | env LC_ALL=C vgs {group}
                utils.execute(*(Fixed.PREFIX + ["vgs", group]), run_as_root=True)
    """,
    "root_helper handed to others runs nothing": """
        from os_brick.initiator import connector
        from oslo_privsep import priv_context

        from lagoon import utils

        def main(conf):
            priv_context.init(root_helper=["sudo", "-n", "lagoon-rootwrap"])
            root_helper = utils.get_root_helper()
            return connector.get_connector_properties(root_helper, conf.my_ip, conf.use_multipath, False)
    """,
    "a flag that is taken and ignored": """
        from lagoon import utils

        class Connector:
            def check_valid_device(self, path, run_as_root=True):
                return path is not None

            def connect(self, path):
                return self.check_valid_device(path, run_as_root=True)

            def info(self, path, run_as_root=False):
                return utils.execute("qemu-img", "info", path)

            def both(self, path):
                return self.info(path, run_as_root=True)
    """,
    "a flag that chooses a privileged function": """
        import lagoon.privsep.rbd

        class RBDConnector:
            def check_valid_device(self, path, run_as_root=True):
                if run_as_root:
                    return lagoon.privsep.rbd.check_valid_path(path)
                with open(path, "rb") as device:
                    return device.read(4096)
    """,
    "root by default of a function with its own command": """
        from lagoon import utils

        def qemu_img_info(path, run_as_root=True):
            cmd = ["env", "LC_ALL=C", "qemu-img", "info"]
            cmd.append(path)
            # site: forwarder program=qemu-img | env LC_ALL=C qemu-img info {path}
            out, _err = utils.execute(*cmd, run_as_root=run_as_root)
            return out

        class Driver:
            def size(self, path):
                return qemu_img_info(path)
    """,
    "values for a fixed command are no argv": """
        from lagoon import utils

        class Connector:
            def _run_iscsiadm_bare(self, command, **kwargs):
                # site: direct program=iscsiadm | iscsiadm *{command}
                return utils.execute("iscsiadm", *command, run_as_root=True, **kwargs)

            def _set_startup(self, key, value):
                # site: via_wrapper program=iscsiadm | iscsiadm --op update -n {key} -v {value}
                self._run_iscsiadm_bare(["--op", "update", "-n", key, "-v", value])

            def automatic(self):
                self._set_startup("node.startup", "automatic")
    """,
    "a wrapper on two ways, one of them remote": """
        from lagoon import utils

        class SanDriver:
            def __init__(self, configuration):
                self.run_local = configuration.san_is_local

            def _run_ssh(self, cmd_list, check_exit_code=True):
                with self.sshpool.item() as ssh:
                    return processutils.ssh_execute(ssh, " ".join(cmd_list), check_exit_code=check_exit_code)

            def san_execute(self, *cmd, **kwargs):
                if self.run_local:
                    # site: forwarder | *{cmd}
                    return utils.execute(*cmd, **kwargs)
                else:
                    check_exit_code = kwargs.pop("check_exit_code", None)
                    return self._run_ssh(cmd, check_exit_code)
    """,
    "an attribute that subclasses bind to a remote executor": """
        from lagoon import utils

        class LocalDriver:
            def __init__(self):
                self.gpfs_execute = self._local_execute

            def _local_execute(self, *cmd, **kwargs):
                if "run_as_root" not in kwargs:
                    kwargs.update({"run_as_root": True})
                # site: forwarder | *{cmd}
                return utils.execute(*cmd, **kwargs)

            def move(self, source, target):
                # site: via_wrapper program=mv | mv {source} {target}
                self.gpfs_execute("mv", source, target)

        class RemoteDriver(LocalDriver):
            def __init__(self):
                super().__init__()
                self.gpfs_execute = self._remote_execute

            def _remote_execute(self, *cmd, **kwargs):
                return self._run_ssh(cmd, kwargs.pop("check_exit_code", None))
    """,
    "a static method under a lock": """
        from oslo_concurrency import lockutils

        from lagoon import utils

        class LioAdm:
            @staticmethod
            @utils.synchronized("lioadm", external=True)
            def _execute(*args, **kwargs):
                # site: forwarder | *{args}
                return utils.execute(*args, **kwargs)

            def verify(self):
                self._execute("lagoon-rtstool", "verify")

            def create(self, path, port=None):
                extra_args = []
                if port:
                    extra_args.append("-p%s" % port)
                # site: direct program=lagoon-rtstool | lagoon-rtstool create {path} *{["-p%s" % port] if port}
                self._execute("lagoon-rtstool", "create", path, *extra_args, run_as_root=True)
    """,
    "a key that turns the helper on even when it is false": """
        from oslo_concurrency import processutils

        from lagoon import utils

        def run(*cmd, **kwargs):
            if "run_as_root" in kwargs and "root_helper" not in kwargs:
                kwargs["root_helper"] = utils.get_root_helper()
            # site: forwarder | *{cmd}
            return processutils.execute(*cmd, **kwargs)

        def look(path):
            run("stat", path, run_as_root=False)
            run("stat", path)
            # site: direct program=stat | stat {path}
            run("stat", path, run_as_root=True)
    """,
    "commands in a module that only stores words": """
        from lagoon import config

        CMDS = ["sudo", "lagoon-rootwrap", "/etc/lagoon/rootwrap.conf"]
        HELP = "run 'sudo lagoon-manage db sync' with run_as_root=True"

        def helper():
            return "sudo %s" % config.HELPER, CMDS

        class Error(Exception):
            message = "sudo: execute(%(cmd)s, run_as_root=True) failed"
    """,
    "a method that only shares the name of an executor": """
        from lagoon import utils

        class Task:
            def execute(self, context, volume, run_as_root=False):
                # site: forwarder program=chown | chown {volume}
                return utils.execute("chown", volume, run_as_root=run_as_root)

        class Flow:
            def start(self, engine, context, **kwargs):
                engine.execute(context, **kwargs)
                Task().execute(context, "volume")
    """,
    "a function inside a method, and one that waits for it": """
        import threading

        from lagoon import utils

        class Reader:
            def start(self, pty):
                def _drain():
                    # site: direct program=dd | dd {"if=%s" % pty} iflag=nonblock
                    utils.execute("dd", "if=%s" % pty, "iflag=nonblock", run_as_root=True, check_exit_code=False)

                threading.Thread(target=_drain).start()
    """,
    "a default that is an executor of another class": """
        from lagoon import utils

        class Iptables:
            def __init__(self, execute=None):
                if not execute:
                    self.execute = utils.execute
                else:
                    self.execute = execute

            def apply(self):
                for cmd in ("iptables", "ip6tables"):
                    # site: direct programs=ip6tables-save,iptables-save
                    text, _err = self.execute("%s-save" % (cmd,), "-c", run_as_root=True, attempts=5)
                    # site: direct programs=ip6tables-restore,iptables-restore
                    self.execute("%s-restore" % (cmd,), "-c", process_input=text, run_as_root=True, attempts=5)
    """,
    "a call through a starred list of a split": """
        from lagoon import utils

        def apply(rule, table):
            cmd = ["ebtables", "--concurrent", "-t", table, "-I"] + rule.split()
            # site: direct program=ebtables | ebtables --concurrent -t {table} -I *{rule.split()}
            utils.execute(*cmd, run_as_root=True)
    """,
    "the same command in both branches of a test for root": """
        from lagoon import utils

        def remove(path, as_root):
            if as_root:
                # site: direct program=rm | rm -f {path}
                utils.execute("rm", "-f", path, run_as_root=True)
            else:
                utils.execute("rm", "-f", path)
    """,
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_of_the_corpus_is_stepped_around(trap: str) -> None:
    files = {
        "lagoon/__init__.py": b"",
        "lagoon/utils.py": textwrap.dedent(UTILS).encode(),
        "lagoon/trap.py": textwrap.dedent(TRAPS[trap]).encode(),
    }
    found = differences(files)
    assert not found, "\n" + "\n".join(found)


def test_what_a_method_gives_the_class_is_in_the_command(tmp_path: Path) -> None:
    """cinder's LVM sets LVM.LVM_CMD_PREFIX in __init__: a function for the value in the class's body refuses that."""
    text = textwrap.dedent(TRAPS["an attribute of a class that its own methods give another value by the class's name"])
    (tmp_path / "lagoon").mkdir()
    for name, source in (("__init__", ""), ("utils", textwrap.dedent(UTILS)), ("lvm", text)):
        (tmp_path / "lagoon" / f"{name}.py").write_text(source)
    found = scan([str(tmp_path / "lagoon")])
    spelled_out = [" ".join(spelled(site.command.words)) for site in found.sites if site.path.endswith("lvm.py")]
    assert [("LVM_SUPPRESS_FD_WARNINGS=1" in text, text.startswith("env LC_ALL=C")) for text in spelled_out] == [
        (True, True),
        (False, True),
    ]
