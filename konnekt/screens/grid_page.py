"""One sheet on the hour grid's page, by whichever door one comes, and its neighbours to go on to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from konnekt.domain.registration import teams
from konnekt.domain.timesheets import grid


class Neighbour(NamedTuple):
    """Another sheet to go on to: what its button sends, how one calls it, and its address at this door."""

    value: str
    name: str
    label: str
    code: str
    query: dict[str, Any]
    is_done: bool = False


@dataclass
class GridPage:
    """One sheet on the desk; query: what of the choice stands in its address; stop: its own among the stops.

    route: makes the stops when asked for; is_team: they are workers, and not periods.
    template: the page around it; more: what else both show.
    """

    sheet: grid.Sheet
    query: dict[str, Any]
    stop: str
    route: Callable[["GridPage"], list[Neighbour]]
    template: str
    title: str
    is_team: bool = False
    more: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def calendar(self) -> teams.Calendar:
        """The calendar of its organisation, read when first asked."""
        return teams.calendar(self.sheet.organisation.calendar)

    @cached_property
    def stops(self) -> list[Neighbour]:
        """Where one can go on to, in order."""
        return self.route(self)

    @property
    def code(self) -> str:
        return str(self.sheet.assignment.code)

    @property
    def before(self) -> Neighbour | None:
        """The one before this one."""
        return self._beside(-1)

    @property
    def after(self) -> Neighbour | None:
        """The one after this one."""
        return self._beside(1)

    @property
    def done(self) -> int:
        """How many of them are sent."""
        return sum(1 for stop in self.stops if stop.is_done)

    def find(self, value: str) -> Neighbour | None:
        """The stop of that value."""
        return next((stop for stop in self.stops if stop.value == value), None)

    def _beside(self, step: int) -> Neighbour | None:
        here = next((at for at, stop in enumerate(self.stops) if stop.value == self.stop), -1)
        at = here + step
        return self.stops[at] if here >= 0 and 0 <= at < len(self.stops) else None
