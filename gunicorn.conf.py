"""How gunicorn serves the application, with `make run` and in production alike: `gunicorn app:app`."""

worker_class = "gthread"
threads = 64  # a slow upload holds a thread: ten of them stall eight threads, sixty-four do not mind
graceful_timeout = 10
limit_request_line = 8190
# Forwarded headers are for the application to judge (TRUSTED_PROXIES), whoever sends them.
forwarded_allow_ips = ""
# One file in the home folder for all instances: two side by side would fight over it.
control_socket_disable = True
loglevel = "warning"
