"""The sample project set up as operators do: a Python environment, configuration, filters, and what sudo admits."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
import sys
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

# debug: where a daemon says most, also of what it should keep to itself
_CONFIGURATION = "[DEFAULT]\ndebug = True\nstate_path = /var/lib/moraine\n"
_PEOPLE = (("root", 0), (USER, UID), ("nobody", 65534))


class Way(Enum):
    """How the project gets root. All but the first are deployed with the very lines that `bootstrap` prints."""

    ROOTWRAP = "sudo rootwrap for every command"
    SUDO = "privsep-helper through sudo"
    HELPER = "privsep-helper through sudo rootwrap"
    PLAIN = "sudo privsep-helper, as oslo.privsep has it"
    OLD_SUDO = "privsep-helper through a sudo before 1.9.10"
    FORK = "forked by a service that starts as root"
    BARE = "privsep-helper through sudo, and no rootwrap anywhere"


# What `bootstrap` is asked for.
_ASKED = {
    Way.SUDO: ("--way", "helper-command"),
    Way.HELPER: ("--way", "rootwrap"),
    Way.PLAIN: ("--way", "sudoers"),
    Way.OLD_SUDO: ("--way", "sudoers", "--sudo", "1.8.29"),
    Way.FORK: ("--way", "fork"),
    Way.BARE: ("--way", "helper-command"),
}


@dataclass(frozen=True, slots=True)
class Deployment:
    """folder: what has to be visible, with the environment in it. files: what has to be put into the house's /etc."""

    folder: Path
    python: Path
    program: Path
    files: Mapping[str, File]

    @property
    def programs(self) -> Path:
        return self.python.parent


def deploy(project: Path, way: Way, folder: Path, program_name: str = "play.py") -> Deployment:
    """Install a copy of the project with its console scripts into an environment below `folder`.

    program_name: of the file beside this one that is run there.
    """
    shutil.copytree(project, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    program = folder / program_name
    shutil.copy(Path(__file__).with_name(program_name), program)
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
    printed = bootstrap(project, way, environment / "bin")
    for place, text in printed["python"].items():
        (folder / "source" / place).write_text(text)
    for path in (folder, *folder.rglob("*")):  # the agent's user has to come to all of it, whatever our umask is
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    return Deployment(folder, python, program, _files(project, way, environment / "bin", printed))


def bootstrap(project: Path, way: Way, programs: Path) -> dict[str, dict[str, str]]:
    """What `privmigrate bootstrap` prints for a way: kind of file -> path -> text."""
    found: dict[str, dict[str, str]] = {"python": {}, "config": {}, "sudoers": {}, "filters": {}, "unit": {}}
    if way not in _ASKED:
        return found
    words = ("bootstrap", "moraine/", *_ASKED[way], "--format", "json", "--config-file", CONFIG)
    helper = ("--helper", str(programs / "privsep-helper"))
    done = subprocess.run(
        [sys.executable, "-m", "migrator", *words, *helper], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (told,) = json.loads(done.stdout)["ways"]
    for file in told["files"]:
        found[file["kind"]][file["path"]] = file["text"]
    return found


def _console_scripts(project: Path) -> dict[str, str]:
    setup = configparser.ConfigParser()
    setup.read(project / "setup.cfg")
    lines = setup["entry_points"]["console_scripts"].strip().splitlines()
    scripts = dict(re.split(r"\s*=\s*", line.strip(), maxsplit=1) for line in lines)
    (helper,) = (entry for entry in metadata.entry_points(group="console_scripts") if entry.name == "privsep-helper")
    return {**scripts, helper.name: helper.value}


def _files(project: Path, way: Way, programs: Path, printed: Mapping[str, Mapping[str, str]]) -> dict[str, File]:
    sudoers = (
        f'Defaults secure_path="{programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"\n'
        "Defaults !use_pty, syslog=authpriv\n"
        "root ALL=(ALL:ALL) ALL\n"
        "@includedir /etc/sudoers.d\n"
    )
    if way is Way.ROOTWRAP:
        sudoers += f"{USER} ALL=(root) NOPASSWD: {programs}/moraine-rootwrap {ROOTWRAP} *\n"
    texts = {
        "/etc/passwd": "".join(f"{name}:x:{uid}:{uid}::/var/empty:/bin/sh\n" for name, uid in _PEOPLE),
        "/etc/group": "".join(f"{name}:x:{uid}:\n" for name, uid in _PEOPLE),
        CONFIG: _CONFIGURATION + printed["config"].get(CONFIG, ""),
        LOG: "",
        "/etc/lvm/lvm.conf": "",  # LVM makes the folder where there is none, and cannot here
        **(_filters(project) if way is Way.ROOTWRAP else printed["filters"]),
    }
    if way is not Way.BARE:
        texts[CONFIG] = texts[CONFIG].replace("\n", f"\nrootwrap_config = {ROOTWRAP}\n", 1)
        texts[ROOTWRAP] = _rootwrap(project, programs)
    files = {path: File(text.encode()) for path, text in texts.items()}
    shadow = "".join(f"{name}:*:19000:0:99999:7:::\n" for name, _ in _PEOPLE)
    return {
        **files,
        "/etc/shadow": File(shadow.encode(), 0o600),
        "/etc/sudoers": File(sudoers.encode(), 0o440),
        **{path: File(text.encode(), 0o440) for path, text in printed["sudoers"].items()},
        "/etc/moraine/secrets/token": File(f"{SECRET}\n".encode(), 0o600),
    }


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


def _filters(project: Path) -> dict[str, str]:
    target = "/etc/moraine/rootwrap.d"
    return {f"{target}/{path.name}": path.read_text() for path in project.glob("etc/moraine/rootwrap.d/*")}
