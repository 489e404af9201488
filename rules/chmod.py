# ruff: noqa: UP031 - the projects with the most to migrate still run on Python 2, which has no f-strings
"""chmod: change the mode of a path through chmod(2)."""

from __future__ import annotations

import os
import re
import stat

from oslo_concurrency import processutils

from migrator.decide.declared import DASH, QUOTED, RELATIVE
from migrator.decide.rule import NATIVE, Becomes, Rule, Sample, Stays, Trial


def chmod(mode: str, path: str, check: bool = True) -> tuple[str, str]:
    """Change path's mode, spelled as for chmod(1).

    That is octal, or symbolic such as u+rwX,go-w. A symbolic link is followed.
    """
    errors = []
    path = re.sub(r"//+\Z", "/", path)  # as the command shows it
    octal = re.match(r"[0-7]+\Z", mode)
    permissions = r"(?:[-+=](?:[ugo]|[rwxXst]*))"
    symbolic = re.compile(r"([ugoa]*)(%s+)\Z|()(%s*[-+=]([0-7]+))\Z" % (permissions, permissions))
    clauses = []
    if octal:
        valid = int(mode, 8) <= 0o7777
    else:
        valid = not mode.startswith("-")
        for text in mode.split(","):
            known = symbolic.match(text)
            valid = valid and known is not None and int(known.group(5) or "0", 8) <= 0o7777
            if known:
                clauses.append((known.group(1) or "", known.group(2) or known.group(4)))

    def changed(old: int, folder: bool) -> int:
        special = stat.S_ISUID | stat.S_ISGID if folder else 0
        if octal:
            # Fewer than five digits leave a folder's set-id bits as they are, unless they turn them on.
            return int(mode, 8) | (old & special if len(mode) < 5 else 0)
        new = old
        for who, rest in clauses:
            affected = 0
            for letter in who:
                affected |= {"u": 0o4700, "g": 0o2070, "o": 0o1007, "a": 0o7777}[letter]
            for operator, what in re.findall(r"([-+=])([^-+=]*)", rest):
                scope, value = affected, 0
                if what.isdigit():
                    value = int(what, 8)
                    scope = mentioned = 0o7777
                else:
                    for letter in what:
                        value |= {"r": 0o444, "w": 0o222, "x": 0o111, "s": 0o6000, "t": 0o1000}.get(letter, 0)
                    if what in ("u", "g", "o"):
                        value = {"u": 0o700, "g": 0o070, "o": 0o007}[what]
                    mentioned = affected & value if affected else value
                    if what in ("u", "g", "o"):
                        value &= new
                        value = sum(bits for bits in (0o444, 0o222, 0o111) if value & bits)
                    elif "X" in what and (folder or new & 0o111):
                        value |= 0o111
                kept = special & ~mentioned
                # With nobody named the umask counts, and a command that rootwrap runs has 022.
                value &= (scope or ~0o022) & ~kept
                if operator == "+":
                    new |= value
                elif operator == "-":
                    new &= ~value
                else:
                    new = new & ((~scope if scope else 0) | kept) | value
        return new

    if not valid:
        errors.append("invalid mode: '%s'" % mode)
    elif path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        errors.append("'%s' is not an absolute path" % path)
    else:
        folder = False
        try:
            old = os.stat(path).st_mode
            folder = stat.S_ISDIR(old)
        except OSError as error:
            dangling = os.path.islink(path) and not os.path.exists(path)
            if dangling:
                errors.append("cannot operate on dangling symlink '%s'" % path)
            else:
                errors.append("cannot access '%s': %s" % (path, error.strerror))
        else:
            try:
                os.chmod(path, changed(stat.S_IMODE(old), folder))
            except OSError as error:
                errors.append("changing permissions of '%s': %s" % (path, error.strerror))
    stderr = "".join("chmod: %s\n" % line for line in errors)
    if errors and errors[0].startswith("invalid mode"):
        stderr += "Try 'chmod --help' for more information.\n"
    if errors and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="chmod %s %s" % (mode, path)
        )
    return "", stderr


