"""The command line with which oslo.privsep starts a daemon, and command lines that somebody else would rather give."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

# tempfile.mkdtemp(): "tmp" and eight of these; oslo_privsep.daemon.RootwrapClientChannel puts the socket into it.
RANDOM, RANDOM_LENGTH, SOCKET = "[a-z0-9_]", 8, "privsep.sock"
_EXAMPLE = "tmpk3x_9q0z"


@dataclass(frozen=True, slots=True)
class Launch:
    """How a service is installed and started.

    project: its name, as in /etc/PROJECT. user: the one that it runs as. helper, rootwrap: absolute paths of the
    programs. config_files, config_dirs: what the service is started with, in order. tmp: the folder of its temporary
    ones. user and paths are known to hold no blank, see commands.bootstrap.
    """

    project: str
    user: str
    helper: str
    rootwrap: str
    config_files: tuple[str, ...]
    config_dirs: tuple[str, ...] = ()
    tmp: str = "/tmp"

    @property
    def configuration(self) -> tuple[str, ...]:
        """The words for the configuration, in the order of PrivContext.helper_command(): files, then folders."""
        files = [word for path in self.config_files for word in ("--config-file", path)]
        return (*files, *(word for path in self.config_dirs for word in ("--config-dir", path)))

    @property
    def rootwrap_conf(self) -> str:
        return f"/etc/{self.project}/rootwrap.conf"

    @property
    def socket(self) -> str:
        """A socket path as the service makes them."""
        return posixpath.join(self.tmp, _EXAMPLE, SOCKET)

    def arguments(self, context: str, socket: str = "") -> tuple[str, ...]:
        """The words behind privsep-helper for a context, by its dotted name."""
        return (*self.configuration, "--privsep_context", context, "--privsep_sock_path", socket or self.socket)

    def socket_pattern(self) -> str:
        """A regular expression for the socket paths that the service makes, in what Python and POSIX share."""
        return f"{escaped(self.tmp)}/tmp{RANDOM}{{{RANDOM_LENGTH}}}/{escaped(SOCKET)}"


def escaped(text: str) -> str:
    """Text as a regular expression, with no more backslashes than it needs: re.escape() has some before `-` and `/`."""
    return re.sub(r"([.^$*+?{}()|\[\]\\])", r"\\\1", text)


@dataclass(frozen=True, slots=True)
class Hostile:
    """A command line that no service gives.

    words: behind privsep-helper. about: what is wrong with it. root: it gives root; else a daemon of another context.
    """

    words: tuple[str, ...]
    about: str
    root: bool = True


def hostile(launch: Launch, context: str) -> Iterator[Hostile]:
    """What somebody who owns the service's user would try.

    The configuration is read, and its log_config_append evaluated, before the context is looked at: whoever names
    the file is root. --log-config-append is an option of the helper, too (oslo_privsep.daemon.helper_main).
    """
    good = launch.arguments(context)
    evil = "/tmp/evil.conf"
    for option, path in zip(good[::2], good[1::2], strict=True):
        if option in ("--config-file", "--config-dir"):
            folder = posixpath.dirname(path)
            climbing = folder + "/.." * folder.strip("/").count("/") + "/.." * bool(folder.strip("/")) + evil
            for other in (climbing, evil):
                yield Hostile(tuple(other if word == path else word for word in good), f"{option} {other}")
    if not launch.configuration:
        yield Hostile(("--config-file", evil, *good), f"--config-file {evil}")
    yield Hostile((*good, "--config-file", evil), f"--config-file {evil} behind the others")
    between = (*good[:-1], f"{launch.tmp}/tmpa", "--config-file", evil, *good[-2:])
    yield Hostile(between, f"--config-file {evil} before the socket")
    yield Hostile((f"--config-file={evil}", *good), f"--config-file={evil} before the others")
    yield Hostile((*good, "--log-config-append", "/tmp/evil.ini"), "--log-config-append /tmp/evil.ini")
    other = f"{context.rpartition('.')[0]}.another_context"
    yield Hostile(launch.arguments(other), f"--privsep_context {other}", root=False)
