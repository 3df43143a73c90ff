"""The performance report over plain HTTP: a page to print, and JSON."""

from app.web.report.routes import routes

__all__ = ["routes"]
