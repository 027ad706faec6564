# Hwb rollover: the commands. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
# The distribution's own Python is built with profiles; one built by hand is often a third slower.
PYTHON ?= $(shell /usr/bin/python3 -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' \
  2>/dev/null && echo /usr/bin/python3 || echo python3)
BIN := .venv/bin
PROJECTS := schemas $(wildcard libs/*) $(wildcard services/*)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help: ## show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.ready: requirements/dev.txt $(PROJECTS:=/pyproject.toml)
	@echo "Making the environment in .venv (once; about a minute) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation $(addprefix -e ,$(PROJECTS))
	@touch $@

.PHONY: demo
demo: .venv/.ready ## a small Wales rolls over; then compares, person by person
	@$(BIN)/python -m hwb_rehearsal.demo

.PHONY: env
env: .venv/.ready ## make the Python environment

.PHONY: lint
lint: .venv/.ready ## style, types and the direction of imports
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy $(PROJECTS:=/src) schemas/tools docs/tools tests
	@$(BIN)/lint-imports --no-logo

.PHONY: test
test: .venv/.ready ## unit, contract, integration and end-to-end tests
	@$(BIN)/pytest

.PHONY: test-deep
test-deep: .venv/.ready ## what make test samples, in full: mutated uploads, histories of learners
	@HWB_MUTATED_UPLOADS=100000 $(BIN)/pytest -s tests/unit/mis_ingest/test_mutated_uploads.py
	@HWB_HISTORIES=20000 $(BIN)/pytest -s tests/unit/identity/test_any_order_between_schools.py

.PHONY: crash-points
crash-points: .venv/.ready ## die once at every crash point, and compare
	@$(BIN)/python -m hwb_rehearsal.crash_points

.PHONY: bench
bench: .venv/.ready ## measure, in three alternating rounds; ROWS=a,b measures these alone
	@$(BIN)/python -m hwb_rehearsal.bench --rows "$(ROWS)"

.PHONY: tutorial
tutorial: .venv/.ready ## two schools on this machine, for docs/tutorial
	@$(BIN)/python -m docs.tools.tutorial

.PHONY: schemas
schemas: .venv/.ready ## write JSON Schema and AsyncAPI anew from the event models
	@$(BIN)/python -m schemas.tools.generate

.PHONY: docs
docs: .venv/.ready ## write the generated pages of docs/reference anew
	@$(BIN)/python -m docs.tools.generate

.PHONY: lock
lock: ## pin the newest allowed versions in requirements/dev.txt
	@requirements/lock.sh --upgrade
