"""The sample project after a rewrite, and after what a person has to move by hand: what a cutover is made for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[1] / "fixtures" / "projects" / "moraine"

_MKFS = '''

@moraine.privsep.sys_admin_pctxt.entrypoint
def mkfs(words):
    """Make a file system or swap space; words: all but the program."""
    program = 'mkfs' if words[0] == '-t' else 'mkswap'
    return moraine.privsep.command.run(program, *words)
'''
# What rewrite leaves by design: file, what stands there after it ("" for its end), and what a person makes of that.
_CODE = (
    ("moraine/privsep/fs.py", "", _MKFS),
    (
        "moraine/utils.py",
        """    execute(*args, run_as_root=run_as_root)
""",
        """    if run_as_root:
        moraine.privsep.fs.mkfs(args[args[0].startswith('mk'):])
    else:
        execute(*args)
""",
    ),
    ("moraine/utils.py", "import moraine.privsep.path\n", "import moraine.privsep.fs\nimport moraine.privsep.path\n"),
    (
        "moraine/cmd/host_check.py",
        '''def check_sudo():
    """Tell whether sudo lets the agent start rootwrap without a password."""
    try:
        processutils.execute('sudo', '-n', 'moraine-rootwrap',
                             CONF.rootwrap_config, 'true')
    except (processutils.ProcessExecutionError, OSError) as exc:
        return 'sudo refuses moraine-rootwrap: %s' % exc
    return None


''',
        "",
    ),
    ("moraine/cmd/host_check.py", "from oslo_concurrency import processutils\n\n", ""),
    ("moraine/cmd/host_check.py", "(check_sudo(), check_modules())", "(check_modules(),)"),
)
# What speaks of rootwrap to people, or expects it.
_WORDS = (
    ("README.rst", "``moraine-rootwrap``", "``privsep-helper``"),
    (
        "moraine/tests/unit/test_utils.py",
        """    def test_root_helper_is_rootwrap(self):
        utils.execute('true', run_as_root=True)
        self.execute.assert_called_once_with(
            'true', run_as_root=True,
            root_helper='sudo moraine-rootwrap /etc/moraine/rootwrap.conf')

    def test_root_helper_is_sudo_when_rootwrap_is_off(self):
        self.flags(disable_rootwrap=True)
        utils.execute('true', run_as_root=True)
        self.execute.assert_called_once_with(
            'true', run_as_root=True, root_helper='sudo')

""",
        "",
    ),
)


def run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run privmigrate in a project."""
    command = [sys.executable, "-m", "migrator", *words]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def rewritten(folder: Path, *, notes: bool = True) -> Path:
    """A copy of the sample after `rewrite --apply --unsafe`; notes: it keeps release notes."""
    project = folder / "moraine"
    shutil.copytree(SAMPLE, project, ignore=shutil.ignore_patterns("__pycache__"))
    if notes:
        (project / "releasenotes" / "notes").mkdir(parents=True)
    done = run(project, "rewrite", "--apply", "--unsafe", "--no-tests", "moraine")
    assert done.returncode == 0, done.stderr
    return project


def finish(project: Path, *, words: bool = True) -> None:
    """Move by hand what the rewrite left; words: also mend the texts and tests that speak of rootwrap."""
    for path, old, new in (*_CODE, *(_WORDS if words else ())):
        file = project / path
        text = file.read_text()
        assert not old or text.count(old) == 1, f"{path} has {text.count(old)} times\n{old}"
        file.write_text(text.replace(old, new) if old else text + new)
