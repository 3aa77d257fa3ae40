"""The HTTP door: upload, start, stop and replace programs, read and write exposed variables. The only package that
knows the web framework.

Read `app` first, whose table of routes is the whole API. A request passes `guard` (host name, token, size, JSON)
before any route sees it. `host` says what the routes need of the service; `models` is what travels; `upload` judges
bundles of sources; `errors` turns what goes wrong into answers. `server` listens.
"""
