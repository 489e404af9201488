"""The faults at the privsep boundary: their codes, each with one meaning for ever, and what to do about each."""

from __future__ import annotations

from dataclasses import dataclass

# 26x are the replay's (migrator/report/verified.py). Left free for what a gate asks besides: 270-274 how much an
# entrypoint lets through (any argv, any path), 275-279 its surroundings (run_as_root inside, modes under umask 0), 28x
# contexts (capabilities, filters, their start), 29x what reaches the log.


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of fault. meaning: what it is, in a line for a table. help: what to do."""

    code: str
    meaning: str
    help: str


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

CODES: tuple[Code, ...] = (
    *(NESTED, UNNAMED, PREFIX, ABOVE, BELOW, ASYNCHRONOUS, REBOUND),
    *(EXCEPTION_NESTED, EXCEPTION_CONSTRUCTOR, EXIT, ARGUMENT, RESULT, NO_RESULT),
    *(GLOBAL, UNREAD, BIND, UNDECORATED, UNCALLED, ABSENT, IMPORT, CYCLE),
)
