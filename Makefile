# One command surface. `make` lists it; `make check` and `make test` are exactly what .ci/run runs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PORT ?= 8000
WORKERS ?= 2
DATA ?= .data
TEST_PROCESSES ?= 2
BIN := .venv/bin
IS_SUPPORTED := 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'
PYTHON ?= $(shell for each in python3.11 python3.12 python3.13 python3; do \
	if $$each -c $(IS_SUPPORTED) >/dev/null 2>&1; then echo $$each; break; fi; done)
# A tree that was moved or copied has an environment that points elsewhere, and makes it anew.
$(shell [ "$$(cat .venv/installed 2>/dev/null)" = "$(CURDIR)" ] || rm -f .venv/installed)

.PHONY: help setup up edge sql test test-full drill soak check texts bench bench-live loadtest loadtest-mix loadtest-thousand loadtest-artillery tools pictures lock format clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: .venv/installed src/nollycrewhub/web/static/dist/.built src/nollycrewhub/locale/.built ## Make .venv, install what is locked, build the front end and the texts

.venv/installed: requirements/dev.lock pyproject.toml
	@case "$$(uname -s)" in Linux|Darwin) ;; *) echo "NollyCrewHub runs on Linux and macOS; this is $$(uname -s)." >&2; exit 1;; esac
	@"$(PYTHON)" -c $(IS_SUPPORTED) >/dev/null 2>&1 || { \
		echo "Python 3.11, 3.12 or 3.13 is needed and none was found. Install one and run make again." >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo "$(CURDIR)" > .venv/installed

src/nollycrewhub/web/static/dist/.built: .venv/installed $(shell find src/nollycrewhub/web/static/src src/nollycrewhub/web/package.json src/nollycrewhub/web/package-lock.json src/nollycrewhub/web/vite.config.js src/nollycrewhub/web/vite.worker.config.js src/nollycrewhub/web/templates/layout/base.html src/nollycrewhub/web/templates/pages/offline.html docs/screenshots src/nollycrewhub/web/letters.mjs src/nollycrewhub/web/build.py src/nollycrewhub/web/cards.py -type f 2>/dev/null)
	@$(BIN)/python -m nollycrewhub.web.build
	@mkdir -p src/nollycrewhub/web/static/dist && touch src/nollycrewhub/web/static/dist/.built

src/nollycrewhub/locale/.built: .venv/installed $(wildcard src/nollycrewhub/locale/*/LC_MESSAGES/*.po src/nollycrewhub/web/texts/*.py src/nollycrewhub/platform/languages/*.py src/nollycrewhub/kit/told.py)
	@$(BIN)/python -m nollycrewhub.web.texts build
	@touch src/nollycrewhub/locale/.built

texts: .venv/installed ## Bring the languages' files up to date with the source, and say what is missing
	@$(BIN)/python -m nollycrewhub.web.texts update

up: setup ## Run everything on this machine (PORT=8000 WORKERS=2 DATA=.data)
	@exec $(BIN)/python -m nollycrewhub.cli.main up --port "$(PORT)" --workers "$(WORKERS)" --data "$(DATA)"

edge: setup ## The simulated edge in front of a running `make up` (PORT=8000), on 8080
	@exec $(BIN)/python -m nollycrewhub.devstack.edge --origin "http://127.0.0.1:$(PORT)"

sql: setup ## SQL as the superuser on a server of a running `make up`: ON=replica-1 SQL="select 1"
	@$(BIN)/python -m nollycrewhub.devstack.shell --data "$(DATA)" --on "$(or $(ON),primary)" "$(SQL)"

test: setup ## The ordinary tests, on real PostgreSQL and Valkey (TEST_PROCESSES=2, each with servers of its own; 0 for none)
	@$(BIN)/python -m pytest -q -m "not full" -n $(TEST_PROCESSES) --no-loadscope-reorder

test-full: setup tools ## All tests with their full counts (about an hour)
	@NOLLYCREWHUB_FULL=1 $(BIN)/python -m pytest -q

drill: setup tools ## Break something real and measure what it costs: all drills, or NAME=restore (docs/runbooks)
	@$(BIN)/python -m tests.drills $(NAME)

soak: setup ## An hour at half of what two cores carry: does anything grow? (SHORTER=12 makes it five minutes)
	@$(BIN)/nollycrewhub loadtest soak $(if $(SHORTER),--shorter "$(SHORTER)")

check: setup ## Format, lint, types, walls, migrations, budgets, secrets, dangers, dead paths
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/bandit -q -ll -r src/nollycrewhub checks -c pyproject.toml
	@$(BIN)/python -m checks all

pictures: setup ## Make the pictures of the documents anew, with Chromium on the sample
	@NOLLYCREWHUB_KEEP_PICTURES=1 $(BIN)/python -m pytest -q tests/web/browser/test_pictures.py

bench: setup tools ## Measure beside the limits: lists, one job, sign-in, search over a million (ten quiet minutes)
	@$(BIN)/python -m bench

bench-live: setup ## Ten thousand open pages on this machine: how soon they hear, and what they cost (three quiet minutes)
	@ulimit -n 20000 && $(BIN)/python -m bench.live

loadtest: setup ## A load test against a market of its own: NAME=plan, mix, flash, audition, rush, soak or thousand (TARGET=http://127.0.0.1:8000 for a running one)
	@$(BIN)/nollycrewhub loadtest $(or $(NAME),plan) $(if $(TARGET),--target "$(TARGET)" --data "$(DATA)")

loadtest-mix: setup ## A thousand requests a second in the mix of a busy evening, open loop (three quiet minutes)
	@$(BIN)/nollycrewhub loadtest mix

loadtest-thousand: setup ## A thousand requests a second, each kind evenly, for two minutes (three quiet minutes)
	@$(BIN)/nollycrewhub loadtest thousand

loadtest-artillery: setup ## The plan's phases sent by Artillery itself (about 470 MB the first time), to compare with ours
	@$(BIN)/python -m loadtest $(if $(TARGET),--target "$(TARGET)")

tools: ## Install what tests and benchmarks need from the distribution (chromium, faketime, nginx, pgbouncer, prometheus with its alertmanager, wrk)
	@bash checks/tools.sh

format: setup ## Put every file into the house's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: capacity
capacity: setup ## Simulate policies over thirty seeds and write docs/CAPACITY.md from what was measured (ten minutes)
	@$(BIN)/python -m nollycrewhub.cli.main capacity simulate
	@$(BIN)/python -m nollycrewhub.cli.main capacity docs

lock: setup ## Make the lock files anew from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements/run.lock
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements/dev.lock

clean: ## Remove what was built; the data folder stays
	@rm -rf .venv src/nollycrewhub/web/node_modules src/nollycrewhub/web/static/dist src/nollycrewhub/web/static/letters src/nollycrewhub/locale/.built src/nollycrewhub/locale/*/built.json .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
