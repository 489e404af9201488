"""Ties of the packaging and of texts: a line that is rootwrap's goes, all others stay byte by byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.cutover.ties import Standing
from tests.cutover.small import SETUP, after, cutover, project, told

BEFORE_AND_AFTER = {
    "setup.cfg": (
        SETUP
        + "\n[files]\ndata_files =\n    etc/cloudy =\n        etc/cloudy/rootwrap.conf\n        etc/cloudy/api.ini\n"
        "    etc/cloudy/rootwrap.d = etc/cloudy/rootwrap.d/*\n",
        SETUP.replace("    cloudy-rootwrap = oslo_rootwrap.cmd:main\n", "")
        + "\n[files]\ndata_files =\n    etc/cloudy =\n        etc/cloudy/api.ini\n",
    ),
    "setup.cfg with tabs, and nothing else installed": (
        (
            "[metadata]\nname = cloudy\n[files]\n# all that is installed\ndata_files = \n\tetc/cloudy =\n"
            "\tetc/cloudy/rootwrap.conf\n\tetc/cloudy/rootwrap.d = etc/cloudy/rootwrap.d/*.filters\n"
            "packages = \n\tcloudy\n"
            "[entry_points]\nconsole_scripts = \n\tcloudy-rootwrap=oslo_rootwrap.cmd:main\n"
        ),
        (
            "[metadata]\nname = cloudy\n[files]\n# all that is installed\ndata_files = \n\tetc/cloudy =\n"
            "packages = \n\tcloudy\n"
            "[entry_points]\n"
        ),
    ),
    "setup.cfg with a pattern for more": (
        SETUP
        + "[files]\ndata_files =\n    etc/cloudy = etc/cloudy/*\n[options]\ninstall_requires =\n    oslo.rootwrap>=5\n"
        "    oslo.config\n",
        SETUP.replace("    cloudy-rootwrap = oslo_rootwrap.cmd:main\n", "")
        + "[files]\ndata_files =\n    etc/cloudy = etc/cloudy/*\n[options]\ninstall_requires =\n    oslo.config\n",
    ),
    "pyproject.toml": (
        (
            '[project]\nname = "cloudy"\ndependencies = [\n    "oslo.config>=5", # Apache-2.0\n'
            '    "oslo.rootwrap>=5.8.0", # Apache-2.0\n]\n\n[project.scripts]\ncloudy-agent = "cloudy.agent:main"\n'
            'cloudy-rootwrap = "oslo_rootwrap.cmd:main"\n\n[tool.setuptools.data-files]\n"etc/cloudy" = [\n'
            '    "etc/cloudy/api.ini",\n    "etc/cloudy/rootwrap.conf",\n]\n"etc/cloudy/rootwrap.d" = [\n'
            '    "etc/cloudy/rootwrap.d/*",\n    ]\n"etc/other" = ["etc/cloudy/api.ini"]\n'
        ),
        (
            '[project]\nname = "cloudy"\ndependencies = [\n    "oslo.config>=5", # Apache-2.0\n]\n\n[project.scripts]\n'
            'cloudy-agent = "cloudy.agent:main"\n\n[tool.setuptools.data-files]\n"etc/cloudy" = [\n'
            '    "etc/cloudy/api.ini",\n]\n"etc/other" = ["etc/cloudy/api.ini"]\n'
        ),
    ),
    "setup.py": (
        (
            "from setuptools import setup\n\nsetup(\n    install_requires=[\n"
            "        'oslo.rootwrap>=5',\n        'oslo.config',\n"
            "    ],\n    entry_points={'console_scripts': [\n"
            "        'cloudy-rootwrap = oslo_rootwrap.cmd:main',\n    ]})\n"
        ),
        (
            "from setuptools import setup\n\nsetup(\n    install_requires=[\n        'oslo.config',\n"
            "    ],\n    entry_points={'console_scripts': [\n    ]})\n"
        ),
    ),
    "MANIFEST.in": (
        (
            "include README.rst\nrecursive-include etc/cloudy/rootwrap.d *\ninclude etc/cloudy/rootwrap.conf\n"
            "recursive-include etc/cloudy *\n"
        ),
        "include README.rst\nrecursive-include etc/cloudy *\n",
    ),
    "lower-constraints.txt": (
        "oslo.policy==1\noslo-rootwrap==5.8.0\r\nrootwrap-x==1\n",
        "oslo.policy==1\nrootwrap-x==1\n",
    ),
}


@pytest.mark.parametrize("name", BEFORE_AND_AFTER)
def test_lines_of_rootwrap_go(tmp_path: Path, name: str) -> None:
    path = name.split()[0]
    before, wanted = BEFORE_AND_AFTER[name]
    found = cutover(project(tmp_path, **{"etc/cloudy/api.ini": "", path: before}))
    assert told(found) == []
    assert after(found)[path] == wanted


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("setup.py", "setup(install_requires=['oslo.rootwrap>=5', 'oslo.config'])\n"),
        ("pyproject.toml", '[project]\nname = "x"\ndependencies = ["oslo.config", "oslo.rootwrap>=5"]\n'),
        ("setup.cfg", "[tool]\nx = oslo_rootwrap.cmd:main\n"),
        ("tox.ini", "[testenv:functional]\nsetenv =\n  CMD=sudo {envdir}/bin/cloudy-rootwrap\n"),
        ("devstack/plugin.sh", "# rootwrap\nsudo cp etc/cloudy/rootwrap.conf /etc/cloudy\n"),
        ("tools/test.sh", "bash tools/deploy_rootwrap.sh\n"),
        (".zuul.yaml", "- job:\n    run: tools/deploy_rootwrap.sh\n"),
    ],
)
def test_what_would_break_without_rootwrap_blocks(tmp_path: Path, path: str, text: str) -> None:
    found = cutover(project(tmp_path, **{path: text}))
    assert [tie.path for tie in found.standing(Standing.BLOCKING)] == [path]
    assert found.changes == ()


@pytest.mark.parametrize(
    ("path", "text", "lines"),
    [
        ("doc/source/install.rst", "Title\n\nEdit ``rootwrap.conf``.\nOr not.\nRootwrap is old.\n", "docs 3,5"),
        ("README.rst", "through ``cloudy-rootwrap``\n", "docs 1"),
        ("doc/source/conf.py", "man_pages = [('man/cloudy-rootwrap', 'cloudy-rootwrap', '')]\n", "docs 1"),
        ("cloudy/help.py", "HELP = 'Rootwrap has to admit it.'\n", "docs 1"),
        ("zuul.d/jobs.yaml", "required-projects:\n  - openstack/oslo.rootwrap\n", "shell 2"),
        ("devstack/plugin.sh", "# set up rootwrap\nfunction configure_rootwrap {\n}\n", "shell 1,2"),
    ],
)
def test_what_people_read_is_told_and_left(tmp_path: Path, path: str, text: str, lines: str) -> None:
    found = cutover(project(tmp_path, **{path: text}))
    kind, numbers = lines.split()
    assert told(found, Standing.BY_HAND) == [f"{kind} {path}:{numbers}"]
    assert path not in after(found)
    assert found.changes


def test_history_and_what_is_generated_say_rootwrap_for_ever(tmp_path: Path) -> None:
    more = dict.fromkeys(
        ("ChangeLog", "releasenotes/notes/old-1234567890abcdef.yaml", "cloudy.egg-info/requires.txt", ".tox/x.rst"),
        "cloudy-rootwrap and oslo.rootwrap\n",
    )
    found = cutover(project(tmp_path, **more))
    assert not [tie for tie in found.ties if tie.path in more]


def test_filters_of_tests_go_too(tmp_path: Path) -> None:
    found = cutover(
        project(tmp_path, **{"cloudy/tests/contrib/testing.filters": "[Filters]\nx: CommandFilter, x, root\n"})
    )
    assert after(found)["cloudy/tests/contrib/testing.filters"] is None
