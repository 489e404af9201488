"""What to tell of each way to start a daemon: what it trusts, what an attacker gets, when to take it."""

from __future__ import annotations

# In braces: what ways.py fills in.
TRUSTS = (
    "sudo; the configuration files, the Python packages and {helper}: the service's user must not be able to write to"
    " any of them. Who names or writes a configuration file is root, as its log_config_append is evaluated"
)
ATTACKER = (
    "every entrypoint of {contexts}, with any arguments, in a daemon of its own. No other context, no other"
    " configuration file, no other command"
)

# --- which to take -------------------------------------------------------------------------------------

OVER_ROOT_HELPER = (
    "{place} sets a root helper, so daemons are started through rootwrap unless helper_command says otherwise; a"
    " sudoers file with exact lines admits these daemons and nothing else, which rootwrap since 5.0.0 cannot"
)
PLAIN_SUDO = (
    "nothing in the code sets a root helper, so `sudo privsep-helper` is run as it is; a sudoers file with exact lines"
    " admits these daemons and nothing else, and needs no other change"
)

# --- sudoers -------------------------------------------------------------------------------------------

SUDOERS_HOW = (
    "oslo.privsep runs `sudo privsep-helper` with the service's own configuration files, unless it is told otherwise"
)
SUDOERS_WHEN = "the code sets no root helper, and privsep-helper is installed where sudo looks"
ROOT_HELPER_FIRST = "{place} sets a root helper, which comes before it: take that out, or take helper-command"
SECURE_PATH = (
    "sudo looks privsep-helper up in secure_path, which has to name {folder}, before any other folder that has one; a"
    " virtual environment is not in it: take helper-command there"
)
REGEX = "the words are a regular expression, which sudo takes since 1.9.10; for one before that, --sudo 1.9.9"
WILDCARDS = "each [...] is one character; a * would let slashes and blanks in, and with them any word"
TEMPORARY = (
    "{tmp}/tmp........ is what the service's own tempfile.mkdtemp() makes: where it has another TMPDIR, give --tmp"
)
UNDONE = "`privsep-helper *` for this user, in another file, undoes it: any configuration file is root"

# --- helper_command ------------------------------------------------------------------------------------

HELPER_COMMAND_HOW = (
    "each context's section names the command; it comes before any root helper of priv_context.init(), and a context"
    " without it is started as before, so contexts can be moved one by one"
)
HELPER_COMMAND_WHEN = "the code sets a root helper, or the program lies in a virtual environment"
OWN_CONFIGURATION = (
    "oslo.privsep adds only --privsep_context and --privsep_sock_path to it: the configuration files have to stand in"
    " it, or the daemon reads none of yours"
)

# --- rootwrap ------------------------------------------------------------------------------------------

ROOTWRAP_HOW = "priv_context.init(root_helper=...) has rootwrap start privsep-helper"
ROOTWRAP_TRUSTS = "{trusts}; rootwrap, its configuration and all its filters as well"
ROOTWRAP_ATTACKER = "{attacker}; with a sudoers line for rootwrap that ends in `*`: root"
ROOTWRAP_WHEN = "the service still runs commands through rootwrap, and its configuration cannot be changed yet"
NO_ROOT_HELPER = "nothing in the code sets a root helper: call priv_context.init(root_helper=...) in main()"
BUILT_IN = (
    "oslo.rootwrap since 5.0.0 adds `CommandFilter, privsep-helper, root` to whatever the files say: the filters bind"
    " before that only, and the sudoers lines have to. A line with `*` behind the configuration file ({rootwrap}"
    " {conf} *) gives root to {user}: keep it only as long as `privmigrate scan` finds calls that need rootwrap"
)
EXEC_DIRS = "rootwrap looks privsep-helper up in exec_dirs of {conf}, which has to name {folder}"
WORDS = (
    "a RegExpFilter has a pattern for each word: a service that is started with another number of configuration files"
    " takes lines of its own"
)
ANY_FILES = (
    "these allow for one file or two below /etc/{project}; --config-file prints lines for just those that it names"
)

# --- fork ----------------------------------------------------------------------------------------------

FORK_HOW = "the service starts as root, forks a daemon for each context, and becomes its user"
FORK_TRUSTS = (
    "all code that the service runs before it gives root up: its imports, the reading of its configuration, and what"
    " these read"
)
FORK_ATTACKER = (
    "every entrypoint of {contexts}, through the service's own sockets. Nothing else can start a daemon: no sudo, no"
    " rootwrap. Before the service gives root up: root"
)
FORK_WHEN = "one process that may start as root, and that may be restarted as a whole when a daemon dies"
FORK_NOTES = (
    (
        "fork copies one thread only: a lock that another thread holds stays locked in the daemon. Start the daemons"
        " before any thread, and before eventlet has green ones"
    ),
    (
        "workers that are forked later share the socket, but not the thread that reads it: their calls wait for ever."
        " Not for services with several workers, unless each starts its own daemons while it is root"
    ),
    (
        "oslo.privsep starts a daemon that died through a helper again, whatever started it: nothing admits that here,"
        " so every later call fails until the service is started anew"
    ),
    (
        "the unit may not hold back what the contexts need (CapabilityBoundingSet=, ProtectSystem=), nor CAP_SETUID and"
        " CAP_SETGID, with which root is given up"
    ),
)
