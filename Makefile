# Fourring: what a person types. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help setup run call doctor test check format bench clean

PYTHON := .venv/bin/python
ARGS ?=

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## set up what is missing, then run a whole hotline on this machine (Ctrl-C stops it)
	@./setup run
	@exec .venv/bin/fourring demo $(ARGS)

# What set-up makes; whoever comes before it is told so.
.venv/bin/fourring:
	@echo "nothing is set up here yet: run make run first" >&2; exit 1

call: .venv/bin/fourring ## a customer calls the running hotline, e.g. make call ARGS="--caller 13800138000 --talk 30"
	@.venv/bin/fourring call $(ARGS)

doctor: .venv/bin/fourring ## check the running Asterisk and say what to change
	@.venv/bin/fourring doctor $(ARGS)

setup: ## set up everything, the tests' needs included, and stop
	@./setup test

test: setup ## run every test, on a real Asterisk, SIP, browser and PostgreSQL
	$(PYTHON) -m pytest $(ARGS)

check: setup ## lint, format, types, layers, spelling
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/codespell

format: ## put the code into its one form
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: setup ## measure, and write docs/benchmarks.md
	$(PYTHON) -m tests.benchmarks $(ARGS)

clean: ## remove what set-up made here (tickets in var/ and the shared Asterisk root stay)
	rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
