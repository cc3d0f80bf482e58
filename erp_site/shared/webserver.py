"""Configuration of gunicorn: ``gunicorn -c python:erp_site.shared.webserver erp_site.wsgi``.

What lives here: processes, threads, limits and log lines of the web server. What does not: address and port (command line).
The access log is ours (``requests.py``), because gunicorn's would hold the queries of addresses.
"""

import os

from gunicorn import glogging

from .logs import JsonFormatter


class JsonLogger(glogging.Logger):
    """Gunicorn's own messages in the form of all other log lines."""

    def setup(self, cfg):
        """Let gunicorn set up its handlers, then change how they write."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonFormatter())


logger_class = JsonLogger
loglevel = "warning"
preload_app = True  # imported once and shared by the forked processes; nothing opens a connection before the fork
worker_class = "gthread"
workers = int(os.environ.get("WEB_PROCESSES", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 120
graceful_timeout = 10
keepalive = 5
limit_request_line = 8190
control_socket_disable = True
