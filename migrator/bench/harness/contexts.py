"""The privsep contexts; each is one daemon, and how it is started stands in the configuration file."""

from __future__ import annotations

import json
from pathlib import Path

from oslo_privsep import capabilities, priv_context

SETTINGS = json.loads(Path(__file__).with_name("settings.json").read_text(encoding="utf-8"))
_CAPABILITIES = [getattr(capabilities, name) for name in SETTINGS["capabilities"]]


def _context(name: str) -> priv_context.PrivContext:
    return priv_context.PrivContext(
        __name__.rpartition(".")[0],
        cfg_section=f"bench_{name}",
        pypath=f"{__name__}.{name}",
        capabilities=_CAPABILITIES,
    )


default = _context("default")
# Apart, as a daemon that has just started a command is slower to answer: its memory was shared with the child.
native = _context("native")
wide = _context("wide")
# Started and stopped again, which those above are not.
started_by_sudo = _context("started_by_sudo")
started_by_rootwrap = _context("started_by_rootwrap")
