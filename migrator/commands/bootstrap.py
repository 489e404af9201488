"""Print the lines that let a service start its privsep daemons as root, one way at a time, with what each trusts.

The contexts are read from the code; nothing is written anywhere but with --output. Several paths are one service with
the libraries whose contexts it uses: `privmigrate bootstrap nova/ ../os-brick/os_brick`.
"""

from __future__ import annotations

import argparse
import os
import posixpath
import re
import shutil
import subprocess
from collections.abc import Sequence

from migrator import config
from migrator.bootstrap import project
from migrator.bootstrap.launch import Launch
from migrator.bootstrap.project import Code
from migrator.bootstrap.sudoers import REGEX
from migrator.bootstrap.ways import Method, Way, methods
from migrator.commands.output import put, say
from migrator.commands.survey import executors
from migrator.fault import Fault
from migrator.model import Site
from migrator.report import bootstrapped, console
from migrator.report.text import clean
from migrator.rootwrap.daemons import HELPER

_EXAMPLES = """\
examples:
  privmigrate bootstrap nova/                       every way, the recommended one first
  privmigrate bootstrap nova/ --way sudoers --sudo 1.8.29
  privmigrate bootstrap nova/ --config-file /etc/nova/nova.conf --config-file /etc/nova/nova-compute.conf
  privmigrate bootstrap nova/ --format json --output bootstrap.json
  privmigrate bootstrap nova/ --check /etc          which daemons what is installed there starts
  privmigrate bootstrap nova/ --before ../nova-33   old and new code with old and new filters

Exit status: 0, 1 a daemon does not start or an upgrade takes away what is needed, 2 usage or nothing to judge.
"""
# What words of sudoers, filters and helper_command are made of; sudo joins words with blanks before it compares them.
_PATH = re.compile(r"/[\w@%+./-]*")
_USER = re.compile(r"[a-z_][a-z0-9_-]*\$?")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLES
    parser.add_argument("paths", nargs="*", metavar="PATH", help="the service's package, and libraries (default: .)")
    parser.add_argument("--config", default="", metavar="FILE", help="read this configuration")
    parser.add_argument(
        "--way", action="append", default=[], choices=[way.value for way in Way], help="this way only; may be repeated"
    )
    parser.add_argument("--user", default="", help="the service's user (default: the project's name)")
    for name, text in (("file", "file, as the service is started with it"), ("dir", "folder, the same")):
        parser.add_argument(
            f"--config-{name}", action="append", default=[], metavar="PATH", help=f"a configuration {text}; repeatable"
        )
    parser.add_argument(
        "--helper", default=f"/usr/bin/{HELPER}", metavar="PATH", help="default: /usr/bin/privsep-helper"
    )
    parser.add_argument("--tmp", default="/tmp", metavar="DIR", help="where the service makes temporary folders")
    parser.add_argument(
        "--sudo", default="", metavar="VERSION", help="the version that reads the lines (default: 1.9.10)"
    )
    parser.add_argument(
        "--check",
        action="append",
        default=[],
        metavar="PATH",
        help="judge rootwrap.conf, filters, sudoers, configuration",
    )
    parser.add_argument(
        "--before", default="", metavar="PATH", help="judge an upgrade from this tree, with its filters"
    )
    parser.add_argument(
        "--old-rootwrap", action="store_true", help="judge as before 5.0.0, which starts no daemon of its own accord"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text to read, or JSON")
    parser.add_argument("--output", default="", metavar="FILE", help="write there, all or nothing, not to the terminal")


def run(options: argparse.Namespace) -> int:
    settings, paths = config.scope(options.paths, options.config)
    say(*settings.notes)
    code = project.read(paths, settings.exclude)
    launch = _launch(code, options)
    if options.check or options.before:
        return _checked(code, launch, paths, settings, options)
    if options.old_rootwrap:
        raise Fault("--old-rootwrap says how to judge; give it with --check or --before")
    wanted = {Way(name) for name in options.way} or set(Way)
    named = bool(options.config_file or options.config_dir)
    found = methods(code, launch, wanted, _version(options.sudo), named=named)
    report = bootstrapped.Report(code, launch, found, {each.way.value: _visudo(each) for each in found}, named)
    put(bootstrapped.dumps(report) if options.format == "json" else _text(report, options), options.output)
    return 0


def _checked(
    code: Code, launch: Launch, paths: Sequence[str], settings: config.Config, options: argparse.Namespace
) -> int:
    """Judge what is installed, or an upgrade. Exit status: 1 when something does not start."""
    from migrator.bootstrap import installed, judging, upgrade
    from migrator.report import starts

    if options.way or options.sudo:
        raise Fault("--way and --sudo choose what is printed; --check and --before judge what is there")
    own = not options.old_rootwrap
    found = installed.read(options.check, launch) if options.check else None
    pairs: tuple[upgrade.Pair, ...] = ()
    if options.before:
        old = project.read([options.before], before=True)
        trees = [upgrade.Tree("old", old, _sites([options.before], settings))]
        trees.append(upgrade.Tree("new", code, _sites(paths, settings)))
        sets = [upgrade.Deployed(tree.name, tree.code.filters) for tree in trees]
        if found is not None and found.filters:
            sets.append(upgrade.Deployed("deployed", found.filters))
        if not any(each.files for each in sets):
            raise Fault(f"{options.before}: neither tree ships filters below etc, so there is nothing to compare")
        pairs = upgrade.matrix(trees, sets, launch, own=own)
    report = starts.Report(
        code,
        launch,
        judging.starts(code, launch, found, own=own) if found is not None else (),
        judging.judged_lines(code, launch, found, own=own) if found is not None else (),
        found.unread if found is not None else (),
        pairs,
    )
    width = 80 if options.output else console.width()
    put(starts.dumps(report) if options.format == "json" else starts.lines(report, width), options.output)
    if report.failing:
        return 1
    return 2 if report.starts and not pairs and not report.judged else 0


def _sites(paths: Sequence[str], settings: config.Config) -> tuple[Site, ...]:
    """The root calls of a tree. Raises Fault as the scan does."""
    from migrator.understand.scan import scan

    return scan(paths, executors=executors(settings)).sites


def _text(report: bootstrapped.Report, options: argparse.Namespace) -> str:
    return bootstrapped.lines(report, 80 if options.output else console.width())


def _launch(code: Code, options: argparse.Namespace) -> Launch:
    user = options.user or code.name
    if not _USER.fullmatch(user):
        raise Fault(f"--user {clean(user)}: not the name of a user: small letters, digits, - and _")
    files = options.config_file or ([] if options.config_dir else [f"/etc/{code.name}/{code.name}.conf"])
    for path in (*files, *options.config_dir, options.helper, options.tmp):
        if not _PATH.fullmatch(path):
            text = "give an absolute path of letters, digits and @%+./-; others have meanings of their own"
            raise Fault(f"{clean(path)}: {text}")
        if posixpath.normpath(path) != path:
            raise Fault(f"{path}: give it without `.`, `..` and needless slashes: {posixpath.normpath(path)}")
    rootwrap = posixpath.join(posixpath.dirname(options.helper), code.rootwrap)
    return Launch(code.name, user, options.helper, rootwrap, tuple(files), tuple(options.config_dir), options.tmp)


def _version(text: str) -> tuple[int, ...]:
    if not text:
        return REGEX
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    if found is None:
        raise Fault(f"--sudo {text}: give a version such as 1.9.13, as `sudo --version` shows it")
    return tuple(int(part or 0) for part in found.groups())


def _visudo(method: Method) -> str:
    """What visudo says of a way's sudoers lines, "" for a way without. Raises Fault when it refuses them."""
    texts = [each.text for each in method.lines if each.kind == "sudoers"]
    if not texts:
        return ""
    program = shutil.which("visudo", path=os.pathsep.join((*os.get_exec_path(), "/usr/sbin", "/sbin")))
    if program is None:
        return "not checked, as there is no visudo here: run `visudo -cf FILE` before you install it"
    words: Sequence[str] = (program, "-cf", "-")
    done = subprocess.run(words, input="".join(texts), capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())
        raise Fault(f"{program} refuses the lines ({said}); give the version that it has with --sudo")
    return f"{program} -cf accepts it"
