# `make` lists what there is. Everything is installed into .venv, in the versions of constraints.txt.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
ENV := .venv/made
# A file of tests stays in one process, which makes its fixtures once; four of them fill 8 GB.
# As they are listed, and not by the number of tests: the long ones have few, and would come last.
PARALLEL := --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: help env lucid atlas study site serve workbench test test-all test-jax fuzz lint types format bench clean

help:  ## what there is to make
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

# Not compiled in advance: most of it is never imported, and all of it takes a minute and a half.
env: $(ENV)  ## the environment, .venv, with everything in it

$(ENV): pyproject.toml setup.py constraints.txt
	@test -n "$(PYTHON)" || { echo "Diamond Cutter needs Python 3.11, 3.12 or 3.13: install one, or name it: make PYTHON=..." >&2; exit 2; }
	@echo "Setting up .venv (a minute or two)"
	@$(PYTHON) -m venv .venv
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/pip install --quiet --no-compile --constraint constraints.txt --editable '.[dev]'
	@touch $@

lucid: $(ENV)  ## Lucid 0.3.10, to compare with: without its old pins, on today's TensorFlow
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev,lucid]'
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/pip install --quiet --constraint constraints.txt --no-deps lucid

atlas: $(ENV)  ## render what is missing in the atlas; stop it whenever you like
	$(BIN)/diamond atlas

study: $(ENV) data/digits data/scenes  ## train heads on every cut for the demo's photos, rank and explain them
	$(BIN)/diamond study digits
	$(BIN)/diamond study scenes

data/digits: | $(ENV)
	@$(BIN)/python tools/demo_digits.py $@

data/scenes: | $(ENV)
	@$(BIN)/python tools/demo_scenes.py $@

site: study atlas  ## write the site, making first what is missing
	$(BIN)/diamond site

serve: $(ENV)  ## look at the site, on this machine only
	$(BIN)/diamond serve

workbench: $(ENV)  ## from photos to answer in the browser, on this machine only
	$(BIN)/diamond workbench

test: $(ENV) .cache/node_modules  ## all tests, in the browser too where Chromium is found
	$(BIN)/pytest $(PARALLEL)

test-all: $(ENV) .cache/node_modules  ## all tests, and the contract of backbones over every network there is (an hour)
	DIAMOND_TEST_ALL=1 $(BIN)/pytest $(PARALLEL)

test-jax: $(ENV)  ## the tests of rendering that hold on TensorFlow and on JAX alike, on JAX
	KERAS_BACKEND=jax JAX_COMPILATION_CACHE_DIR=$(CURDIR)/.cache/jax $(BIN)/pytest -m backend $(PARALLEL)

fuzz: $(ENV)  ## damaged and hostile files, 20,000 of each kind (a night)
	DIAMOND_FUZZ=20000 $(BIN)/pytest --numprocesses logical --maxprocesses 4 --dist load tests/test_fuzz.py

lint: types .cache/node_modules  ## ruff, mypy and the JavaScript's types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/node .cache/node_modules/typescript/bin/tsc --project tsconfig.json

types: $(ENV)
	@rm -rf .cache/types && mkdir -p .cache/types && ln -s ../.. .cache/types/diamond_cutter

.cache/node_modules: $(ENV) package.json package-lock.json
	@mkdir -p .cache && cp package.json package-lock.json .cache/
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm ci --prefix .cache --silent
	@touch $@

format: $(ENV)  ## put the code into its form
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(ENV)  ## measure: rendering against its floor, and the site
	$(BIN)/python benchmarks/atlas_throughput.py
	$(BIN)/python benchmarks/site_build.py
	$(BIN)/python benchmarks/attribution.py
	$(BIN)/python benchmarks/deletion_insertion.py
	$(BIN)/python benchmarks/ablation_agreement.py

clean:  ## remove what was made, but for the data
	rm -rf .venv .cache site *.egg-info
