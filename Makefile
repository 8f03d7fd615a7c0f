# Everything runs in a virtual environment of the checkout, which the first target that needs it sets up.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m
UV := $(shell command -v uv 2>/dev/null)

ifdef UV
CREATE = uv venv --quiet --allow-existing --python '>=3.11' $(VENV)
INSTALL = uv pip install --quiet --python $(VENV)/bin/python
else
# Debian keeps ensurepip in a package of its own; without it, the pip outside installs into the environment.
CREATE = $(PYTHON) -m venv $(VENV) 2>/dev/null || $(PYTHON) -m venv --clear --without-pip $(VENV)
INSTALL = $$(test -x $(VENV)/bin/pip && echo $(VENV)/bin/python -m pip || echo $(PYTHON) -m pip --python $(VENV)/bin/python) \
	install --quiet --disable-pip-version-check
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## Show what there is to run
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(VENV)/.with-demo ## See the package work; asks before it spends anything, needs no key
	@$(RUN) langchain_openrouter.demo

.PHONY: test
test: $(VENV)/.with-dev ## Run all tests
	$(RUN) pytest tests integration_tests

.PHONY: lint
lint: $(VENV)/.with-dev ## Check style and format
	$(RUN) ruff check .
	$(RUN) ruff format --check .

.PHONY: types
types: $(VENV)/.with-dev ## Check types
	$(RUN) mypy

.PHONY: bench
bench: $(VENV)/.with-dev ## Measure the time that the package adds
	$(VENV)/bin/python scripts/benchmark.py
	$(VENV)/bin/python scripts/benchmark_catalog.py
	$(VENV)/bin/python scripts/benchmark_ledger.py
	$(VENV)/bin/python scripts/benchmark_budget.py
	$(VENV)/bin/python scripts/benchmark_router.py

.PHONY: format
format: $(VENV)/.with-dev ## Format the code and repair what can be repaired
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

.PHONY: clean
clean: ## Remove the virtual environment and everything else that was made here
	rm -rf $(VENV) .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each set of extras. A change of pyproject.toml installs again.
$(VENV)/.with-%: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || test -n "$(UV)" || \
		{ echo 'Python 3.11 or newer is needed: make $(MAKECMDGOALS) PYTHON=/path/to/python3'; exit 1; }
	@echo 'Setting up $(VENV) with the extra "$*" …'
	@$(CREATE)
	@$(INSTALL) --editable '.[$*]'
	@touch $@
