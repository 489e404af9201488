"""What trials are tried on: made as it is described, and also when a trial names one thing several times."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator

import pytest

from migrator.verify import fixtures, house, sandbox, uids

pytestmark = pytest.mark.skipif(not uids.plan().many, reason="needs a range of user ids")


def built(line: tuple[str, ...], look: Callable[[list[str]], object]) -> object:
    """What look() tells of the words of a trial, once all that they name is made."""

    def work() -> Iterator[object]:
        yield sandbox.world(lambda: look(fixtures.build(line)[0]), 20)

    try:
        (told,) = house.stay(work)
    except house.HouseError as error:
        pytest.skip(str(error))
    return told


def test_two_spellings_of_one_name_are_one_thing() -> None:
    line = ("mv", "{dangling}", "{dangling:slash}", "{dangling:dotdot}")
    words = built(line, lambda words: [*words, os.readlink(words[1])])
    assert words == [
        "mv",
        "/scratch/dangling",
        "/scratch/dangling/",
        "/scratch/../scratch/dangling",
        "/scratch/nowhere",
    ]


@pytest.mark.parametrize("name", ["hardlink", "private", "tree", "link"])
def test_there_can_be_two_of_a_kind(name: str) -> None:
    line = (f"{{{name}}}", f"{{{name}:space}}")
    inodes = built(line, lambda words: [os.lstat(word).st_ino for word in words])
    assert isinstance(inodes, list) and len(set(inodes)) == 2


def test_a_sparse_file_has_a_hole_and_an_access_list() -> None:
    def look(words: list[str]) -> tuple[bool, int, list[str]]:
        status = os.stat(words[0])
        return 512 * status.st_blocks < status.st_size, stat.S_IMODE(status.st_mode), os.listxattr(words[0])

    assert built(("{sparse}",), look) == (True, 0o640, ["system.posix_acl_access"])
