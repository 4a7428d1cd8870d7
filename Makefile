# Every command of the house. `make` alone prints this list.
# PYTHON=python3.12 make run   picks another interpreter (3.11 or newer).

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUN    := $(VENV)/.installed-run
DEV    := $(VENV)/.installed-dev
WORDED := $(VENV)/.translated
WORDS  := $(wildcard translations/*/LC_MESSAGES/*.po)
JOBS   ?= auto
TESTS  ?=

.DEFAULT_GOAL := list
.PHONY: list setup run test test-sqlite test-postgresql journey lint types fmt check seed \
        migration docs bench translations campaign clean

list: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(RUN) ## make .venv and install what the platform runs on

run: $(RUN) $(WORDED) ## serve both faces and the worker; makes the database on the first run
	@exec $(BIN)/python run.py serve

test: test-sqlite test-postgresql ## all tests, on SQLite and on a real PostgreSQL

test-sqlite: $(DEV) $(WORDED) ## all tests on SQLite (TESTS=tests/kernel narrows them)
	TEST_DATABASE=sqlite $(BIN)/python -m pytest -n $(JOBS) -m "not browser" $(TESTS)

test-postgresql: $(DEV) $(WORDED) ## all tests on a throw-away PostgreSQL that they start
	TEST_DATABASE=postgresql $(BIN)/python -m pytest -n $(JOBS) -m "not browser" $(TESTS)

campaign: $(DEV) $(WORDED) ## random months of money for MINUTES (30), on TEST_DATABASE
	CAMPAIGN_MINUTES=$(or $(MINUTES),30) $(BIN)/python -m pytest -q -k as_long tests/payments/test_conserve_money.py

journey: $(DEV) $(WORDED) ## one month through a headless Chromium, on both databases
	TEST_DATABASE=sqlite $(BIN)/python -m pytest -m browser $(or $(TESTS),tests/browser)
	TEST_DATABASE=postgresql $(BIN)/python -m pytest -m browser $(or $(TESTS),tests/browser)

lint: $(DEV) ## style, formatting and the map of rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

types: $(DEV) ## mypy, strict on the application
	$(BIN)/mypy

fmt: $(DEV) ## format the code and mend what mends itself
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

check: lint types ## everything that needs no database

seed: $(RUN) ## load the small Fujian into the database
	$(BIN)/flask --app run world load --size small

migration: $(RUN) ## write a migration from the models: make migration m="add holds"
	@test -n "$(m)" || { echo 'Say what it does: make migration m="add holds"' >&2; exit 2; }
	$(BIN)/flask --app run db migrate -m "$(m)"

docs: $(RUN) ## write the generated pages of docs/ again
	$(BIN)/flask --app run docs

bench: $(DEV) ## measure; figures go to bench/ (BENCHES="importing pages" narrows them)
	@$(BIN)/python -m bench $(BENCHES)

translations: $(DEV) ## collect the sentences, update the catalogues, compile them
	@mkdir -p translations build
	$(BIN)/pybabel -q extract -F babel.cfg -k _l -k _n:1,1 -o build/messages.pot \
	  --no-location --sort-output .
	@# English follows the source; zh is kept by hand: the framework's sentences in our words.
	$(BIN)/pybabel -q update -i build/messages.pot -d translations -l en --no-fuzzy-matching \
	  --no-wrap --ignore-obsolete --ignore-pot-creation-date
	$(BIN)/pybabel -q compile -d translations

clean: ## remove what can be made again (never instance/)
	rm -rf build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -print | xargs rm -rf
	find translations -name '*.mo' -delete 2>/dev/null || true
	rm -f $(RUN) $(DEV) $(WORDED)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; $(PYTHON) is older or missing. Try PYTHON=python3.12 make ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN): requirements.txt constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	@touch $@

$(DEV): requirements-dev.txt constraints.txt $(RUN)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt -c constraints.txt
	@touch $@

$(WORDED): $(WORDS) | $(RUN)
	@if [ -n "$(WORDS)" ]; then $(BIN)/pybabel -q compile -d translations; fi
	@touch $@
