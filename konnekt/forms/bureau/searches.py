"""Search and filter above a list: what can't be read counts as not filled in."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, Form, SearchField, SelectChoice, SelectField

from konnekt.domain.records import invitations

LONGEST = 100


class SearchForm(Form):  # type: ignore[misc]
    """Words to search for."""

    q = SearchField(_("Search for"))

    @property
    def words(self) -> str:
        return (self.q.data or "").replace("\0", "").strip()[:LONGEST]

    def query(self) -> dict[str, Any]:
        """What is filled in, as a query string has it."""
        filled = {name: value for name, value in self.data.items() if value and name != "q"}
        filled = {name: 1 if value is True else value for name, value in filled.items()}
        return {"q": self.words, **filled} if self.words else filled


class OrganisationSearch(SearchForm):
    """Organisations by name or code."""

    q = SearchField(_("Name or code"))
    ended = BooleanField(_("Ended ones as well"))


class PersonSearch(SearchForm):
    """People by name, address or number, and by role."""

    q = SearchField(_("Name, e-mail or number"))
    role = SelectField(
        _("Role"),
        choices=[
            SelectChoice("", _("Everybody")),
            SelectChoice("worker", _("Workers")),
            SelectChoice("supervisor", _("Supervisors")),
            SelectChoice("agency", _("Agency staff")),
        ],
        validate_choice=False,
    )
    closed = BooleanField(_("Closed accounts as well"))


class UninvitedSearch(Form):  # type: ignore[misc]
    """Who was not invited yet, by role and organisation; or those who are invited later."""

    role = SelectField(
        _("Role"),
        choices=[
            SelectChoice("", _("Everybody")),
            SelectChoice("worker", _("Workers")),
            SelectChoice("supervisor", _("Supervisors")),
        ],
        validate_choice=False,
    )
    organisation = SelectField(_("Organisation"), default="", validate_choice=False)
    later = BooleanField(_("Those who are invited later"))

    def offer(self, organisations: list[tuple[str, str]]) -> None:
        """The organisations to choose from: code and name."""
        every = SelectChoice("", _("All organisations"))
        self.organisation.choices = [every, *(SelectChoice(code, name) for code, name in organisations)]

    def values(self) -> invitations.Uninvited:
        """Who is meant."""
        code = (self.organisation.data or "").replace("\0", "")[:LONGEST]
        return invitations.Uninvited(self.role.data or "", code, self.later.data)

    def query(self) -> dict[str, Any]:
        """What is chosen, as a query string has it."""
        return {name: 1 if value is True else value for name, value in self.data.items() if value}


def number(text: str | None) -> int:
    """The page that is asked for, from 1."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 6 else 1
