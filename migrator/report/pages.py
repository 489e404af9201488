"""The page of each code: why it is told, an example that is found and one that is not."""

from __future__ import annotations

from pathlib import Path

from migrator.fault import Fault

PACKAGE = Path(__file__).resolve().parent.parent


def folder(package: Path = PACKAGE) -> Path:
    """Where the pages are: `migrator/codes` in a wheel, `docs/codes` beside the package in a checkout.

    Raises Fault when there is no such folder.
    """
    inside, beside = package / "codes", package.parent / "docs" / "codes"
    if inside.is_dir():
        return inside
    if beside.is_dir() and (package.parent / "pyproject.toml").is_file():
        return beside
    raise Fault(f"{inside}: the folder with the pages of the codes is missing; install privmigrate again")


def page(code: str) -> str:
    """The page of a code ("PRV270"), Markdown. Raises Fault for a code that there is not."""
    home = folder()
    known = sorted(path.stem for path in home.glob("PRV*.md"))
    if code not in known:
        near = [one for one in known if one[:4] == code[:4]]
        raise Fault(f"{code}: there is no such code; there are {', '.join(near or known)}")
    return (home / f"{code}.md").read_text(encoding="utf-8")
