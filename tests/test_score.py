"""The score that the corpus check goes by, on labels whose result is known beforehand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from corpus import PROJECTS, Project, known_sums
from score import Score, lines, score


def labels_of(project: Project) -> list[dict[str, Any]]:
    return [json.loads(line) for line in project.labels.read_text().splitlines()]


def perfect(labels: list[dict[str, Any]], above: str = "") -> list[dict[str, Any]]:
    """The report of a tool that finds just what is labelled."""
    return [
        {"path": above + label["file"], "line": label["line"], "kind": label["kind"], "program": label["command"]}
        for label in labels
    ]


def scored(project: Project, cut: slice, above: str = "") -> Score:
    labels = labels_of(project)
    return score(perfect(labels, above)[cut], labels)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_report_that_equals_the_labels_is_perfect(project: Project) -> None:
    result = scored(project, slice(None))
    assert (result.recall.value, result.precision.value, result.program.value) == (1.0, 1.0, 1.0)
    assert result.recall.of > 50


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_report_made_from_above_the_package_is_scored_the_same(project: Project) -> None:
    assert scored(project, slice(None), above=f"{project.unpacked}/") == scored(project, slice(None))


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_every_missing_sure_site_costs_recall(project: Project) -> None:
    labels = labels_of(project)
    sure = [each for each in labels if each["confidence"] == "sure" and each["callee_role"] == "executor"]
    result = score(perfect(sure[10:]), labels)
    assert (result.recall.hits, result.recall.of) == (len(sure) - 10, len(sure))
    assert result.precision.value == 1.0
    assert all(label in result.missed for label in sure[:10])


def test_reported_site_without_a_label_costs_precision() -> None:
    labels = labels_of(PROJECTS[0])
    sites = [*perfect(labels), {"path": "nova/utils.py", "line": 1, "kind": "direct", "program": "ip"}]
    result = score(sites, labels)
    assert result.precision.hits == result.precision.of - 1
    assert [site["line"] for site in result.false] == [1]


def test_wrong_program_is_named_in_the_listing() -> None:
    labels = labels_of(PROJECTS[0])
    sites = [{**site, "program": "sleep"} for site in perfect(labels)]
    result = score(sites, labels)
    assert result.program.hits == 0 and result.recall.value == 1.0
    assert any(line.startswith("PROGRAM ") and "'sleep'" in line for line in lines(result, every=True))


def test_one_of_several_programs_counts_when_it_is_among_them() -> None:
    labels = [label for label in labels_of(PROJECTS[0]) if label["command"] == "ip"]
    sites = [{**site, "program": None, "programs": ["ip", "tunctl"]} for site in perfect(labels)]
    assert score(sites, labels).program.value == 1.0


def test_empty_report_has_no_precision_to_be_proud_of() -> None:
    assert score([], labels_of(PROJECTS[0])).precision.value == 0.0


def test_every_project_has_labels_and_a_sum_to_check_the_sdist_with() -> None:
    assert known_sums().keys() == {f"{project.name}=={project.version}" for project in PROJECTS}
    assert all(labels_of(project) for project in PROJECTS)
