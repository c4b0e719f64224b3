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
    """One sheet on the grid; query: what of the choice stands in its address; own: its value as a neighbour.

    list_neighbours: makes them when asked for; is_team: they are workers, and not periods.
    template: the page around it; more: what else both show.
    """

    sheet: grid.Sheet
    query: dict[str, Any]
    own: str
    list_neighbours: Callable[["GridPage"], list[Neighbour]]
    template: str
    title: str
    is_team: bool = False
    more: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def calendar(self) -> teams.Calendar:
        """The calendar of its organisation, read when first asked."""
        return teams.calendar(self.sheet.organisation.calendar)

    @cached_property
    def neighbours(self) -> list[Neighbour]:
        """Where one can go on to, in order."""
        return self.list_neighbours(self)

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
        return sum(1 for one in self.neighbours if one.is_done)

    def find(self, value: str) -> Neighbour | None:
        """The neighbour of that value."""
        return next((one for one in self.neighbours if one.value == value), None)

    def _beside(self, step: int) -> Neighbour | None:
        here = next((at for at, one in enumerate(self.neighbours) if one.value == self.own), -1)
        at = here + step
        return self.neighbours[at] if here >= 0 and 0 <= at < len(self.neighbours) else None
