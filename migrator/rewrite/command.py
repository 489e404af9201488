"""The module that runs commands inside the target's privsep daemon."""

from __future__ import annotations

NAME = "command"
FUNCTION = "run"
IMPORTS = ("import errno", "import os", "from oslo_concurrency import processutils")
DOCSTRING = '''"""Commands of the privileged functions, run the way rootwrap ran them.

Nothing here is an entrypoint, and nothing here may become one: run() takes
any command.
"""
'''

# Runs on Python 2 as well: the first projects to migrate are older than their Python 3.
# Sources: oslo.rootwrap cmd.py (RC_NOEXECFOUND = 96, umask 022 in the child, 128 + N for a signal).
SOURCE = '''\
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
