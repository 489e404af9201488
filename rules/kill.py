# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""kill: send a signal to a process through kill(2)."""

from __future__ import annotations

import os
import re
import signal

from oslo_concurrency import processutils

from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def kill(pid: str, sig: str = "TERM", check: bool = True) -> tuple[str, str]:
    """Send the process pid a signal, by number or by name, with or without SIG.

    A number of no single process is refused: kill(2) would take it for a group, and 0 for the daemon's own.
    """
    name = re.sub(r"\ASIG", "", sig.upper())
    stderr = ""
    if re.match(r"[0-9]{1,9}\Z", name):
        number = int(name)
    else:
        known = re.match(r"[A-Z][A-Z0-9]*\Z", name)
        number = int(getattr(signal, "SIG" + name, -1)) if known else -1
    if not re.match(r"[ \t\n\v\f\r]*\+?0*[1-9][0-9]{0,9}\Z", pid) or int(pid) >= 2**31:
        stderr = "kill: failed to parse argument: '%s'\n" % pid
    else:
        try:
            os.kill(int(pid), number)
        except OSError as error:
            stderr = "kill: (%d): %s\n" % (int(pid), error.strerror)
    if stderr and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="kill -s %s %s" % (sig, pid)
        )
    return "", stderr


RULES = (
    Rule(
        grammar="kill [-SIG|-s SIG|--signal=SIG] PID",
        function=kill,
        module="process",
        kind=NATIVE,
        capabilities={"CAP_KILL"},
        samples=(
            Sample(
                "kill('41', 'HUP')",
                "('', '')",
                patched=("os.kill",),
                asserted=("mock_kill.assert_called_once_with(41, signal.SIGHUP)",),
            ),
            Sample(
                "kill('41', 'HUP')",
                patched=("os.kill",),
                given=("mock_kill.side_effect = OSError(errno.ESRCH, 'fake')",),
                code=1,
            ),
        ),
        examples=(
            Becomes(
                "utils.execute('kill', '-9', pid, run_as_root=True)",
                "privsep.process.kill(str(pid), sig='9')",
            ),
            Becomes(
                "utils.execute('kill', '-HUP', '%d' % pid, run_as_root=True, check_exit_code=[0, 1])",
                "privsep.process.kill('%d' % pid, sig='HUP', check=False)",
            ),
            Becomes(
                "utils.execute('kill', '-s', sig, pid, run_as_root=True)",
                "privsep.process.kill(str(pid), sig=str(sig))",
            ),
            Stays("execute('kill', '-9', one, two, run_as_root=True)", because="{two}"),
            Stays("execute('kill', '-%d' % sig, pid, run_as_root=True)", because="-"),
            Stays("execute('kill', '-l', '9', run_as_root=True)", because="-l"),
        ),
        trials=tuple(
            Trial(f"kill {line}")
            for line in (
                "{process}",
                "{rootprocess}",
                "{stubborn}",
                "{noprocess}",
                "-9 {process}",
                "-15 {process}",
                "-0 {process}",
                "-0 {noprocess}",
                "-KILL {stubborn}",
                "-SIGUSR1 {process}",
                "-s hup {process}",
                "-s sigint {process}",
                "-HUP {stubborn}",
                "-CONT {rootprocess}",
                "-s TERM {process}",
                "-s SIGKILL {rootprocess}",
                "-s 9 {process}",
                "--signal KILL {process}",
                "-s USR2 {noprocess}",
                "-64 {process}",
                "-9 -- {process}",
                "-0 abc",
                "-0 0x10",
                "-0 ' {noprocess}'",
                "-0 +{noprocess}",
                "-0 0{noprocess}",
                "-0 1.5",
                "-0 ''",
                "-s NOTHING {process}",
            )
        ),
        differences=(
            Difference("0, which stands for the group of the process that asks, is refused", trial=Trial("kill -0 0")),
            Difference("a number too great for a process is refused", trial=Trial("kill -0 4294967296")),
            Difference(
                "an unknown signal after the dash is told as one after -s, and does nothing either",
                trial=Trial("kill -NOTHING {process}"),
                aspects=("stderr",),
            ),
            Difference("a signal greater than 64 is refused", trial=Trial("kill -99 {process}")),
            Difference("RTMIN+N is no name of a signal", trial=Trial("kill -s RTMIN+1 {process}")),
            Difference("a number below zero, which stands for a group of processes, is refused"),
            Difference("where kill(1) is that of util-linux, its errors read otherwise; the exit status is the same"),
        ),
    ),
)
