# askbay: `make run` starts the assistant, `make test` proves it. Both make .venv where it is missing.
PYTHON ?= python3
BIN := .venv/bin

# A folder of retrieval tasks, and one of training texts (unpacked or the archive); both big, both outside the repository.
TASKS ?= ../shared/benchmarks/retrieval
DATA ?= ../shared/training
MODEL ?= knowledge_base/static_model

.PHONY: install run test check bench bench-model bench-retrieval bench-scale bench-webhook bench-broadcast bench-faults train

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing (the first time takes a few minutes) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt "setuptools>=77"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch .venv/installed

run: install
	@$(BIN)/askbay serve

test: install
	@$(BIN)/python -m pytest -n 2 tests

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install
	@$(BIN)/python benchmarks/bench_answering.py

bench-model: install
	@$(BIN)/python -m benchmarks.bench_language_model

bench-retrieval: install
	@$(BIN)/python benchmarks/bench_retrieval.py $(TASKS)

bench-scale: install
	@$(BIN)/python -m benchmarks.bench_scale $(DATA)

bench-webhook: install
	@$(BIN)/python benchmarks/bench_webhook.py

train: install
	@$(BIN)/python -m knowledge_base.training --data $(DATA) --output $(MODEL)

bench-broadcast: install
	@$(BIN)/python -m benchmarks.bench_broadcast

bench-faults: install
	@$(BIN)/python -m benchmarks.bench_faults
