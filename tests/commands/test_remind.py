"""`konnekt remind`, in processes of its own: for cron, once a day, also when two run at once."""

from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

from flask import Flask

from konnekt.config import Config
from konnekt.models import Mail, Timesheet
from tests import factories
from tests.command_line import begin, konnekt
from tests.factories import World
from tests.visitor import Visitor

THE_DAY = "2026-12-04T07:00"


def test_it_prints_how_many_and_queues_nothing_twice(world: World, config: Config) -> None:
    done = konnekt(config, "remind")
    assert (done.returncode, done.stdout) == (0, "1 reminders queued, 0 had one today\n")
    again = konnekt(config, "remind")
    assert again.stdout == "0 reminders queued, 1 had one today\n"
    assert Mail.select().count() == 1
    sunday = konnekt(replace(config, now="2026-12-06T07:00"), "remind")
    assert sunday.stdout == "0 reminders queued, 0 had one today\n"


def test_two_at_once_queue_each_mail_once(world: World, config: Config, tmp_path: Path) -> None:
    for number in range(40):
        factories.assignment(factories.worker("W", str(number)), world.fse, world.fse_budget)
    that_day = replace(config, now=THE_DAY)
    logs = [tmp_path / str(number) for number in range(3)]
    running = [begin(that_day, "remind", log=log) for log in logs]
    assert [one.wait(60) for one in running] == [0, 0, 0], [log.read_text() for log in logs]
    assert sum(int(log.read_text().split()[0]) for log in logs) == 41
    assert Mail.select().count() == 41
    assert len({mail.once_key for mail in Mail.select()}) == 41


def test_it_goes_out_and_leads_through_sign_in_to_the_list(app: Flask, world: World, config: Config) -> None:
    Timesheet.update(state="submitted").execute()
    konnekt(config, "remind")
    assert konnekt(config, "deliver").stdout.startswith("1 sent, 0 failed")
    (file,) = (config.instance / "outbox").iterdir()
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (message["To"], message["Subject"]) == ("supervisor@um.example", "1 urenbriefje wacht op u")
    html = message.get_body(("html",))
    assert html is not None
    assert f'href="{config.url}/approvals"' in html.get_content()
    stranger = Visitor(app).get("/approvals")
    assert stranger.status_code == 303
    assert stranger.location == "/login?next=/approvals"
    assert Visitor(app, world.supervisor).get("/approvals").status_code == 200


def test_nothing_before_migrate(config: Config) -> None:
    done = konnekt(replace(config, instance=config.instance / "elsewhere", database=""), "remind")
    assert done.returncode == 1
    assert "konnekt migrate" in done.stderr
