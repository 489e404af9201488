"""Where the pages of the codes are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.fault import Fault
from migrator.report import pages


def test_in_a_wheel_they_lie_in_the_package_and_in_a_checkout_among_the_docs(tmp_path: Path) -> None:
    package = tmp_path / "migrator"
    (tmp_path / "docs" / "codes").mkdir(parents=True)
    with pytest.raises(Fault, match="missing; install privmigrate again"):
        pages.folder(package)  # site-packages: another project's docs
    (tmp_path / "pyproject.toml").touch()
    assert pages.folder(package) == tmp_path / "docs" / "codes"
    (package / "codes").mkdir(parents=True)
    assert pages.folder(package) == package / "codes"
