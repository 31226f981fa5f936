"""gunicorn -c site/gunicorn.conf.py: two processes on a loopback address; a proxy in front ends TLS."""

import os

pythonpath = "site"
wsgi_app = "config.wsgi:application"
bind = os.environ.get("BIND", f"127.0.0.1:{os.environ.get('PORT', '8000')}")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
timeout = 30
max_requests = 20_000
max_requests_jitter = 2_000
limit_request_line = 8190
control_socket_disable = True


def post_worker_init(worker):
    """Due publications and the search index are looked after by a thread of every process; no cron needed."""
    from articles import background

    background.start()


def worker_exit(server, worker):
    from articles import background

    background.stop()
