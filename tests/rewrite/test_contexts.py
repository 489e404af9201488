"""Which context a privileged function gets, and what a new one has."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from migrator.model import Privileged, Rung
from migrator.rewrite import contexts
from migrator.rewrite.target import Context, Target, describe
from tests.rewrite import sample

LINK = replace(sample.CHOWN, name="link_up", module="linux_net", capabilities=frozenset({"CAP_NET_ADMIN"}))
STATE = replace(sample.CHOWN, name="link_state", module="linux_net", capabilities=frozenset())
KILL = replace(sample.CHOWN, name="kill", module="process", capabilities=frozenset({"CAP_KILL"}))
MOUNT = replace(sample.CHOWN, name="mount", module="fs", capabilities=frozenset({"CAP_SYS_ADMIN"}))
TEE = replace(sample.CHOWN, name="tee", module="path", capabilities=frozenset({"CAP_DAC_OVERRIDE"}))


def target(folder: Path, *known: Context) -> Target:
    sample.project(folder)
    found = describe(str(folder), "cloudy")
    return replace(found, exists=bool(known), contexts=known)


def chosen(wanted: list[Privileged], where: Target, *secret: Privileged) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The context's name of each function by its name, and the capabilities of the new contexts."""
    found = contexts.choose(wanted, where, set(secret))
    new = {context.name: sorted(context.capabilities or ()) for context in found.new}
    return {function.name: context.name for function, context in found.of.items()}, new


def known(name: str, *capabilities: str, quiet: bool = False) -> Context:
    return Context(name, frozenset(capabilities), "cloudy", f"cloudy_{name.removesuffix('_pctxt')}", quiet)


def test_a_new_package_has_a_context_for_each_need_with_no_more_than_its_functions_need(tmp_path: Path) -> None:
    of, new = chosen([sample.CHOWN, sample.LVREMOVE, LINK, STATE, KILL, MOUNT], target(tmp_path))
    assert of == {
        "chown": "fs_pctxt",
        "link_up": "net_pctxt",
        "link_state": "net_pctxt",
        "kill": "sys_admin_pctxt",
        "mount": "sys_admin_pctxt",
        "lvremove": "sys_admin_pctxt",
    }
    assert new == {
        "fs_pctxt": ["CAP_CHOWN"],
        "net_pctxt": ["CAP_NET_ADMIN"],
        "sys_admin_pctxt": ["CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_KILL", "CAP_SYS_ADMIN"],
    }


def test_a_need_that_nothing_has_gets_no_context(tmp_path: Path) -> None:
    assert chosen([KILL], target(tmp_path))[1] == {"sys_admin_pctxt": ["CAP_KILL"]}
    assert chosen([], target(tmp_path)) == ({}, {})


def test_a_context_that_is_there_and_suffices_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    where = target(tmp_path, known("default", "CAP_CHOWN", "CAP_NET_ADMIN"))
    of, new = chosen([sample.CHOWN, LINK, sample.LVREMOVE], where)
    assert set(of.values()) == {"default"} and not new


def test_of_several_that_suffice_the_one_made_for_the_need_is_taken(tmp_path: Path) -> None:
    every = ("CAP_CHOWN", "CAP_NET_ADMIN")
    where = target(tmp_path, known("sys_admin_pctxt", *every), known("fs_pctxt", *every), known("net_pctxt", *every))
    of, _ = chosen([sample.CHOWN, LINK, sample.LVREMOVE], where)
    assert of == {"chown": "fs_pctxt", "link_up": "net_pctxt", "lvremove": "sys_admin_pctxt"}


def test_commands_do_not_go_to_a_context_for_files(tmp_path: Path) -> None:
    of, new = chosen([sample.LVREMOVE], target(tmp_path, known("fs_pctxt", "CAP_CHOWN", "CAP_DAC_OVERRIDE")))
    assert of == {"lvremove": "sys_admin_pctxt"}
    assert new == {"sys_admin_pctxt": ["CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH"]}


def test_beside_a_context_that_lacks_a_capability_a_new_one_is_named_after_its_area(tmp_path: Path) -> None:
    of, new = chosen([KILL, MOUNT, LINK], target(tmp_path, known("sys_admin_pctxt", "CAP_CHOWN")))
    assert of == {"kill": "process_pctxt", "mount": "fs_sys_admin_pctxt", "link_up": "net_pctxt"}
    assert new["process_pctxt"] == ["CAP_KILL"]


