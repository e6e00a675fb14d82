# Each target makes the virtual environment that it needs, once; `rm -rf .venv .venv-interop` starts over.
#
#   make demo                     train, find the first NaN, serve the dashboard
#   make demo ARGS="--port 7000"  with arguments of `opscope demo`
#   make test                     every test but the long ones and those that need TensorFlow or PyTorch
#   make test ARGS="-k digits"    with arguments of pytest
#   make long                     the tests that take many seconds

ARGS ?=
PYTHON ?=
export PYTHON

VENV := .venv
INTEROP := .venv-interop
# Test processes: one more than most machines have cores, as a test of a page or a screen waits at times.
WORKERS ?= 3

.PHONY: demo test long interop lint types bench protos docs samples screenshots

demo: $(VENV)/.app
	@$(VENV)/bin/opscope demo $(ARGS)

test: $(VENV)/.dev
	@tools/chromium
	@tools/tmux
	$(VENV)/bin/python -m pytest -n $(WORKERS) --dist worksteal --ignore=tests/interop -m "not long" $(ARGS)

# Thousands of steps, and the larger programs in every mode of running.
long: $(VENV)/.dev
	$(VENV)/bin/python -m pytest -n $(WORKERS) --dist worksteal --ignore=tests/interop -m long $(ARGS)

interop: $(INTEROP)/.interop
	$(INTEROP)/bin/python -m pytest tests/interop -m interop $(ARGS)

lint: $(VENV)/.dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	@ENVIRONMENT=$(CURDIR)/$(VENV) tools/javascript/check

types: $(VENV)/.dev
	$(VENV)/bin/mypy

bench: $(INTEROP)/.interop
	$(INTEROP)/bin/python -m benchmarks $(ARGS)

# The generated modules are committed; tests/events/test_protos_are_current.py compares them.
protos: $(VENV)/.dev
	$(VENV)/bin/python -m grpc_tools.protoc -Ievents --python_out=events --pyi_out=events \
		events/opscope/events/proto/*.proto

docs: $(VENV)/.dev
	$(VENV)/bin/python docs/cli_reference.py > docs/cli.md
	$(VENV)/bin/python docs/ops_reference.py > docs/ops.md
	$(VENV)/bin/python docs/names_reference.py > docs/names.md
	$(VENV)/bin/python docs/api_reference.py > docs/api.md

# Remakes sample_logs/ whole: our demo, TensorFlow's and PyTorch's small logs.
samples: $(INTEROP)/.interop
	$(INTEROP)/bin/python examples/make_sample_logs.py sample_logs

# Draws docs/img/ anew: every page, light, dark and narrow.
screenshots: $(VENV)/.dev
	@tools/chromium
	$(VENV)/bin/python tools/screenshots.py sample_logs/demo

$(VENV)/.app: pyproject.toml tools/environment
	@tools/environment $(VENV) "-e ."
	@touch $@

$(VENV)/.dev: pyproject.toml tools/environment
	@tools/environment $(VENV) "-e .[dev]"
	@touch $@ $(VENV)/.app

# torch first: the pin is what decides, before anything else can ask for another version.
$(INTEROP)/.interop: pyproject.toml tools/environment
	@tools/environment $(INTEROP) "torch==2.13.0" "-e .[interop]"
	@touch $@
