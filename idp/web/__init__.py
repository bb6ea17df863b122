"""HTTP in, HTTP out: the edge, forms, cookies, headers and pages. Knows Starlette and Jinja2; no OAuth, no SQL."""
