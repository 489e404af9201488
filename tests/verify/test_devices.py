"""Functions whose success needs a block device, beside the commands on those of this machine; nothing is written."""

from __future__ import annotations

import glob
import os
import shutil
import stat
import subprocess

import pytest

from migrator.decide.load import rulebook

DEVICES = [path for path in sorted(glob.glob("/dev/*")) if stat.S_ISBLK(os.stat(path).st_mode)]


@pytest.mark.skipif(not DEVICES or os.geteuid() != 0, reason="needs root and a block device")
@pytest.mark.skipif(not shutil.which("blockdev"), reason="needs blockdev (util-linux)")
@pytest.mark.parametrize(
    ("option", "name"), [("--getsize64", "blockdev.blockdev_size"), ("--getss", "blockdev.blockdev_sector_size")]
)
def test_what_is_asked_of_a_block_device_is_what_the_command_says(option: str, name: str) -> None:
    (rule,) = rulebook().named(name)
    for device in DEVICES:
        done = subprocess.run(["blockdev", option, device], capture_output=True, text=True, check=False)
        if done.returncode == 0:  # a drive without a medium cannot be opened
            assert rule.function(device) == (done.stdout, done.stderr)
