# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""tee: write text to a file through open(2) and write(2)."""

from __future__ import annotations

import os

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED_BLANKS, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial
from migrator.model import Use


def tee(
    path: str, process_input: str | bytes | None = None, append: bool = False, check: bool = True
) -> tuple[str, str]:
    """Write process_input to path, or put it at the end with append=True.

    A new file gets mode 0644. What is written does not come back as output, so that it is in no log of replies.
    """
    content = process_input or b""
    if not isinstance(content, bytes):
        content = content.encode("utf-8")
    stderr = ""
    if path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        stderr = "tee: '%s' is not an absolute path\n" % path
    else:
        flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else os.O_TRUNC)
        try:
            # The mode is explicit because the daemon's umask is 0, where a command run by rootwrap has 022.
            descriptor = os.open(path, flags, 0o644)
            try:
                while content:
                    written = os.write(descriptor, content)
                    content = content[written:]
            finally:
                os.close(descriptor)
        except OSError as error:
            stderr = "tee: %s: %s\n" % (path or "''", error.strerror)
    if stderr and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="tee %s%s" % ("-a " if append else "", path)
        )
    return "", stderr


RULES = (
    Rule(
        grammar="tee [-a|--append] PATH",
        function=tee,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_OVERRIDE"},
        near=(("/sys/", {"CAP_NET_ADMIN", "CAP_SYS_ADMIN"}), ("/proc/sys/", {"CAP_NET_ADMIN", "CAP_SYS_ADMIN"})),
        samples=(
            Sample("tee(path, 'new')", "'new'", "text(path)"),
            Sample("tee(path, 'new', append=True)", "'oldnew'", "text(path)"),
            Sample("tee(folder, 'new')", code=1),
        ),
        examples=(
            Becomes(
                "utils.execute('tee', '-a', canonpath, process_input=content, run_as_root=True)",
                "privsep.path.tee(str(canonpath), process_input=content, append=True)",
            ),
            Becomes(
                "utils.execute('tee', '/sys/class/net/%s/brport/hairpin_mode' % interface, process_input='1', "
                "run_as_root=True, check_exit_code=[0, 1])",
                "privsep.path.tee('/sys/class/net/%s/brport/hairpin_mode' % interface, process_input='1', check=False)",
            ),
            Stays("out, err = execute('tee', path, process_input=content, run_as_root=True)", because="come back"),
            Stays("execute('tee', '-i', path, process_input=content, run_as_root=True)", because="-i"),
            Stays("execute('tee', one, two, process_input=content, run_as_root=True)", because="{two}"),
        ),
        # The output is left out: the command gives back what it reads, see the first difference.
        trials=tuple(
            Trial(f"tee {flags}{on}", stdin="three\nvier \u00e4\n", apart="stdout")
            for flags in ("", "-a ")
            for on in (
                "{file}",
                "{file}/",
                "{file}/below",
                "{missing}",
                "{missing}/below",
                "{dir}",
                "{sgid}/new",
                "{link}",
                "{dangling}",
                "{suid}",
                "/dev/full",
                "{hardlink}",
                "{foreignsuid}",
                "{private}",
                "{lockeddir}/new",
                "{sticky}/inside",
                "{readonly}",
                "{readonlydir}/new",
                "''",
            )
        ),
        differences=(
            Difference(
                "what was written does not come back as output",
                when=Use.RESULT,
                trial=Trial("tee {file}", stdin="one\ntwo\n"),
            ),
            RELATIVE,
            DASH,
            QUOTED_BLANKS,
            Difference("below a folder with a default ACL a new file has at most the rights of mode 0644"),
        ),
    ),
)
