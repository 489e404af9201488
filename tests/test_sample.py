"""The sample project: its root calls, listed by hand, are found and no others, and what a rewrite makes of it works."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.expectations import cloud

SAMPLE = Path(__file__).resolve().parent / "fixtures" / "projects" / "moraine"

# path below moraine/, enclosing, kind, program (None: not known, or one of several)
EXPECTED = """
cmd/host_check.py check_sudo literal_sudo true
host/files.py append_file via_wrapper tee
host/files.py ensure_tree direct mkdir
host/files.py has_file direct stat
host/files.py install_key direct chmod
host/files.py install_key direct chown
host/files.py install_key direct rm
host/files.py install_key direct tee
host/files.py install_key direct touch
host/files.py read_file direct cat
host/files.py read_secret direct cat
host/files.py remove direct rm
host/files.py set_ownership direct chown
host/files.py set_permissions direct chmod
host/files.py touch direct touch
host/files.py write_file direct tee
host/mounts.py bind_mount direct mkdir
host/mounts.py bind_mount direct mount
host/mounts.py mount direct mount
host/mounts.py unmount direct umount
host/processes.py kill direct kill
host/processes.py reload direct kill
image.py clear direct dd
image.py convert direct qemu-img
image.py copy via_wrapper dd
image.py device_size direct blockdev
image.py image_info forwarder qemu-img
lvm.py LVM._run_lvm_command forwarder None
lvm.py LVM.activate via_wrapper lvchange
lvm.py LVM.check_vg direct vgs
lvm.py LVM.create_volume via_wrapper lvcreate
lvm.py LVM.delete direct lvremove
lvm.py LVM.delete direct udevadm
lvm.py LVM.extend_volume via_wrapper lvextend
lvm.py LVM.free_space direct vgs
lvm.py LVM.get_volumes via_wrapper lvs
network/bridge.py _ovs_vsctl direct ovs-vsctl
network/bridge.py create_tap_dev direct ip
network/bridge.py create_tap_dev direct ip
network/bridge.py create_tap_dev direct ip
network/bridge.py plug direct ip
network/bridge.py plug via_wrapper ovs-vsctl
network/bridge.py unplug direct ip
network/bridge.py unplug via_wrapper ovs-vsctl
network/dhcp.py start via_wrapper dnsmasq
network/ip_lib.py IPCommand._ip direct ip
network/ip_lib.py IPCommand.add_address via_wrapper ip
network/ip_lib.py IPCommand.add_bridge via_wrapper ip
network/ip_lib.py IPCommand.add_bridge via_wrapper ip
network/ip_lib.py IPCommand.add_route via_wrapper ip
network/ip_lib.py IPCommand.add_veth via_wrapper ip
network/ip_lib.py IPCommand.delete_link via_wrapper ip
network/ip_lib.py IPCommand.links via_wrapper ip
network/ip_lib.py IPCommand.netns_execute direct None
network/ip_lib.py IPCommand.set_master via_wrapper ip
network/ip_lib.py IPCommand.set_mtu via_wrapper ip
network/ip_lib.py IPCommand.set_up via_wrapper ip
network/ip_lib.py delete_namespace direct ip
network/ip_lib.py ensure_namespace direct ip
network/ip_lib.py ensure_namespace direct ip
network/ip_lib.py ensure_namespace direct sysctl
network/ip_lib.py send_gratuitous_arp via_wrapper arping
network/isolated.py add_gateway direct ip
network/isolated.py addresses direct ip
network/isolated.py connect direct ip
network/isolated.py connect direct ip
network/isolated.py connect direct ip
network/isolated.py connect direct ip
network/isolated.py connect direct ip
network/isolated.py create_network direct brctl
network/isolated.py create_network direct brctl
network/isolated.py create_network direct ip
network/isolated.py create_network direct ip
network/isolated.py disconnect direct ip
utils.py execute forwarder None
utils.py mkfs forwarder None
utils.py temporary_chown direct chown
utils.py temporary_chown direct chown
utils.py trycmd forwarder None
volume/driver.py VolumeDriver._try_execute forwarder None
volume/drivers/directory.py DirectoryDriver._set_rw_permissions conditional chmod
volume/drivers/directory.py DirectoryDriver._set_rw_permissions conditional chmod
volume/drivers/directory.py DirectoryDriver.available_bytes conditional df
volume/drivers/directory.py DirectoryDriver.check_for_setup_error direct chmod
volume/drivers/directory.py DirectoryDriver.check_for_setup_error direct mkdir
volume/drivers/directory.py DirectoryDriver.create_volume conditional truncate
volume/drivers/directory.py DirectoryDriver.delete_volume conditional rm
volume/drivers/directory.py DirectoryDriver.give_volume direct chown
volume/drivers/directory.py DirectoryDriver.provisioned_bytes direct du
volume/drivers/directory.py DirectoryDriver.retire_volume direct mv
volume/drivers/lvm.py LVMDriver.flush direct blockdev
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("report") / "report.json"
    words = ["scan", "--no-index", "--format", "json", "--output", str(path), "moraine/"]
    done = subprocess.run(
        [sys.executable, "-m", "migrator", *words], cwd=SAMPLE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    loaded = json.loads(path.read_text())
    assert isinstance(loaded, dict)
    return loaded


def test_scan_finds_every_root_call_of_the_sample_and_no_other(report: dict[str, Any]) -> None:
    found = Counter(
        f"{site['path'].removeprefix('moraine/')} {site['enclosing']} {site['kind']} {site['program']}"
        for site in report["sites"]
    )
    expected = Counter(EXPECTED.split("\n")[1:-1])
    assert sorted((expected - found).elements()) == [], "not found"
    assert sorted((found - expected).elements()) == [], "not expected"


def test_nothing_of_the_sample_is_unreadable(report: dict[str, Any]) -> None:
    assert report["unreadable"] == []


def test_one_of_two_programs_is_named(report: dict[str, Any]) -> None:
    (mkfs,) = (site for site in report["sites"] if site["enclosing"] == "mkfs")
    assert sorted(mkfs["programs"]) == ["mkfs", "mkswap"]


@pytest.mark.parametrize(
    "path", sorted((SAMPLE / "moraine").rglob("*.py")), ids=lambda path: path.relative_to(SAMPLE).as_posix()
)
def test_sample_keeps_to_the_line_length_and_headers_of_openstack(path: Path) -> None:
    text = path.read_text()
    assert max(map(len, text.splitlines()), default=0) <= 79
    assert not text or text.lstrip("# ").startswith("Licensed under the Apache License, Version 2.0")


@pytest.fixture(scope="module")
def rewritten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sample after `rewrite --apply`."""
    copy = tmp_path_factory.mktemp("rewritten") / "moraine"
    shutil.copytree(SAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    words = [sys.executable, "-m", "migrator", "rewrite", "--apply", "moraine/"]
    done = subprocess.run(words, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return copy


def test_no_expectation_loses_a_keyword(rewritten: Path) -> None:
    """Of the sample's own tests, as of those of any project: only how a command got root may go."""
    changed = 0
    for path in sorted(SAMPLE.glob("moraine/tests/**/test_*.py")):
        before, after = path.read_text(), (rewritten / path.relative_to(SAMPLE)).read_text()
        changed += before != after
        assert cloud.lost(before, after) == {}, path
    assert changed > 3


def test_every_module_of_the_rewritten_sample_imports(rewritten: Path) -> None:
    names = [
        path.relative_to(rewritten).as_posix().removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in sorted((rewritten / "moraine").rglob("*.py"))
        if "tests" not in path.parts
    ]
    assert any(name.startswith("moraine.privsep.") for name in names)
    code = "; ".join(f"import {name}" for name in names)
    done = subprocess.run([sys.executable, "-c", code], cwd=rewritten, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_privileged_function_hides_a_module_that_its_file_imports(rewritten: Path) -> None:
    """`def stat(path)` under `import stat` would break the functions above it that use the module."""
    for path in sorted((rewritten / "moraine" / "privsep").glob("*.py")):
        tree = ast.parse(path.read_text())
        imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
        bound = {(alias.asname or alias.name).partition(".")[0] for node in imports for alias in node.names}
        defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert bound & defined == set(), path.name


def test_generated_code_keeps_to_the_line_length_of_openstack(rewritten: Path) -> None:
    for path in sorted((rewritten / "moraine").rglob("*.py")):
        assert max(map(len, path.read_text().splitlines()), default=0) <= 79, path.name
