# Everything runs in .venv, which is made from the hash-pinned lock on first use. Nothing here needs root.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
STAMP := $(VENV)/.installed-from-lock
STAMP_TO_RUN := $(VENV)/.installed-to-run
RELEASED_STAMP := tests/node_modules/.installed-from-lock
PIP := $(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes
CODE := idp keys tests conformance_tests bench
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test lint types floors check conformance bench hostile browser lock clean

help: ## Show this help
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 22

run: $(STAMP_TO_RUN) ## Try it: the provider, two relying parties, demo people (ARGS="--port 9000 --reset")
	@$(RUN) -m idp dev $(ARGS)

test: lint types floors $(STAMP) $(RELEASED_STAMP) ## Test it: everything, on both databases (ARGS="-k name", or ARGS="-n 2 --dist loadfile" on an idle machine)
	$(RUN) -m pytest $(ARGS)

lint: $(STAMP) ## Format and style
	$(RUN) -m ruff format --check $(CODE)
	$(RUN) -m ruff check $(CODE)

types: $(STAMP) ## Types
	$(RUN) -m mypy

floors: $(STAMP) ## Who may import whom
	$(VENV)/bin/lint-imports --no-logo

check: test ## The same as CI

conformance: $(STAMP) ## The OpenID conformance modules against a provider started for them (ARGS="--profile basic")
	VENV=$(VENV) deploy/conformance $(ARGS)

bench: $(STAMP) ## What a sign-in costs, on both databases
	$(RUN) -m bench $(ARGS)

hostile: $(STAMP) ## Malformed input to every endpoint, for long (ARGS="--requests 100000 --database postgresql")
	$(RUN) -m tests.hostile $(ARGS)

browser: $(STAMP) ## Only the tests that need Chromium
	$(RUN) -m pytest tests/browser $(ARGS)

lock: $(STAMP) ## Pin the newest versions that pyproject.toml allows
	$(VENV)/bin/uv pip compile pyproject.toml --extra test --upgrade --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock
	$(VENV)/bin/uv pip compile pyproject.toml --constraint requirements.lock --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.run.lock

clean: ## Remove what was made here, the development data included
	rm -rf $(VENV) .idp out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache tests/node_modules

# A stamp holds the lock it was made from, so that a checkout that only touches the file installs nothing.
# Trying it needs the run-time packages only: people wait for them. Bytecode is made when it is first imported.
$(STAMP_TO_RUN): requirements.run.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say which: make PYTHON=python3.12")'
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	@cmp -s requirements.run.lock $(STAMP_TO_RUN) || { echo "Installing what requirements.run.lock pins ..." >&2; \
		$(PIP) --no-compile -r requirements.run.lock; }
	@cp requirements.run.lock $(STAMP_TO_RUN)

$(STAMP): requirements.lock $(STAMP_TO_RUN)
	@cmp -s requirements.lock $(STAMP) || { echo "Installing what requirements.lock pins ..." >&2; \
		$(PIP) -r requirements.lock; }
	@cp requirements.lock $(STAMP)

# A client and a provider that others have written, in another language. Where they cannot be installed the tests with
# them do not run, and say so.
$(RELEASED_STAMP): tests/package-lock.json
	@cmp -s tests/package-lock.json $(RELEASED_STAMP) || ! command -v npm >/dev/null || { \
		echo "Installing what tests/package-lock.json pins ..." >&2; \
		npm ci --silent --prefix tests && cp tests/package-lock.json $(RELEASED_STAMP); } || true
