"""What each key of the configuration does to the commands, and the command that shows which are in force."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migrator import config
from tests.rewrite.sample import project
from tests.running import refused, run

PRIVSEP = """\
from oslo_privsep import capabilities
from oslo_privsep import priv_context

wide_pctxt = priv_context.PrivContext(
    __name__, cfg_section='cloudy_wide', pypath=__name__ + '.wide_pctxt',
    capabilities=[capabilities.CAP_CHOWN, capabilities.CAP_DAC_READ_SEARCH, capabilities.CAP_FOWNER,
                  capabilities.CAP_SYS_ADMIN])
own_pctxt = priv_context.PrivContext(
    __name__, cfg_section='cloudy_own', pypath=__name__ + '.own_pctxt',
    capabilities=[capabilities.CAP_CHOWN, capabilities.CAP_DAC_READ_SEARCH, capabilities.CAP_FOWNER])
"""


@pytest.fixture
def cloudy(tmp_path: Path) -> Path:
    (tmp_path / "cloudy").mkdir()
    folder = project(tmp_path / "cloudy")
    (folder / ".git").mkdir()
    return folder


def configure(folder: Path, text: str) -> None:
    (folder / "tox.ini").write_text(f"[privmigrate]\n{text}\n")


def test_paths_are_those_of_commands_that_name_none(cloudy: Path) -> None:
    (cloudy / "other").mkdir()
    (cloudy / "other" / "a.py").write_text(
        "from oslo_concurrency.processutils import execute\n\nexecute('sudo', 'ls')\n"
    )
    everything = run("scan", cwd=cloudy).stdout
    configure(cloudy, "paths = cloudy")
    assert "other/a.py" in everything and "cloudy/driver.py" in everything
    assert run("scan", cwd=cloudy).stdout == run("scan", "cloudy", cwd=cloudy).stdout != everything
    assert run("scan", cwd=cloudy / "other").stdout.count("PRV101") == 3
    assert "other/a.py" in run("scan", "other", cwd=cloudy).stdout
    assert "other" not in run("rewrite", cwd=cloudy).stdout
    for command in ("baseline", "check"):
        assert " 3 " in run(command, cwd=cloudy).stderr


def test_wrappers_run_their_words_as_root(cloudy: Path) -> None:
    (cloudy / "cloudy" / "far.py").write_text("from agent import rpc\n\n\ndef f(x):\n    rpc.as_root('lvs', x)\n")
    assert "lvs" not in run("scan", "cloudy", cwd=cloudy).stdout
    configure(cloudy, "wrappers = agent.rpc.as_root")
    assert "cloudy/far.py:5:5: PRV101 runs as root: lvs {x}" in run("scan", "cloudy", cwd=cloudy).stdout


def test_the_named_package_takes_the_functions(cloudy: Path) -> None:
    configure(cloudy, "privsep_package = cloudy.root.daemon")
    done = run("rewrite", "cloudy", cwd=cloudy)
    assert "+++ b/cloudy/root/daemon/path.py" in done.stdout, done.stdout + done.stderr
    assert "import cloudy.root.daemon.path" in done.stdout
    assert run("rewrite", "--apply", "--allow-dirty", "cloudy", cwd=cloudy).returncode == 0
    again = run("rewrite", "cloudy", cwd=cloudy)
    assert (again.returncode, again.stdout) == (0, "")


@pytest.mark.parametrize(
    "names, taken",
    [("", "wide_pctxt"), ("contexts = own_pctxt", "own_pctxt"), ("contexts = cloudy.privsep.own_pctxt", "own_pctxt")],
)
def test_new_functions_use_the_named_contexts(cloudy: Path, names: str, taken: str) -> None:
    (cloudy / "cloudy" / "privsep").mkdir()
    (cloudy / "cloudy" / "privsep" / "__init__.py").write_text(PRIVSEP)
    configure(cloudy, names)
    done = run("rewrite", "--only", "chown", "cloudy", cwd=cloudy)
    assert f"+@cloudy.privsep.{taken}.entrypoint" in done.stdout, done.stdout + done.stderr


def test_a_context_that_is_not_there_is_a_fault(cloudy: Path) -> None:
    (cloudy / "cloudy" / "privsep").mkdir()
    (cloudy / "cloudy" / "privsep" / "__init__.py").write_text(PRIVSEP)
    configure(cloudy, "contexts = own_pctx")
    told = refused(run("rewrite", "--apply", "--allow-dirty", "cloudy", cwd=cloudy))
    assert told == (
        "cloudy.privsep: no context 'own_pctx', which the configuration names; it has wide_pctxt, own_pctxt"
    )


def test_two_configurations_are_not_mixed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text("x = 1\n")
        configure(tmp_path / name, "index = no")
    told = refused(run("scan", "one", "two", cwd=tmp_path))
    assert "one/tox.ini for one" in told and "two/tox.ini for two: two configurations" in told
    assert run("scan", "one", "two", "--config", "one/tox.ini", cwd=tmp_path).returncode == 0


def test_config_shows_every_key_and_where_it_comes_from(cloudy: Path) -> None:
    before = run("config", cwd=cloudy).stdout
    assert before.startswith("in force: the defaults")
    configure(cloudy, "exclude = old\nindex = no")
    shown = run("config", "cloudy", cwd=cloudy).stdout
    assert shown.startswith("in force: tox.ini\n")
    lines = {line.split()[0]: line for line in shown.splitlines()[2:]}
    assert list(lines) == list(config.KEYS)
    assert lines["exclude"].endswith("old    (tox.ini)") and lines["index"].endswith("false    (tox.ini)")
    assert [name for name, line in lines.items() if "(tox.ini)" in line] == ["exclude", "index"]
    told = json.loads(run("config", "--format", "json", cwd=cloudy).stdout)
    assert told["given"] == ["exclude", "index"] and told["values"]["index"] is False
    assert refused(run("config", "--config", "nowhere.toml", cwd=cloudy)).startswith("nowhere.toml: no such file")
