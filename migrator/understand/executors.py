"""The functions of libraries that run a command, and how each of them is told what to run and whether as root."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Executor(NamedTuple):
    """A library function that runs a command.

    argv: "*" when the words are the positional arguments, else the name of the parameter that takes them as one list
    (position: its place). flag: the keyword that asks for root, None when there is none; flag_position: its place when
    it may be given by position. held: it hands everything on to an executor that it was made with, and with it a flag
    that names a privileged function. always: it is root whatever it is told; how: why ("entrypoint", "daemon").
    """

    argv: str
    position: int = 0
    flag: str | None = None
    flag_position: int | None = None
    always: bool = False
    how: str = "flag"
    held: bool = False


_STAR = Executor("*", flag="run_as_root")
_HELD = Executor("*", flag="run_as_root", held=True)
_ARGS = Executor("args")

# Sources: oslo_concurrency/processutils.py, oslo_rootwrap/client.py, the standard library's reference;
# os_brick/privileged/rootwrap.py and executor.py, ironic_lib/utils.py, neutron/agent/linux/utils.py for code that
# imports them from outside their own tree.
EXECUTORS: dict[str, Executor] = {
    "oslo_concurrency.processutils.execute": _STAR,
    "oslo_concurrency.processutils.trycmd": _STAR,
    "oslo.concurrency.processutils.execute": _STAR,
    "oslo.concurrency.processutils.trycmd": _STAR,
    "os_brick.privileged.rootwrap.execute": _STAR,
    "os_brick.privileged.rootwrap.execute_root": Executor("*", always=True, how="entrypoint"),
    "os_brick.executor.Executor._execute": _HELD,
    "os_brick.initiator.linuxscsi.LinuxSCSI._execute": _STAR,
    "os_brick.initiator.connectors.base.BaseLinuxConnector._execute": _STAR,
    "ironic_lib.utils.execute": _STAR,
    "neutron.agent.linux.utils.execute": Executor("cmd", flag="run_as_root", flag_position=6),
    "neutron.agent.linux.utils.create_process": Executor("cmd", flag="run_as_root", flag_position=1),
    "oslo_rootwrap.client.Client": Executor("root_helper_cmd"),
    "oslo_rootwrap.client.Client.execute": Executor("cmd", always=True, how="daemon"),
    "os.system": Executor("command"),
    "os.popen": Executor("cmd"),
    "os.execv": Executor("args", position=1),
    "os.execvp": Executor("args", position=1),
    "os.execvpe": Executor("args", position=1),
    "os.posix_spawn": Executor("argv", position=1),
    "os.posix_spawnp": Executor("argv", position=1),
    "asyncio.create_subprocess_exec": Executor("*"),
    "asyncio.create_subprocess_shell": Executor("cmd"),
    "pexpect.spawn": Executor("command"),
    **{
        f"{module}.{name}": _ARGS
        for module in ("subprocess", "eventlet.green.subprocess", "subprocess32")
        for name in ("Popen", "call", "check_call", "check_output", "run", "getoutput", "getstatusoutput")
    },
}

# Keywords that carry the decision to be root in the code of OpenStack projects.
FLAGS = ("run_as_root", "as_root", "use_sudo", "as_sudo", "with_sudo", "runas_root")
EXECUTOR_NAMES = frozenset(
    {
        *("execute", "_execute", "__execute", "executor", "_executor", "trycmd", "execute_root", "try_execute"),
        *("_try_execute", "_exec", "exec_cmd", "_exec_cmd", "run_command", "_run_command", "execute_command"),
        *("_execute_command", "run_cmd", "_run_cmd", "_run", "execute_with_timeout", "execute_shell_cmd"),
    }
)
"""Names that a callable which runs commands has, where it cannot be found: it was injected, or comes from elsewhere."""

# Words that become another user before the command itself: an argv that starts with one is root whatever a flag says.
BECOME_ROOT = frozenset({"sudo", "doas", "pkexec", "rootwrap"})
ROOT_HELPER = ("root_helper", "rootwrap", "sudo")
"""What the source of a spread prefix mentions when it makes the command root."""


def configured(names: Iterable[str], wrappers: Iterable[str] = ()) -> dict[str, Executor]:
    """The executors that a project's configuration names.

    names: functions that take what oslo_concurrency's execute takes. wrappers: those that are root in any case.
    """
    return dict.fromkeys(names, _STAR) | dict.fromkeys(wrappers, Executor("*", always=True))
