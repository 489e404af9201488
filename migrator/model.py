"""The nouns that every stage agrees on: sites, outcomes and edits."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal as OneOf

from migrator.words import Command

# --- sites: the calls that may run a command as root ---------------------------------------------


class Kind(str, enum.Enum):
    """How a call comes to run its command as root (definitions: docs/design.md, section 4)."""

    DIRECT = "direct"
    CONDITIONAL = "conditional"
    FORWARDER = "forwarder"
    VIA_WRAPPER = "via_wrapper"
    LAUNDERED = "laundered"
    LITERAL_SUDO = "literal_sudo"


class Use(str, enum.Enum):
    """What the caller relies on, beyond the command having run."""

    RESULT = "result"  # the (stdout, stderr) pair is looked at or handed on
    HANDLER = "handler"  # a try around the call catches something it can raise
    RETRY = "retry"  # attempts=, delay_on_retry=, or a retry decorator around it
    STDIN = "stdin"  # process_input=
    EXIT_CODES = "exit_codes"  # check_exit_code=
    ENVIRONMENT = "environment"  # env_variables=
    DIRECTORY = "directory"  # cwd=
    SHELL = "shell"  # shell=True
    TIMEOUT = "timeout"  # timeout=
    CONDITION = "condition"  # root only when a condition holds
    WRAPPER = "wrapper"  # reached through a function that may do more than run the command


Result = OneOf["ignored", "unpacked", "stdout", "returned", "other"]


@dataclass(frozen=True, slots=True)
class Option:
    """A keyword that the executor takes beside the argv: name, and its value's source ("**": a mapping).

    literal: True when the source is a literal (ast.literal_eval takes it). here: the source means the same at the call.
    """

    name: str
    code: str
    literal: bool
    here: bool = True


@dataclass(frozen=True, slots=True)
class Seam:
    """A place where an executor meets the root flag, and can call the privileged function that the flag names.

    kind: "body" at the start of a wrapper that adds nothing, "call" at the call in a wrapper that becomes root, "value"
    where a library's executor is taken as a value. line: of the `def` or of the call. name: qualified name of the
    wrapper, or of the library's executor. flag: source that gives the flag there.
    """

    kind: OneOf["body", "call", "value"]
    path: str
    line: int
    name: str
    flag: str


@dataclass(frozen=True, slots=True)
class Runner:
    """What a privsep entrypoint that takes any command runs it with.

    name: qualified name of the function. fixed: keywords that it is always given, as source. context: source of the
    context that the entrypoint is decorated with ("privileged.default"). entrypoint: its qualified name. prefix: how
    many words it puts in front of those that it takes.
    """

    name: str
    fixed: tuple[tuple[str, str], ...]
    context: str
    entrypoint: str = ""
    prefix: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the story that `explain` tells: where (path:line or ""), and one sentence."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Site:
    """A call in the scanned code that may run a command as root.

    path: POSIX, relative to the current folder when below it. line, end_line: of the ast.Call, from 1.
    column: of its first character, from 1. span: byte offsets of the call in the file, [start, end).
    enclosing: dotted class and function names ("LVM.create", "outer.inner"), "<module>" at module level.
    callee: its source. via: qualified names of the wrappers that the argv passes, outermost first.
    executor: qualified name of the function at the end of the chain, "" when it was not found.
    flag: source of the root flag's value as this call gives it ("True", "self._as_root"), "" when it gives none.
    root: how the command becomes root, in words ("run_as_root=True", "default of x.y: run_as_root=True").
    takes_argv: the enclosing function takes the command (or its tail) from its caller: a wrapper's own body.
    handlers: exception names of the except clauses around the call, innermost first.
    decorators: of the enclosing function, as written.
    adds: what the wrappers in `via` do beyond handing the command on (retry, lock, translate an exception, branch on
    a setting), one sentence each; empty when they only forward.
    seams: where the ways that the command may take meet the flag; empty when the flag is lost on one of them.
    runner: what runs the command inside a privsep entrypoint that takes any.
    flag_name: the keyword by which the call gives the root flag, or could; "" when its callee takes none.
    whole: the call's own positional arguments are the whole argv, or the one list of it ("list"); else "".
    module: dotted name of the module that it stands in.
    """

    id: str
    path: str
    line: int
    end_line: int
    column: int
    span: tuple[int, int]
    kind: Kind
    enclosing: str
    callee: str
    via: tuple[str, ...]
    executor: str
    command: Command
    flag: str
    root: str
    takes_argv: bool
    options: tuple[Option, ...]
    result: Result
    uses: frozenset[Use]
    handlers: tuple[str, ...]
    decorators: tuple[str, ...]
    adds: tuple[str, ...] = ()
    story: tuple[Step, ...] = ()
    seams: tuple[Seam, ...] = ()
    runner: Runner | None = None
    flag_name: str = ""
    whole: OneOf["", "words", "list"] = ""
    module: str = ""

    @property
    def code(self) -> str:
        return "PRV101"

    @property
    def qualname(self) -> str:
        """Qualified name of the function that it stands in: for a wrapper's own call, what `via` of others has."""
        return f"{self.module}.{self.enclosing}"

    @property
    def tried(self) -> bool:
        """Whether a failure comes back as text, from trycmd() or a wrapper named like it."""
        return any(name.rpartition(".")[2] == "trycmd" for name in (self.callee, self.executor, *self.via))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, or a part of it, that could not be understood. code: PRV901 does not parse, PRV902 not read."""

    path: str
    line: int
    reason: str
    code: str = "PRV901"


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan found: sites and unreadable files, each sorted by path and line; files: how many were read.

    tolerated: files that only the tolerant reading took, with what was odd; they count as read.
    """

    root: str
    sites: tuple[Site, ...]
    unreadable: tuple[Unreadable, ...]
    tolerated: tuple[Unreadable, ...]
    files: int


