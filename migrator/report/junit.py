"""A run of the gate as JUnit XML, as Jenkins and GitLab read it: a suite for each file, a case for each finding."""

from __future__ import annotations

import re
from itertools import groupby
from xml.etree import ElementTree

from migrator.report.checked import Report, rooted
from migrator.report.findings import Finding

# What XML 1.0 has no way to spell, as in a file name of control characters.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def dumps(report: Report, top: str) -> str:
    """The report as XML text; a clean run is one case that passes, as an empty file looks like a broken one."""
    findings = sorted(report.findings, key=lambda one: one.path)
    root = ElementTree.Element("testsuites", name="privmigrate check", tests=str(len(findings) or 1))
    root.set("failures", str(len(findings)))
    root.set("errors", "0")
    for path, some in groupby(findings, key=lambda one: one.path):
        name = _text(rooted(path, top))
        group = list(some)
        suite = ElementTree.SubElement(root, "testsuite", name=name, tests=str(len(group)), failures=str(len(group)))
        suite.set("errors", "0")
        suite.set("skipped", "0")
        for one in group:
            _case(suite, one, name)
    if not findings:
        suite = ElementTree.SubElement(root, "testsuite", name="privmigrate", tests="1", failures="0", errors="0")
        suite.set("skipped", "0")
        ElementTree.SubElement(suite, "testcase", name="check", classname="privmigrate", time="0")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, one: Finding, file: str) -> None:
    name = f"{one.code}:{one.line}:{one.column}"
    case = ElementTree.SubElement(suite, "testcase", name=name, classname=file, file=file, line=str(one.line), time="0")
    failure = ElementTree.SubElement(case, "failure", message=_text(one.message), type=one.code)
    failure.text = _text(f"{file}:{one.line}:{one.column}: {one.code} {one.message}\nwhy: {one.why}\ndo: {one.advice}")


def _text(text: str) -> str:
    return _NOT_XML.sub(lambda found: ascii(found.group())[1:-1], text)
