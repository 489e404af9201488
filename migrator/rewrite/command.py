"""The module of the target's privsep package that runs commands inside the daemon and reads their words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

NAME = "command"
DOCSTRING = '''"""Commands of the privileged functions, run the way rootwrap ran them.

Nothing here is an entrypoint, and nothing here may become one: run() takes
any command.
"""
'''
_PROCESSUTILS = "from oslo_concurrency import processutils"


@dataclass(frozen=True)
class Part:
    """A function of the module: its text, the import lines and the other parts that it needs."""

    name: str
    text: str
    imports: tuple[str, ...]
    needs: tuple[str, ...] = ()


def needed(texts: Iterable[str]) -> tuple[Part, ...]:
    """The parts that some code calls as `command.name(`, or takes as a value, with what they need, in a fixed order."""
    names = {name for text in texts for name in re.findall(r"\bcommand\.(\w+)\b", text)}
    waiting = [name for name in names if name in PARTS]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += PARTS[name].needs
    return tuple(part for name, part in PARTS.items() if name in found)


# Runs on Python 2 as well: the first projects to migrate are older than their Python 3.
# Sources: oslo.rootwrap cmd.py (RC_NOEXECFOUND = 96, umask 022 in the child, 128 + N for a signal).
_RUN = '''\
def run(*words, **options):
    """Run a command for a privileged function.

    Takes what processutils.execute() takes and returns (stdout, stderr).
    The daemon works with umask 0 and raises OSError for a program that is
    not there; callers of rootwrap know umask 022 and exit code 96.
    env_variables come on top of the daemon's environment: on their own
    they would leave no PATH.

    :raises: ProcessExecutionError as from rootwrap: exit code 96 when the
             program cannot be started, 128 + N when signal N ended it
    """
    if options.get('env_variables'):
        options['env_variables'] = dict(
            os.environ, **options['env_variables'])
    try:
        return processutils.execute(
            *words, run_as_root=False,
            preexec_fn=lambda: os.umask(0o022), **options)
    except OSError as exc:
        cwd = options.get('cwd')
        if exc.errno not in (errno.ENOENT, errno.EACCES):
            raise
        if cwd and not os.path.isdir(cwd):
            raise
        reason = 'Executable not found: %s' % words[0]
        expected = options.get('check_exit_code', 0)
        if expected is False or expected == 96:
            return '', reason
        if isinstance(expected, (list, tuple)) and 96 in expected:
            return '', reason
        raise processutils.ProcessExecutionError(
            stdout='', stderr=reason, exit_code=96,
            cmd=' '.join(str(word) for word in words))
    except processutils.ProcessExecutionError as exc:
        if not isinstance(exc.exit_code, int) or exc.exit_code >= 0:
            raise
        raise processutils.ProcessExecutionError(
            stdout=exc.stdout, stderr=exc.stderr,
            exit_code=128 - exc.exit_code, cmd=exc.cmd,
            description=exc.description)
'''

# The flag stays truthy for an executor that knows nothing of this: it runs the command as root as it always did.
_EXECUTE = '''\
def execute(*words, **options):
    """processutils.execute(), where run_as_root may name what runs it.

    A privileged function in its place gets the words and the options.
    """
    if callable(options.get('run_as_root')):
        return options['run_as_root'](*words, **options)
    return processutils.execute(*words, **options)
'''

_TRYCMD = '''\
def trycmd(function, *arguments, **options):
    """Call a privileged function as processutils.trycmd() runs a command.

    A failure comes back as ('', its text) and is not raised.
    """
    discard_warnings = options.pop('discard_warnings', False)
    try:
        out, err = function(*arguments, **options)
    except processutils.ProcessExecutionError as exc:
        return '', str(exc)
    return out, '' if discard_warnings else err
'''

_OPERANDS = '''\
def operands(words, *pattern):
    """What stands for each %s when a command is of this pattern.

    :raises: ProcessExecutionError with exit code 99, rootwrap's for a command
             that is not admitted, when it is not
    """
    words = [str(word) for word in words]
    if len(words) != len(pattern):
        _refuse(words)
    found = []
    for word, part in zip(words, pattern):
        match = _match(part, word)
        if not match:
            _refuse(words)
        found.extend(match.groups())
    return found
'''

_ADMITTED = '''\
def admitted(words, *pattern):
    """The words, when they are of this pattern.

    A text stands for itself, with any text for %s in it; a list for one of
    the runs of words in it; a tuple for a run that comes any number of times.

    :raises: ProcessExecutionError with exit code 99, rootwrap's for a command
             that is not admitted, when they are not
    """
    words = [str(word) for word in words]
    if len(words) not in _ends(words, set([0]), pattern):
        _refuse(words)
    return words
'''

_ENDS = '''\
def _ends(words, starts, pattern):
    """Where a run of this pattern can end that begins at one of the starts."""
    for part in pattern:
        if isinstance(part, list):
            ends = set()
            for run in part:
                ends |= _ends(words, starts, run)
        elif isinstance(part, tuple):
            ends, more = set(starts), starts
            while more:
                more = _ends(words, more, part) - ends
                ends |= more
        else:
            ends = set(start + 1 for start in starts
                       if start < len(words) and _match(part, words[start]))
        starts = ends
    return starts
'''

_MATCH = '''\
def _match(part, word):
    """Compare a word with a text that has %s for what varies, %% for %."""
    pieces = re.findall('%s|%%|[^%]+', part)
    expression = ''.join(
        '(.*)' if piece == '%s' else re.escape(piece.replace('%%', '%'))
        for piece in pieces)
    return re.match(expression + r'\\Z', word, re.DOTALL)
'''

_REFUSE = """\
def _refuse(words):
    # Not the words themselves: there may be a secret among them.
    program = ' '.join(words[:1])
    raise processutils.ProcessExecutionError(
        stdout='', stderr='Unauthorized command: %s (no pattern matched)'
        % program, exit_code=99, cmd=program)
"""

PARTS = {
    part.name: part
    for part in (
        Part("run", _RUN, ("import errno", "import os", _PROCESSUTILS)),
        Part("execute", _EXECUTE, (_PROCESSUTILS,)),
        Part("trycmd", _TRYCMD, (_PROCESSUTILS,)),
        Part("operands", _OPERANDS, (), ("_match", "_refuse")),
        Part("admitted", _ADMITTED, (), ("_ends", "_refuse")),
        Part("_ends", _ENDS, (), ("_match",)),
        Part("_match", _MATCH, ("import re",)),
        Part("_refuse", _REFUSE, (_PROCESSUTILS,)),
    )
}
