"""Starts the sample project's daemons as a service would, and tries to start others; prints what came of it as JSON.

Run with the configuration file, how the service starts ("helper", "rootwrap", "fork"), and a file with command lines.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys

from moraine import conf, privsep, utils
from moraine.host import files
from oslo_privsep import priv_context

# logging.config.fileConfig evaluates the arguments of a handler.
_EVIL = """\
[loggers]
keys = root
[handlers]
keys = evil
[formatters]
keys =
[logger_root]
handlers = evil
[handler_evil]
class = StreamHandler
args = (__import__('os').system('id -u > /tmp/was-here'),)
"""


def main(config: str, how: str, tried: str) -> None:
    conf.CONF(["--config-file", config], project="moraine", default_config_files=[])
    if how == "fork":
        from moraine.cmd import daemons

        daemons.start_daemons()
    elif how == "rootwrap":
        priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
    contexts = {name: one for name, one in vars(privsep).items() if isinstance(one, priv_context.PrivContext)}
    started = {}
    for name, context in contexts.items():
        if context.channel is None:
            context.start()
        started[name] = context.channel is not None and context.channel.running
    with open("/tmp/evil.ini", "w", encoding="utf-8") as file:
        file.write(_EVIL)
    with open("/tmp/evil.conf", "w", encoding="utf-8") as file:
        file.write("[DEFAULT]\nlog_config_append = /tmp/evil.ini\n")
    with open(tried, encoding="utf-8") as file:
        lines = json.load(file)
    report = {
        "uids": os.getresuid(),
        "groups": os.getgroups(),
        "started": started,
        "secret": files.read_secret("token"),
        "listed": [_ends(["sudo", "-n", "-l", *words]) for words in lines["listed"]],
        "ran": [_ends(["sudo", "-n", *words]) for words in lines["ran"]],
        "root": os.path.exists("/tmp/was-here"),
    }
    json.dump(report, sys.stdout)


def _ends(words: list[str]) -> int:
    return subprocess.run(words, capture_output=True, check=False).returncode


if __name__ == "__main__":
    main(*sys.argv[1:])
