"""The commands that run the portal: pages, mail and long work, together or each as a unit of its own."""

import click

from konnekt.background import delivery, peppol, queue as long_work, work as background_work
from konnekt.commands import processes, schema, serving
from konnekt.commands.prepared import application, prepared, settings
from konnekt.config import MOST_WORKERS


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, MOST_WORKERS), help="Server processes (KONNEKT_WORKERS).")
@click.option("--web-only", is_flag=True, help="Leave mail and long work to `deliver --forever` and `work`.")
def serve(host: str, port: int, workers: int | None, web_only: bool) -> None:
    """Serve the portal, deliver its mail and do its long work."""
    schema.require_migrated(settings())
    serving.serve(settings(), host, port, workers or settings().workers, web_only=web_only)


@click.command()
@click.option("--processes", "count", type=click.IntRange(1, 16), default=2, show_default=True)
def work(count: int) -> None:
    """Do long work (imports, invoices, documents) until told to stop, several jobs at once.

    Of two processes or more one imports and the others do the rest, so that one heavy thing never blocks it.
    """
    schema.require_migrated(settings())
    processes.run(settings(), processes.long_work_of(count), application)


@click.command()
@click.option("--forever", is_flag=True, help="Deliver mail alone, until told to stop.")
def deliver(forever: bool) -> None:
    """Send the mail that is due and do the long work that waits; `serve` does both itself."""
    if forever:
        schema.require_migrated(settings())
        processes.run(settings(), [processes.MAIL], application)
    else:
        _deliver_once()


@prepared
def _deliver_once() -> None:
    done = delivery.deliver()
    handed_over = peppol.go_round()
    click.echo(f"{done.sent} sent, {done.failed} failed")
    if handed_over:
        click.echo(f"{handed_over} handed over for Peppol")
    worked = background_work.work()
    long_work.tidy()
    if worked:
        click.echo(f"{worked} {'job' if worked == 1 else 'jobs'} done")


COMMANDS = (serve, work, deliver)
