# The two commands a newcomer needs are `make run` and `make test`; every target builds .venv by itself.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: run test check bench lab lock
.DEFAULT_GOAL := run

.venv: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

run: $(STAMP)  ## fill an empty home with the sample county, train, forecast, serve http://127.0.0.1:8050
	$(BIN)/workbench up

test: $(STAMP)  ## tests, doctests, notebooks; two files at a time
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(STAMP)  ## format, lint, types, then the tests: what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) test

bench: $(STAMP)  ## evidence: every suite on the data named by WORKBENCH_BENCH_DATA
	$(BIN)/workbench bench

lab: $(STAMP)  ## JupyterLab on the notebooks
	$(BIN)/workbench lab

lock:  ## resolve again: needs uv
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --all-extras pyproject.toml -o requirements.lock
