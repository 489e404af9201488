# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""truncate: set the length of a file through open(2) and ftruncate(2)."""

from __future__ import annotations

import errno
import os
import re
import stat

from oslo_concurrency import processutils

from migrator.decide.declared import ACL, DASH, QUOTED, RELATIVE, SETID
from migrator.decide.rule import NATIVE, Becomes, Rule, Sample, Stays, Trial


def truncate(size: str, path: str, no_create: bool = False, check: bool = True) -> tuple[str, str]:
    """Make the file path size bytes long, spelled as for truncate(1): 10G, 500MB, +1M, %4K.

    A file that is missing is made with mode 0644; with no_create=True it stays missing, and that is no failure.
    """
    errors = []
    mode, number = re.sub(r"\A[ \t-\r]*([<>/%]?)[ \t-\r]*", r"\1|", size).split("|", 1)
    known = re.match(r"([+-]?[0-9]+)?(?:([EGgKkMmPTtYZ])(iB|[BD])?)?\Z", number) if number else None
    amount = 0
    if known:
        base = 1000 if known.group(3) in ("B", "D") else 1024
        amount = int(known.group(1) or 1) * base ** (" KMGTPEZY".index((known.group(2) or " ").upper()))
    if not known or (mode and number[0] in "+-"):
        errors.append("Invalid number: '%s'" % number)
    elif not -(2**63) <= amount < 2**63:
        errors.append("Invalid number: '%s': %s" % (number, os.strerror(errno.EOVERFLOW)))
    elif mode in ("/", "%") and not amount:
        errors.append("division by zero")
    elif path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        errors.append("'%s' is not an absolute path" % path)
    else:
        action = "cannot open '%s' for writing" % path
        descriptor = -1
        try:
            # The mode is explicit because the daemon's umask is 0, where a command run by rootwrap has 022.
            flags = os.O_WRONLY | os.O_NONBLOCK | (0 if no_create else os.O_CREAT)
            descriptor = os.open(path, flags, 0o644)
            length = amount
            if mode or number[0] in "+-":
                action = "cannot get the size of '%s'" % path
                status = os.fstat(descriptor)
                now = status.st_size if stat.S_ISREG(status.st_mode) else os.lseek(descriptor, 0, os.SEEK_END)
                if mode == "<":
                    length = min(now, amount)
                elif mode == ">":
                    length = max(now, amount)
                elif mode == "/":
                    length = now - now % amount
                elif mode == "%":
                    length = now + -now % amount
                else:
                    length = max(now + amount, 0)
            action = "failed to truncate '%s' at %d bytes" % (path, length)
            os.ftruncate(descriptor, length)
        except OSError as error:
            if not (no_create and descriptor == -1 and error.errno == errno.ENOENT):
                errors.append("%s: %s" % (action, error.strerror))
        finally:
            if descriptor != -1:
                os.close(descriptor)
    stderr = "".join("truncate: %s\n" % line for line in errors)
    if errors and check:
        raise processutils.ProcessExecutionError(
            stdout="",
            stderr=stderr,
            exit_code=1,
            cmd="truncate %s-s %s %s" % ("-c " if no_create else "", size, path),
        )
    return "", stderr


RULES = (
    Rule(
        grammar="truncate (-s SIZE|--size=SIZE) [-c|--no-create] PATH",
        function=truncate,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_OVERRIDE"},
        samples=(
            Sample("truncate('4K', path)", "4096", "os.path.getsize(path)"),
            Sample("truncate('none', path)", code=1),
        ),
        examples=(
            Becomes(
                "self._execute('truncate', '-s', '%sG' % size, path, run_as_root=True)",
                "privsep.path.truncate('%sG' % size, str(path))",
            ),
            Becomes(
                "self._execute('truncate', '-s0', info_path, run_as_root=True)",
                "privsep.path.truncate('0', str(info_path))",
            ),
            Stays("execute('truncate', '-r', other, path, run_as_root=True)", because="-r"),
            Stays("execute('truncate', '-o', '-s', '1', path, run_as_root=True)", because="-o"),
            Stays("execute('truncate', '-s', '1G', one, two, run_as_root=True)", because="{two}"),
        ),
        trials=tuple(
            Trial(f"truncate {line}")
            for line in (
                "-s 3 {file}",
                "-s 1GB {missing}",
                "-s 2KiB {empty}",
                "-s k {file}",
                "-s ' 5' {file}",
                "-s +5 {file}",
                "-s ' -5' {file}",
                "-s '<5' {file}",
                "-s '> 5m' {file}",
                "-s /5 {file}",
                "-s %5KD {file}",
                "-s %5 {missing}",
                "-s %0 {file}",
                "-s '' {file}",
                "-s 0x10 {file}",
                "-s '1 G' {file}",
                "-s 5B {file}",
                "-s +K {file}",
                "-s 8E {missing}",
                "-s 7E {missing}",
                "-s 9223372036854775807 {file}",
                "-s 5 -c {dir}/new",
                "-s 5 -c {dir}/",
                "-s 5 {missing}/below",
                "-s 5 {suid}",
                "-s 5 {fifo}",
                "-s +5 /dev/null",
                "-s 5 ''",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
            ACL,
            SETID,
        ),
    ),
)
