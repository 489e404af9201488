# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""dd without a target: read what there is, or try whether something can be read, through read(2)."""

from __future__ import annotations

import errno
import os
import re
import sys
import time
from dataclasses import replace

from oslo_concurrency import processutils

from migrator.decide.declared import QUOTED, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def dd_probe(source: str, count: str, check: bool = True) -> tuple[str, str]:
    """Read count blocks of 512 bytes of the file source and forget them; what dd(1) tells of it is the error output."""
    stderr = ""
    read, copied, begun = [0, 0], 0, 0.0  # records, full ones and others; bytes
    descriptor = -1
    doing = ""
    try:
        if not re.match(r"[0-9]{1,18}\Z", count):
            doing = "invalid number"
            raise OSError(errno.EINVAL, "'%s'" % count)
        doing = "failed to open '%s'" % source
        if source and not os.path.isabs(source):
            # The daemon's working directory is /, not the caller's.
            raise OSError(errno.EINVAL, "it is not an absolute path")
        # O_NOCTTY: a daemon that leads a session must not take a terminal for its own.
        descriptor = os.open(source, os.O_RDONLY | os.O_NOCTTY)
        doing = "error reading '%s'" % source
        begun = time.time()
        while sum(read) < int(count):
            block = os.read(descriptor, 512)
            if not block:
                break
            read[len(block) < 512] += 1
            copied += len(block)
    except OSError as error:
        stderr = "dd: %s: %s\n" % (doing, error.strerror)
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    failed = bool(stderr)
    written = [copied // 512, int(copied % 512 > 0)]
    if begun:
        seconds = time.time() - begun
        sizes = []
        for base, letters, end in ((1000, "kMGTPE", "B"), (1024, "KMGTPE", "iB")):
            power = 0
            while copied >= base ** (power + 1):
                power += 1
            if power:
                # Two digits at least, rounded half to even: 3.0 MiB, 31 MB.
                scale = base**power
                tenths, ones = 10 * copied // scale, copied // scale
                tenths += 2 * (10 * copied % scale) + tenths % 2 > scale
                ones += 2 * (copied % scale) + ones % 2 > scale
                if ones == base:
                    tenths, power = 10, power + 1
                amount = "%d.%d" % divmod(tenths, 10) if tenths < 100 else "%d" % ones
                sizes.append("%s %s%s" % (amount, letters[power - 1], end))
        rate, power = copied / seconds / 1000 if seconds > 0 else 0.0, 0
        while rate >= 999.5:
            rate, power = rate / 1000, power + 1
        stderr += "%d+%d records in\n%d+%d records out\n" % (read[0], read[1], written[0], written[1])
        stderr += "%d byte%s%s copied, %g s, %.*f %sB/s\n" % (
            copied,
            "" if copied == 1 else "s",
            " (%s)" % ", ".join(sizes) if sizes else "",
            seconds,
            int(rate < 99.95),
            rate,
            "kMGTPE"[power],
        )
    if failed and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="dd if=%s of=/dev/null count=%s" % (source, count)
        )
    return "", stderr


