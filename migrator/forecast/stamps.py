"""The times of a log's lines, of syslog, journald and oslo.log."""

from __future__ import annotations

import calendar
import re

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:(?P<utc>Z)|(?P<sign>[+-])(\d\d):?(\d\d)(?!\d))?"
)
_SYSLOG = re.compile(r"(?:<\d+>)?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d{1,2}) (\d\d):(\d\d):(\d\d)")
_MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}
_NEAR = 80  # characters from the start within which a line's own time stands
_HALF_A_YEAR = 183 * 86400
_LEAP = 2000  # the year that the first line without one counts as: it has a 29 February


class Clock:
    """The times of one log's lines, local to its reading.

    syslog writes no year: a line that would be half a year before the one ahead of it belongs to the next year.
    first, last: the earliest and the latest time that was read, None before there is one.
    """

    def __init__(self) -> None:
        self.first: float | None = None
        self.last: float | None = None
        self._year = _LEAP
        self._before: float | None = None

    def read(self, line: str) -> float | None:
        """The time of a line in seconds, None where it has none."""
        found = self._read(line[:_NEAR])
        if found is not None:
            self.first = found if self.first is None else min(self.first, found)
            self.last = found if self.last is None else max(self.last, found)
        return found

    def _read(self, start: str) -> float | None:
        match = _SYSLOG.match(start)
        if match:
            month, day, *clock = match.groups()
            return self._without_year(_MONTHS[month], int(day), *map(int, clock))
        match = _ISO.search(start)
        if match is None:
            return None
        year, month, day, hour, minute, second = (int(text) for text in match.groups()[:6])
        seconds = calendar.timegm((year, month, day, hour, minute, second)) + float(f"0.{match[7] or 0}")
        if match["sign"]:
            offset = 3600 * int(match[10]) + 60 * int(match[11])
            seconds -= offset if match["sign"] == "+" else -offset
        return seconds

    def _without_year(self, month: int, day: int, hour: int, minute: int, second: int) -> float:
        def within(year: int) -> float:
            return float(calendar.timegm((year, month, day, hour, minute, second)))

        found = within(self._year)
        if self._before is not None and found < self._before - _HALF_A_YEAR:
            self._year += 1
            found = within(self._year)
        elif self._before is not None and found > self._before + _HALF_A_YEAR:
            found = within(self._year - 1)  # a late line of December
        self._before = found
        return found