def chmod_recursive(mode: str, path: str, check: bool = True) -> tuple[str, str]:
    """Change the mode of path and of all below it, spelled as for chmod(1).

    That is octal, or symbolic such as u+rwX,go-w. path may be a symbolic link, which is followed; links below it are
    left alone.
    """
    errors = []
    path = re.sub(r"//+\Z", "/", path)  # as the command shows it
    octal = re.match(r"[0-7]+\Z", mode)
    permissions = r"(?:[-+=](?:[ugo]|[rwxXst]*))"
    symbolic = re.compile(r"([ugoa]*)(%s+)\Z|()(%s*[-+=]([0-7]+))\Z" % (permissions, permissions))
    clauses = []
    if octal:
        valid = int(mode, 8) <= 0o7777
    else:
        valid = not mode.startswith("-")
        for text in mode.split(","):
            known = symbolic.match(text)
            valid = valid and known is not None and int(known.group(5) or "0", 8) <= 0o7777
            if known:
                clauses.append((known.group(1) or "", known.group(2) or known.group(4)))

    def changed(old: int, folder: bool) -> int:
        special = stat.S_ISUID | stat.S_ISGID if folder else 0
        if octal:
            # Fewer than five digits leave a folder's set-id bits as they are, unless they turn them on.
            return int(mode, 8) | (old & special if len(mode) < 5 else 0)
        new = old
        for who, rest in clauses:
            affected = 0
            for letter in who:
                affected |= {"u": 0o4700, "g": 0o2070, "o": 0o1007, "a": 0o7777}[letter]
            for operator, what in re.findall(r"([-+=])([^-+=]*)", rest):
                scope, value = affected, 0
                if what.isdigit():
                    value = int(what, 8)
                    scope = mentioned = 0o7777
                else:
                    for letter in what:
                        value |= {"r": 0o444, "w": 0o222, "x": 0o111, "s": 0o6000, "t": 0o1000}.get(letter, 0)
                    if what in ("u", "g", "o"):
                        value = {"u": 0o700, "g": 0o070, "o": 0o007}[what]
                    mentioned = affected & value if affected else value
                    if what in ("u", "g", "o"):
                        value &= new
                        value = sum(bits for bits in (0o444, 0o222, 0o111) if value & bits)
                    elif "X" in what and (folder or new & 0o111):
                        value |= 0o111
                kept = special & ~mentioned
                # With nobody named the umask counts, and a command that rootwrap runs has 022.
                value &= (scope or ~0o022) & ~kept
                if operator == "+":
                    new |= value
                elif operator == "-":
                    new &= ~value
                else:
                    new = new & ((~scope if scope else 0) | kept) | value
        return new

    if not valid:
        errors.append(f"invalid mode: '{mode}'")
    elif path and not os.path.isabs(path):
        # The daemon's working directory is /, not the caller's.
        errors.append(f"'{path}' is not an absolute path")
    else:
        folder = False
        try:
            old = os.stat(path).st_mode
            folder = stat.S_ISDIR(old)
        except OSError as error:
            dangling = os.path.islink(path) and not os.path.exists(path)
            if dangling:
                errors.append(f"cannot operate on dangling symlink '{path}'")
            else:
                errors.append(f"cannot access '{path}': {error.strerror}")
        else:
            try:
                os.chmod(path, changed(stat.S_IMODE(old), folder))
            except OSError as error:
                errors.append(f"changing permissions of '{path}': {error.strerror}")
        if folder:
            unreadable: list[OSError] = []
            # The start may be a link to a folder, which chmod follows; "/." makes fwalk do so as well.
            start = os.path.join(path, "") + "." if os.path.islink(path) else path
            for root, folders, files, descriptor in os.fwalk(start, onerror=unreadable.append):
                for name in folders + files:
                    try:
                        old = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode
                        if not stat.S_ISLNK(old):
                            os.chmod(name, changed(stat.S_IMODE(old), stat.S_ISDIR(old)), dir_fd=descriptor)
                    except OSError as error:
                        shown = os.path.join(root, name)
                        errors.append(f"changing permissions of '{shown}': {error.strerror}")
            for failure in unreadable:
                errors.append(f"cannot read directory '{failure.filename}': {failure.strerror}")
    stderr = "".join(f"chmod: {line}\n" for line in errors)
    if errors and errors[0].startswith("invalid mode"):
        stderr += "Try 'chmod --help' for more information.\n"
    if errors and check:
        raise processutils.ProcessExecutionError(
            stdout="", stderr=stderr, exit_code=1, cmd="chmod %s %s" % (mode, path)
        )
    return "", stderr


