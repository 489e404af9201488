# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""dd: copy blocks through read(2) and write(2)."""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from dataclasses import replace

from oslo_concurrency import processutils

from migrator.decide.declared import QUOTED, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def dd_copy(
    source: str,
    path: str,
    block_size: str | None = None,
    count: str | None = None,
    seek: str = "0",
    conv: str = "",
    iflag: str = "",
    oflag: str = "",
    check: bool = True,
) -> tuple[str, str]:
    """Copy blocks from the file source to the file path, all operands spelled as for dd(1).

    A new file gets mode 0644. What dd(1) tells of records, bytes and time is the error output.
    """
    errors = []  # type: list[str]
    warning = ""
    numbers = []
    # A B at the end of count and seek counts bytes in newer versions of dd only.
    for text, least, end in (
        ("512" if block_size is None else block_size, 1, "iB|B"),
        ("0" if count is None else count, 0, ""),
        (seek, 0, ""),
    ):
        found = re.match(r"[ \t\n\v\f\r]*\+?([0-9]+)(?:([cwb])|([kKMGTPE])(%s)?)?\Z" % end, text)
        number = -1
        if found:
            digits, unit, letter, base = found.groups()
            number = int(digits) * {"c": 1, "w": 2, "b": 512}.get(unit, 1)
            if letter:
                number *= (1000 if base == "B" else 1024) ** ("KMGTPE".index(letter.upper()) + 1)
        numbers.append(number)
        if not errors and not least <= number < 2**63:
            large = ": %s" % os.strerror(errno.EOVERFLOW) if number >= 2**63 else ""
            errors.append("invalid number: '%s'%s" % (text, large))
    for name in (source, path):
        if not errors and name and not os.path.isabs(name):
            # The daemon's working directory is /, not the caller's.
            errors.append("'%s' is not an absolute path" % name)
    size, limit, start = numbers
    tail = 0
    if "count_bytes" in iflag.split(","):
        limit, tail = divmod(limit, size)
    truncates = "notrunc" not in conv.split(",")
    # O_NOCTTY: a daemon that leads a session must not take a terminal for its own.
    reading = os.O_RDONLY | os.O_NOCTTY
    writing = os.O_CREAT | os.O_NOCTTY | (os.O_TRUNC if truncates and not start else 0)
    for name, flag in (("nonblock", os.O_NONBLOCK), ("sync", os.O_SYNC)):
        reading |= flag if name in iflag.split(",") else 0
        writing |= flag if name in oflag.split(",") else 0
    read, written, copied = [0, 0], [0, 0], 0  # records, full ones and others; bytes written
    begun = 0.0
    opened = []
    doing = ""  # what to tell when the next call fails
    try:
        if not errors:
            doing = "failed to open '%s'" % source
            opened.append(os.open(source, reading))
            if truncates and start * size >= 2**63:
                doing = "offset too large"
                text = "cannot truncate to a length of seek=%d (%d-byte) blocks" % (start, size)
                raise OSError(errno.EOVERFLOW, text)
            doing = "failed to open '%s'" % path
            try:
                # The mode is explicit because the daemon's umask is 0, where a command run by rootwrap has 022.
                opened.append(os.open(path, writing | (os.O_RDWR if start else os.O_WRONLY), 0o644))
            except OSError:
                if not start:
                    raise
                opened.append(os.open(path, writing | os.O_WRONLY, 0o644))
            if truncates and start:
                try:
                    os.ftruncate(opened[1], start * size)
                except OSError as error:
                    if stat.S_ISREG(os.fstat(opened[1]).st_mode):
                        text = "failed to truncate to %d bytes in output file" % (start * size)
                        errors.append("%s '%s': %s" % (text, path, error.strerror))
            begun = time.time()
            if start:
                doing = "%s: cannot seek" % path
                if start * size >= 2**63:
                    raise OSError(errno.EOVERFLOW, os.strerror(errno.EOVERFLOW))
                os.lseek(opened[1], start * size, os.SEEK_CUR)
            ended = count is not None and not limit and not tail
            previous = 0
            # Without block_size, what was read is written in full blocks as far as it goes.
            joins = block_size is None
            waiting = b""
            while not ended:
                block = b""
                wanted = tail if count is not None and sum(read) == limit else size
                if count is None or sum(read) < limit + bool(tail):
                    try:
                        block = os.read(opened[0], wanted)
                    except OSError as error:
                        errors.append("error reading '%s': %s" % (source, error.strerror))
                ended = not block
                if block:
                    read[len(block) < size] += 1
                    if 0 < previous < wanted and limit and not joins and not warning:
                        warning = "dd: warning: partial read (%d byte%s); suggest iflag=fullblock\n"
                        warning %= (previous, "" if previous == 1 else "s")
                    previous = len(block)
                    waiting += block
                while waiting and (ended or not joins or len(waiting) >= size):
                    doing = "writing to" if joins and not ended else "error writing"
                    doing += " '%s'" % path
                    block, waiting = waiting[:size], waiting[size:]
                    done = 0
                    try:
                        while done < len(block):
                            done += os.write(opened[1], block[done:])
                    finally:
                        copied += done
                        if done and (joins or done == len(block)):
                            written[done < size] += 1
    except OSError as error:
        errors.append("%s: %s" % (doing, error.strerror))
    except (MemoryError, OverflowError):
        errors.append("memory exhausted by input buffer of size %d bytes" % size)
        begun = 0.0
    try:
        if begun and "fdatasync" in conv.split(","):
            doing = "fdatasync failed for '%s'" % path
            try:
                os.fdatasync(opened[1])
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                conv += ",fsync"
        if begun and "fsync" in conv.split(","):
            doing = "fsync failed for '%s'" % path
            os.fsync(opened[1])
    except OSError as error:
        errors.append("%s: %s" % (doing, error.strerror))
    finally:
        for descriptor in opened:
            os.close(descriptor)
    stderr = warning + "".join("dd: %s\n" % error for error in errors)
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
    if errors and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="dd if=%s of=%s" % (source, path)
        )
    return "", stderr


