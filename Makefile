# Debian 12 needs python3, python3-venv and make; everything else comes from the lock files.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
SOURCES := config messaging providers tenants tests manage.py
TYPED := config messaging providers tenants
LOCKS := config/requirements
# The program itself: the one on the path wants to be root or its own user.
RABBITMQ ?= /usr/lib/rabbitmq/bin/rabbitmq-server

# The stamp's name holds the locks' content: nothing is asked of the network while they are the same.
LOCK_ID := $(shell cat $(filter-out %/fuzz.txt,$(sort $(wildcard $(LOCKS)/*.txt))) | sha256sum | cut -c1-16)
FUZZ := $(VENV)/fuzz/.stamp-$(shell sha256sum $(LOCKS)/fuzz.txt | cut -c1-16)
stamp = $(VENV)/.$(1)-$(LOCK_ID)
# The larger set serves the smaller one's purpose.
have = $(firstword $(wildcard $(foreach set,$(1),$(call stamp,$(set)))) $(call stamp,$(firstword $(1))))

.DEFAULT_GOAL := help
.PHONY: help install install-run install-dev run test test-slow test-broker bench chaos fuzz lint screenshots format lock audit clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(call have,embedded dev) ## Prepare .venv, with the embedded servers
	@:

install-run: $(call have,run embedded dev) ## Prepare .venv for production: no embedded servers
	@:

install-dev: $(call have,dev) ## Prepare .venv with the tools for tests and lint
	@:

run: install ## Start the portal on this machine (PORT, DATA_DIR, SIMULATOR_PORT move it)
	@$(PY) manage.py up $(ARGS)

# Or each worker and each program that a test starts compiles all tests and all of the product anew.
test test-slow test-broker: export PYTHONDONTWRITEBYTECODE :=

test: install-dev ## Run the tests beside their own servers; ARGS="-k name" goes to pytest
	@$(PY) -m config.embedded --throwaway --data .data/test -- $(PY) -m pytest -n 2 --dist loadgroup $(ARGS)

test-slow: install-dev ## Run the long tests that `make test` leaves out: each page in each theme and size
	@$(PY) -m config.embedded --throwaway --data .data/test -- $(PY) -m pytest -m slow $(ARGS)

test-broker: install-dev ## Run the tests against a RabbitMQ of their own (Debian: rabbitmq-server)
	@test -x $(RABBITMQ) || { echo "RabbitMQ is not installed: apt-get install rabbitmq-server" >&2; exit 1; }
	@CELERY_BROKER_URL=$$($(PY) -m tests.config.rabbitmq) RABBITMQ=$(RABBITMQ) DATA_DIR=$(CURDIR)/.data/test-broker \
	  $(PY) -m pytest -m broker -p no:randomly tests/config/test_rabbitmq_broker.py $(ARGS)

bench: install ## Measure the hot path and the pages; ARGS="--quick", "--only accept,read"
	@$(PY) -m config.embedded --data .data/bench -- $(PY) -m config.bench $(ARGS)

chaos: install ## Kill everything under traffic and count every promise; ARGS="--seed 7", "--seeds 1-10", "--seconds 30"
	@$(PY) -m config.chaos $(ARGS)

fuzz: $(FUZZ) ## Abuse webhooks, API and connections; ARGS="--seed 7", "--inputs 200000", "--seconds 300"
	@$(VENV)/fuzz/bin/python -m config.fuzz $(ARGS)

lint: install-dev ## Check style, types, package borders, templates and migrations
	@$(PY) -m ruff check $(SOURCES)
	@$(PY) -m ruff format --check $(SOURCES)
	@$(PY) -m mypy $(TYPED)
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/djlint templates --lint --quiet
	@$(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@$(PY) manage.py check

screenshots: install-dev ## Take the README's pictures anew (needs Chromium)
	@$(PY) -m tests.browser.screenshots

format: install-dev ## Put the code in shape
	@$(PY) -m ruff check --fix --quiet $(SOURCES)
	@$(PY) -m ruff format $(SOURCES)

lock: install-dev ## Pin the newest allowed releases anew
	@test -x $(VENV)/bin/uv || $(PY) -m pip install --quiet --disable-pip-version-check uv
	@set -e; lock="$(VENV)/bin/uv pip compile --quiet --system-certs --upgrade --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url pyproject.toml"; \
	$$lock -o $(LOCKS)/run.txt; \
	$$lock --extra embedded -c $(LOCKS)/run.txt -o $(LOCKS)/embedded.txt; \
	$$lock --extra embedded --group dev -c $(LOCKS)/embedded.txt -o $(LOCKS)/dev.txt; \
	$$lock --extra embedded --group fuzz -c $(LOCKS)/dev.txt -o $(LOCKS)/fuzz.txt

# In a place of its own: its dependencies are none of the product's. Strict, or what could not be
# looked up would pass for clean.
audit: install-dev ## Ask whether a hole is known in a pinned release (needs the network)
	@test -x $(VENV)/audit/bin/pip-audit || { $(PYTHON) -m venv $(VENV)/audit \
	  && $(VENV)/audit/bin/pip install --quiet --disable-pip-version-check --no-input pip-audit; }
	@$(VENV)/audit/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r $(LOCKS)/dev.txt \
	  || { echo "Either a hole is known in what is named above, or it could not be looked up (no network?): nothing is proven." >&2; exit 1; }

# In a place of its own: what it brings changes how the tests run.
$(FUZZ):
	@echo "installing into $(VENV)/fuzz"
	@$(PYTHON) -m venv --clear $(VENV)/fuzz
	@$(VENV)/fuzz/bin/pip install --quiet --disable-pip-version-check --no-input --require-hashes -r $(LOCKS)/fuzz.txt
	@touch $@

clean: ## Remove .venv and caches; .data, with all messages, stays
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis staticfiles
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.%-$(LOCK_ID):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Python 3.11 or newer is needed: set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "installing into $(VENV) ($*; the first time takes a minute or two)"
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) >/dev/null 2>&1 \
	  || { rm -rf $(VENV); \
	       echo "cannot create $(VENV): install the package python3-venv" >&2; exit 1; }
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
	  -r $(LOCKS)/$*.txt
	@rm -f $(foreach set,run embedded dev,$(VENV)/.$(set)-*)
	@touch $@
