# make run    start everything on this machine and open the demo city
# make test   all tests           make check  linters and types        make bench  measure against a floor
# make lock   pin dependencies    make clean-data  delete this machine's local data

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
IN = .venv/bin/python
LOCK = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate pyproject.toml
WHAT ?= tests

.PHONY: run test check bench lock clean-data

run: .venv/run.stamp
	@exec $(IN) -m deploy.cli up

# Three at a time for two cores, as much of it waits for servers that were killed; the long files are not left for the end.
test: .venv/dev.stamp
	@exec $(IN) -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(WHAT)

check: .venv/dev.stamp
	$(IN) -m ruff check .
	$(IN) -m ruff format --check .
	$(IN) -m mypy shared services deploy tests $(wildcard bench)
	.venv/bin/lint-imports --no-logo

bench: .venv/dev.stamp
	@exec $(IN) -m bench

lock: .venv/dev.stamp
	$(LOCK) -o requirements/run.txt $(UPGRADE)
	$(LOCK) --extra dev -o requirements/dev.txt $(UPGRADE)

clean-data: .venv/run.stamp
	@exec $(IN) -m deploy.cli clean-data

.venv/%.stamp: requirements/%.txt
	@test -n "$(PYTHON)" || { echo "schoolcard needs Python 3.11 or newer: apt-get install python3, brew install python" \
		"(or make PYTHON=/path/to/python3.11 run)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "schoolcard needs Python 3.11 or newer; $(PYTHON) is older")'
	@$(PYTHON) -m deploy.environment requirements/$*.txt
