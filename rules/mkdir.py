# ruff: noqa: UP031, RUF005 - the projects with the most to migrate still run on Python 2: no f-strings, no [*list]
"""mkdir: make a directory through mkdir(2)."""

from __future__ import annotations

import errno
import os

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def mkdir(path: str, parents: bool = False, check: bool = True) -> tuple[str, str]:
    """Make the directory path with mode 0755.

    With parents=True those above it are made too, and one that is there will do.
    """
    errors = []
    if path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        errors.append("'%s' is not an absolute path" % path)
    else:
        # The mode is explicit because the daemon's umask is 0, where a command run by rootwrap has 022.
        steps = [path]
        if parents:
            parts = path.split("/")
            steps = ["/".join(parts[:end]) for end in range(2, len(parts) + 1) if parts[end - 1]]
            steps = steps[:-1] + [path]
        for step in steps:
            try:
                os.mkdir(step, 0o755)
            except OSError as error:
                if parents and os.path.isdir(step):
                    continue
                reason = error.strerror
                if step != steps[-1] and os.path.exists(step):
                    reason = os.strerror(errno.ENOTDIR)
                errors.append("cannot create directory '%s': %s" % (step, reason))
                break
    stderr = "".join("mkdir: %s\n" % line for line in errors)
    if errors and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="mkdir %s%s" % ("-p " if parents else "", path)
        )
    return "", stderr


RULES = (
    Rule(
        grammar="mkdir [-p|--parents] PATH",
        function=mkdir,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_OVERRIDE"},
        samples=(
            Sample("mkdir(missing)", "0o755", "stat.S_IMODE(os.stat(missing).st_mode)"),
            Sample("mkdir(os.path.join(missing, 'below'), parents=True)", "['below']", "os.listdir(missing)"),
            Sample("mkdir(path)", code=1),
        ),
        examples=(
            Becomes(
                "utils.execute('mkdir', '-p', canonpath, run_as_root=True)",
                "privsep.path.mkdir(str(canonpath), parents=True)",
            ),
            Becomes(
                "utils.execute('mkdir', os.path.join(base, name), run_as_root=True)",
                "privsep.path.mkdir(os.path.join(base, name))",
            ),
            Stays("execute('mkdir', '-m', '750', path, run_as_root=True)", because="-m"),
            Stays("execute('mkdir', '-p', one, two, run_as_root=True)", because="{two}"),
        ),
        trials=tuple(
            Trial(f"mkdir {line}")
            for line in (
                "{missing}",
                "{missing}/",
                "{missing}/below",
                "{file}",
                "{file}/below",
                "{dir}",
                "{dir}/new",
                "{sgid}/new",
                "{dirlink}",
                "{dirlink}/new",
                "{dangling}",
                "{dangling}/new",
                "''",
                "{lockeddir}/new",
                "{sticky}/new",
                "{readonlydir}/new",
                "{readonlydir}/inside",
                "-p {missing}",
                "-p {missing}/one//two/",
                "-p {dir}",
                "-p {dir}/",
                "-p {file}",
                "-p {file}/below",
                "-p {sgid}/one/two",
                "-p {dirlink}/one/two",
                "-p {dangling}",
                "-p {dangling}/one",
                "-p {dir}/../{dir}/new",
                "-p {dir}/./new",
                "-p ''",
                "-p /",
                "-p {lockeddir}/below/new",
                "-p {readonlydir}",
                "-p {readonlydir}/new",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
            Difference("below a folder with a default ACL the new one has at most the rights of mode 0755"),
        ),
    ),
)