# --- outcomes: what was decided, always with the reason --------------------------------------------


class Rung(str, enum.Enum):
    """How far an operation is from root for everybody (docs/design.md, the ladder)."""

    ROOTWRAP = "rootwrap"
    LAUNDERED = "laundered"
    GUARDED = "guarded"
    NARROW = "narrow"
    NATIVE = "native"


class Form(str, enum.Enum):
    """How a site changes (docs/design.md, section 7)."""

    CALL = "call"  # the privileged function is called in its place
    CONDITION = "condition"  # ... where the flag holds, and the plain call where it does not
    FLAG = "flag"  # it stays, and its root flag names the privileged function
    INNER = "inner"  # nothing changes here: the call inside its wrapper names the privileged function


class Status(str, enum.Enum):
    READY = "ready"
    REVIEW = "review"
    REFUSED = "refused"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a stable code ("options-not-literal") and a sentence that tells what to do."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of the privileged call: the parameter's name, and its source at the call site."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Sample:
    """What a call of a native function does, for a unit test in the target; all but code is source.

    call: of the function by its name. seen: what is looked at afterwards, which has to equal expected; nothing is when
    that is empty. code: the exit code with which the call fails. patched: dotted names of what stands for the kernel
    ("os.chown", "pyroute2.IPRoute"), each a mock by the end of its name in small letters, `mock_chown`, `mock_iproute`.
    given: statements before the call. asserted: calls after it.
    They may read `path`, a file with the text "old" and mode 0644, `missing`, a path beside it where nothing is,
    `folder`, that both are in, `result`, what the call returned, `text(path)`, what a file holds, `pyroute2`, and
    modules of the standard library. It has to hold for an ordinary user and for root.
    """

    call: str
    expected: str = ""
    seen: str = "result"
    patched: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    asserted: tuple[str, ...] = ()
    code: int = 0


@dataclass(frozen=True, slots=True)
class Helper:
    """A function of a rule file that rules' functions call; its text lands in the target's module once, beside them."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Privileged:
    """A function to be put into the target's privsep package.

    name: the rule's or the synthesised function's name. module: the area it goes to ("path", "lvm"). context: the name
    of the context that it has to be an entrypoint of, "" when any will do.
    source: its text without the decorator, starting with `def`. imports: modules that it needs, as `import X` /
    `from X import Y` lines. capabilities: what it needs for what it does itself, CAP_ names; a command that it runs
    is not bound by them.
    rung: NATIVE, NARROW or GUARDED. rule: "chown.chown", or "" when it was synthesised. samples: what its unit tests
    try. helpers: what it calls beside modules, each behind those that it calls itself.
    """

    name: str
    module: str
    source: str
    imports: tuple[str, ...]
    capabilities: frozenset[str]
    rung: Rung
    rule: str = ""
    context: str = ""
    samples: tuple[Sample, ...] = ()
    helpers: tuple[Helper, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided on a site. function and arguments are there for READY and REVIEW, reasons for all others.

    form: how the call changes. pattern: for FLAG, the words of the command with %s for each varying stretch, which the
    arguments take as words[0], words[1] ...; empty when the function takes all of them. tried: a failure comes back as
    text, as from trycmd(), whose keywords these are.
    """

    site: Site
    status: Status
    rung: Rung
    reasons: tuple[Reason, ...] = ()
    function: Privileged | None = None
    arguments: tuple[Argument, ...] = ()
    form: Form = Form.CALL
    pattern: tuple[str, ...] = ()
    tried: tuple[tuple[str, str], ...] | None = None


# --- edits: changes as data --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the bytes [start, end) of a file by text; a new file is an edit of (0, 0) with new=True."""

    path: str
    start: int
    end: int
    text: bytes
    new: bool = False
