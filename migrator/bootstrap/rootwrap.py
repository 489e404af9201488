"""The line that lets rootwrap start the daemon of a context, and why one that is there does not."""

from __future__ import annotations

import os
from collections.abc import Sequence

from migrator.bootstrap.launch import Launch, escaped
from migrator.rootwrap.admission import admitted
from migrator.rootwrap.conditions import matches
from migrator.rootwrap.daemons import HELPER, is_daemon_line, named
from migrator.rootwrap.filters import Filter

_CONTEXT = "--privsep_context"
# No `..` anywhere, and only characters that have no meaning elsewhere: `/etc/(?!\.\.).*` admits /etc/x/../../tmp/y.
_INSIDE = r"(?!.*\.\.)[\w./-]+"


def line(launch: Launch, context: str, files: int = 0) -> str:
    """The line of a filters file that admits the daemon of a context.

    files: 0 for the very files that the service is started with; else for so many below the project's /etc, whatever
    they are called. A RegExpFilter has a pattern for each word, so each number of files takes a line of its own.
    """
    name = f"privsep-{context.replace('.', '-')}"
    if files:
        words = [word for _ in range(files) for word in ("--config-file", f"/etc/{launch.project}/{_INSIDE}")]
        name += f"-{files}"
    else:
        words = [escaped(word) for word in launch.configuration]
    patterns = [*words, _CONTEXT, escaped(context), "--privsep_sock_path", launch.socket_pattern()]
    return ", ".join((f"{name}: RegExpFilter", HELPER, "root", HELPER, *patterns))


def starts(one: Filter, argv: Sequence[str]) -> bool:
    """Whether a filter admits a privsep-helper command line."""
    return is_daemon_line(one) and admitted((one,), argv) is not None


def why_not(one: Filter, argv: Sequence[str]) -> str:
    """Why a filter for privsep-helper does not admit a command line."""
    words, mine = one.args, named(one)
    asked = argv[argv.index(_CONTEXT) + 1] if _CONTEXT in argv else ""
    if mine and mine != asked:
        return f"it is for {mine}"
    if one.kind == "RegExpFilter":
        if len(words) != len(argv):
            return f"it has {len(words)} words, and the service gives {len(argv)}: {' '.join(argv[1:])}"
        for pattern, word in zip(words, argv, strict=True):
            if not matches(pattern, word):
                return f"{pattern} does not match {word}"
    if one.kind == "PathFilter":
        if len(words) != len(argv) - 1:
            return f"it has {len(words)} words behind the program, and the service gives {len(argv) - 1}"
        for expected, word in zip(words, argv[1:], strict=True):
            inside = os.path.isabs(expected) and os.path.realpath(word).startswith(expected)
            if expected not in ("pass", word) and not inside:
                return f"{word} is not {expected}, which a PathFilter takes for a folder or a text, not for a pattern"
    return f"a {one.kind} with {' '.join(words) or 'no words'} does not match {' '.join(argv)}"
