# Everything a person types: make serve, make test, and the rest below. The work is done by the scripts in .ci/ and by manage.py.
PYTHON ?=
VENV := .venv
RUN := $(VENV)/bin/python
ROWS ?= 100000
export PORT ?= 8000
export DATA_DIR ?= var

.DEFAULT_GOAL := help
.PHONY: help install serve test bench faults lint messages lock

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

install: ## .venv with the locked dependencies; nothing to do while requirements.lock is unchanged
	@PYTHON="$(PYTHON)" .ci/install

# Demo logins belong to the embedded database on loopback only.
serve: export DEMO ?= $(if $(filter-out sqlite:%,$(DATABASE_URL)),0,1)
serve: install ## web, worker and scheduler on http://127.0.0.1:$PORT; obeys PORT, DATABASE_URL, DATA_DIR
	@$(RUN) manage.py serve

test: install ## lint, then the whole suite on SQLite and on PostgreSQL; ARGS="…" goes to pytest
	@$(RUN) .ci/suite.py $(ARGS)

lint: install ## style, templates, directions of imports, missing migrations
	@$(RUN) .ci/suite.py --lint-only

bench: install ## figures into benchmarks/results/*.json; ROWS=1000000 DATA=path.csv
	@$(RUN) -m benchmarks.run --rows $(ROWS) $(if $(DATA),--data "$(DATA)")

faults: install ## the long rounds of races, kills and full disks; one line per fault
	@$(RUN) -m tests.faults

messages: install ## collect and compile translations
	@$(RUN) manage.py makemessages --locale en --ignore '.venv/*' --ignore 'var/*' --ignore 'deploy/*' --no-location
	@$(RUN) manage.py compilemessages --locale en --ignore '.venv'

lock: ## requirements.lock anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 2; }
	@uv pip compile pyproject.toml --group dev --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--quiet --output-file requirements.lock
