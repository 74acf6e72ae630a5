# Every command of the house. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VAR_DIR ?= var
SYSTEM_PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name) 2>/dev/null)))
PYTHON := .venv/bin/python
PIP := $(PYTHON) -m pip -qq --disable-pip-version-check --no-input
# --with-parent: a killed make takes everything it started with it.
STACK := $(PYTHON) -m stack --with-parent
# Tests and benchmarks have servers of their own, so they may run beside `make run`.
TEST := VAR_DIR=$(VAR_DIR)/test DJANGO_SETTINGS_ENV=test exec $(STACK) exec --
BENCH := VAR_DIR=$(VAR_DIR)/bench exec $(STACK) exec --

# A machine without Chromium, Node or a C compiler tests the rest and says what it left out.
MISSING := $(if $(shell command -v chromium 2>/dev/null),,browser) $(if $(shell command -v node 2>/dev/null),,node) $(if $(shell command -v cc 2>/dev/null),,compiler)
MARKS := $(if $(strip $(MISSING)),-m "not $(subst $() $(), and not ,$(strip $(MISSING)))")
PYTEST = $(TEST) python -m pytest $(MARKS)
ARGS ?=

.PHONY: help run test sure lint schema coverage left-out bench migrate tenant shell lock clean hooks

help: ## Lists every command and its sentence.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/dev.stamp ## Sets up everything and serves at http://localhost:8000 (PORT, VAR_DIR, DATABASE_URL, REDIS_URL).
	@exec $(STACK) run

test: .venv/test.stamp left-out ## Runs the tests, set-up included; ARGS="tests/stack -x" narrows them.
	@$(PYTEST) $(ARGS)

sure: lint schema coverage ## The gate: format, lint, types, imports, migrations, API documents, tests, coverage.

lint: .venv/test.stamp ## Checks format, lint, types and who imports whom.
	@.venv/bin/ruff format --check --quiet . && .venv/bin/ruff check --quiet .
	@.venv/bin/mypy --no-error-summary .
	@said=$$(.venv/bin/lint-imports --no-cache 2>&1) || { echo "$$said"; exit 1; }

schema: .venv/test.stamp ## Checks that no migration is missing and that the API documents are valid.
	@$(TEST) sh -ec '\
	  python manage.py makemigrations --check --dry-run; \
	  python manage.py spectacular --validate --fail-on-warn --file /dev/null'

coverage: .venv/test.stamp left-out ## Runs the tests and fails under 90 per cent coverage, branches counted.
	@$(PYTEST) --cov --cov-report=term $(ARGS)

left-out:
	@$(if $(filter browser,$(MISSING)),echo "left out: browser tests; to have them: apt-get install chromium";) \
	 $(if $(filter node,$(MISSING)),echo "left out: Node tests; to have them: apt-get install nodejs";) \
	 $(if $(filter compiler,$(MISSING)),echo "left out: load generator tests; to have them: apt-get install gcc libc6-dev";) :

bench: .venv/test.stamp ## Runs the benchmarks; ARGS="fanout" runs one.
	@$(BENCH) python -m benchmarks $(ARGS)

migrate: .venv/dev.stamp ## Brings every schema up to date.
	@exec $(STACK) manage -- migrate_tenants

tenant: .venv/dev.stamp ## Creates a tenant: make tenant name=acme.
	@test -n "$(name)" || { echo "say which: make tenant name=acme"; exit 2; }
	@exec $(STACK) manage -- create_tenant "$(name)"

shell: .venv/dev.stamp ## Opens a Python shell inside a tenant: make shell tenant=acme.
	@test -n "$(tenant)" || { echo "say which: make shell tenant=acme"; exit 2; }
	@exec $(STACK) manage -- tenant_shell "$(tenant)"

lock: .venv/test.stamp ## Pins the dependencies of pyproject.toml again, by hash.
	@for lock in "base" "dev --extra dev" "test --extra dev --extra test"; do \
	  set -- $$lock; name=$$1; shift; \
	  .venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	    --generate-hashes --no-annotate --no-header pyproject.toml "$$@" \
	    --output-file requirements/$$name.txt; \
	done

hooks: .venv/test.stamp ## Checks every commit you make here: ruff, mypy, imports.
	@.venv/bin/pre-commit install

clean: ## Removes what can be made again; the data under var/pg stays.
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles
	rm -rf $(VAR_DIR)/test $(VAR_DIR)/bench $(VAR_DIR)/coverage
	find . -name __pycache__ -type d -not -path './node_modules/*' -prune -exec rm -rf {} +

# --- set-up: again only when a lock changed --------------------------------------------------------

.venv/bin/python:
	@test -n "$(SYSTEM_PYTHON)" || { echo "Python is missing: apt-get install python3 python3-venv"; exit 1; }
	@$(SYSTEM_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "$(SYSTEM_PYTHON) is older than 3.11: install Python 3.11, or set SYSTEM_PYTHON"; exit 1; }
	@$(SYSTEM_PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "venv is missing: apt-get install python3-venv"; exit 1; }
	@echo "setting up .venv"
	@rm -rf .venv && $(SYSTEM_PYTHON) -m venv .venv

.venv/dev.stamp: requirements/dev.txt | .venv/bin/python
	@echo "installing the locked dependencies"
	@$(PIP) install --require-hashes --no-deps -r requirements/dev.txt
	@touch $@

.venv/test.stamp: requirements/test.txt .venv/dev.stamp
	@echo "installing the locked test dependencies"
	@$(PIP) install --require-hashes --no-deps -r requirements/test.txt
	@touch $@
