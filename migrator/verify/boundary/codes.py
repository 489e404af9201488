"""The faults at the privsep boundary: their codes, each with one meaning for ever, and what to do about each."""

from __future__ import annotations

from dataclasses import dataclass

# 26x are the replay's (migrator/report/verified.py).


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of fault. meaning: what it is, in a line for a table. help: what to do.

    note: it breaks nothing, and is true of code that does what it is meant to do: what an entrypoint grants, what a
    deployment has to see to. A note is told apart from the findings and fails nothing by itself.
    """

    code: str
    meaning: str
    help: str
    note: bool = False


NESTED = Code(
    "PRV201",
    "an entrypoint inside a class or function: the daemon looks for it at module level and raises ImportError",
    "move it to module level",
)
UNNAMED = Code(
    "PRV202",
    "an entrypoint made of a lambda, a partial, or a function under another name: the daemon does not find it",
    "write a module-level function and decorate it",
)
PREFIX = Code(
    "PRV203",
    "an entrypoint in a module outside its context's prefix: AssertionError when the module is imported",
    "move it below the prefix, or use a context with a wider one",
)
ABOVE = Code(
    "PRV204",
    "a decorator above the entrypoint decorator: the daemon refuses the function, or the decorator runs on both sides",
    "make the entrypoint decorator the topmost one, and put what has to run in the client into the callers",
)
BELOW = Code(
    "PRV205",
    "a decorator below the entrypoint decorator that hides the function's name: the daemon does not find it",
    "use functools.wraps in that decorator",
)
ASYNCHRONOUS = Code(
    "PRV206",
    "an async function or a generator as entrypoint: nothing it does is done, its result cannot be sent",
    "write a plain function that returns a list, text or number",
)
REBOUND = Code(
    "PRV207",
    "an entrypoint whose name is bound again later in its module: the daemon finds what it is bound to last",
    "rename one of the two",
)
EXCEPTION_NESTED = Code(
    "PRV211",
    "an exception class inside a class or function, raised behind the boundary: the client raises ImportError instead",
    "move the class to module level",
)
EXCEPTION_CONSTRUCTOR = Code(
    "PRV212",
    "an exception that the client cannot build again from its args: the client raises TypeError instead",
    "give the constructor's parameters defaults, or pass all of them to super().__init__",
)
EXIT = Code(
    "PRV213",
    "SystemExit or KeyboardInterrupt behind the boundary: ends a thread of the daemon, and the caller waits for ever",
    "raise an exception, or return a value, and exit in the client",
)
HANDLER = Code(
    "PRV214",
    "a handler that names an object where a class belongs, `except Error():`: what is raised becomes a TypeError",
    "take the brackets away",
)
ARGUMENT = Code(
    "PRV221",
    "an argument that cannot be sent to the daemon: TypeError in the client, nothing is done",
    "pass text, bytes, numbers, None, or lists and dictionaries of them",
)
RESULT = Code(
    "PRV222",
    "a result that cannot be sent to the client: TypeError after the work is done",
    "return text, bytes, numbers, None, or lists and dictionaries of them",
)
NO_RESULT = Code(
    "PRV223",
    "a call that takes apart the result of an entrypoint that returns nothing: TypeError in the client",
    "return the values from the entrypoint, or do not unpack them",
)
GLOBAL = Code(
    "PRV231",
    "an entrypoint reads a module global that the client sets at run time: the daemon has its own, unset",
    "pass the value as an argument",
)
UNREAD = Code(
    "PRV232",
    "an entrypoint never reads one of its parameters: what callers give for it has no effect",
    "use the parameter, or take it away from the function and its callers",
)
BIND = Code(
    "PRV241",
    "a call that does not fit the function's signature: TypeError when it is made",
    "give the arguments that the signature asks for",
)
UNDECORATED = Code(
    "PRV242",
    "a function of the privsep package without entrypoint decorator: it runs as the service's own user",
    'decorate it, move it out of the package, or name it in `unprivileged = ["..."]` of [tool.privmigrate]',
)
UNCALLED = Code(
    "PRV243",
    "an entrypoint that nothing calls: the daemon offers it to whoever takes over the service",
    "remove it",
)
ABSENT = Code(
    "PRV244",
    "a name that the module of the privsep package does not have: AttributeError or ImportError in the client",
    "spell the function's name as it is defined, or write it",
)
EXIT_CODE = Code(
    "PRV245",
    "check_exit_code=None reaches processutils.execute(): TypeError with oslo.concurrency below 7.3.0",
    "leave the keyword out, or give the exit codes",
)
IMPORT = Code(
    "PRV251",
    "a module of the privsep package that cannot be imported in a fresh interpreter: the daemon does not start",
    "mend the import",
)
CYCLE = Code(
    "PRV252",
    "a circular import that fails when a module of the privsep package is imported first, as the daemon does",
    "keep the privsep package's imports to the standard library, oslo and itself",
)

ANY_COMMAND = Code(
    "PRV270",
    "an entrypoint that runs any command that it is given: whoever takes over the service is root",
    "write a function for each command, with the argv fixed inside; `privmigrate rewrite` does so for its calls",
)
ANY_WORDS = Code(
    "PRV271",
    "an entrypoint that runs a program with any words that it is given: whatever the program can do as root",
    "fix the words inside, and take what varies as parameters",
    note=True,
)
CONTENT = Code(
    "PRV272",
    "an entrypoint that reads or writes the content of any file: /etc/shadow, or what root runs next",
    "refuse every path but those of the service, os.path.realpath() first; or take a name and fix the folder inside",
    note=True,
)
PLACE = Code(
    "PRV273",
    "an entrypoint that creates, removes, moves or links at any path",
    "refuse every path but those of the service, os.path.realpath() first; or take a name and fix the folder inside",
    note=True,
)
ACCESS = Code(
    "PRV274",
    "an entrypoint that changes the owner or the mode of any path: of /etc/sudoers, say",
    "refuse every path but those of the service, os.path.realpath() first; or take a name and fix the folder inside",
    note=True,
)
AS_ROOT = Code(
    "PRV275",
    "run_as_root or root_helper behind an entrypoint: no effect as root, NoRootWrapSpecified as another user",
    "leave the keyword out",
)
NO_MODE = Code(
    "PRV276",
    "a file or folder created without a mode behind an entrypoint: the daemon has umask 0, everybody may write to it",
    "give the mode: os.makedirs(path, mode=0o755), os.open(path, flags, 0o644)",
)
LOCK = Code(
    "PRV277",
    "a lock behind an entrypoint: who waits for it takes up one of the daemon's few threads",
    "take the lock in the service, around the call",
)
LACKING = Code(
    "PRV281",
    "a system call whose capability the entrypoint's context lacks: EPERM, though the daemon is root",
    "name the capability in a context, one for such functions if it is no other's need",
)
BROAD = Code(
    "PRV282",
    "one context for everything, or one that amounts to root: whatever one function needs, all of them have",
    "make a context for each need (files, network, mounts), with just its capabilities",
    note=True,
)
UNADMITTED = Code(
    "PRV283",
    "a context that no filter and no sudoers line of the project admits: rootwrap < 5.0.0 does not start its daemon",
    "add a RegExpFilter for privsep-helper with its --privsep_context, or say how else it is started",
    note=True,
)
UNSTARTED = Code(
    "PRV284",
    "a service that never calls priv_context.init(): its daemon is started with plain sudo",
    "call priv_context.init(root_helper=...) in main(), once the configuration is read",
    note=True,
)
PYPATH = Code(
    "PRV285",
    "a context whose pypath is missing or names another: AssertionError when its daemon is started",
    "give pypath=__name__ + '.NAME', NAME being what the context is bound to",
)
LOGGED = Code(
    "PRV291",
    "a secret in the daemon's log: it goes through a context whose logger lets DEBUG messages through",
    "give the context a logger_name of its own, and keep that logger at INFO",
)

CODES: tuple[Code, ...] = (
    *(NESTED, UNNAMED, PREFIX, ABOVE, BELOW, ASYNCHRONOUS, REBOUND),
    *(EXCEPTION_NESTED, EXCEPTION_CONSTRUCTOR, EXIT, HANDLER, ARGUMENT, RESULT, NO_RESULT),
    *(GLOBAL, UNREAD, BIND, UNDECORATED, UNCALLED, ABSENT, EXIT_CODE, IMPORT, CYCLE),
    *(ANY_COMMAND, ANY_WORDS, CONTENT, PLACE, ACCESS, AS_ROOT, NO_MODE, LOCK),
    *(LACKING, BROAD, UNADMITTED, UNSTARTED, PYPATH, LOGGED),
)
NOTES = frozenset(each.code for each in CODES if each.note)
