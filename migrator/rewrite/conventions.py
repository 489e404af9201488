"""What a project's own files say about its style: line length, Python versions, licence header, libraries."""

from __future__ import annotations

import configparser
import importlib
import os
import re
import sys
from collections.abc import Iterable, Mapping

from migrator.decide.requirements import read_text

APACHE = """\
#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.
"""

_SECTIONS = ("flake8", "pep8", "pycodestyle")
_PYPROJECT_WIDTH = re.compile(r"^\s*(?:max[-_]line[-_]length|line-length)\s*=\s*(\d+)", re.M)
_COPYRIGHT = re.compile(r"copyright|all rights reserved|^#\s*author", re.I)


def project_table(text: str) -> Mapping[str, object]:
    """[project] of a pyproject.toml, empty when there is none or it is not valid."""
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        found = toml.loads(text).get("project", {})
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def line_length(root: str) -> int:
    """The line length that the project's linters are set to, 79 when they do not say."""
    for name in ("tox.ini", "setup.cfg", ".flake8"):
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(read_text(os.path.join(root, name)))
        except configparser.Error:
            continue
        for section in _SECTIONS:
            for key in ("max-line-length", "max_line_length"):
                value = parser.get(section, key, fallback="").split("#")[0].strip()
                if value.isdigit():
                    return int(value)
    for name in ("pyproject.toml", "ruff.toml"):
        found = _PYPROJECT_WIDTH.search(read_text(os.path.join(root, name)))
        if found:
            return int(found.group(1))
    return 79


def licence(paths: Iterable[str]) -> str:
    """The licence comment for a new file, with no copyright line: of the first file that has one, else Apache's."""
    for path in paths:
        lines: list[str] = []
        for line in read_text(path).splitlines():
            if not line.startswith("#"):
                break
            lines.append(line.rstrip())
        start = next((number for number, line in enumerate(lines) if "Licensed under" in line), None)
        if start is None:
            continue
        kept = [line for line in lines[start:] if not _COPYRIGHT.search(line)]
        while kept and kept[-1] == "#":
            kept.pop()
        return "\n".join(kept) + "\n"
    return APACHE
