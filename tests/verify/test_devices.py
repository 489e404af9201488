"""Functions whose success needs a block device, beside the commands on those of this machine; nothing is written."""

from __future__ import annotations

import glob
import os
import pty
import shutil
import stat
import subprocess
import tty

import pytest

from migrator.verify.trial import Seen, compared
from tests.shipped import rulebook

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


@pytest.mark.parametrize("sent", [b"login: ", b"x" * 1300])
def test_what_a_terminal_has_by_now_is_read_as_dd_reads_it(sent: bytes) -> None:
    (rule,) = rulebook().named("dd.dd_read")
    master, slave = pty.openpty()
    try:
        tty.setraw(slave)
        name = os.ttyname(slave)
        os.write(master, sent)
        words = ["dd", f"if={name}", "iflag=nonblock"]
        done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
        os.write(master, sent)
        stdout, stderr = rule.function(name, iflag="nonblock", check=False)
    finally:
        os.close(master)
        os.close(slave)
    command = Seen("exit 1", done.stdout, done.stderr)
    assert done.returncode == 1 and done.stdout == sent.decode()
    assert compared(command, Seen("exit 1", stdout, stderr)) == ()
