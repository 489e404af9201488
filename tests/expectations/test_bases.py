"""The class that a project's test cases derive from."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from migrator.expectations.bases import base


def project(home: Path, files: dict[str, str]) -> list[str]:
    paths = []
    for name, text in files.items():
        path = home / "cloudy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in (path.parent, *path.parent.parents):
            if folder.is_relative_to(home / "cloudy"):
                (folder / "__init__.py").touch()
        path.write_text(textwrap.dedent(text))
        paths.append(str(path))
    return paths


BASE = """\
    import testtools


    class TestCase(testtools.TestCase):
        pass


    class Deeper(TestCase):
        pass
    """


@pytest.mark.parametrize(
    "test",
    [
        "from cloudy.tests import base\n\n\nclass One(base.TestCase):\n    pass\n",
        "from cloudy.tests import base as tests\n\n\nclass One(tests.TestCase):\n    pass\n",
        "from cloudy.tests.base import TestCase\n\n\nclass One(TestCase):\n    pass\n",
        "import cloudy.tests.base\n\n\nclass One(cloudy.tests.base.TestCase):\n    pass\n",
        "from cloudy.tests import base\n\n\nclass One(base.Deeper):\n    pass\n",
    ],
)
def test_the_class_that_others_derive_from(tmp_path: Path, test: str) -> None:
    found = base(project(tmp_path, {"tests/base.py": BASE, "tests/test_one.py": test}))
    assert found is not None
    assert (Path(found.path).name, found.name, found.covered, found.all) == ("base.py", "TestCase", 3, 3)


def test_the_one_of_several_that_most_derive_from(tmp_path: Path) -> None:
    other = "import unittest\n\n\nclass OtherTestCase(unittest.TestCase):\n    pass\n"
    one = "from cloudy.tests import base\nfrom cloudy.tests import other\n\n\n"
    classes = "class One(other.OtherTestCase):\n    pass\n\n\nclass Two(base.Deeper):\n    pass\n"
    found = base(
        project(tmp_path, {"tests/other.py": other, "tests/base.py": BASE, "tests/test_one.py": one + classes})
    )
    assert found is not None
    assert (found.name, found.covered, found.all) == ("TestCase", 3, 5)


@pytest.mark.parametrize(
    "test",
    [
        "import unittest\n\n\nclass One(unittest.TestCase):\n    pass\n",
        "import unittest\n\n\nclass One(unittest.TestCase):\n    pass\n\n\nclass Two(One):\n    pass\n",
        "class One(object):\n    pass\n",
    ],
)
def test_none_where_tests_of_other_modules_derive_from_none(tmp_path: Path, test: str) -> None:
    assert base(project(tmp_path, {"tests/test_one.py": test})) is None
