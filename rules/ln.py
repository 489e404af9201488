# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""ln: make a symbolic link through symlink(2)."""

from __future__ import annotations

import errno
import os
import random
import stat

from oslo_concurrency import processutils

from migrator.decide.declared import QUOTED
from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Sample, Stays, Trial


def ln_symbolic(target: str, link: str, force: bool = False, check: bool = True) -> tuple[str, str]:
    """Make the symbolic link link, or one in it where it is a directory, that leads to target.

    target is written into the link as it is. With force=True a file that is in the way is replaced, at no moment
    without one of the two.
    """
    errors = []
    if link and not os.path.isabs(link):
        # The daemon's working directory is /, not the caller's.
        errors.append("'%s' is not an absolute path" % link)
    else:
        if os.path.isdir(link):
            link = os.path.join(link, os.path.basename(target.rstrip("/")))
        doing = "failed to access '%s'" % link
        try:
            there = None
            if force:
                try:
                    there = os.lstat(link)
                except OSError as error:
                    if error.errno != errno.ENOENT:
                        raise
            if there and stat.S_ISDIR(there.st_mode):
                errors.append("%s: cannot overwrite directory" % link)
            elif there and os.path.isabs(target) and os.path.exists(target):
                found = os.stat(target)
                folder, name = os.path.split(link)
                led = (os.path.realpath(os.path.dirname(target)), os.path.basename(target))
                # It would lead to itself.
                alone = found.st_nlink == 1 or led == (os.path.realpath(folder), name)
                if os.path.samestat(found, there) and alone:
                    errors.append("'%s' and '%s' are the same file" % (target, link))
            doing = "failed to create symbolic link '%s'" % link
            if there and not errors:
                beside = "%s/%012x" % (os.path.dirname(link), random.SystemRandom().getrandbits(48))
                os.symlink(target, beside)
                try:
                    os.rename(beside, link)
                except OSError:
                    os.unlink(beside)
                    raise
            elif not errors:
                os.symlink(target, link)
        except OSError as error:
            if "symbolic" in doing and (error.errno == errno.ENAMETOOLONG or not target):
                doing += " -> '%s'" % target
            errors.append("%s: %s" % (doing, error.strerror))
    stderr = "".join("ln: %s\n" % line for line in errors)
    if errors and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="ln -s%s %s %s" % ("f" if force else "", target, link)
        )
    return "", stderr


RULES = (
    Rule(
        grammar="ln (-s|--symbolic) [-f|--force] TARGET LINK",
        function=ln_symbolic,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_DAC_OVERRIDE", "CAP_FOWNER"},
        samples=(
            Sample("ln_symbolic('fake', missing)", "'fake'", "os.readlink(missing)"),
            Sample(
                "ln_symbolic('/dev/mapper/crypt-fake', path, force=True)",
                "'/dev/mapper/crypt-fake'",
                "os.readlink(path)",
            ),
            Sample("ln_symbolic('fake', path)", code=1),
        ),
        examples=(
            Becomes(
                "self._execute('ln', '--symbolic', '--force', '/dev/mapper/%s' % self.dev_name, self.symlink_path, "
                "run_as_root=True, check_exit_code=True)",
                "privsep.path.ln_symbolic('/dev/mapper/%s' % self.dev_name, str(self.symlink_path), force=True)",
            ),
            Becomes(
                "utils.execute('ln', '-s', source, link_path, run_as_root=True)",
                "privsep.path.ln_symbolic(str(source), str(link_path))",
            ),
            Stays("execute('ln', '-sfn', target, link, run_as_root=True)", because="-n"),
            Stays("execute('ln', target, link, run_as_root=True)", because="-s is not there"),
            Stays("execute('ln', '-s', target, run_as_root=True)", because="LINK"),
        ),
        trials=tuple(
            Trial(f"ln {flags}{line}")
            for flags in ("-s ", "--symbolic --force ")
            for line in (
                "{file} {missing}",
                "{file} {rootfile}",
                "{dir} {rootfile}/below",
                "{dir}/ {sgid}",
                "{dir}/inside {dir}",
                "{tree}/sub {tree}",
                "{tree} {tree}/..",
                "{file} {sticky}/inside",
                "{file} {lockeddir}/new",
                "{file} {lockeddir}/inside",
                "{link} /scratch/beside/file",
                "{hardlink} /scratch/beside/second",
                "{link}/. {link}",
                "/dev/mapper/none {dirlink}",
                "'' {file}",
                "below/it {missing}",
                "{file} ''",
            )
        ),
        differences=(
            Difference(
                "a link that is not absolute is refused: the daemon's working directory is not the caller's",
                on={"relative", "near"},
            ),
            Difference(
                "a word that begins with a dash was an option of the command; here it is what the link leads to",
                on={"dash"},
            ),
            QUOTED,
        ),
    ),
)