def test_a_name_that_is_taken_is_counted_on(tmp_path: Path) -> None:
    found = contexts.choose([sample.CHOWN], target(tmp_path, known("fs_pctxt", "CAP_FOWNER")))
    assert [(context.name, context.cfg_section) for context in found.new] == [("fs2_pctxt", "cloudy_fs2")]


def test_secrets_share_a_quiet_context_of_their_own(tmp_path: Path) -> None:
    loud = known("sys_admin_pctxt", "CAP_CHOWN", "CAP_DAC_OVERRIDE")
    of, new = chosen([TEE, sample.LVREMOVE, sample.CHOWN], target(tmp_path, loud), TEE, sample.LVREMOVE)
    assert of == {"tee": "secrets_pctxt", "lvremove": "secrets_pctxt", "chown": "sys_admin_pctxt"}
    assert new == {"secrets_pctxt": ["CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH"]}


def test_a_quiet_context_that_is_there_takes_secrets(tmp_path: Path) -> None:
    where = target(tmp_path, known("default"), known("hidden", "CAP_DAC_OVERRIDE", quiet=True))
    assert chosen([TEE], where, TEE) == ({"tee": "hidden"}, {})


def test_a_new_package_s_contexts_are_quiet_anyhow(tmp_path: Path) -> None:
    assert chosen([TEE], target(tmp_path), TEE) == ({"tee": "fs_pctxt"}, {"fs_pctxt": ["CAP_DAC_OVERRIDE"]})


def test_a_context_is_left_with_what_its_functions_in_use_need(tmp_path: Path) -> None:
    found = contexts.choose([sample.CHOWN, TEE, LINK], target(tmp_path))
    (left,) = contexts.trimmed(found.new, {TEE: "fs_pctxt"})
    assert (left.name, left.capabilities) == ("fs_pctxt", frozenset({"CAP_DAC_OVERRIDE"}))


def test_only_a_context_for_commands_says_that_they_have_root_s_powers(tmp_path: Path) -> None:
    where = target(tmp_path)
    found = contexts.choose([sample.CHOWN, sample.LVREMOVE], where).new
    assert [context.commands for context in found] == [False, True]
    text = contexts.module_text(found, where)
    assert text.count("all of root's powers") == 1 and max(map(len, text.splitlines())) <= 79
    assert [("all of root's powers" in note) for note in contexts.notes(found, where)] == [False, False, True]


@pytest.mark.parametrize("level", ["ERROR", "DEBUG"])
def test_a_logger_that_the_package_above_keeps_quiet_counts(tmp_path: Path, level: str) -> None:
    """os-brick sets the level of its hidden context's logger in os_brick/__init__.py."""
    package = (
        "from oslo_privsep import priv_context\n\nhidden = priv_context.PrivContext(\n    __name__, "
        "cfg_section='x', pypath=__name__ + '.hidden', capabilities=[], logger_name='cloudy_hidden')\n"
    )
    top = f"import logging\n\nSECURE = logging.getLogger('cloudy_hidden')\nSECURE.setLevel(logging.{level})\n"
    sample.project(tmp_path, **{"cloudy/__init__.py": top, "cloudy/privsep/__init__.py": package})
    assert [context.quiet for context in describe(str(tmp_path), "cloudy").contexts] == [level == "ERROR"]


@pytest.mark.parametrize("names", [True, False])
def test_the_module_runs_and_its_loggers_are_at_info(tmp_path: Path, names: bool) -> None:
    where = replace(target(tmp_path), logger_names=names)
    found = contexts.choose([sample.CHOWN, sample.LVREMOVE], where).new
    text = contexts.module_text(found, where)
    (tmp_path / "made.py").write_text(text)
    logger = "made.fs_pctxt" if names else "oslo.privsep.daemon"
    code = f"import logging, made; assert logging.getLogger({logger!r}).level == logging.INFO; made.fs_pctxt.conf"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_rungs_that_run_a_command_are_all_but_native() -> None:
    assert [contexts.runs_commands(replace(sample.CHOWN, rung=rung)) for rung in Rung] == [
        rung is not Rung.NATIVE for rung in Rung
    ]
