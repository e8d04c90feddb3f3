# Every word the project answers to; `make` alone lists them.
# A stamp file stands for each finished step, so a step is done again only when its inputs changed.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
# Else each process of a test, and each run of pytest, would compile the whole project anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
FLASK := $(BIN)/flask --app wsgi
PYTEST := $(BIN)/pytest -n 2 --dist worksteal
ASSETS := static/vendor/manifest.json
TEMPLATES := templates

NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
# Without npm on the machine, the locked node wheel joins the environment.
NODE_LOCK := $(if $(shell command -v npm 2>/dev/null),,requirements-node.lock)
UV := UV_PYTHON_DOWNLOADS=never $(BIN)/uv
INSTALL := $(UV) pip sync --quiet --compile-bytecode --require-hashes
SYNC := $(INSTALL) --python $(BIN)/python
COMPILE := $(UV) pip compile --quiet --no-config --no-emit-index-url --universal \
	--generate-hashes --no-header --no-annotate

##@ Use it

.PHONY: run totp seed
run: setup ## Serve on http://127.0.0.1:8000 with demo people (PORT, PORTAL_INSTANCE_DIR move it)
	@exec $(BIN)/python -m seeds.serve

totp: .venv/.base ## Print the present code of a demo person: make totp ROLE=admin
	@$(BIN)/python -m seeds.totp $(ROLE)

seed: .venv/.base ## Bring the database up to date and put the demo data in again
	@$(FLASK) db upgrade
	@$(FLASK) seed demo $(ARGS)

##@ Prepare

.PHONY: setup dev lock
setup: .venv/.base $(ASSETS) ## Make .venv with the locked packages, and fetch the page assets

dev: .venv/.dev ## Add the locked development packages

lock: .venv/.base ## Write the lock files anew from pyproject.toml
	@$(COMPILE) pyproject.toml -o requirements.lock
	@$(COMPILE) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	@$(COMPILE) --group node -o requirements-node.lock
	@$(COMPILE) --group scanners -o requirements-scanners.lock
	@$(COMPILE) --group wapiti -o requirements-wapiti.lock
	@$(COMPILE) --group bootstrap -o requirements-bootstrap.lock
	@if grep -n '://' requirements*.lock; then echo "A lock must hold no address." >&2; exit 1; fi

.venv/.uv: requirements-bootstrap.lock
	@if ! { $(BIN)/python -m pip --version && $(BIN)/python $(NEW_ENOUGH); } >/dev/null 2>&1; then \
	  $(PYTHON) $(NEW_ENOUGH) || \
	    { echo "Python 3.11 or newer is needed, as in: make PYTHON=python3.12" >&2; exit 1; }; \
	  echo "Making .venv"; \
	  $(PYTHON) -m venv --clear .venv; \
	fi
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r requirements-bootstrap.lock
	@touch $@

# Once the development packages are in, a changed lock brings all of them up to date, not out.
.venv/.base: .venv/.uv requirements.lock $(NODE_LOCK)
	@echo "Installing the locked packages"
	@lock=requirements.lock; if [ -e .venv/.dev ]; then lock=requirements-dev.lock; fi; \
	  $(SYNC) "$$lock" $(NODE_LOCK)
	@touch $@

.venv/.dev: .venv/.base requirements-dev.lock
	@echo "Installing the locked development packages"
	@$(SYNC) requirements-dev.lock $(NODE_LOCK)
	@touch $@

# What attacks the portal shares no package with it, nor with one another.
.venv-%/.made: .venv/.uv requirements-%.lock
	@echo "Installing the locked packages of .venv-$*"
	@$(BIN)/python -m venv --without-pip --clear .venv-$*
	@$(INSTALL) --python .venv-$*/bin/python requirements-$*.lock
	@touch $@

$(ASSETS): $(addprefix portal/assets/,.npmrc build.py icons.txt package.json package-lock.json) | .venv/.base
	@$(BIN)/python portal/assets/build.py
	@touch $@

##@ Check

.PHONY: check test format-check lint types imports templates
check: format-check lint types imports templates test ## Everything that must hold; CI runs the same

test: dev $(ASSETS) ## The whole suite on SQLite and PostgreSQL (ARGS="-k word" narrows it)
	@$(PYTEST) $(ARGS)

format-check: dev ## Is every file formatted?
	@$(BIN)/ruff format --check --quiet || { echo "Run make fmt." >&2; exit 1; }

lint: dev ## Rules of style and safety
	@$(BIN)/ruff check --quiet

types: dev ## Strict types
	@$(BIN)/mypy

imports: dev ## A room imports only what stands below it
	@$(BIN)/lint-imports

templates: dev ## Rules of the templates
	@$(BIN)/djlint --lint --quiet $(TEMPLATES)

##@ Go deeper

.PHONY: attack scan bench shots advisories fmt
attack: dev $(ASSETS) ## The attack suite with more rounds than in `make test`, then the scanners
	@PORTAL_ATTACK_ROUNDS=$${PORTAL_ATTACK_ROUNDS:-20} $(PYTEST) -o faulthandler_timeout=3600 \
	  tests/attacks tests/durability $(ARGS) \
	  || missed=1; if [ -z "$(ARGS)" ]; then $(MAKE) scan || missed=1; fi; exit $${missed:-0}

scan: dev $(ASSETS) .venv-scanners/.made .venv-wapiti/.made ## Public scanners against a seeded portal
	@$(BIN)/python -m tests.attacks.scanners $(ARGS)

bench: dev $(ASSETS) ## Load scenarios, measured against a bare Flask application
	@$(BIN)/python -m benchmarks $(ARGS)
	@if [ -z "$(ARGS)" ]; then for part in scale desk audit ledger dashboard storm; do \
	  $(BIN)/python -m benchmarks.$$part || missed=1; done; exit $${missed:-0}; fi

shots: dev $(ASSETS) ## Screenshots for the docs
	@$(BIN)/python -m tests.browser.shots $(ARGS)

advisories: dev ## Ask the public advisory lists about the locked packages (gates nothing)
	-@$(UV) tool run pip-audit --disable-pip --require-hashes -r requirements.lock

fmt: dev ## Format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix --quiet --exit-zero
	@$(BIN)/ruff format --quiet

##@ Ask

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
