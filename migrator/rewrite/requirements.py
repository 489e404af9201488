"""Name oslo.privsep, and pyroute2 where it is used, among the target's requirements."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from migrator.rewrite.conventions import project_table
from migrator.rewrite.pending import Pending

# Every file that may name a requirement with a lower bound; the first three can also get a new one.
_FILES = ("pyproject.toml", "setup.cfg", "requirements.txt", "test-requirements.txt", "lower-constraints.txt")
_CONSTRAINTS = "lower-constraints.txt"
# A requirement as it stands alone on a line or inside quotes: name, extras, then versions, marker and comment.
_LINE = re.compile(
    r"(?P<indent>[ \t]*)(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<extras>\[[^\]]*\])?(?P<rest>[^\r\n]*)(?P<end>\r?\n|\Z)"
)
_ITEM = re.compile(r"(?P<quote>[\"'])(?P<text>[^\"'\n]*)(?P=quote)")
_BOUND = re.compile(r">=\s*(?P<version>\d+(?:\.\d+)*)")
_VERSION = re.compile(r"(?P<sign>===?|~=|>)\s*(?P<version>\d+(?:\.\d+)*)")


@dataclass(frozen=True)
class Requirement:
    """A library that generated code needs: its name, lowest version, and the licence that OpenStack notes beside it."""

    name: str
    version: str
    licence: str = "Apache-2.0"

    @property
    def line(self) -> str:
        return f"{self.name}>={self.version}"


# oslo.privsep 1.33.2 is the first whose daemon survives SIGHUP, 2.6.0 the first that takes logger_name=.
PRIVSEP = Requirement("oslo.privsep", "1.33.2")
PRIVSEP_LOGGER = Requirement("oslo.privsep", "2.6.0")
# The lower bounds that neutron has; 0.5 is the last series that runs on Python 2.
PYROUTE2 = Requirement("pyroute2", "0.7.3", "Apache-2.0 (+ dual licensed GPL2)")
PYROUTE2_PYTHON2 = Requirement("pyroute2", "0.5.4", "Apache-2.0 (+ dual licensed GPL2)")


def require(root: str, needed: Sequence[Requirement], pending: Pending) -> list[str]:
    """Make the target's files ask for these libraries; what is left to a person, one sentence each.

    A lower bound that is too low is raised wherever it stands; a higher one stays. A library that is named nowhere
    gets a line in the file that lists what the project depends on, in the style and order of its lines.
    """
    notes = []
    for requirement in needed:
        texts = {name: text for name in _FILES if (text := pending.text(os.path.join(root, name))) is not None}
        named = {name: _found(text, requirement.name) for name, text in texts.items()}
        for name, places in named.items():
            text = texts[name]
            for start, end in reversed(places):
                raised = _raised(text[start:end], requirement)
                if raised is None:
                    notes.append(f"{name} says {text[start:end].strip()}: it should ask for {requirement.line}")
                else:
                    text = text[:start] + raised + text[end:]
            pending.put(os.path.join(root, name), text)
        listing = _listing(texts)
        if any(places for name, places in named.items() if name not in ("test-requirements.txt", _CONSTRAINTS)):
            if listing and not named.get(listing):
                where = next(name for name in _FILES if named.get(name))
                notes.append(f"{requirement.name} is optional in {where}: all that calls the privsep package needs it")
            continue
        added = _added(listing, texts[listing], requirement) if listing else None
        if listing is None or added is None:
            notes.append(f"no list of requirements was found: add {requirement.line} to what the project depends on")
            continue
        pending.put(os.path.join(root, listing), added)
        if _CONSTRAINTS in texts and not named[_CONSTRAINTS]:
            lines = _with_line(texts[_CONSTRAINTS], (0, len(texts[_CONSTRAINTS])), requirement, "==")
            pending.put(os.path.join(root, _CONSTRAINTS), lines)
    return notes


def _listing(texts: dict[str, str]) -> str | None:
    """The file that says what the project depends on: where the build reads it, requirements.txt where pbr does."""
    if "pyproject.toml" in texts and isinstance(project_table(texts["pyproject.toml"]).get("dependencies"), list):
        return "pyproject.toml"
    if "setup.cfg" in texts and _install_requires(texts["setup.cfg"]):
        return "setup.cfg"
    return "requirements.txt" if "requirements.txt" in texts else None


def _install_requires(text: str) -> tuple[int, int] | None:
    """Offsets of the lines below `install_requires =`, None when there are none."""
    found = re.search(r"^install_requires[ \t]*=[^\n]*\n(?P<lines>(?:[ \t]+[^\n]*\n?|[ \t]*\n)+)", text, re.M)
    return found.span("lines") if found else None


def _normal(name: str) -> str:
    """As PEP 503 has it: requirements that differ in case or in their separators only are the same."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _found(text: str, name: str) -> list[tuple[int, int]]:
    """Offsets of each requirement of this name: from the name to the marker, the comment or the closing quote."""
    spelled = re.sub(r"[-_.]+", "[-_.]+", re.escape(name).replace(r"\-", "-").replace(r"\.", "."))
    pattern = re.compile(rf"^(?:[ \t]*|[^#\n]*[\"'])(?P<it>{spelled}(?![\w.-])[^;#\"'\r\n]*)", re.M | re.I)
    return [found.span("it") for found in pattern.finditer(text) if _is_requirement(found["it"], name)]


