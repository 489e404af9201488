"""Run a command in a root of its own: a changed command, run for real by a test, must not reach this machine.

    python tools/strength_house.py PYTHON FOLDER [FOLDER ...] -- WORD [WORD ...]

The folders and what PYTHON needs are shown read-only at their own paths, all else is as migrator.verify.house makes it.
Standard input and output are handed on; the command runs in the first folder.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence

from migrator.fault import Fault
from migrator.verify import house, interpreter


def main(argv: Sequence[str]) -> int:
    """The command's exit status; 2 with one line where no house can be built."""
    cut = argv.index("--")
    python, folders, words = argv[0], argv[1:cut], argv[cut + 1 :]

    def live() -> Iterator[int]:
        yield subprocess.run(words, cwd=folders[0], check=False).returncode

    try:
        (status,) = house.stay(live, visible=[*folders, *interpreter.needed(python)])
    except (Fault, house.HouseError) as error:
        print(f"strength needs a root of its own, where changed commands do no harm: {error}", file=sys.stderr)
        return 2
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
