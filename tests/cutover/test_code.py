"""Ties in code: each form of code for rootwrap goes, or blocks with its line; nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.cutover.ties import Standing, Start
from tests.cutover.small import after, cutover, project, told


def test_what_only_serves_root_calls_goes_with_its_imports_and_options(tmp_path: Path) -> None:
    found = cutover(project(tmp_path))
    assert told(found) == []
    done = after(found)
    assert done["cloudy/utils.py"] == (
        "from oslo_concurrency import processutils\n\n\n"
        "def execute(*cmd, **kwargs):\n    return processutils.execute(*cmd, **kwargs)\n"
    )
    conf = done["cloudy/conf.py"]
    assert conf is not None
    assert "OPTS = [\n    cfg.StrOpt('state_path', default='/var'),\n]\n" in conf
    assert done["etc/cloudy/rootwrap.conf"] is None
    assert done["etc/cloudy/rootwrap.d/agent.filters"] is None
    assert done["requirements.txt"] == "oslo.config>=5 # Apache-2.0\noslo.utils>=3\n"


DAEMON = """\
from oslo_concurrency import processutils
from oslo_rootwrap import client

from cloudy.conf import CONF


class RootwrapDaemonHelper(object):
    def execute(self, *cmd):
        daemon = client.Client(['sudo', 'cloudy-rootwrap-daemon', CONF.rootwrap_config])
        return daemon.execute(cmd)


def execute(*cmd, **kwargs):
    if kwargs.get('run_as_root', False):
        return RootwrapDaemonHelper().execute(*cmd)
    return processutils.execute(*cmd, **kwargs)
"""


def test_a_client_of_the_daemon_goes(tmp_path: Path) -> None:
    found = cutover(project(tmp_path, **{"cloudy/utils.py": DAEMON}))
    assert told(found) == []
    assert told(found, Standing.REMOVABLE)[:3] == [
        "import cloudy/utils.py:2",
        "code cloudy/utils.py:7",
        "code cloudy/utils.py:14",
    ]
    assert after(found)["cloudy/utils.py"] == (
        "from oslo_concurrency import processutils\n\n\n"
        "def execute(*cmd, **kwargs):\n    return processutils.execute(*cmd, **kwargs)\n"
    )


# what is added to the project, and the tie that it makes
BLOCKING = {
    "a root call": (
        "from cloudy import utils\n\n\ndef own(path):\n    utils.execute('chown', 'me', path, run_as_root=True)\n",
        "root_call cloudy/more.py:5",
    ),
    "a library": (
        (
            "from os_brick.initiator import connector\n\nfrom cloudy import utils\n\n\ndef make():\n"
            "    return connector.get_connector_properties(\n        utils.get_root_helper(), '::1', False, False)\n"
        ),
        "root_helper cloudy/more.py:8",
    ),
    "an attribute": (
        (
            "from cloudy import utils\n\n\nclass Driver:\n    def __init__(self):\n"
            "        self._root_helper = utils.get_root_helper()\n"
        ),
        "root_helper cloudy/more.py:6",
    ),
    "a name that is imported": (
        "from cloudy.utils import get_root_helper\n\nHELPER = get_root_helper()\n",
        "root_helper cloudy/more.py:3",
    ),
    "a command line": (
        (
            "from cloudy.conf import CONF\n\n\ndef helper(**kwargs):\n"
            "    return kwargs.get('root_helper', 'sudo cloudy-rootwrap %s' %\n"
            "                      CONF.rootwrap_config)\n"
        ),
        "rootwrap_command cloudy/more.py:5",
    ),
    "a start of privsep": (
        (
            "'''More.'''\n\nimport shlex\n\nfrom oslo_privsep import priv_context\n\nfrom cloudy import utils\n\n\n"
            "def main():\n    priv_context.init(root_helper=shlex.split(utils.get_root_helper()))\n"
        ),
        "privsep_start cloudy/more.py:11",
    ),
    "an import that is used": (
        "from oslo_rootwrap import client\n\n\ndef start():\n    return client.Client(['x'])\n",
        "import cloudy/more.py:1",
    ),
    "an option": (
        "from cloudy.conf import CONF\n\n\ndef main():\n    print(CONF.rootwrap_config)\n",
        "code cloudy/more.py:5",
    ),
    "a branch with another": (
        (
            "from cloudy import utils\n\n\ndef run(cmd, run_as_root):\n    if run_as_root:\n"
            "        cmd = utils.get_root_helper().split() + cmd\n    else:\n"
            "        cmd = ['env', *cmd]\n    return cmd\n"
        ),
        "root_helper cloudy/more.py:6",
    ),
    "a functional test": (
        "",
        "test cloudy/tests/functional/base.py:1",
    ),
    "sudo of rootwrap": (
        (
            "from oslo_concurrency import processutils\n\n\ndef ask():\n"
            "    processutils.execute('sudo', '-n', 'cloudy-rootwrap', '/etc/x', 'true')\n"
        ),
        "root_call cloudy/more.py:5",
    ),
}


@pytest.mark.parametrize("name", BLOCKING)
def test_what_needs_rootwrap_blocks_with_its_line(tmp_path: Path, name: str) -> None:
    text, tie = BLOCKING[name]
    more = {"cloudy/more.py": text}
    if name == "a functional test":
        more = {"cloudy/tests/functional/base.py": "CMD = os.environ.get('OS_ROOTWRAP_CMD')\n"}
    found = cutover(project(tmp_path, **more))
    assert told(found) == [tie]
    assert found.changes == ()


HARMLESS = {
    "another module called rootwrap": (
        "from cloudy.privileged import rootwrap as priv_rootwrap\n\n\ndef run():\n    priv_rootwrap.execute('true')\n"
    ),
    "no root helper": "from os_brick import encryptors\n\nencryptors.get_volume_encryptor(root_helper=None)\n",
    "a parameter": "def make(root_helper):\n    return [root_helper]\n",
    "a comment": "# as cloudy-rootwrap ran it\nX = 1\n",
    "another attribute": "class Driver:\n    def use(self):\n        return self.rootwrap_config\n",
    "sudo without": "TEXT = 'sudo'\n",
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_not_about_rootwrap_is_no_tie(tmp_path: Path, name: str) -> None:
    more = {"cloudy/more.py": HARMLESS[name], "cloudy/privileged/__init__.py": "", "cloudy/privileged/rootwrap.py": ""}
    found = cutover(project(tmp_path, **more))
    assert not [tie for tie in found.ties if tie.path.startswith(("cloudy/more", "cloudy/privileged"))]
    assert found.changes


def test_privsep_is_started_by_sudo_once_somebody_says_so(tmp_path: Path) -> None:
    project(
        tmp_path,
        **{
            "cloudy/more.py": BLOCKING["a start of privsep"][0],
            "etc/cloudy/rootwrap.d/agent.filters": "[Filters]\n# privsep-helper\nx: PathFilter, privsep-helper, root\n",
        },
    )
    assert told(cutover(tmp_path)) == [
        "privsep_start cloudy/more.py:11",
        "privsep_start etc/cloudy/rootwrap.d/agent.filters:3",
    ]
    for start in (Start.SUDOERS, Start.HELPER):
        found = cutover(tmp_path, start)
        assert told(found) == []
        assert after(found)["cloudy/more.py"] == (
            "'''More.'''\n\nfrom oslo_privsep import priv_context\n\n\ndef main():\n"
            "    priv_context.init(root_helper=['sudo'])\n"
        )


def test_a_daemon_that_is_to_be_forked_has_to_be_forked(tmp_path: Path) -> None:
    context = "from oslo_privsep import priv_context\n\ndefault = priv_context.PrivContext('cloudy')\n"
    project(tmp_path, **{"cloudy/privsep.py": context})
    assert told(cutover(tmp_path)) == []
    assert told(cutover(tmp_path, Start.FORK)) == ["privsep_start cloudy/privsep.py:3"]
    main = "from oslo_privsep import priv_context\n\nimport cloudy.privsep\n\ncloudy.privsep.default.start({})\n"
    (tmp_path / "cloudy" / "main.py").write_text(main.format("priv_context.Method.FORK"))
    assert told(cutover(tmp_path, Start.FORK)) == []


MKFS = """\
from cloudy import utils


