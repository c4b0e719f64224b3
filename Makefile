# The commands of this house. `make help` explains each.

PORT ?= 8000
ARGS ?=
DEMO_INSTANCE ?= instance/demo

# The newest Python from 3.11 on that runs (a shim on the PATH may not).
PYTHON ?= $(shell for python in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)

BIN := .venv/bin
DEMO := KONNEKT_INSTANCE=$(DEMO_INSTANCE) KONNEKT_DATABASE= KONNEKT_MAIL= KONNEKT_URL=http://127.0.0.1:$(PORT)

# Whether packages can be installed here: Debian or a child of it, as root.
APT := $(if $(filter 0,$(shell id -u)),$(shell command -v apt-get))
APT_INSTALL := apt-get update -q; DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test check bench screenshots translations pictures machine

help: ## say what each target does
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null \
		|| sed -nE 's/^([a-z-]+):.*## (.*)/  make \1: \2/p' $(MAKEFILE_LIST)

demo: .venv/installed ## fill a demonstration once and serve it on http://127.0.0.1:8000 (or PORT=8123)
	@exec env $(DEMO) $(BIN)/konnekt demo --port $(PORT)

demo-reset: .venv/installed ## throw the demonstration away; the next `make demo` starts afresh
	@rm -rf $(DEMO_INSTANCE)

test: .venv/installed-dev machine ## run every test, on SQLite and PostgreSQL and in Chromium (ARGS="-k approve" for some)
	$(BIN)/pytest -n 2 $(ARGS)

check: .venv/installed-dev ## read the source: ruff, its formatter, mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: .venv/installed-dev machine ## measure the import, the approval list, 500 approvals, 100,000 invoices and the weight of a page
	$(BIN)/python -m tests.bench

screenshots: .venv/installed-dev machine ## photograph each page of a demonstration, at three widths, light and dark (ARGS=invoices for some)
	$(BIN)/python -m tests.screenshots instance/screenshots $(ARGS)

translations: .venv/installed-dev ## collect what is said on screen, update the Dutch catalogue, compile it
	$(BIN)/python -m tests.catalogue

pictures: .venv/installed-dev machine ## draw the pictures of the help again, from the demonstration, and the icons
	$(BIN)/python -m tests.help_pictures

.venv/installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Konnekt needs Python 3.11 or later on the PATH (or PYTHON=/path/to/python3.11)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
		if [ -n "$(APT)" ]; then $(APT_INSTALL) "$$package"; \
		else echo "$(PYTHON) can't make a virtual environment. On Debian, as root: apt-get install $$package"; exit 1; fi; }
	@echo "Installing Konnekt into .venv"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -q -e .
	@touch $@

.venv/installed-dev: pyproject.toml .venv/installed
	@echo "Installing what the tests need into .venv"
	@$(BIN)/python -m pip install -q -e '.[dev]'
	@touch $@

# What the tests need of the machine: PostgreSQL's server programs, Chromium, a text browser, and the Nu HTML Checker.
NU := .venv/nu/node_modules/vnu-jar/build/dist/vnu.jar
machine:
	@missing=; \
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	command -v w3m >/dev/null || missing="$$missing w3m"; \
	command -v java >/dev/null || missing="$$missing default-jre-headless"; \
	command -v npm >/dev/null || missing="$$missing npm"; \
	test -z "$$missing" || { \
		if [ -n "$(APT)" ]; then $(APT_INSTALL) $$missing; \
		else echo "The tests need:$$missing. On Debian, as root: apt-get install$$missing;"; \
			echo "elsewhere: put initdb, postgres, chromium, w3m, java and npm on the PATH."; exit 1; fi; }
	@test -f $(NU) || { rm -rf .venv/nu; npm install --silent --no-audit --no-fund --ignore-scripts --prefix .venv/nu vnu-jar@26.9.27; }
