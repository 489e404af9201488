"""rootwrap.conf beside what oslo.rootwrap itself makes of it."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest
from oslo_rootwrap import wrapper

from migrator.fault import Fault
from migrator.rootwrap import conf

SAMPLE = Path(__file__).resolve().parent.parent / "fixtures" / "projects" / "moraine"


def theirs(path: Path) -> wrapper.RootwrapConfig:
    config = configparser.RawConfigParser()
    config.read(path)
    return wrapper.RootwrapConfig(config)


@pytest.mark.parametrize(
    "text",
    [
        "filters_path=/etc/x/d\n",
        "filters_path=/etc/x/d,/usr/share/x\nexec_dirs=/sbin,/bin\nuse_syslog=yes\n",
        "filters_path=\nexec_dirs=\nuse_syslog=True\nsyslog_log_facility=LOG_AUTH\nsyslog_log_level=info\n",
        "filters_path = /a , /b\ndaemon_timeout=9\nrlimit_nofile=2048\nsyslog_log_facility=local0\n",
    ],
)
def test_a_configuration_is_read_as_rootwrap_reads_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rootwrap.conf"
    path.write_text(f"[DEFAULT]\n{text}")
    ours, real = conf.read(str(path)), theirs(path)
    assert list(ours.filters_path) == real.filters_path
    assert list(ours.exec_dirs) == real.exec_dirs
    assert (ours.use_syslog, ours.daemon_timeout, ours.rlimit_nofile) == (
        real.use_syslog,
        real.daemon_timeout,
        real.rlimit_nofile,
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[DEFAULT]\n", "no filters_path"),
        ("", "no filters_path"),
        ("filters_path=/etc\n", "cannot read this file"),
        ("[DEFAULT]\nfilters_path=/x\nuse_syslog=perhaps\n", "perhaps"),
        ("[DEFAULT]\nfilters_path=/x\ndaemon_timeout=soon\n", "soon"),
        ("[DEFAULT]\nfilters_path=/x\nsyslog_log_facility=moon\n", "moon"),
        ("[DEFAULT]\nfilters_path=/x\nsyslog_log_level=loud\n", "LOUD|loud"),
    ],
)
def test_what_rootwrap_does_not_start_with_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "rootwrap.conf"
    path.write_text(text)
    with pytest.raises(Fault, match=told) as caught:
        conf.read(str(path))
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises((ValueError, configparser.Error)):
        theirs(path)


def test_an_installation_has_the_files_of_its_folders_and_rootwraps_own_filter(tmp_path: Path) -> None:
    settings = conf.read(str(SAMPLE / "etc" / "moraine" / "rootwrap.conf"))
    files = conf.installed(settings, str(SAMPLE))
    assert [Path(one.path).name for one in files] == ["host.filters", "network.filters", "volume.filters"]
    folders = [str(SAMPLE) + folder for folder in settings.filters_path]
    # oslo.rootwrap takes the files as the folder lists them
    real = sorted((one.name, type(one).__name__, one.run_as) for one in wrapper.load_filters(folders))
    assert sorted((one.name, one.kind, one.run_as) for one in conf.filters(files)) == real


def test_a_file_without_filters_stops_rootwrap(tmp_path: Path) -> None:
    (tmp_path / "x.filters").write_text("# nothing\n")
    with pytest.raises(Fault, match=r"x\.filters: has no section \[Filters\]"):
        conf.installed(conf.Conf("", (str(tmp_path),), ()))
    with pytest.raises(configparser.NoSectionError):
        wrapper.load_filters([str(tmp_path)])
