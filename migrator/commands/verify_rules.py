"""privmigrate verify rules: each rule's function beside the command that it replaces."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence

from migrator import config
from migrator.commands import progress
from migrator.commands.output import form_of, put, say
from migrator.decide.load import Rulebook, rulebook
from migrator.decide.rule import Rule, RuleError
from migrator.fault import Fault
from migrator.report import colour, verdicts
from migrator.verify import parallel, uids
from migrator.verify.trial import Seen, Unfit
from migrator.verify.verdict import Verdict, Word


def run(options: argparse.Namespace, names: Sequence[str]) -> int:
    """Prove the named rules, or all. Exit status: 0 proven, 1 not, 2 nothing could be judged."""
    settings = config.configuration(".", options.config, options.rules)
    say(*settings.notes)
    rules = named(rulebook(settings.rules), names)
    if options.trial:
        return _one(rules, options)
    plan = uids.plan()
    if not plan.many:
        print(f"privmigrate: only one user id can be mapped: {plan.why}", file=sys.stderr)
    ordered = proven(rules, options)
    put(_rendered(ordered, options), options.output)
    words = {verdict.word for verdict in ordered}
    if words & {Word.DIFFERS, Word.CLAIMS}:
        return 1
    return 0 if Word.PROVEN in words else 2


def proven(rules: Sequence[Rule], options: argparse.Namespace) -> list[Verdict]:
    """The verdicts in the order of the rules, with progress on a terminal."""
    found: dict[str, Verdict] = {}
    with progress.of_rules(len(rules), options.color) as tell:
        for item in parallel.prove_all(rules, options.examples, options.jobs, options.sweep):
            tell(item)
            if isinstance(item, Verdict):
                found[item.rule] = item
    return [found[rule.name] for rule in rules]


def named(book: Rulebook, names: Sequence[str]) -> tuple[Rule, ...]:
    """The rules of programs ("chown") and single rules ("chown.chown"), each once; all when nothing is named."""
    if not names:
        return book.all()
    found: dict[str, Rule] = {}
    for name in names:
        found.update((rule.name, rule) for rule in book.named(name))
    return tuple(found.values())


def given(options: argparse.Namespace) -> tuple[str, ...]:
    """The options with which a rule is found again, as they were given."""
    named = ("--config", options.config) if options.config else ()
    return (*named, *(word for folder in options.rules for word in ("--rules", folder)))


def _rendered(ordered: Sequence[Verdict], options: argparse.Namespace) -> str:
    terminal = not options.output and sys.stdout.isatty()
    form = form_of(options.format, options.output)
    if form == "json":
        return verdicts.dumps(ordered, given(options))
    if form == "text":
        return verdicts.lines(ordered, given(options))
    coloured = colour.wanted(options.color, terminal, os.environ)
    return verdicts.table(ordered, coloured, sys.stdout.encoding, given(options))


def _one(rules: Sequence[Rule], options: argparse.Namespace) -> int:
    """Show one trial: what was seen both ways, and how it differs."""
    if len(rules) != 1:
        raise Fault("--trial shows a trial of one rule: name it, as in `verify rules chown.chown --trial ...`")
    rule = rules[0]
    try:
        result = parallel.compare_one(rule, options.trial, options.stdin)
    except Unfit as error:
        raise Fault(f"--trial {options.trial!r}: {rule.name} does not cover it: {error}") from None
    except (ValueError, RuleError) as error:
        raise Fault(f"--trial {options.trial!r}: {error}") from None
    if isinstance(result, str):
        raise Fault(f"not verifiable here: {result}")
    lines = [f"{rule.name}   {options.trial}"]
    for title, seen in (("the command", result.command), ("the function", result.function)):
        lines += [f"  {title}: {seen.status}", *_output(seen)]
    if result.divergences:
        asked = "" if result.check else " when the function is called with check=False"
        lines += [f"  they differ{asked} (- the command, + the function):", *verdicts.sides(result.divergences)]
    else:
        lines.append("  they do the same")
    put("".join(f"{line}\n" for line in lines), options.output)
    return 1 if result.divergences else 0


def _output(seen: Seen) -> Iterator[str]:
    for name, text in (("stdout", seen.stdout), ("stderr", seen.stderr)):
        if text:
            yield f"    {name}: {text!r}"
