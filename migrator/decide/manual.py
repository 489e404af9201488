"""The manual page of a rule, in Markdown, from the rule itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from itertools import groupby

from migrator.decide.rule import NATIVE, Becomes, Difference, Rule, Stays
from migrator.decide.usable import libraries

_HEAD = """\
# Rules

<!-- Generated from rules/*.py by `python -m tests.test_rules`; edit those. -->

A rule covers the command lines that its grammar names, and no others: a word that it does not name leaves the call to a
function that runs the command with its constant words inside. In a grammar `[...]` may be left out, `(...|...)` is
one of several spellings, `NAME` in capitals stands for any word, `NAME...` for one or more, `key=NAME` for what stands
behind the key, wherever the word is, and `{one,two}` for any of these words with commas between; after `--` words that
begin with a dash are words like others.
"""


def document(rules: Iterable[Rule]) -> str:
    """docs/rules.md: every rule, by program."""
    pages = []
    for program, group in groupby(rules, key=lambda rule: rule.form.program):
        pages.append(f"## {program}\n\n" + "\n".join(page(rule, "###") for rule in group))
    return _HEAD + "\n" + "\n".join(pages)


def page(rule: Rule, heading: str = "#") -> str:
    """One rule: what it covers, what it needs, examples both ways, known differences, and the function."""
    about = (inspect.getdoc(rule.function) or "").strip()
    parts = [f"{heading} {rule.name}: `{rule.grammar}`", about, _facts(rule)]
    becomes = [each for each in rule.examples if isinstance(each, Becomes)]
    stays = [each for each in rule.examples if isinstance(each, Stays)]
    parts.append("\n".join(["```python", *(f"{each.call}\n    # -> {each.becomes}" for each in becomes), "```"]))
    if stays:
        parts.append("Left to others:")
        width = max(len(each.call) for each in stays)
        parts.append("\n".join(["```python", *(f"{each.call:{width}}  # {each.because}" for each in stays), "```"]))
    if rule.differences:
        parts.append("Known differences from the command:")
        parts.append("\n".join(f"- {_difference(each)}" for each in rule.differences))
    if heading == "#":
        parts.append("The function, as it goes into the project:")
        parts.append(f"```python\n{rule.text.rstrip()}\n```")
    return "\n\n".join(parts) + "\n"


def form(rule: Rule) -> str:
    """ "native" or "runs the command"."""
    return "native" if rule.kind is NATIVE else "runs the command"


def capabilities(rule: Rule) -> str:
    """The capabilities that a rule needs, as text; "none" when it needs none."""
    return ", ".join(sorted(rule.capabilities)) or "none"


def _facts(rule: Rule) -> str:
    facts = [f"- form: {form(rule)}, in `{rule.module}`", f"- capabilities: {capabilities(rule)}"]
    facts += [f"- only `{name}` that matches `{pattern}` as a whole" for name, pattern in rule.only.items()]
    facts += [f"- below `{prefix}` also {', '.join(sorted(names))}" for prefix, names in rule.near]
    if not {"check", "check_exit_code"}.isdisjoint(rule.signature.parameters) and rule.failures != {1}:
        facts.append(f"- exit codes of its failures: {', '.join(map(str, sorted(rule.failures)))}")
    if libraries(rule):
        facts.append(f"- only where the project requires {', '.join(libraries(rule))}, or may (`--allow-requirement`)")
    if rule.review:
        facts.append(f"- not proven: {rule.review}; used with `--unsafe` only, the call is for review")
    if rule.trials:
        facts.append(f"- compared with the command on {len(rule.trials)} command lines, and on generated ones")
    return "\n".join(facts)


def _difference(difference: Difference) -> str:
    notes = []
    if difference.when is not None:
        notes.append("calls that rely on it are left to others")
    if difference.trial is not None or difference.on:
        notes.append("shown by trials")
    # a dash at the start would begin a list in the list
    text = re.sub(r"\A-\S*", r"`\g<0>`", difference.text)
    return text + (f" ({'; '.join(notes)})" if notes else "")