def mkfs(path, run_as_root={default}):
    utils.execute('mkfs', path, run_as_root=run_as_root)
"""


@pytest.mark.parametrize(
    ("default", "call", "blocks"),
    [
        ("False", "files.mkfs(path)", False),
        ("False", "files.mkfs(path, run_as_root=False)", False),
        ("False", "files.mkfs(path, run_as_root=block)", True),
        ("False", "files.mkfs(path, True)", True),
        ("True", "files.mkfs(path)", True),
        ("True", "other.mkfs(path)", False),
    ],
)
def test_a_wrapper_that_takes_the_flag_blocks_where_somebody_asks_for_root(
    tmp_path: Path, default: str, call: str, blocks: bool
) -> None:
    user = f"from cloudy import files\nfrom cloudy import other\n\n\ndef use(path, block):\n    {call}\n"
    more = {"cloudy/files.py": MKFS.format(default=default), "cloudy/user.py": user, "cloudy/other.py": ""}
    assert told(cutover(project(tmp_path, **more))) == (["root_call cloudy/files.py:5"] if blocks else [])


def test_unit_tests_are_told_and_left(tmp_path: Path) -> None:
    text = (
        "from unittest import mock\n\nfrom cloudy import utils\n\n\n@mock.patch('cloudy.utils.get_root_helper')\n"
        "def test_it(helper):\n    CONF.set_override('rootwrap_config', 'x')\n    assert helper\n"
    )
    found = cutover(project(tmp_path, **{"cloudy/tests/__init__.py": "", "cloudy/tests/test_utils.py": text}))
    assert told(found, Standing.BY_HAND) == ["test cloudy/tests/test_utils.py:6,8"]
    assert "cloudy/tests/test_utils.py" not in after(found)


def test_an_imported_name_goes_with_its_only_use(tmp_path: Path) -> None:
    text = (
        "# code\nimport shlex\n\nfrom oslo_privsep import priv_context\n\nfrom cloudy.utils import get_root_helper\n"
        "\n\ndef main():\n    priv_context.init(root_helper=shlex.split(get_root_helper()))\n"
    )
    found = cutover(project(tmp_path, **{"cloudy/more.py": text}), Start.SUDOERS)
    assert told(found) == []
    done = after(found)["cloudy/more.py"]
    assert done is not None and "get_root_helper" not in done and "root_helper=['sudo']" in done


def test_a_class_that_would_be_left_empty_is_left_to_a_person(tmp_path: Path) -> None:
    text = (
        "class Config:\n    def get_root_helper(self):\n        return 'sudo cloudy-rootwrap'\n\n"
        "    def rootwrap_words(self):\n        return ['cloudy-rootwrap']\n"
    )
    assert told(cutover(project(tmp_path, **{"cloudy/more.py": text}))) == [
        "code cloudy/more.py:2",
        "code cloudy/more.py:5",
    ]


def test_code_that_does_not_parse_blocks(tmp_path: Path) -> None:
    found = cutover(project(tmp_path, **{"cloudy/old.py": "def rootwrap(:\n"}))
    assert [tie.path for tie in found.standing(Standing.BLOCKING)] == ["cloudy/old.py", "cloudy/old.py"]
