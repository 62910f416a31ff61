# The commands of the project; `make help` lists them. CI runs the same ones.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH_VENV := .venv-bench
TESSERACT_VENV := .venv-tesseract
CODE := models cluster router ops protos/faraday/client
PYPROJECTS := pyproject.toml protos/pyproject.toml

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help env check test demo up down protos bench-env pretrained

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 12

env: $(VENV)/.installed ## Create the environment in .venv

# The stamp is written last: an interrupted installation starts over, a finished one is not repeated.
$(VENV)/.installed: $(PYPROJECTS)
	$(call new_venv,$(VENV))
	$(BIN)/python -m pip install --upgrade "pip>=24"
	$(BIN)/python -m pip install --editable ./protos --editable ".[dev]"
	$(BIN)/faraday compile
	@touch $@

bench-env: $(BENCH_VENV)/.installed $(TESSERACT_VENV)/.installed ## Create the benches' own environments, with the peers

$(BENCH_VENV)/.installed: $(PYPROJECTS)
	$(call new_venv,$(BENCH_VENV))
	$(BENCH_VENV)/bin/python -m pip install --upgrade "pip>=24"
	$(BENCH_VENV)/bin/python -m pip install --editable ./protos --editable ".[bench]"
	@touch $@

# Tesseract's runtime asks for other versions than the peers beside ours.
$(TESSERACT_VENV)/.installed: $(PYPROJECTS)
	$(call new_venv,$(TESSERACT_VENV))
	$(TESSERACT_VENV)/bin/python -m pip install --upgrade "pip>=24"
	$(TESSERACT_VENV)/bin/python -m pip install "tesseract-core[runtime]>=1.0,<2"
	@touch $@

define new_venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Faraday needs Python 3.11 or newer. Install one, or name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv module is missing. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@test -x $(1)/bin/python || { echo "creating $(1)"; $(PYTHON) -m venv $(1); }
endef

check: env ## Lint, types, import arrows and the contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports
	cd protos && ../$(BIN)/buf lint

# What needs no installation runs on all cores, one thread each; then what starts one, alone on the machine.
# The second report holds the router and the privacy code to more than the rest.
test: env ## Run all tests with coverage
ifdef PYTEST_ARGS
	$(BIN)/python -m pytest --cov --cov-report= $(PYTEST_ARGS)
else
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --cov --cov-report= -n auto --dist loadfile tests/unit tests/conformance
	$(BIN)/python -m pytest --cov --cov-append --cov-report= --ignore=tests/unit --ignore=tests/conformance
endif
	$(BIN)/coverage report --fail-under=90
	$(BIN)/coverage report --include='router/*,models/privacy/*' --fail-under=95

pretrained: env ## Make the operators that come with the system anew: about ten minutes of one core
	OMP_NUM_THREADS=1 $(BIN)/python -m ops.pretrained

demo: env ## Start a local cluster, make one real call to every service, print the answers, stop
	$(BIN)/faraday demo

up: env ## Start a local cluster and leave it running
	$(BIN)/faraday up

down: env ## Stop the local cluster
	$(BIN)/faraday down

protos: env ## Write the stubs from the .proto files again
	$(BIN)/python protos/generate.py