def _is_requirement(text: str, name: str) -> bool:
    return re.match(r"(\[[^\]]*\])?\s*(\Z|[<>!~]|==)", text[len(name) :]) is not None


def _raised(text: str, requirement: Requirement) -> str | None:
    """A requirement with its lower bound raised where that is too low; None when its versions say it another way."""
    low = _numbers(requirement.version)
    bound = _BOUND.search(text)
    if bound:
        if _numbers(bound["version"]) >= low:
            return text
        return text[: bound.start("version")] + requirement.version + text[bound.end("version") :]
    other = _VERSION.search(text)
    if other:
        if _numbers(other["version"]) >= low:
            return text
        pinned = other["sign"].startswith("==") and "," not in text
        return text[: other.start("version")] + requirement.version + text[other.end("version") :] if pinned else None
    stripped = text.rstrip()
    versions = "," if stripped[-1].isdigit() and re.search(r"[<!]", stripped) else ""
    return f"{stripped}{versions}>={requirement.version}{text[len(stripped) :]}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _added(name: str, text: str, requirement: Requirement) -> str | None:
    if name == "pyproject.toml":
        return _with_item(text, requirement)
    span = _install_requires(text) if name == "setup.cfg" else (0, len(text))
    return _with_line(text, span, requirement, ">=") if span else None


def _with_line(text: str, span: tuple[int, int], requirement: Requirement, sign: str) -> str:
    """The text with a line for the requirement among the lines of a span."""
    start, end = span
    lines = [found for found in _LINE.finditer(text, start, end) if _begins_line(text, found.start())]
    rest = [found["rest"] for found in lines]
    comment = f"{_gap(rest)}# {requirement.licence}" if _licences(rest) and sign == ">=" else ""
    indent = lines[0]["indent"] if lines else ""
    newline = "\r\n" if "\r\n" in text else "\n"
    line = f"{indent}{requirement.name}{sign}{requirement.version}{comment}"
    after = _predecessor([found["name"] for found in lines], requirement.name)
    if after is None:
        at = lines[0].start() if lines else end
        before = newline if at and text[at - 1] != "\n" else ""
        return text[:at] + before + line + newline + text[at:]
    at = lines[after].end()
    if not lines[after]["end"]:
        return text[:at] + newline + line + text[at:]
    return text[:at] + line + newline + text[at:]


def _begins_line(text: str, at: int) -> bool:
    return at == 0 or text[at - 1] == "\n"


