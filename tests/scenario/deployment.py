"""The sample project set up as operators do: a Python environment, configuration, filters, and what sudo admits."""

from __future__ import annotations

import configparser
import re
import shutil
import sysconfig
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import metadata
from pathlib import Path

from migrator.verify.house import File

USER, UID = "moraine", 964
CONFIG = "/etc/moraine/moraine.conf"
ROOTWRAP = "/etc/moraine/rootwrap.conf"
SECRET = "s3cr3t-of-the-host"
LOG = "/dev/log"

_PEOPLE = (("root", 0), (USER, UID), ("nobody", 65534))


class Way(Enum):
    """How the project gets root."""

    ROOTWRAP = "sudo rootwrap for every command"
    SUDO = "privsep-helper through sudo"
    HELPER = "privsep-helper through sudo rootwrap"
    BARE = "privsep-helper through sudo, and no rootwrap anywhere"

    @property
    def by_sudo(self) -> bool:
        """Whether sudo starts the daemons itself."""
        return self in (Way.SUDO, Way.BARE)


@dataclass(frozen=True, slots=True)
class Deployment:
    """folder: what has to be visible, with the environment in it. files: what has to be put into the house's /etc."""

    folder: Path
    python: Path
    program: Path
    files: Mapping[str, File]


def deploy(project: Path, way: Way, folder: Path) -> Deployment:
    """Install a copy of the project with its console scripts into an environment below `folder`."""
    shutil.copytree(project, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    program = folder / "play.py"
    shutil.copy(Path(__file__).with_name("play.py"), program)
    environment = folder / "venv"
    venv.create(environment, symlinks=True, with_pip=False)
    python = environment / "bin" / "python"
    # Nothing is downloaded: the libraries are those of the tests.
    libraries = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), str(folder / "source")]
    lines = "".join(f"{line}\n" for line in dict.fromkeys(libraries))
    (site,) = environment.glob("lib/python3.*/site-packages")
    if way is Way.BARE:  # whoever imports it finds that it is not installed
        lines += "import sys; sys.modules['oslo_rootwrap'] = None\n"
    (site / "moraine.pth").write_text(lines)
    for name, entry in _console_scripts(project).items():
        module, _, function = entry.partition(":")
        script = environment / "bin" / name
        script.write_text(f"#!{python}\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n")
        script.chmod(0o755)
    for path in (folder, *folder.rglob("*")):  # the agent's user has to come to all of it, whatever our umask is
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    return Deployment(folder, python, program, _files(project, way, environment / "bin"))


def _console_scripts(project: Path) -> dict[str, str]:
    setup = configparser.ConfigParser()
    setup.read(project / "setup.cfg")
    lines = setup["entry_points"]["console_scripts"].strip().splitlines()
    scripts = dict(re.split(r"\s*=\s*", line.strip(), maxsplit=1) for line in lines)
    (helper,) = (entry for entry in metadata.entry_points(group="console_scripts") if entry.name == "privsep-helper")
    return {**scripts, helper.name: helper.value}


def _files(project: Path, way: Way, programs: Path) -> dict[str, File]:
    rootwrap = f"{programs}/moraine-rootwrap {ROOTWRAP} *"
    helper = (
        f"{programs}/privsep-helper --config-file {CONFIG} --privsep_context moraine.privsep.* "
        "--privsep_sock_path /tmp/*"
    )
    admitted = helper if way.by_sudo else rootwrap
    sudoers = (
        f'Defaults secure_path="{programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"\n'
        "Defaults !use_pty, syslog=authpriv\n"
        "root ALL=(ALL:ALL) ALL\n"
        f"{USER} ALL=(root) NOPASSWD: {admitted}\n"
    )
    texts = {
        "/etc/passwd": "".join(f"{name}:x:{uid}:{uid}::/var/empty:/bin/sh\n" for name, uid in _PEOPLE),
        "/etc/group": "".join(f"{name}:x:{uid}:\n" for name, uid in _PEOPLE),
        CONFIG: _configuration(project, way),
        LOG: "",
        "/etc/lvm/lvm.conf": "",  # LVM makes the folder where there is none, and cannot here
        **_filters(project, way),
    }
    if way is not Way.BARE:
        texts[ROOTWRAP] = _rootwrap(project, programs)
    files = {path: File(text.encode()) for path, text in texts.items()}
    shadow = "".join(f"{name}:*:19000:0:99999:7:::\n" for name, _ in _PEOPLE)
    return {
        **files,
        "/etc/shadow": File(shadow.encode(), 0o600),
        "/etc/sudoers": File(sudoers.encode(), 0o440),
        "/etc/moraine/secrets/token": File(f"{SECRET}\n".encode(), 0o600),
    }


def _configuration(project: Path, way: Way) -> str:
    # debug: where a daemon says most, also of what it should keep to itself
    text = "[DEFAULT]\ndebug = True\nstate_path = /var/lib/moraine\n"
    if way is not Way.BARE:
        text += f"rootwrap_config = {ROOTWRAP}\n"
    if way.by_sudo:
        contexts = (project / "moraine" / "privsep" / "__init__.py").read_text()
        for section in re.findall(r"cfg_section='(\w+)'", contexts):
            text += f"[{section}]\nhelper_command = sudo -n privsep-helper --config-file {CONFIG}\n"
    return text


def _rootwrap(project: Path, programs: Path) -> str:
    """The project's own rootwrap.conf, with the environment among the folders of programs, and the log on."""
    text = (project / "etc" / "moraine" / "rootwrap.conf").read_text()
    for option, old, new in (
        ("exec_dirs", "/sbin,", f"{programs},/sbin,"),
        ("use_syslog", "False", "True"),
        ("syslog_log_level", "ERROR", "INFO"),
    ):
        assert f"\n{option}={old}" in text, option
        text = text.replace(f"\n{option}={old}", f"\n{option}={new}")
    return text


def _filters(project: Path, way: Way) -> dict[str, str]:
    target = "/etc/moraine/rootwrap.d"
    if way is Way.ROOTWRAP:
        return {f"{target}/{path.name}": path.read_text() for path in project.glob("etc/moraine/rootwrap.d/*")}
    if way is Way.HELPER:
        words = (
            r"privsep-helper, root, privsep-helper, --config-file, /etc/moraine/moraine\.conf, "
            r"--privsep_context, moraine\.privsep\.[a-z_]+, --privsep_sock_path, /tmp/.*"
        )
        return {f"{target}/privsep.filters": f"[Filters]\nprivsep: RegExpFilter, {words}\n"}
    return {}
