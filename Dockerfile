# syntax=docker/dockerfile:1

FROM python:3.11-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

# --- The wheel, and an environment with nothing but what it needs at run time.
FROM base AS build
WORKDIR /src
RUN python -m venv /opt/idp
COPY requirements.run.lock ./
RUN /opt/idp/bin/python -m pip install --require-hashes -r requirements.run.lock
RUN python -m pip install hatchling==1.33.0
COPY pyproject.toml README.md ./
COPY idp idp
COPY keys keys
COPY templates templates
COPY static static
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/idp/bin/python -m pip install --no-deps --no-index /wheels/*.whl \
    && /opt/idp/bin/python -m pip uninstall --yes pip setuptools \
    && /opt/idp/bin/python -m compileall -q -j 0 /opt/idp

# --- The test suite, in a container of its own: docker compose --profile test run --rm tests
FROM base AS tests
RUN apt-get update \
    && apt-get install -y --no-install-recommends chromium curl make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home tests
WORKDIR /src
RUN chown tests /src
USER tests
COPY --chown=tests requirements.lock Makefile ./
RUN python -m venv .venv \
    && .venv/bin/python -m pip install --require-hashes -r requirements.lock \
    && cp requirements.lock .venv/.installed-from-lock
COPY --chown=tests . .
CMD ["deploy/conformance"]

# --- What runs in production.
FROM base AS server
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="idp" \
      org.opencontainers.image.description="A self-hosted OpenID Connect provider" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin idp \
    && install -d -o 10001 -g 10001 /data \
    && python -m pip uninstall --yes pip setuptools wheel
COPY --from=build /opt/idp /opt/idp
ENV PATH="/opt/idp/bin:${PATH}" PYTHONDONTWRITEBYTECODE=1 IDP_HOST=0.0.0.0 IDP_PORT=8000
USER 10001:10001
WORKDIR /data
# Only an embedded database needs it; with PostgreSQL the whole file system can be read-only.
VOLUME ["/data"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['IDP_PORT'] + '/livez', timeout=2)"]
ENTRYPOINT ["idp"]
CMD ["serve"]
