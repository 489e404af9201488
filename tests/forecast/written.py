"""Logs as the libraries themselves write them: oslo.rootwrap to syslog, oslo.concurrency through oslo.log."""

from __future__ import annotations

import io
import logging
import logging.handlers
import os
import socket
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from unittest import mock

from oslo_concurrency import processutils
from oslo_config import cfg
from oslo_log import _options, formatters
from oslo_rootwrap import cmd, daemon, filters, wrapper

FILTERS = {
    "chown": filters.CommandFilter("chown", "root"),
    "touch": filters.EnvFilter("env", "root", "LC_ALL=", "touch"),
    "mkfs": filters.CommandFilter("mkfs", "root"),
}


def programs(folder: Path, *names: str) -> str:
    """A folder with programs that do nothing, and a sudo that runs what stands behind rootwrap's configuration."""
    folder.mkdir()
    for name in names:
        _script(folder / name, "exit 0")
    _script(folder / "sudo", 'shift 2; exec "$@"')
    return str(folder)


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def by_rootwrap(folder: Path, path: str, name: str, commands: Sequence[Sequence[str]]) -> list[str]:
    """What oslo.rootwrap, called by this name, sends to syslog for commands, as a syslog daemon files it."""
    loaded = []
    for title, one in FILTERS.items():
        one.name = title
        loaded.append(one)
    address = str(folder / "log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening, _root_logger():
        listening.bind(address)
        to_us = logging.handlers.SysLogHandler(address=address)
        with mock.patch.object(logging.handlers, "SysLogHandler", return_value=to_us):
            wrapper.setup_syslog(f"/usr/bin/{name}", logging.handlers.SysLogHandler.LOG_SYSLOG, logging.INFO)
        for words in commands:
            with mock.patch.object(sys, "exit"), redirect_stdout(io.StringIO()):
                config = mock.Mock(use_syslog=True, exec_dirs=[path], daemon_timeout=600)
                _quietly(name, config, loaded, list(words))
        to_us.close()
        listening.setblocking(False)
        return [f"Nov 26 10:0{number % 10}:00 compute1 {text}" for number, text in enumerate(_received(listening))]


def _quietly(name: str, config: mock.Mock, loaded: list[filters.CommandFilter], words: list[str]) -> None:
    """One command, in a process of its own as rootwrap is: what it starts gets real streams."""
    child = os.fork()
    if not child:
        try:
            with open(os.devnull, "w") as null, open(os.devnull) as nothing:
                sys.stdin, sys.stdout, sys.stderr = nothing, null, null
                if name.endswith("-daemon"):
                    daemon.RootwrapClass(config, loaded).run_one_command(words)
                else:
                    cmd.run_one_command(name, config, loaded, words)
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def _received(listening: socket.socket) -> Iterator[str]:
    while True:
        try:
            data = listening.recv(1 << 16)
        except BlockingIOError:
            return
        yield data.decode().partition(">")[2].rstrip("\0")


def by_concurrency(path: str, commands: Sequence[Sequence[str]], root: bool = True) -> list[str]:
    """What oslo.concurrency logs of commands at DEBUG, as oslo.log writes it into the service's file."""
    config = cfg.ConfigOpts()
    config.register_opts(_options.log_opts)
    config.register_opts(_options.logging_cli_opts)
    config.register_opts(_options.generic_log_opts)
    config([])
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatters.ContextFormatter(config=config, datefmt=config.log_date_format))
    helper = f"{path}/sudo nova-rootwrap /etc/nova/rootwrap.conf" if root else ""
    with _root_logger(), mock.patch.dict(os.environ, {"PATH": f"{path}:{os.environ['PATH']}"}):
        logging.getLogger().addHandler(handler)
        logging.getLogger().setLevel(logging.DEBUG)
        with mock.patch.object(os, "geteuid", return_value=162):
            for words in commands:
                processutils.execute(*words, run_as_root=root, root_helper=helper)
    return stream.getvalue().splitlines()


@contextmanager
def _root_logger() -> Iterator[None]:
    """The handlers and the level that the root logger has now, afterwards too."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
