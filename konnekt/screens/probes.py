"""What machines ask: /healthz, /readyz and /metrics. They answer where the database is gone, too."""

import hmac
import time

from flask import Flask, g, request
from werkzeug import Response

from konnekt.background import health, metrics
from konnekt.config import Config
from konnekt.screens import security


def init_app(app: Flask, config: Config) -> None:
    """Answer them, and count every request."""

    @app.after_request
    def count(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        metrics.count(app, request.endpoint, response.status_code, seconds)
        return response

    @app.get("/healthz")
    def healthz() -> Response:
        """Whether this process is alive. It touches nothing: no restart mends a database or a disk."""
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> tuple[dict[str, list[str]], int]:
        """Whether the portal works well: 200, or 503 with the names of what does not (health.py)."""
        wrong = health.wrong(config)
        if "database" in wrong:
            security.forget_connections()
        return {"wrong": wrong}, 503 if wrong else 200

    @app.get("/metrics", endpoint="metrics")
    def figures() -> Response:
        """Figures for Prometheus; 404 where no token is set, 401 without it."""
        if not config.metrics_token:
            # Not a page: those read the agency's name, and the database may be gone.
            return Response("404\n", 404, mimetype="text/plain")
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        # As bytes: of text that is not ASCII compare_digest takes none.
        is_right_token = hmac.compare_digest(token.strip().encode(), config.metrics_token.encode())
        if scheme.lower() != "bearer" or not is_right_token:
            return Response(
                "401\n", 401, {"WWW-Authenticate": 'Bearer realm="metrics"'}, mimetype="text/plain"
            )
        return Response(metrics.text(app), content_type="text/plain; version=0.0.4; charset=utf-8")