def _with_item(text: str, requirement: Requirement) -> str | None:
    """A pyproject.toml with the requirement among `dependencies`; None when that list is not found in the text."""
    head = re.search(r"^\[project\][ \t]*(?:#[^\n]*)?$.*?^dependencies[ \t]*=[ \t]*\[", text, re.M | re.S)
    if head is None or re.search(r"^\[(?!project\])", text[head.start() : head.end()], re.M):
        return None
    close = _closing(text, head.end())
    items = [found for found in _ITEM.finditer(text, head.end(), close) if not _commented(text, found.start())]
    names = [re.split(r"[^A-Za-z0-9._-]", found["text"], maxsplit=1)[0] for found in items]
    quote = items[0]["quote"] if items else '"'
    word = f"{quote}{requirement.line}{quote}"
    after = _predecessor(names, requirement.name)
    if not items:
        return text[: head.end()] + word + text[close:]
    place = items[after if after is not None else 0]
    line_start = text.rindex("\n", 0, place.start()) + 1
    line_end = text.index("\n", place.end())
    alone = not text[line_start : place.start()].strip() and line_end < close
    if not alone:
        if after is None:
            return text[: place.start()] + word + ", " + text[place.start() :]
        return text[: place.end()] + ", " + word + text[place.end() :]
    newline = "\r\n" if text[line_end - 1] == "\r" else "\n"
    rest = [text[found.end() : text.index("\n", found.end())].lstrip(",").rstrip("\r") for found in items]
    comment = f"{_gap(rest)}# {requirement.licence}" if _licences(rest) else ""
    line = f"{text[line_start : place.start()]}{word},{comment}{newline}"
    if after is None:
        return text[:line_start] + line + text[line_start:]
    comma = "" if text[place.end() :].lstrip().startswith(",") else ","
    return text[: place.end()] + comma + text[place.end() : line_end + 1] + line + text[line_end + 1 :]


def _closing(text: str, start: int) -> int:
    """Offset of the bracket that closes a list of strings; text after `#` and in quotes does not count."""
    quote, comment = "", False
    for at in range(start, len(text)):
        one = text[at]
        if comment:
            comment = one != "\n"
        elif quote:
            quote = "" if one == quote else quote
        elif one in "\"'":
            quote = one
        elif one == "#":
            comment = True
        elif one == "]":
            return at
    return len(text)


def _commented(text: str, at: int) -> bool:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return "#" in re.sub(_ITEM, "", line)


def _predecessor(names: Sequence[str], name: str) -> int | None:
    """The place of the last name before this one in the alphabet, among those of its family if it has any (oslo.*).

    None when all come after. pbr stands first in most files, whatever follows.
    """
    family = _normal(name).partition("-")[0] + "-"
    numbered = [(number, _normal(other)) for number, other in enumerate(names) if _normal(other) != "pbr"]
    related = [(number, other) for number, other in numbered if other.startswith(family)]
    smaller = [pair for pair in related or numbered if pair[1] < _normal(name)]
    if smaller:
        greatest = max(other for _, other in smaller)
        return max(number for number, other in smaller if other == greatest)
    following = (related or numbered)[:1]
    if following:
        return following[0][0] - 1 if following[0][0] else None
    return len(names) - 1 if names else None


def _licences(rest: Iterable[str]) -> bool:
    """True when most lines end in a comment, as OpenStack's do: the licence."""
    marked = ["#" in one for one in rest]
    return bool(marked) and 2 * sum(marked) > len(marked)


def _gap(rest: Iterable[str]) -> str:
    """What stands between a requirement and its comment."""
    gaps = [one[: one.index("#")] for one in rest if "#" in one]
    blanks = [re.sub(r".*?(\s*)\Z", r"\1", gap, flags=re.S) for gap in gaps]
    return max(sorted(set(blanks)), key=blanks.count) if blanks else " "
