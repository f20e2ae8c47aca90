# Project results back-office: `make` or `make help` lists the commands.
.ONESHELL:
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Containers set it, and every process then compiles the whole application anew: five seconds instead of one.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV ?= .venv
# Test processes; each has servers of its own.
JOBS ?= 2
RUN := $(VENV)/bin/python
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard backoffice/translations/*/LC_MESSAGES/*.po))

# What install says goes to standard error: the last line of `make flask ARGS='… --json'` stays the command's own.
# The environment is never half there: its stamp is the last thing written.
define install
say() { printf '%s\n' "$$*" >&2; }
command -v '$(PYTHON)' >/dev/null || { say "Python 3.11 or newer is needed and '$(PYTHON)' is not there. Install it, or name yours: make $(MAKECMDGOALS) PYTHON=python3.13"; exit 1; }
'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { say "Python 3.11 or newer is needed, '$(PYTHON)' is $$('$(PYTHON)' -c 'import platform; print(platform.python_version())' 2>/dev/null || echo not usable). Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.13"; exit 1; }
'$(PYTHON)' -c 'import ensurepip' 2>/dev/null || { say "'$(PYTHON)' cannot make virtual environments: its ensurepip is missing. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
say "Installing $(1) into $(VENV) (about half a minute, once) …"
[ -x '$(RUN)' ] && '$(RUN)' -c 'import pip' 2>/dev/null || '$(PYTHON)' -m venv --clear '$(VENV)'
'$(RUN)' -m pip install -qq --disable-pip-version-check --no-input --root-user-action=ignore --require-hashes --no-deps -r $(2) >&2
endef

$(VENV)/.installed: requirements.lock
	@$(call install,what the application needs,requirements.lock)
	touch $@

$(VENV)/.installed-dev: requirements-dev.lock
	@$(call install,what the application and its tests need,requirements-dev.lock)
	touch $(VENV)/.installed $@

%.mo: %.po
	@echo "Compiling the words of $< …" >&2
	$(RUN) -m babel.messages.frontend -q compile -i $< -o $@

$(CATALOGUES): | $(VENV)/.installed

.PHONY: help run test test-fast check bench screenshots flask translations lock

help: ## this list
	@echo "make run           everything on this machine with demo data: http://127.0.0.1:5000 (PORT=, VAR=)"
	echo "make test          all tests; says what was skipped for lack of a server (REQUIRE_ALL=1: a skip is a failure; ARGS=)"
	echo "make test-fast     the tests that need no server, in less than a minute"
	echo "make check         formatting, lint, types, import contract, templates, translations, lock files, migrations"
	echo "make bench         the benchmarks"
	echo "make screenshots   pictures of the main pages into docs/screenshots/"
	echo "make flask ARGS='…'  a command of the application, for instance ARGS='projects import list.csv --dry-run'"
	echo "make translations  bring the catalogue up to date with the code"
	echo "make lock          write both lock files anew from pyproject.toml (needs uv)"

run: $(VENV)/.installed $(CATALOGUES) ## everything on this machine
	@export BACKOFFICE_ENV="$${BACKOFFICE_ENV:-demo}"
	exec $(RUN) -m flask up

flask: $(VENV)/.installed $(CATALOGUES) ## one command
	@export BACKOFFICE_ENV="$${BACKOFFICE_ENV:-demo}"
	exec $(RUN) -m flask $(ARGS)

test: $(VENV)/.installed-dev $(CATALOGUES) ## all tests
	@export BACKOFFICE_ENV="$${BACKOFFICE_ENV:-test}"
	exec $(RUN) -m pytest -n $(JOBS) $(ARGS)

test-fast: $(VENV)/.installed-dev $(CATALOGUES) ## under a minute
	@export BACKOFFICE_ENV="$${BACKOFFICE_ENV:-test}"
	exec $(RUN) -m pytest -n $(JOBS) -m "not slow" --engine=sqlite $(ARGS)

check: $(VENV)/.installed-dev $(CATALOGUES) ## lint, types, contracts
	@exec $(RUN) -m tools.check $(ARGS)

bench: $(VENV)/.installed-dev $(CATALOGUES) ## benchmarks
	@export BACKOFFICE_ENV="$${BACKOFFICE_ENV:-test}"
	exec $(RUN) -m benchmarks $(ARGS)

screenshots: $(VENV)/.installed-dev $(CATALOGUES) ## pictures of the main pages
	@exec $(RUN) -m tools.screenshots $(ARGS)

translations: $(VENV)/.installed-dev
	@exec $(RUN) -m tools.translations update

lock:
	@command -v uv >/dev/null || { echo "uv is needed to write the lock files: pip install uv" >&2; exit 1; }
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --group dev pyproject.toml -o requirements-dev.lock
