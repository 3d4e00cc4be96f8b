# toile: everything a developer runs. Needs Python 3.11 with pip, make and git; ffmpeg for the video.
#   make demo      the main job on a sentence, into look/demo
#   make test      lint, types and the fast tests (what CI runs)
#   make check     lint and types only
#   make test-all  everything, with the slow physics and image suites
#   make bench     the measured figures of the README
#   make bench-llm the language stage alone, by stratum
#   make bench-cloth  the cloth laboratory of docs/validation.md
#   make gallery   the pictures of docs/gallery that are missing (minutes a look)
#   make clean     remove what these made
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
TEXT ?= 一件蓝色长裙，腰围38，长度110cm
LOOK ?= look/demo
PYTEST_ARGS ?=
CASES ?=

# One thread a process for the BLAS and OpenMP pools: the arrays are small, and two pools on two cores fight.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
export MKL_NUM_THREADS ?= 1
export PYTHONUTF8 := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test check test-all bench bench-cloth gallery install lock clean
.DEFAULT_GOAL := test

# The stamp is made last, so a broken installation is tried again.
$(VENV)/installed: requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo "toile needs $(PYTHON): install Python 3.11, or name it with make PYTHON=..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.lock
	touch $@

# An editable install in strict mode links every file by name, so it is made again each time: files come and go.
install: $(VENV)/installed
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .

demo: install
	$(BIN)/toile try-on "$(TEXT)" --out $(LOOK)

# mypy runs elsewhere: in this folder it would take toile/ alone for the whole package.
check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	cd $(VENV) && bin/mypy --config-file ../pyproject.toml --cache-dir ../.mypy_cache -p toile
	cd $(VENV) && bin/mypy --config-file ../pyproject.toml --cache-dir ../.mypy_cache ../benchmarks

test: check
	$(BIN)/pytest $(PYTEST_ARGS)

test-all: check
	$(BIN)/pytest --run-slow $(PYTEST_ARGS)

bench: install
	$(BIN)/python -m benchmarks $(CASES)

bench-llm: install
	$(BIN)/python -m benchmarks llm/

bench-cloth: install
	$(BIN)/python -m benchmarks cloth/

gallery: install
	$(BIN)/python scripts/gallery.py $(NAMES)

# From an environment that works: write the pins of everything installed in it.
lock: $(VENV)/installed
	{ head -n 1 requirements.lock; $(BIN)/python -m pip freeze --all --exclude-editable | grep -v -E '^(pip|wheel)==' | sed -E 's/\+[a-z0-9.]+$$//'; } > requirements.lock.new
	mv requirements.lock.new requirements.lock

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache look