def dd_read(source: str, iflag: str = "", check: bool = True) -> tuple[str, str]:
    """Return what can be read of the file source as text, and what dd(1) tells of it.

    iflag="nonblock" reads what is there by now (of a terminal, for instance) and then fails with 'Resource temporarily
    unavailable'. Bytes that are no text become surrogates, as in the output of a command. More than 64 MiB are
    refused: a reply of over 100 MB never reaches the client, which would wait for ever.
    """
    limit = 64 * 1024 * 1024
    chunks = []
    stderr = ""
    read, copied, begun = [0, 0], 0, 0.0  # records of 512 bytes, full ones and others; bytes
    descriptor = -1
    doing = "failed to open '%s'" % source
    try:
        if source and not os.path.isabs(source):
            # The daemon's working directory is /, not the caller's.
            raise OSError(errno.EINVAL, "it is not an absolute path")
        # O_NOCTTY: a daemon that leads a session must not take the terminal that it reads for its own.
        flags = os.O_RDONLY | os.O_NOCTTY
        descriptor = os.open(source, flags | (os.O_NONBLOCK if iflag else 0))
        doing = "error reading '%s'" % source
        begun = time.time()
        block = os.read(descriptor, 512)
        while block:
            read[len(block) < 512] += 1
            copied += len(block)
            chunks.append(block)
            if copied > limit:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
            block = os.read(descriptor, 512)
    except OSError as error:
        stderr = "dd: %s: %s\n" % (doing, error.strerror)
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    failed = bool(stderr)
    content = b"".join(chunks)
    stdout = content if isinstance(content, str) else content.decode(sys.getfilesystemencoding(), "surrogateescape")
    written = [copied // 512, int(copied % 512 > 0)]
    if begun:
        seconds = time.time() - begun
        sizes = []
        for base, letters, end in ((1000, "kMGTPE", "B"), (1024, "KMGTPE", "iB")):
            power = 0
            while copied >= base ** (power + 1):
                power += 1
            if power:
                # Two digits at least, rounded half to even: 3.0 MiB, 31 MB.
                scale = base**power
                tenths, ones = 10 * copied // scale, copied // scale
                tenths += 2 * (10 * copied % scale) + tenths % 2 > scale
                ones += 2 * (copied % scale) + ones % 2 > scale
                if ones == base:
                    tenths, power = 10, power + 1
                amount = "%d.%d" % divmod(tenths, 10) if tenths < 100 else "%d" % ones
                sizes.append("%s %s%s" % (amount, letters[power - 1], end))
        rate, power = copied / seconds / 1000 if seconds > 0 else 0.0, 0
        while rate >= 999.5:
            rate, power = rate / 1000, power + 1
        stderr += "%d+%d records in\n%d+%d records out\n" % (read[0], read[1], written[0], written[1])
        stderr += "%d byte%s%s copied, %g s, %.*f %sB/s\n" % (
            copied,
            "" if copied == 1 else "s",
            " (%s)" % ", ".join(sizes) if sizes else "",
            seconds,
            int(rate < 99.95),
            rate,
            "kMGTPE"[power],
        )
    if failed and check:
        raise processutils.ProcessExecutionError(stdout=stdout, stderr=stderr, exit_code=1, cmd="dd if=%s" % source)
    return stdout, stderr


# Written in another folder than the command's, or with a dash at its beginning: neither is absolute.
_RELATIVE = replace(RELATIVE, on={"relative", "near", "dash"})

RULES = (
    Rule(
        grammar="dd if=SOURCE of=/dev/null count=COUNT",
        function=dd_probe,
        module="fs",
        kind=NATIVE,
        capabilities={"CAP_DAC_READ_SEARCH"},
        samples=(
            Sample(
                "dd_probe(path, '1')",
                "['0+1 records in', '0+1 records out']",
                "result[1].splitlines()[:2]",
            ),
            Sample("dd_probe(missing, '1')", code=1),
        ),
        examples=(
            Becomes(
                "out, info = execute('dd', 'if=%(path)s' % {'path': path}, 'of=/dev/null', 'count=1', "
                "run_as_root=True)",
                "privsep.fs.dd_probe(str(path), '1')",
            ),
            Stays(
                "execute('dd', 'if=%s' % path, 'of=/dev/null', 'count=1', 'iflag=direct', run_as_root=True)",
                because="iflag=direct",
            ),
            Stays("execute('dd', f'if={path}', 'of=/dev/null', 'count=1', 'skip=9', run_as_root=True)", because="skip"),
        ),
        trials=tuple(
            Trial(f"dd if={line}")
            for line in (
                "{file} of=/dev/null count=1",
                "/usr/bin/env of=/dev/null count=5",
                "{dir}/inside of=/dev/null count=1",
                "{missing} of=/dev/null count=1",
                "{dir} of=/dev/null count=1",
                "{empty} of=/dev/null count=1",
                "{private} of=/dev/null count=1",
                "/dev/zero of=/dev/null count=2000",
                "/dev/zero of=/dev/null count=0",
                "/dev/zero of=/dev/null count=-1",
                "/proc/self/mem of=/dev/null count=1",
            )
        ),
        differences=(
            _RELATIVE,
            QUOTED,
            Difference("a count with a unit is refused", trial=Trial("dd if=/dev/zero of=/dev/null count=1K")),
        ),
    ),
    Rule(
        grammar="dd if=SOURCE [iflag={nonblock}]",
        function=dd_read,
        module="fs",
        kind=NATIVE,
        capabilities={"CAP_DAC_READ_SEARCH"},
        samples=(
            Sample(
                "dd_read(path)",
                "('old', ['0+1 records in', '0+1 records out'])",
                "(result[0], result[1].splitlines()[:2])",
            ),
            Sample("dd_read(missing)", code=1),
        ),
        examples=(
            Becomes(
                "out, err = utils.execute('dd', 'if=%s' % pty, 'iflag=nonblock', run_as_root=True, "
                "check_exit_code=False)",
                "privsep.fs.dd_read(str(pty), iflag='nonblock', check=False)",
            ),
            Stays("execute('dd', 'if=%s' % pty, 'iflag=nonblock,noatime', run_as_root=True)", because="noatime"),
            Stays("execute('dd', 'if=%s' % pty, 'count=1', run_as_root=True)", because="count=1"),
        ),
        trials=tuple(
            Trial(f"dd if={line}")
            for line in (
                "{file}",
                "{binary}",
                "{empty}",
                "{missing}",
                "{dir}",
                "{private}",
                "{fifo} iflag=nonblock",
                "/proc/self/mem iflag=nonblock",
                "/proc/sys/kernel/ostype iflag=nonblock",
                "/usr/share/common-licenses/GPL-2",
            )
        ),
        differences=(
            _RELATIVE,
            QUOTED,
            Difference("more than 64 MiB are refused with 'File too large'"),
        ),
    ),
)
