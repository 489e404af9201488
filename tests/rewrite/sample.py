"""A small project on disk, and outcomes for its calls, made by hand."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from migrator.model import Argument, Kind, Outcome, Privileged, Rung, Site, Status
from migrator.rewrite import source
from migrator.words import Command, Literal

CHOWN = Privileged(
    name="chown",
    module="path",
    source='def chown(owner, path):\n    """Give path to owner."""\n    os.chown(path, int(owner), -1)\n',
    imports=("import os",),
    capabilities=frozenset({"CAP_CHOWN"}),
    rung=Rung.NATIVE,
    rule="chown.chown",
)
LVREMOVE = Privileged(
    name="lvremove",
    module="lvm",
    source='def lvremove(path):\n    """Run lvremove -f."""\n    return command.run(\'lvremove\', \'-f\', path)\n',
    imports=("from {privsep} import command",),
    capabilities=frozenset(),
    rung=Rung.NARROW,
)
TREE = {
    "setup.cfg": "[metadata]\nname = cloudy\nclassifier =\n    Programming Language :: Python :: 3\n",
    "requirements.txt": "oslo.concurrency>=3.8.0\noslo.privsep>=2.6.0 # Apache-2.0\n",
    "cloudy/__init__.py": "",
    "cloudy/utils.py": "from oslo_concurrency import processutils\n\n\n"
    "def execute(*cmd, **kwargs):\n    return processutils.execute(*cmd, **kwargs)\n",
    "cloudy/driver.py": '''\
"""A driver."""

import os

from oslo_log import log as logging

from cloudy import utils

LOG = logging.getLogger(__name__)


class Driver:
    def own(self, path, uid):
        # make it ours
        utils.execute('chown', uid, path, run_as_root=True)

    def drop(self, vg, name):
        path = os.path.join('/dev', vg, name)
        out, err = utils.execute('lvremove', '-f', path, run_as_root=True)
        LOG.debug(out)
''',
}


def project(folder: Path, **more: str | bytes) -> Path:
    """Write the sample project, plus files given as {path: text}, and return its folder."""
    for name, content in {**TREE, **more}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def calls(path: Path) -> list[Outcome]:
    """A READY outcome for every `execute('chown'|'lvremove', ..., run_as_root=True)` in a file, in order."""
    read = source.read(str(path), path.read_bytes())
    found = []
    for node in ast.walk(read.tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            program = node.args[0].value
            root = any(word.arg == "run_as_root" for word in node.keywords)
            if root and program in ("chown", "lvremove"):
                found.append(outcome(read, node, CHOWN if program == "chown" else LVREMOVE))
    return sorted(found, key=lambda one: one.site.span)


def outcome(read: source.Source, node: ast.Call, function: Privileged) -> Outcome:
    """READY for one call: the function's parameters take the last words of the argv."""
    start, end = read.span(node)
    names = re.findall(r"\w+", function.source[function.source.index("(") + 1 : function.source.index(")")])
    words = [read.text[slice(*read.span(value))] for value in node.args][-len(names) :]
    program = ast.literal_eval(node.args[0])
    site = Site(
        id="x",
        path=read.path,
        line=node.lineno,
        end_line=node.end_lineno or node.lineno,
        column=node.col_offset + 1,
        span=(read.byte(start), read.byte(end)),
        kind=Kind.DIRECT,
        enclosing="",
        callee=ast.unparse(node.func),
        via=(),
        executor="",
        command=Command((Literal(program),), program=program, programs=(program,)),
        flag="True",
        root="run_as_root=True",
        takes_argv=False,
        options=(),
        result="ignored",
        uses=frozenset(),
        handlers=(),
        decorators=(),
    )
    arguments = tuple(Argument(name, code) for name, code in zip(names, words, strict=True))
    return Outcome(site, Status.READY, function.rung, (), function, arguments)
