# The tasks of this checkout. `make BIN=/path/to/venv/bin test` takes another environment.
BIN ?= .venv/bin

.PHONY: check test e2e generate audit

check:     ## formatting, lint, types, import rules, generated files
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/generate.py --check

test:      ## the quick tests, in parallel; TESTS=tests/sip for a part
	$(BIN)/pytest -q -n auto -m 'not slow' $(TESTS)

e2e:       ## whole rooms, foreign programs and the documentation; TESTS=tests/e2e/test_calls.py for a part
	$(BIN)/pytest -q -m slow $(TESTS)

generate:  ## write the generated pages and the blocking client
	$(BIN)/python tools/generate.py

audit:     ## known weaknesses of the locked versions; says so where their list cannot be fetched
	@python3 -m venv .venv-audit && .venv-audit/bin/pip install --quiet pip-audit || { echo "pip-audit cannot be installed: not audited"; exit 0; }; \
	.venv-audit/bin/pip-audit --no-deps --disable-pip --progress-spinner off -r constraints.txt 2>.venv-audit/errors; status=$$?; \
	if grep -qE "ConnectionError|ServiceError|Max retries" .venv-audit/errors; then echo "the list of weaknesses cannot be fetched: not audited"; exit 0; fi; \
	cat .venv-audit/errors; exit $$status
