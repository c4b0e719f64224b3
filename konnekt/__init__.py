"""Konnekt: the portal of a staffing agency, its clients and its workers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from konnekt.config import Config


def create_app(config: "Config | None" = None) -> "Flask":
    """Make the application from the environment, or from a Config given by a test."""
    # All is imported here: a process that makes PDFs or reads a workbook needs none of it.
    from flask import Flask

    from konnekt import db
    from konnekt.background import logs, mail
    from konnekt.blueprints import (
        account,
        approvals,
        auth,
        budgets,
        bureau,
        deadlines,
        decided,
        deputies,
        factors,
        help,
        home,
        hours,
        identities,
        invoices,
        mail_links,
        notifications,
        organisations,
        registrar_sheets,
        registration,
        reports,
        search,
        second_step,
        timesheets,
    )
    from konnekt.commands import cli
    from konnekt.config import Config
    from konnekt.domain import clock
    from konnekt.screens import (
        agency_places,
        assets,
        change_text,
        drawn,
        first_steps,
        formats,
        guide,
        languages,
        menu,
        passkey_button,
        probes,
        security,
        sheet_text,
        to_provider,
        web,
    )

    config = config or Config.from_environ()
    app = Flask(__name__, instance_path=str(config.instance))
    app.config["KONNEKT"] = config
    clock.fix(config.now)
    db.connect(config)
    mail.configure(config)
    logs.init_app(app)
    languages.init_app(app)
    web.init_app(app, config)
    security.init_app(app, config)
    probes.init_app(app, config)
    assets.init_app(app)
    formats.init_app(app)
    drawn.init_app(app)
    sheet_text.init_app(app)
    change_text.init_app(app)
    agency_places.init_app(app)
    first_steps.init_app(app)
    menu.init_app(app)
    passkey_button.init_app(app)
    guide.init_app(app)
    to_provider.init_app(app)
    cli.init_app(app)

    for part in (
        auth,
        second_step,
        identities,
        home,
        approvals,
        decided,
        timesheets,
        registration,
        registrar_sheets,
        hours,
        invoices,
        organisations,
        account,
        factors,
        deputies,
        mail_links,
        deadlines,
        notifications,
        budgets,
        reports,
        bureau,
        help,
        search,
    ):
        app.register_blueprint(part.bp)
    return app
