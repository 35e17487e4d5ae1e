# Everything a developer types. `make run` and `make test` work in a clean clone with Python >= 3.11, make and git.
.DEFAULT_GOAL := help
.PHONY: run test check bench services help clean lock
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
STATIC := src/weft/portal/static/index.html
PORTAL_SOURCES := $(shell find portal/src portal/index.html portal/package-lock.json portal/vite.config.ts 2>/dev/null)

run: .venv/ready $(STATIC) ## Open the demo mesh and print the portal's address
	@$(BIN)/weft demo

test: .venv/ready $(STATIC) ## Install what is needed, then run every test
	@$(MAKE) --no-print-directory services || true
	@$(BIN)/pytest -n auto --dist loadgroup

check: .venv/ready ## Lint, format, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports --no-cache

bench: .venv/ready $(STATIC) ## Measure every promised number beside its peers
	@$(BIN)/python benchmarks/run.py

services: ## Install the servers that some tests need: PostgreSQL and Chromium
	@sh tools/services.sh

help: ## Show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

clean: ## Remove the environment and what was built
	rm -rf .venv dist portal/node_modules src/weft/portal/static

lock: .venv/ready ## Resolve every dependency anew into requirements.lock
	@$(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate --extra postgresql --group dev \
		--upgrade pyproject.toml -o requirements.lock

.venv/ready: pyproject.toml requirements.lock
	@echo "Preparing the environment …"
	@test -x $(BIN)/python || $(PYTHON) tools/new_venv.py .venv
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(STATIC): $(PORTAL_SOURCES) | .venv/ready
	@echo "Building the portal …"
	@sh tools/portal.sh
	@touch $@
