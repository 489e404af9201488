# Everything that a developer or a CI job runs. Needs Python >= 3.10 and PyPI; the environment is made in .venv.

# the first that runs and is new enough; `make PYTHON=/some/python` names another
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.10 python3; do \
	$$name -c 'import sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo $$name && break; done)
VENV ?= .venv
CORPUS ?= corpus
BIN = $(VENV)/bin
RUN = $(BIN)/python

# uv takes a fifth of pip's time; pip does it where there is no uv for the machine, or uv cannot
install = $(RUN) -m uv pip install --quiet --compile-bytecode --python $(RUN) $(1) || { \
	$(RUN) -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1" && \
	$(RUN) -m pip install --quiet --disable-pip-version-check $(1); }

.PHONY: help demo test lint types layers unit compiled real targets bench clean

help:
	@echo "make demo    install into $(VENV) and show scan and rewrite on the bundled sample project"
	@echo "make test    lint, types, layers, unit tests"
	@echo "make real    fetch real projects into $(CORPUS)/, check recall, precision, rewrite and filters"
	@echo "make targets run os-brick's own unit tests before and after a rewrite, in an environment from PyPI"
	@echo "make bench   measure the scan against ripgrep, ast-grep, semgrep and bandit, and how it grows"
	@echo "make clean   remove $(VENV) and all caches; $(CORPUS)/ stays"

$(VENV)/.made:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.10 or newer, with venv, is needed; name one with PYTHON=" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	-$(RUN) -m pip install --quiet --disable-pip-version-check --only-binary :all: uv
	@touch $@

$(VENV)/.installed: $(VENV)/.made pyproject.toml
	$(call install,--editable .)
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	$(call install,--group dev)
	@touch $@

$(VENV)/.corpus: $(VENV)/.installed
	$(call install,--group corpus)
	@touch $@

# in an environment of their own, as semgrep pins what we leave open; a peer that does not install is not measured
$(VENV)/.bench: $(VENV)/.installed
	$(RUN) -m venv $(VENV)/peers
	-$(VENV)/peers/bin/python -m pip install --quiet --disable-pip-version-check ast-grep-cli semgrep bandit
	$(call install,--group charts)
	@touch $@

# also where the environment forbids it (PYTHONDONTWRITEBYTECODE), as containers do: else each command that is started
# would compile all of its modules
compiled: $(VENV)/.installed
	@$(RUN) -m compileall -q migrator rules

demo: $(VENV)/.installed compiled
	@BIN="$(abspath $(BIN))" tools/demo

test: lint types layers unit

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

layers: $(VENV)/.dev
	$(BIN)/lint-imports

# three processes, each with whole files, as their fixtures are shared; not more, as the tests start many that wait;
# in the order of tests/conftest.py
unit: $(VENV)/.dev compiled
	$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

real: $(VENV)/.corpus compiled
	$(RUN) tools/corpus.py check --folder $(CORPUS)

# a folder of its own, as `make real` may fetch the same project at the same time
targets: $(VENV)/.corpus compiled
	$(RUN) tools/targets.py --folder $(CORPUS)/targets

# `make bench BENCH="--quick --compare old.json"`: any options of tools/bench.py
bench: $(VENV)/.corpus $(VENV)/.bench
	$(RUN) tools/corpus.py fetch --folder $(CORPUS)
	$(RUN) tools/bench.py --folder $(CORPUS) $(BENCH)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