# Written in another folder than the command's, or with a dash at its beginning: neither is absolute.
_RELATIVE = replace(RELATIVE, on={"relative", "near", "dash"})

RULES = (
    Rule(
        grammar="dd if=SOURCE of=PATH [bs=BLOCK_SIZE] [count=COUNT] [seek=SEEK] [conv={fdatasync,fsync,notrunc}] "
        "[iflag={count_bytes,nonblock,sync}] [oflag={nonblock,sync}]",
        function=dd_copy,
        module="fs",
        kind=NATIVE,
        capabilities={"CAP_DAC_OVERRIDE"},
        samples=(
            Sample("dd_copy(path, missing, block_size='2', count='1')", "'ol'", "text(missing)"),
            Sample("dd_copy(missing, path)", code=1),
        ),
        examples=(
            Becomes(
                "self._execute('dd', 'if=/dev/zero', 'of=%s' % path, 'bs=1M', 'count=%d' % block_count, "
                "run_as_root=True)",
                "privsep.fs.dd_copy('/dev/zero', str(path), block_size='1M', count='%d' % block_count)",
            ),
            Becomes(
                "execute('dd', f'bs={bs}', 'if=' + src, f'of={base}/disk', 'conv=notrunc', 'seek=%s' % ahead, "
                "run_as_root=True)",
                "privsep.fs.dd_copy(src, f'{base}/disk', block_size=str(bs), seek=str(ahead), conv='notrunc')",
            ),
            Stays("execute('dd', 'if=%s' % src, 'of=%s' % dst, 'oflag=direct', run_as_root=True)", because="direct"),
            Stays("execute('dd', 'if=%s' % src, 'of=%s' % dst, flag, run_as_root=True)", because="{flag}"),
            Stays("execute('dd', 'if=%s' % src, 'of=%s' % dst, 'skip=1', run_as_root=True)", because="skip=1"),
        ),
        # The generated trials mix the operands of these lines. So that each of those ends: only sources that end, and
        # no seek= without a count=, for the source could be the target.
        trials=tuple(
            Trial(f"dd {line}")
            for line in (
                "if={file} of={missing}",
                "if={binary} of={dir}/inside",
                "if=/usr/bin/bash of={dir}/new bs=1M",
                "if=/usr/bin/bash of={dir}/inside bs=9951c conv=fsync count=1 seek=2",
                "if=/usr/bin/bash of=/dev/full bs=1k conv=fdatasync count=1",
                "if=/usr/bin/bash of=/dev/full count=3",
                "if=/usr/bin/bash of=/dev/null bs=1 conv=fsync count=1",
                "if=/usr/bin/bash of={dir}/new count=1500 iflag=count_bytes oflag=nonblock",
                "if=/usr/bin/bash of={dir}/new bs=1kB count=10189 iflag=count_bytes,nonblock",
                "if=/proc/self/mem of={dir}/inside bs=4kB conv=notrunc,fdatasync count=1 seek=1",
                "if={dir}/inside of={dir}/new bs=+3 conv=notrunc count=8 seek=5k iflag=sync oflag=sync",
                "if={dir}/inside of={dir}/new bs=1MiB conv=fsync count=0 seek=1K",
                "if={dir} of={dir}/new bs=0",
                "if={dir}/inside of={dir} bs=abc",
                "if={dir}/inside of={lockeddir}/new bs=99E",
                "if={dir}/inside of={dir}/new bs=1G count=1 seek=99999999999",
                "if={dir}/inside of={dir}/new bs=1M conv=notrunc count=1 seek=7E",
                "if={dir}/inside of={dir}/new count=1 seek=4096P",
                "if={dir}/inside of=/{fifo} count=1 seek=1",
            )
        ),
        differences=(
            _RELATIVE,
            QUOTED,
            Difference(
                "a number that is a product is refused, and 0x as well", trial=Trial("dd if={file} of={missing} bs=2x5")
            ),
            Difference(
                "count= and seek= with a B at the end are refused: it is blocks or bytes, depending on dd's version",
                trial=Trial("dd if={file} of={missing} count=100B"),
            ),
            Difference(
                "a block that there is no memory for is told with its bytes only",
                trial=Trial("dd if={file} of={missing} bs=7E"),
                aspects=("stderr",),
            ),
            Difference("of several numbers that are none, that of bs= is told first, then count= and seek="),
            Difference("seek= on a FIFO fails, where the command reads from it what it skips", on={"fifo"}),
            Difference("below a folder with a default ACL a new file has at most the rights of mode 0644"),
        ),
    ),
)
