"""News on a device: asked for among the settings, sent with the mail, and without a word of content."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from konnekt.background import delivery, mail
from konnekt.config import PUSH_HOSTS, Config
from konnekt.domain.accounts import news, push
from konnekt.domain.records import people
from konnekt.models import Account, Event, Mail, NewsDevice
from tests import factories
from tests.factories import World
from tests.mailed import remind
from tests.push_service import PushService, push_service
from tests.visitor import Visitor

URL = "/account/news"


@pytest.fixture
def service(app: Flask, config: Config) -> Iterator[PushService]:
    """A push service that the installation knows."""
    with push_service() as made:
        mail.configure(replace(config, push_hosts=(*PUSH_HOSTS, made.origin)))
        yield made


def test_asked_for_and_told_with_the_mail(app: Flask, world: World, service: PushService) -> None:
    phone = Visitor(app, world.supervisor)
    page = phone.get("/account").text
    (key,) = re.findall(r'data-key="([\w-]{87})"', page)
    assert key == push.public_key()
    endpoint = f"{service.origin}/send/abc"
    answer = phone.post(URL, {"endpoint": endpoint})
    assert answer.location == "/account#account-news"
    assert "Dit apparaat laat het weten" in phone.get("/account").text
    assert phone.post(URL, {"endpoint": endpoint}).status_code == 303
    assert NewsDevice.select().count() == 1
    remind(world)
    delivery.deliver()
    assert [path for path, _ in service.taken] == ["/send/abc"]
    headers = service.taken[0][1]
    assert (headers["TTL"], headers["Topic"], headers["Content-Length"]) == ("86400", "konnekt", "0")
    assert headers["Authorization"].endswith(f"k={key}")
    assert service.claims[0]["sub"].startswith("mailto:")
    assert phone.get(f"{URL}/count").json == "1 urenbriefje wacht op u."
    device = NewsDevice.get()
    assert Visitor(app, world.noor).post(f"{URL}/{device.id}/end").status_code == 404
    assert phone.post(f"{URL}/{device.id}/end").status_code == 303
    assert [event.verb for event in Event.select().order_by(Event.id)][:1] == ["begin_news"]
    assert not NewsDevice.select().exists()


def test_a_worker_hears_of_a_rejected_one(app: Flask, world: World, service: PushService) -> None:
    Visitor(app, world.noor).post(URL, {"endpoint": f"{service.origin}/send/noor"})
    Visitor(app, world.supervisor).post(URL, {"endpoint": f"{service.origin}/send/boss"})
    mail.queue("invite", world.noor, url="x", until=world.noor.created_at)
    delivery.deliver()
    assert service.taken == [], "what is no news of timesheets"
    sheet = world.sheet
    answer = Visitor(app, world.supervisor).post(
        f"/approvals/{sheet.id}/reject", {"reason": "Fout.", "seen": sheet.revision}
    )
    assert answer.status_code == 303
    Mail.update(due_at=world.noor.created_at, claimed_until_at=None).execute()
    delivery.deliver()
    assert [path for path, _ in service.taken] == ["/send/noor"]


def test_what_a_service_refuses_is_forgotten_or_left(app: Flask, world: World, service: PushService) -> None:
    for name, status in (("gone", 410), ("lost", 404), ("busy", 503), ("never", 403)):
        news.begin(f"{service.origin}/{name}", "", by=world.supervisor)
        service.answers[f"/{name}"] = status
    assert push.tell(world.supervisor) == 0
    left = [one.endpoint.rpartition("/")[2] for one in news.of(world.supervisor)]
    assert left == ["busy", "never"]


def test_a_service_that_is_away_holds_no_mail_up(app: Flask, world: World, service: PushService) -> None:
    news.begin(f"{service.origin}/a", "", by=world.supervisor)
    mail.configure(replace(mail.config(), push_hosts=("http://127.0.0.1:9",)))
    NewsDevice.update(endpoint="http://127.0.0.1:9/a").execute()
    remind(world)
    assert delivery.deliver().sent == 1
    assert service.taken == []


def test_one_that_answers_nothing_is_asked_once(world: World, service: PushService, config: Config) -> None:
    """However many browsers and keys there are; and no mail waits for it."""
    path = config.secret_path
    path.write_text(f"{'0' * 64}\n{path.read_text()}")
    for whose in (world.supervisor, world.noor):
        for number in range(3):
            news.begin(f"{service.origin}/{whose.id}/{number}", "", by=whose)
    service.is_silent = True
    assert push.tell(world.supervisor, world.noor) == 0
    assert service.asked == [f"/{world.supervisor.id}/0"]
    assert NewsDevice.select().count() == 6


def test_news_go_once_all_mails_went(
    world: World, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    news.begin(f"{service.origin}/a", "", by=world.supervisor)
    remind(world)
    mail.queue("invite", world.noor, url="x", until=world.noor.created_at)
    waiting: list[int] = []
    tell = push.tell

    def told(*accounts: Account) -> int:
        waiting.append(Mail.select().where(Mail.sent_at.is_null()).count())
        return tell(*accounts)

    monkeypatch.setattr(push, "tell", told)
    assert delivery.deliver().sent == 2
    assert (waiting, service.asked) == ([0], ["/a"])


def test_with_the_right_key_nothing_else_is_tried(world: World, service: PushService, config: Config) -> None:
    path = config.secret_path
    path.write_text(f"{'0' * 64}\n{path.read_text()}")
    news.begin(f"{service.origin}/a", "", by=world.noor)
    assert push.tell(world.noor) == 1
    assert service.asked == ["/a"]


@pytest.mark.parametrize(
    "endpoint",
    ["", "x" * 1001, "https://evil.example/a", "http://fcm.googleapis.com/a", "https://fcm.googleapis.com:444/a",
     "https://fcm.googleapis.com.evil.example/a", "https://user@fcm.googleapis.com/a", "https://notify.windows.com/a",
     "https://evilnotify.windows.com/a", "http://127.0.0.1:1/a", "https://[/a", "javascript:alert(1)"],
)  # fmt: skip
def test_no_other_machine_is_asked(app: Flask, world: World, service: PushService, endpoint: str) -> None:
    """ASVS 13.2.4: the portal talks to those that it knows, whatever a browser says."""
    answer = Visitor(app, world.noor).post(URL, {"endpoint": endpoint})
    assert answer.status_code == 422
    assert not NewsDevice.select().exists()


@pytest.mark.parametrize(
    "endpoint",
    ["https://fcm.googleapis.com/fcm/send/x", "https://updates.push.services.mozilla.com/wpush/v2/x",
     "https://web.push.apple.com/x", "https://db5p.notify.windows.com/w/?token=x"],
)  # fmt: skip
def test_the_services_of_the_browsers_people_have(app: Flask, world: World, endpoint: str) -> None:
    assert news.is_push_service(endpoint)


def test_a_browser_speaks_to_who_asked_last(app: Flask, world: World, service: PushService) -> None:
    endpoint = f"{service.origin}/shared"
    news.begin(endpoint, "", by=world.noor)
    news.begin(endpoint, "", by=world.supervisor)
    assert [one.account_id for one in NewsDevice.select()] == [world.supervisor.id]


def test_ten_at_most(app: Flask, world: World, service: PushService) -> None:
    for number in range(10):
        news.begin(f"{service.origin}/{number}", "", by=world.noor)
    answer = Visitor(app, world.noor).post(URL, {"endpoint": f"{service.origin}/10"})
    assert answer.status_code == 409
    assert NewsDevice.select().count() == 10


def test_it_ends_with_the_account(app: Flask, world: World, service: PushService) -> None:
    news.begin(f"{service.origin}/a", "", by=world.noor)
    people.close(world.noor.id, by=world.staff, is_sure=True)
    assert not NewsDevice.select().exists()


def test_after_a_new_secret_who_asked_before_still_hears(
    app: Flask, world: World, service: PushService, config: Config
) -> None:
    news.begin(f"{service.origin}/old", "", by=world.noor)
    push.tell(world.noor)
    before = push.public_key()
    path = config.secret_path
    path.write_text(f"{'0' * 64}\n{path.read_text()}")
    assert push.public_key() != before
    assert push.tell(world.noor) == 1
    assert len(service.taken) == 2


def test_where_none_is_offered_nothing_shows(app: Flask, world: World, config: Config) -> None:
    for changed in (replace(config, push_hosts=()), replace(config, url="http://konnekt.example")):
        mail.configure(changed)
        assert "news-begin" not in Visitor(app, world.noor).get("/account").text
        assert (
            Visitor(app, world.noor).post(URL, {"endpoint": "https://fcm.googleapis.com/a"}).status_code
            == 422
        )


def test_the_count_tells_a_number_alone(app: Flask, world: World) -> None:
    assert Visitor(app).get(f"{URL}/count").status_code == 303
    assert (
        Visitor(app, factories.account("Rob", "Leeg")).get(f"{URL}/count").json == "Er wacht niets meer op u."
    )