RULES = (
    Rule(
        grammar="chmod MODE PATH",
        function=chmod,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_FOWNER", "CAP_FSETID", "CAP_DAC_READ_SEARCH"},
        samples=(
            Sample("chmod('0600', path)", "0o600", "stat.S_IMODE(os.stat(path).st_mode)"),
            Sample("chmod('g+w,o-r', path)", "0o660", "stat.S_IMODE(os.stat(path).st_mode)"),
            Sample("chmod('none', path)", code=1),
        ),
        examples=(
            Becomes(
                "utils.execute('chmod', '644', CONF_PATH, run_as_root=True)",
                "privsep.path.chmod('644', str(CONF_PATH))",
            ),
            Becomes(
                "utils.execute('chmod', '%o' % mode, canonpath, run_as_root=True)",
                "privsep.path.chmod('%o' % mode, str(canonpath))",
            ),
            Stays("execute('chmod', '-v', '644', path, run_as_root=True)", because="-v"),
            Stays("execute('chmod', '--reference=%s' % source, path, run_as_root=True)", because="--reference="),
            Stays("execute('chmod', '-w', path, run_as_root=True)", because="-w"),
        ),
        trials=tuple(
            Trial(f"chmod {line}")
            for line in (
                *(
                    f"{mode} {{{on}}}"
                    for mode in ("600", "0755", "4755", "02750", "00755", "7777", "0")
                    for on in ("file", "suid", "sgid")
                ),
                *(
                    f"{mode} {{{on}}}"
                    for mode in (
                        "g+w",
                        "ugo+rw",
                        "u+rw",
                        "a+r",
                        "a+rX",
                        "u=rwX,go=",
                        "o=u",
                        "g=u,o=g",
                        "u+s",
                        "g-s",
                        "a=r",
                    )
                    for on in ("file", "suid", "sgid")
                ),
                *(
                    f"{mode} {{{on}}}"
                    for mode in ("+t", "+x", "=r", "+w", "=", "u=", "ug=", "a=", "=755", "+0022", "g=s", "u+rwx-w+X")
                    for on in ("file", "sgid", "suid")
                ),
                "10000 {file}",
                "abc {file}",
                "u {file}",
                "'' {file}",
                "u+r, {file}",
                "8 {file}",
                "u+rg {file}",
                "644 {missing}",
                "644 {file}/",
                "644 {link}",
                "700 {dirlink}",
                "644 {dangling}",
                "644 ''",
                "640 {hardlink}",
                "u-s {foreignsuid}",
                "6755 {private}",
                "g+rX {lockeddir}/below",
                "+t {sticky}",
                "644 {readonly}",
                "700 {readonlydir}/inside",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
        ),
    ),
    Rule(
        grammar="chmod (-R|--recursive) MODE PATH",
        function=chmod_recursive,
        module="path",
        kind=NATIVE,
        capabilities={"CAP_FOWNER", "CAP_FSETID", "CAP_DAC_READ_SEARCH"},
        samples=(
            Sample("chmod_recursive('go=', folder)", "0o600", "stat.S_IMODE(os.stat(path).st_mode)"),
            Sample("chmod_recursive('go=', missing)", code=1),
        ),
        examples=(
            Becomes(
                "self._execute('chmod', '-R', 'g+w', mount_path, run_as_root=True, root_helper=self._root_helper)",
                "privsep.path.chmod_recursive('g+w', str(mount_path))",
            ),
            Stays("execute('chmod', '-Rv', 'g+w', path, run_as_root=True)", because="-v"),
            Stays("execute('chmod', '-R', '--reference=%s' % source, path, run_as_root=True)", because="--reference="),
        ),
        trials=tuple(
            Trial(f"chmod -R {line}")
            for line in (
                "a+r {tree}",
                "u=rwX,go=rX {tree}",
                "755 {tree}/",
                "700 {dirlink}",
                "600 {file}",
                "600 {link}",
                "600 {dangling}",
                "600 {missing}",
                "g-s {sgid}",
                "a+rX {lockeddir}",
                "o-w {sticky}",
                "640 {mounted}",
                "600 {readonlydir}",
            )
        ),
        differences=(
            RELATIVE,
            DASH,
            QUOTED,
        ),
    ),
)
