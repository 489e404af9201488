"""cat: read a file through open(2) and read(2)."""

from __future__ import annotations

import errno
import os
import sys

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED_BLANKS, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def cat(path: str, check: bool = True) -> tuple[str, str]:
    """Return what is in the file path as text, and ''.

    Bytes that are no text become surrogates, as in the output of a command. More than 64 MiB are refused: a reply of
    over 100 MB never reaches the client, which would wait for ever.
    """
    limit = 64 * 1024 * 1024
    chunks = []
    stderr = ""
    if path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        stderr = f"cat: '{path}' is not an absolute path\n"
    else:
        try:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                size = 0
                while chunk := os.read(descriptor, 131072):
                    size += len(chunk)
                    if size > limit:
                        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
                    chunks.append(chunk)
            finally:
                os.close(descriptor)
        except OSError as error:
            stderr = "cat: {}: {}\n".format(path or "''", error.strerror)
    stdout = b"".join(chunks).decode(encoding=sys.getfilesystemencoding(), errors="surrogateescape")
    if stderr and check:
        raise processutils.ProcessExecutionError(stdout=stdout, stderr=stderr, exit_code=1, cmd=f"cat {path}")
    return stdout, stderr


RULES = (
    Rule(
        grammar="cat PATH",
        function=cat,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_READ_SEARCH"},
        samples=(
            Sample("cat(path)", "('old', '')"),
            Sample("cat(missing)", code=1),
        ),
        examples=(
            Becomes(
                "out, err = utils.execute('cat', file_path, run_as_root=True)",
                "privsep.path.cat(str(file_path))",
            ),
            Becomes(
                "self._execute('cat', '/etc/iscsi/initiatorname.iscsi', run_as_root=True, root_helper=helper)",
                "privsep.path.cat('/etc/iscsi/initiatorname.iscsi')",
            ),
            Stays("execute('cat', '-n', path, run_as_root=True)", because="-n"),
            Stays("execute('cat', one, two, run_as_root=True)", because="{two}"),
            Stays("execute('cat', path, run_as_root=True, binary=True)", because="binary"),
            Stays("execute('cat', run_as_root=True, process_input=text)", because="PATH"),
        ),
        trials=tuple(
            Trial(f"cat {on}")
            for on in (
                "{file}",
                "{file}/",
                "{file}/below",
                "{empty}",
                "{binary}",
                "{link}",
                "{missing}",
                "{dangling}",
                "{dir}",
                "{private}",
                "{lockeddir}/inside",
                "{readonlydir}/inside",
                "/proc/self/mem",
                "/proc/sys/kernel/ostype",
                "''",
            )
        ),
        differences=(
            RELATIVE,
            Difference("- is refused as well, which stands for standard input", trial=Trial("cat -", stdin="one\n")),
            DASH,
            QUOTED_BLANKS,
            Difference("a file of more than 64 MiB is refused with 'File too large'"),
        ),
    ),
)
