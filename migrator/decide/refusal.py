"""Why a site is not migrated, before any rule is asked: stable codes, and sentences that tell what to do."""

from __future__ import annotations

from migrator.model import Kind, Reason, Rung, Site, Status
from migrator.words import Choice, Command, Each, Rest, Value

KINDS = {
    Kind.FORWARDER: Reason(
        "forwarder",
        "it hands on its caller's root flag; migrate the calls that reach it, then it needs no root any more",
    ),
    Kind.LAUNDERED: Reason(
        "laundered", "it goes to a privsep function that takes any command; give this command a function of its own"
    ),
    Kind.LITERAL_SUDO: Reason(
        "literal-sudo",
        "it calls sudo itself and passes by the root helper; call it with run_as_root=True, without sudo",
    ),
}


def unresolved(command: Command) -> Reason | None:
    """Why it is not known which program a command runs; None when it is."""
    if command.program is not None:
        return None
    if command.programs:
        some = ", ".join(command.programs)
        return Reason("program-one-of", f"it runs one of {some}; write one call for each program")
    if not command.words:
        return Reason("program-unknown", "its command is not known; pass the words at the call")
    first = command.words[0]
    if isinstance(first, (Value, Rest)):
        stopped = f", stopped by {first.why}" if first.why else ""
        return Reason(
            "program-unknown", f"its program comes from {first.code}{stopped}; write the program as text at the call"
        )
    return Reason("program-unknown", "its program depends on the way taken; write one call for each program")


def takes_argv(site: Site) -> Reason:
    """Why the call inside a wrapper is left."""
    return Reason("takes-argv", f"{site.enclosing} takes the command from its callers; migrate those calls instead")


def added(site: Site) -> tuple[Reason, ...]:
    """What a privileged function called in the site's place would go around."""
    return tuple(map(_added, site.adds))


def _added(text: str) -> Reason:
    """The reason for one sentence of Site.adds: `qualified.wrapper: what it does`, or how the executor may change."""
    wrapper, colon, what = text.partition(": ")
    if not colon or " " in wrapper:
        return Reason(
            "executor-injected",
            f"{text}, one that runs the command on another machine or as another user; "
            "call processutils.execute() here, or migrate where the executor is chosen",
        )
    return Reason(
        "wrapper-adds",
        f"{wrapper}() does more than run the command: it {_did(what)}; a privileged function would go around that, "
        "so move it to the caller first",
    )


def _did(what: str) -> str:
    return f"is {what}" if what.startswith("decorated") else what


def words(command: Command) -> tuple[Reason, ...]:
    """What keeps the words of a command from being written down at the call, one by one."""
    reasons = []
    for word in command.words:
        if isinstance(word, Rest):
            stopped = f", stopped by {word.why}" if word.why else ""
            reasons.append(
                Reason(
                    "words-open", f"*{word.code} is any number of words{stopped}; write out the words that are meant"
                )
            )
        elif isinstance(word, Each):
            reasons.append(
                Reason(
                    "words-loop", f"the loop over {word.iterable} adds words; run one command for each, or join them"
                )
            )
        elif isinstance(word, Choice):
            why = f" on {word.condition}" if word.condition else ""
            reasons.append(Reason("words-branch", f"some words depend{why}; write one call for each way"))
        elif isinstance(word, Value) and not word.here:
            reasons.append(
                Reason(
                    "word-not-here",
                    f"{word.code} does not give this word at the call; compute it there, or give it a name of its own",
                )
            )
        elif _relative(word):
            reasons.append(
                Reason(
                    "relative-path",
                    f"{_text(word)} depends on the caller's directory, the daemon's is /; make it absolute",
                )
            )
    return tuple(reasons)


def _text(word: object) -> str:
    if isinstance(word, Value):
        return (word.pieces[0] or "") if word.pieces else ""
    return str(getattr(word, "text", ""))


def _relative(word: object) -> bool:
    return _text(word).startswith(("./", "../")) or _text(word) in (".", "..")


def settings_of_trycmd(settings: tuple[tuple[str, str], ...]) -> Reason:
    """Why a call of trycmd() is left whose keywords vary."""
    name, code = settings[0]
    return Reason("option-not-literal", f"{name}={code} is not a constant; write its value, or call execute()")


def unsure(site: Site) -> tuple[Reason, ...]:
    """What only a person can confirm about a site that could be migrated otherwise."""
    if site.executor.endswith(("processutils.execute", "processutils.trycmd")):
        return ()
    what = f"{site.executor} is not processutils.execute()" if site.executor else f"what {site.callee} is was not found"
    return (
        Reason(
            "executor-not-known", f"{what}; see that it runs the command and does no more, then rewrite with --unsafe"
        ),
    )


def unproven(rule: str, why: str) -> Reason:
    """What a person has to confirm about a rule that could not be compared with its command where it was written."""
    return Reason("unproven", f"{rule} is not proven: {why}; try it on a machine that can, then rewrite with --unsafe")


def rung(site: Site) -> Rung:
    """The rung that a site stands on while it is not migrated."""
    return Rung.LAUNDERED if site.kind is Kind.LAUNDERED else Rung.ROOTWRAP


def status(reason: Reason) -> Status:
    return Status.UNRESOLVED if reason.code == "program-unknown" else Status.REFUSED
