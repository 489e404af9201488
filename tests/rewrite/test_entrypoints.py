"""Console scripts that make privileged calls and do not tell oslo.privsep how to become root."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.rewrite.rewriting import Rewriting, rewrite
from migrator.rewrite.surroundings import Wanted
from tests.rewrite import sample

SCRIPTS = """
[entry_points]
console_scripts =
    cloudy-agent = cloudy.cmd.agent:main
    cloudy-rootwrap = oslo_rootwrap.cmd:main
"""
HELPER = sample.TREE["cloudy/utils.py"] + "\n\ndef get_root_helper():\n    return 'sudo cloudy-rootwrap'\n"
AGENT = '''\
"""The agent."""

import sys

from oslo_config import cfg
from oslo_log import log as logging

from cloudy import service

CONF = cfg.CONF


def main():
    CONF(sys.argv[1:], project='cloudy')
    logging.setup(CONF, 'cloudy')
    service.serve()
'''
SERVICE = "def serve():\n    from cloudy import (\n        driver as it)\n    return it\n"
LINE = "    priv_context.init(root_helper=shlex.split(utils.get_root_helper()))\n"


def run(folder: Path, agent: str = AGENT, *, unsafe: bool = False, **more: str) -> tuple[Rewriting, str]:
    """The rewrite of a project with an agent, and the agent's new text ("" when it stays)."""
    tree = {
        "setup.cfg": sample.TREE["setup.cfg"] + SCRIPTS,
        "cloudy/cmd/__init__.py": "",
        "cloudy/cmd/agent.py": agent,
        "cloudy/service.py": SERVICE,
        "cloudy/utils.py": HELPER,
    }
    sample.project(folder, **{**tree, **more})
    found = rewrite(sample.calls(folder / "cloudy/driver.py"), Wanted(unsafe=unsafe, tests=False))
    new = [change.new.decode() for change in found.changes if change.path.endswith("agent.py")]
    return found, new[0] if new else ""


def about(found: Rewriting) -> list[str]:
    return [note for note in found.notes if "priv_context.init" in note]


def test_the_place_and_the_line_are_told(tmp_path: Path) -> None:
    found, new = run(tmp_path)
    assert new == ""
    (note,) = about(found)
    assert note == (
        "call `priv_context.init(root_helper=shlex.split(utils.get_root_helper()))` once the configuration is read, in "
        f"{tmp_path}/cloudy/cmd/agent.py:13; --unsafe writes it"
    )


def test_when_asked_for_it_is_written_behind_the_configuration(tmp_path: Path) -> None:
    found, new = run(tmp_path, unsafe=True)
    expected = AGENT.replace("import sys\n", "import shlex\nimport sys\n")
    expected = expected.replace("as logging\n", "as logging\nfrom oslo_privsep import priv_context\n")
    expected = expected.replace("import service\n", "import service\nfrom cloudy import utils\n")
    assert new == expected.replace("    service.serve", LINE + "    service.serve")
    assert ["is called now" in note for note in about(found)] == [True]


def test_a_project_without_a_root_helper_says_sudo(tmp_path: Path) -> None:
    _, new = run(tmp_path, unsafe=True, **{"cloudy/utils.py": sample.TREE["cloudy/utils.py"]})
    assert "    priv_context.init(root_helper=['sudo'])\n" in new and "shlex" not in new


@pytest.mark.parametrize(
    "agent",
    [
        AGENT.replace("    service", LINE + "    service"),
        AGENT.replace("from cloudy import service\n", "").replace("    service.serve()\n", ""),
    ],
    ids=["calls-it", "reaches-nothing"],
)
def test_a_script_that_needs_nothing_is_left_alone(tmp_path: Path, agent: str) -> None:
    found, new = run(tmp_path, agent, unsafe=True)
    assert new == "" and not any("agent.py" in note for note in found.notes)


@pytest.mark.parametrize(
    "agent",
    [
        AGENT.replace("    CONF(sys.argv[1:], project='cloudy')\n    logging.setup(CONF, 'cloudy')\n", ""),
        AGENT.replace("    service", "    utils = 1\n    service"),
        AGENT.replace("CONF = cfg", "shlex = 1\nCONF = cfg"),
        AGENT.replace("'cloudy')\n    service", "'cloudy'); service"),
        AGENT.replace("    CONF(", "    if sys.argv:\n        CONF(").replace("    logging", "        logging"),
    ],
    ids=["no-configuration", "local-name", "global-name", "one-line", "condition"],
)
def test_where_the_place_is_not_clear_it_is_left_to_a_person(tmp_path: Path, agent: str) -> None:
    found, new = run(tmp_path, agent, unsafe=True)
    assert new == ""
    (note,) = about(found)
    assert "agent.py:" in note and "--unsafe" not in note


def test_scripts_of_a_pyproject_count(tmp_path: Path) -> None:
    scripts = (
        '[project]\nname = "cloudy"\ndynamic = ["dependencies"]\n\n[project.scripts]\nx = "cloudy.cmd.agent:main"\n'
    )
    more = {"setup.cfg": sample.TREE["setup.cfg"], "pyproject.toml": scripts}
    found, _ = run(tmp_path, AGENT, unsafe=False, **more)
    assert ["agent.py:13" in note for note in about(found)] == [True]


def test_a_library_leaves_it_to_its_service(tmp_path: Path) -> None:
    found, _ = run(tmp_path, AGENT, unsafe=False, **{"setup.cfg": sample.TREE["setup.cfg"]})
    assert ["starts no service of its own" in note for note in about(found)] == [True]


def test_a_file_with_a_moved_call_and_an_entry_point_is_changed_once(tmp_path: Path) -> None:
    agent = AGENT.replace("import service", "import utils").replace(
        "service.serve()", "utils.execute('chown', 1, '/x', run_as_root=True)"
    )
    tree = {"setup.cfg": sample.TREE["setup.cfg"] + SCRIPTS, "cloudy/cmd/__init__.py": "", "cloudy/cmd/agent.py": agent}
    sample.project(tmp_path, **tree, **{"cloudy/utils.py": HELPER})
    found = rewrite(sample.calls(tmp_path / "cloudy/cmd/agent.py"), Wanted(unsafe=True, tests=False))
    (change,) = (change for change in found.changes if change.path.endswith("agent.py"))
    text = change.new.decode()
    assert change.old == agent.encode()
    assert text.endswith(LINE + "    cloudy.privsep.path.chown(1, '/x')\n")
    assert "import cloudy.privsep.path\nfrom cloudy import utils\n" in text


def test_windows_line_ends_and_tabs_stay(tmp_path: Path) -> None:
    _, new = run(tmp_path, AGENT.replace("    ", "\t").replace("\n", "\r\n"), unsafe=True)
    assert LINE.replace("    ", "\t").replace("\n", "\r\n") in new and "\n" not in new.replace("\r\n", "")
