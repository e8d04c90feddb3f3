# Every word the project answers to. `make` alone lists them.
# A stamp file stands for each finished step, so a step is done again only when its inputs changed.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
UV := UV_PYTHON_DOWNLOADS=never $(BIN)/uv
FLASK := $(BIN)/flask --app wsgi

# Without npm on the machine, the locked node wheel joins the environment.
NODE_LOCK := $(if $(shell command -v npm 2>/dev/null),,requirements-node.lock)
SYNC := $(UV) pip sync --quiet --require-hashes --python $(BIN)/python

.PHONY: setup dev

# --- environment ---

.venv/.uv: requirements-bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@echo "Making .venv"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-bootstrap.lock
	@touch $@

# Once the development packages are in, a changed lock brings all of them up to date, not out.
.venv/.base: .venv/.uv requirements.lock $(NODE_LOCK)
	@echo "Installing the locked packages"
	@$(SYNC) $(if $(wildcard .venv/.dev),requirements-dev.lock,requirements.lock) $(NODE_LOCK)
	@touch $@

.venv/.dev: .venv/.base requirements-dev.lock
	@echo "Installing the locked development packages"
	@$(SYNC) requirements-dev.lock $(NODE_LOCK)
	@touch $@

setup: .venv/.base

dev: .venv/.dev
