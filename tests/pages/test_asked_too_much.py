"""Files and searches have limits per account: a sentence, when it may be again, and what was typed is kept."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from flask import Flask
from playhouse.test_utils import count_queries
from werkzeug.test import TestResponse

from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import quotas
from konnekt.domain.refusals import TooMany
from konnekt.models import Account, SignInAttempt
from konnekt.screens import asked_too_much
from tests import permission_cast, permissions
from tests.factories import World
from tests.visitor import Visitor

LIST = "/invoices/list.csv"
SEARCH = "/bureau/people?q=Hendriks+%26+zoon"


@contextmanager
def used(quota: quotas.Quota, account: Account, times: int) -> Iterator[None]:
    """So many were asked for this moment."""
    key = quota.limit(account).key
    SignInAttempt.create(key=key, failures=times, began_at=clock.now(), at=clock.now())
    yield
    SignInAttempt.delete().where(SignInAttempt.key == key).execute()


def later(**time: int) -> None:
    clock.fix((clock.now() + timedelta(**time)).isoformat())


def said(response: TestResponse, sentence: str) -> None:
    assert response.status_code == 429
    assert sentence in response.text
    assert int(response.headers["Retry-After"]) > 0


def test_the_figures_are_what_the_document_says() -> None:
    security = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
    section = security.partition("## Limits on what one account asks for")[2].partition("\n## ")[0]
    said = re.findall(r"\| (\d+) in (?:a|(\d+)) minutes? \|", section)
    of_code = (quotas.EXPORTS, quotas.DOCUMENTS, quotas.SEARCHES)
    assert [(int(most), timedelta(minutes=int(minutes or 1))) for most, minutes in said] == [
        (one.most, one.window) for one in of_code
    ]


def test_thirty_files_in_ten_minutes_then_one_waits(app: Flask, world: World) -> None:
    emre, hanna = Visitor(app, world.supervisor), Visitor(app, world.outsider)
    assert [emre.get(LIST).status_code for _ in range(quotas.EXPORTS.most)] == [200] * quotas.EXPORTS.most
    later(minutes=4)
    refused = emre.get(LIST)
    said(refused, "U vroeg om veel bestanden. Probeer het na 09:10 opnieuw.")
    assert refused.headers["Retry-After"] == "361"
    assert f'href="{LIST}?"' in refused.text or f'href="{LIST}"' in refused.text
    said(emre.get("/invoices/zip?all=1"), "U vroeg om veel bestanden.")
    assert hanna.get(LIST).status_code == 200, "each account has its own"
    assert emre.get("/invoices").status_code == 200, "and pages are no files"
    later(minutes=6)
    assert emre.get(LIST).status_code == 200, "what was refused prolonged nothing"


def test_searches_have_a_limit_of_their_own(app: Flask, world: World) -> None:
    bureau = Visitor(app, world.staff)
    with used(quotas.SEARCHES, world.staff, quotas.SEARCHES.most - 1):
        assert bureau.get(SEARCH).status_code == 200
        refused = bureau.get(SEARCH)
        said(refused, "U zocht vaak achter elkaar.")
        assert 'href="/bureau/people?q=Hendriks+%26+zoon"' in refused.text, "what was typed is a press away"
        fragment = Visitor(app, world.staff).with_htmx().get(SEARCH)
        said(fragment, "U zocht vaak achter elkaar.")
        assert fragment.headers["HX-Retarget"] == "#problem", "the page stays as it was, with what was typed"
        assert bureau.get("/bureau/people").status_code == 200
        assert bureau.get("/bureau/people?q=+").status_code == 200, "nothing was searched for"
        assert bureau.get(LIST).status_code == 200
        later(seconds=61)
        assert bureau.get(SEARCH).status_code == 200


def test_somebodys_data_counts_and_a_refused_one_is_not_handed_out(app: Flask, world: World) -> None:
    noor = Visitor(app, world.noor)
    with used(quotas.EXPORTS, world.noor, quotas.EXPORTS.most):
        with patch("konnekt.domain.records.personal_data.of_person") as handed_out:
            refused = noor.client.post(
                "/account/data",
                data={"csrf_token": noor.csrf_token()},
                headers={"Referer": "http://localhost/account"},
            )
        said(refused, "U vroeg om veel bestanden.")
        assert not handed_out.called
        assert 'href="/account"' in refused.text, "back to where it was asked"


def test_every_address_that_answers_with_a_file_counts(app: Flask, world: World) -> None:
    cast = permission_cast.assemble(app, world)
    # POST: see the two above
    files = {"factors.recovery_code_file", "account.data", "bureau.people.data", "reports.make"}
    for row in permissions.rows():
        role = next((role for role in ("agency", "worker") if row.answers[role] == "ok"), "")
        if row.method == "GET" and role and "submitted" in (row.states or ("submitted",)):
            adapter = app.url_map.bind("localhost")
            address = cast.address(row.path, "submitted")
            with cast.visitors[role].client.get(address) as response:
                if response.headers.get("Content-Disposition", "").startswith("attachment"):
                    files.add(adapter.match(address.partition("?")[0])[0])
    assert files == asked_too_much.FILES.keys()


def test_one_statement_where_it_counts_and_none_on_other_pages(app: Flask, world: World) -> None:
    def statements(address: str) -> int:
        with count_queries() as counted:
            assert emre.client.get(address).status_code == 200
        db.connect(reuse_if_open=True)
        return counted.count

    emre = Visitor(app, world.supervisor)
    emre.get("/invoices")
    with patch.object(quotas, "count"):
        plain, searched = statements("/approvals"), statements("/invoices?q=34")
    assert statements("/approvals") == plain
    assert statements("/invoices?q=34") == searched + 1


def test_many_at_once_never_get_more(app: Flask, world: World) -> None:
    through = []

    def ask() -> None:
        db.connect(reuse_if_open=True)
        for _ in range(10):
            try:
                quotas.count(quotas.EXPORTS, world.noor)
                through.append(1)
            except TooMany:
                pass
        db.close()

    askers = [threading.Thread(target=ask) for _ in range(6)]
    for one in askers:
        one.start()
    for one in askers:
        one.join()
    assert len(through) == quotas.EXPORTS.most


@pytest.mark.parametrize("quota", [quotas.EXPORTS, quotas.SEARCHES], ids=lambda quota: quota.name)
def test_a_new_while_begins_with_the_first_after_it(world: World, quota: quotas.Quota) -> None:
    for _ in range(quota.most):
        quotas.count(quota, world.noor)
    with pytest.raises(TooMany):
        quotas.count(quota, world.noor)
    clock.fix((clock.now() + quota.window).isoformat())
    for _ in range(quota.most):
        quotas.count(quota, world.noor)
    with pytest.raises(TooMany):
        quotas.count(quota, world.noor)
