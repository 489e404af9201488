"""Copies of a project that are projects of their own."""

from __future__ import annotations

from pathlib import Path

from benching.growing import copies


def test_copies_import_themselves_and_nothing_else_changes(tmp_path: Path) -> None:
    package = tmp_path / "cinder"
    (package / "volume").mkdir(parents=True)
    text = "import cinder\nfrom cinder.volume import api\nfrom cinderclient import x\n\ndef f():\n    import cinder\n"
    (package / "volume" / "api.py").write_text(text + "NAME = 'from cinder'\n")
    size = copies(package, tmp_path / "of-2", 2)
    assert (size.copies, size.files) == (2, 2)
    assert (tmp_path / "of-2" / "cinder_1" / "volume" / "api.py").read_text() == (
        "import cinder_1\nfrom cinder_1.volume import api\nfrom cinderclient import x\n\n"
        "def f():\n    import cinder_1\n"
        "NAME = 'from cinder'\n"
    )
