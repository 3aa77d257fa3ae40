# One entry point for people and for CI. `make help` lists what there is.
#
# Every target that needs the environment depends on $(PROJECT), a stamp file inside .venv. The first call on a fresh clone
# therefore builds the environment; any later call finds the stamp newer than what it was made from and costs nothing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEPENDENCIES := $(VENV)/dependencies.stamp
PROJECT := $(VENV)/project.stamp

# Bash keeps a SECONDS of its own and some shells export it: only what was typed after `make` counts.
given = $(if $(filter command line,$(origin $(1))),$($(1)))
EXAMPLE = $(or $(call given,PROGRAM),tank)
# Whoever ends it by hand may do so before the level is reached, and is not told off.
RUN_OPTIONS = $(if $(call given,SECONDS),--seconds "$(SECONDS)" \
	$(if $(filter tank,$(EXAMPLE)),--expect Main.LevelControlled))
# A search that goes on where the last one ended would need a place to remember it; the date is as good.
FUZZ_SECONDS = $(or $(call given,SECONDS),600)
FUZZ_OPTIONS = --seconds "$(if $(PART),$(FUZZ_SECONDS),$(shell expr $(FUZZ_SECONDS) / 3))" \
	--seed "$(or $(call given,SEED),$(shell date +%s))"
SOURCES_OPTIONS = $(if $(call given,SOURCES),--sources "$(SOURCES)")
SOAK_OPTIONS = $(if $(call given,MINUTES),--minutes "$(MINUTES)") $(if $(call given,SEED),--seed "$(SEED)")
CONFORMANCE_OPTIONS = $(if $(call given,ONLY),--only "$(ONLY)") $(if $(call given,RANDOM),--random "$(RANDOM)") \
	$(if $(call given,CYCLES),--cycles "$(CYCLES)") $(if $(call given,VERBOSE),--verbose)
BENCH_OPTIONS = $(if $(call given,ONLY),--only "$(ONLY)") $(if $(call given,GATE),--gate "$(GATE)")
GATED = virtual overhead recorder

PYTEST := $(BIN)/pytest

# Where Python may not keep what it has compiled, as in many a container, each process would begin by compiling all of
# rung: an eighth of what a PLC takes to start. What is compiled already is read even there.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help setup run test check format fuzz soak conformance bench gate lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

setup: $(PROJECT) ## create .venv with the pinned dependencies and this project

run: $(PROJECT) ## run an example with its plant; PROGRAM=motor another one than the tank, SECONDS=20 ends it by itself
	@$(BIN)/rung run programs/$(EXAMPLE) --plant programs/$(EXAMPLE)/plant.py $(RUN_OPTIONS)

# Benchmarks run once each, as tests: a stopwatch beside a second worker would measure the worker.
test: $(PROJECT) ## run all tests
	@$(PYTEST) --numprocesses 2 --dist loadgroup --benchmark-disable

check: $(PROJECT) ## formatting, lint, types, import contracts, repository rules
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/pyright --warnings
	@$(BIN)/lint-imports
	@$(PYTEST) --quiet tests/repository

format: $(PROJECT) ## put the sources into the form that `make check` expects
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format --quiet

bench: $(PROJECT) ## measure every figure of the README into build/bench; ONLY=latency measures one, GATE=3 may fail
	@.ci/system-packages
	@$(BIN)/python -m bench $(BENCH_OPTIONS)

# What a scan costs, in processor time, which other guests of the machine hardly change.
gate: $(PROJECT) ## fail if a scan has become several times as slow as it is meant to be
	@$(BIN)/python -m bench $(addprefix --only ,$(GATED)) --gate 3

fuzz: $(PROJECT) ## look for programs, drawings and damaged sources that show a defect; SECONDS=600 SEED=1 PART=sources SOURCES=DIR
	@$(if $(filter sources drawings,$(PART)),,$(BIN)/python -m tests.differential.fuzz $(FUZZ_OPTIONS))
	@$(if $(filter differential sources,$(PART)),,$(BIN)/python -m tests.graphical.search $(FUZZ_OPTIONS))
	@$(if $(filter differential drawings,$(PART)),,$(BIN)/python -m tests.robustness.search $(FUZZ_OPTIONS) $(SOURCES_OPTIONS))

soak: $(PROJECT) ## a service with PLCs and devices, and all that can happen to it at once; MINUTES=10 SEED=1
	@$(BIN)/python -m tests.soak $(SOAK_OPTIONS)

conformance: $(PROJECT) ## run programs from elsewhere on both executors; CASES=DIR ONLY=corpus RANDOM=1000 VERBOSE=1
	@test -d "$(CASES)" || { echo "there is no folder '$(CASES)': docs/testing.md says what CASES=DIR holds" >&2; exit 2; }
	@$(BIN)/python -m tests.conformance "$(CASES)" $(CONFORMANCE_OPTIONS)

# One resolution for every platform and Python at once. No option that would write an index address into the file.
lock: $(PROJECT) ## pin the newest versions that pyproject.toml allows, with their hashes
	@$(BIN)/uv pip compile pyproject.toml --extra dev --extra testing --universal --python-version 3.11 --generate-hashes --upgrade \
		--custom-compile-command "make lock" --system-certs --quiet --output-file constraints.txt > /dev/null
	@echo "constraints.txt is new: 'make setup' installs it"

clean: ## remove the environment and everything that was built or cached
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Wheels only: a source distribution would be built with tools that nothing pins. A half-made environment is never
# reused, because the stamp comes last and an older interpreter is refused before anything is created.
$(DEPENDENCIES): constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "rung needs Python 3.11 or later; choose one with: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r constraints.txt
	@touch $@

# The scan kernel and the loops around it are compiled here, so that no start of a PLC and no test need wait for them.
$(PROJECT): $(DEPENDENCIES) pyproject.toml
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q -j 2 runtime iec61131 io_drivers
	@$(BIN)/python -m runtime.replay.precompile
	@touch $@
