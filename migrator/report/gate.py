"""Judges findings by a baseline: what is new, and which entries are stale, expired or lack a field."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from migrator.report import codes, text
from migrator.report.baseline import Baseline, Entry, Key, spelled
from migrator.report.findings import MODULE, Finding, Rank


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run of the gate found, each tuple the worst first. known: how many findings the baseline holds.

    unread: what could not be read. new: findings that the baseline does not hold. stale: its entries whose findings
    are gone. care: entries that have expired or lack a field. moved: keys of new names of files -> the entries' keys.
    """

    unread: tuple[Finding, ...]
    new: tuple[Finding, ...]
    stale: tuple[Entry, ...]
    care: tuple[Finding, ...]
    known: int
    moved: Mapping[Key, Key]


def judge(
    found: Mapping[Key, Finding],
    unread: Sequence[Finding],
    baseline: Baseline,
    *,
    name: str,
    covered: Callable[[Key], bool],
    renamed: Callable[[Key], Key],
    required: Sequence[str] = (),
    today: datetime.date,
) -> Verdict:
    """Hold findings against a baseline.

    name: what to call the baseline. covered: whether this run would have seen what an entry stands for. renamed: an
    entry's key after the renames of files that git tells of; the same key where there is none. required: fields that
    each entry must have. today: an entry counts until the day that it names is over.
    """
    if baseline.root_calls_only:
        found = {key: one for key, one in found.items() if key.code == codes.ROOT_CALL}
    held: dict[Key, Entry] = {}
    gone: list[Entry] = []
    for entry in baseline.entries:
        if entry.key in found:
            held[entry.key] = entry
        elif covered(entry.key):
            gone.append(entry)
    moved: dict[Key, Key] = {}
    stale: list[Entry] = []
    for entry in gone:
        there = renamed(entry.key)
        if there != entry.key and there in found and there not in held:
            held[there] = entry
            moved[there] = entry.key
        else:
            stale.append(entry)
    new = [
        replace(one, why="; ".join(filter(None, (_novelty(key, held, stale, name), one.why))))
        for key, one in found.items()
        if key not in held
    ]
    care = [problem for entry in held.values() for problem in _care(entry, name, required, today)]
    return Verdict(
        tuple(sorted(unread, key=lambda one: one.order)),
        tuple(sorted(new, key=lambda one: one.order)),
        tuple(stale),
        tuple(sorted(care, key=lambda one: one.order)),
        len(held),
        moved,
    )


def stale_findings(verdict: Verdict, name: str, remedy: str) -> tuple[Finding, ...]:
    """The stale entries as findings in the baseline file. remedy: the command line that removes them."""
    new = {(one.key.scope, one.key.command, one.code): one.path for one in reversed(verdict.new)}
    found = []
    for entry in verdict.stale:
        key = entry.key
        elsewhere = new.get((key.scope, key.command, key.code), "")
        hint = f" (line {entry.line} when it was written)" if entry.line else ""
        message = f"stale entry: {key.code} {text.clean(key.path)} {key.scope}: {text.clean(spelled(key))}{hint}"
        why = "what it stands for is gone or changed, and would be admitted when it comes back"
        if elsewhere:
            why = f"it seems to have moved to {text.clean(elsewhere)}, which git does not tell of"
        found.append(_entry_finding(entry, name, codes.STALE, message, why, f"`{remedy}` removes it"))
    return tuple(found)


def _novelty(key: Key, held: Mapping[Key, Entry], stale: Sequence[Entry], name: str) -> str:
    """Why a finding is new: a twin of known ones, in the place of another, from elsewhere, or just new."""
    what = f"`{text.clean(spelled(key))}`" if key.command else key.code
    scope = text.clean(key.scope)
    twins = sum(one.kin == key.kin for one in held)
    if twins:
        return f"number {key.ordinal} of equal ones in {scope}, and {name} holds {twins}"
    here = (key.path, key.scope, key.code)
    near = next((one for one in stale if (one.key.path, one.key.scope, one.key.code) == here), None)
    if near is not None:
        return f"it stands in the place of `{text.clean(spelled(near.key))}`, which {name}:{near.at} holds"
    same = next((one for one in stale if (one.key.command, one.key.code) == (key.command, key.code)), None)
    if same is not None:
        return f"{what} was in {text.clean(same.key.path)} {text.clean(same.key.scope)} ({name}:{same.at}), not here"
    return f"new in {scope}" if scope != MODULE else ""


def _care(entry: Entry, name: str, required: Sequence[str], today: datetime.date) -> list[Finding]:
    found = []
    about = f"{entry.key.code} {text.clean(entry.key.path)} {entry.key.scope}: {text.clean(spelled(entry.key))}"
    if entry.until is not None and entry.until < today:
        owner = f"; owner: {entry.owner}" if entry.owner else ""
        why = f"it was admitted until {entry.until}{owner}"
        advice = "mend the code, or agree on another day"
        found.append(_entry_finding(entry, name, codes.EXPIRED, f"expired entry: {about}", why, advice))
    lacking = entry.lacks(required)
    if lacking:
        fields = ", ".join(f"{one}=" for one in lacking)
        why = "`baseline_requires` asks for it"
        advice = f"write {' '.join(_example(one) for one in lacking)} behind line={entry.line}"
        found.append(_entry_finding(entry, name, codes.INCOMPLETE, f"entry without {fields}: {about}", why, advice))
    return found


def _example(field: str) -> str:
    return {"reason": 'reason="..."', "owner": "owner=TEAM", "until": "until=YYYY-MM-DD"}[field]


def _entry_finding(entry: Entry, name: str, code: str, message: str, why: str, advice: str) -> Finding:
    key = replace(entry.key, code=code, command=(entry.key.code, *entry.key.command))
    return Finding(key, name, entry.at, entry.at, 1, Rank.UPKEEP, message, why, advice)
