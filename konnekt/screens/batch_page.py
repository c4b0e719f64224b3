"""A batch on its page: marked as handed over, or undone with a reason, each asked about first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from werkzeug import Response

from konnekt.domain.refusals import Refused
from konnekt.forms.batches import UndoBatchForm
from konnekt.screens import web


@dataclass(frozen=True)
class BatchPage:
    """The templates of the page and of its part; read: what they show of a batch, and the batch itself."""

    template: str
    partial: str
    read: Callable[[int], dict[str, Any]]

    def show(self, batch: int) -> Response:
        """What it holds, and its files."""
        return web.page(self.template, self.partial, **self.read(batch))

    def hand_over(self, batch: int, verb: Callable[..., Any], notice: str) -> Response:
        """Ask, then mark it."""
        if request.method == "GET":
            return self._asked(batch, "hand_over")
        try:
            verb(batch, by=web.account())
        except Refused as refusal:
            return self._asked(batch, "", refusal=refusal)
        return self._decided(batch, notice)

    def undo(self, batch: int, verb: Callable[..., Any], notice: str) -> Response:
        """Ask for the reason, then take it back."""
        form = UndoBatchForm()
        if request.method == "GET" or not form.validate():
            return self._asked(batch, "undo", form)
        try:
            verb(batch, form.reason.data or "", by=web.account())
        except Refused as refusal:
            return self._asked(batch, "undo", form, refusal)
        return self._decided(batch, notice)

    def _asked(
        self, batch: int, asking: str, form: UndoBatchForm | None = None, refusal: Refused | None = None
    ) -> Response:
        """The batch with the question; after a refusal as it is by now, with what was typed."""
        context = self.read(batch)
        if refusal is not None and not context["batch"].may_undo:
            asking = ""
        if refusal is not None and form is not None and asking:
            web.refuse(form, refusal)
        status = refusal.status if refusal else 422 if form and form.errors else 200
        context |= {"asking": asking, "form": form, "refusal": refusal}
        return web.page(self.template, self.partial, status, **context)

    def _decided(self, batch: int, notice: str) -> Response:
        return web.done(notice, url_for(".show", batch=batch), self.partial, **self.read(batch))
