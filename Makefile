# The tasks of this checkout. `make BIN=/path/to/venv/bin test` takes another environment.
BIN ?= .venv/bin

.PHONY: check test e2e generate

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
