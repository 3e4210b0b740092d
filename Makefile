# `make demo` and `make test` do all the set-up themselves. Python 3.11 or newer is the only need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONFIG ?= demo/company/living.yml
export GX_ANALYTICS_ENABLED := false
export DAGSTER_DISABLE_TELEMETRY := yes
export DO_NOT_TRACK := 1
# container images set it: then every process compiles what it imports anew, 20 s of the 34 that a command needs to start
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help install spark demo test check check_sql check_python dev bench verify lock clean
# the extra `spark` is half a gigabyte: the tests of the engine run where Java is there to run them
TEST_NEEDS := $(if $(shell command -v java),install spark,install)

help:  ## what there is to run
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

install: $(VENV)/.installed  ## virtual environment with the locked dependencies

$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11 to 3.13 is needed, this is " + sys.version)'
	$(PYTHON) -m venv $(VENV)
	@# most of what pip would compile is never imported: 67 s of the processor in 300 s of installation on a slow machine;
	@# what a run imports is compiled by the last line
	$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python -c 'from orchestration.running import import_packages; import_packages(); from orchestration.dbt_runner import Dbt, INSTALLED; Dbt(INSTALLED).parse()'
	@touch $@

spark: $(VENV)/.spark  ## what `--engine spark` needs, beside Java 17 or newer

$(VENV)/.spark: $(VENV)/.installed requirements-spark.lock
	$(BIN)/python -m pip install --quiet --no-compile --require-hashes --no-deps --no-build-isolation -r requirements-spark.lock
	$(BIN)/python -c 'from orchestration.dbt_runner import Dbt, installed_target; Dbt(installed_target("spark"), "spark").parse()'
	@touch $@

demo: install  ## a made-up company, asked over HTTP, through the whole chain
	$(BIN)/onefunnel demo

test: $(TEST_NEEDS) check  ## every check, and every test that is not marked verify
	@# `check` has run the conventions
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 30 --ignore tests/conventions

check: install  ## linters, types, definitions, conventions
	@# side by side: sqlfluff takes as long as all the others, and these leave a core idle
	$(MAKE) --no-print-directory --jobs 2 check_sql check_python

check_sql:
	@# with two processes sqlfluff 4.4 says 0 even when it could not lint a file, so its words are read too
	@said=$$($(BIN)/sqlfluff lint --disable-progress-bar --processes 2 dbt_project/models dbt_project/tests 2>&1) && \
		case "$$said" in *"Unable to lint"*) false;; esac || { echo "$$said"; exit 1; }

check_python:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	ONEFUNNEL_CONFIG=$(CONFIG) $(BIN)/dg check defs
	$(BIN)/python -m pytest -q tests/conventions

dev: install  ## Dagster's page on the demo company (CONFIG=… for yours)
	ONEFUNNEL_CONFIG=$(CONFIG) $(BIN)/onefunnel dev

bench: install  ## measured work, printed with the machine and the versions
	$(BIN)/python -m benchmarks.files_speed
	$(BIN)/python -m benchmarks.quality_speed
	$(BIN)/python -m benchmarks.api_speed
	$(BIN)/python -m benchmarks.ledger_speed
	$(BIN)/python -m benchmarks.identity_speed
	$(BIN)/python -m benchmarks.clocks_speed
	$(BIN)/python -m benchmarks.funnel_speed
	$(BIN)/python -m benchmarks.score_speed
	$(BIN)/python -m benchmarks.demo_speed

verify: install spark  ## what is too heavy for every push; resumable, see docs/verified.md
	$(BIN)/python -m pytest -m verify

lock:  ## resolve the dependencies again (needs uv)
	uv pip compile pyproject.toml --extra dev --generate-hashes --no-emit-index-url --no-strip-extras --python-version 3.11 --universal --custom-compile-command "make lock" -o requirements.lock
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["spark"], sep="\n")' | \
		uv pip compile - --no-deps --generate-hashes --no-emit-index-url --python-version 3.11 --universal --custom-compile-command "make lock" -o requirements-spark.lock

clean:  ## outputs and caches, not the environment
	rm -rf var dbt_project/target dbt_project/logs
