# The commands of this house. `make help` explains each.

PORT ?= 8000
ARGS ?=
DEMO_INSTANCE ?= instance/demo

# The newest Python from 3.11 on that runs (a shim on the PATH may not).
PYTHON ?= $(shell for python in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)

BIN := .venv/bin
BIOME := 2.6.8
DEMO := KONNEKT_INSTANCE=$(DEMO_INSTANCE) KONNEKT_DATABASE= KONNEKT_MAIL= KONNEKT_URL=http://127.0.0.1:$(PORT)

# Whether packages can be installed here: Debian or a child of it, as root.
APT := $(if $(filter 0,$(shell id -u)),$(shell command -v apt-get))
APT_INSTALL := apt-get update -q; DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends

# Hundreds of tests start the konnekt command, which is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test test-newest coverage nu bare bare-install container lock outdated check mutants bench kills screenshots translations pictures machine

help: ## say what each target does
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null \
		|| sed -nE 's/^([a-z-]+):.*## (.*)/  make \1: \2/p' $(MAKEFILE_LIST)

demo: .venv/installed ## fill a demonstration once and serve it on http://127.0.0.1:8000 (or PORT=8123)
	@exec env $(DEMO) $(BIN)/konnekt demo --port $(PORT)

demo-reset: .venv/installed ## throw the demonstration away; the next `make demo` starts afresh
	@rm -rf $(DEMO_INSTANCE)

# Three side by side, also on two cores: a test that starts a server or a browser waits for it a third of the time.
# Each takes a third of the tests in their order, so that one alone fills the demonstration and starts the browser,
# and who is done first takes from the others.
test: .venv/installed ## run every test, on SQLite and PostgreSQL and in Chromium (ARGS="-k approve" for some)
	@$(MAKE) --no-print-directory -j 2 .venv/installed-dev machine
	$(BIN)/pytest -n 3 --dist worksteal $(ARGS)

test-newest: machine ## the same against the newest of everything that pyproject.toml allows, beside what is locked
	@test -d .venv/newest || $(PYTHON) -m venv .venv/newest
	.venv/newest/bin/python -m pip install -q -U --upgrade-strategy eager -e '.[dev]'
	.venv/newest/bin/pytest -n 3 --dist worksteal $(ARGS)

coverage: .venv/installed-dev machine ## run every test and say which lines none of them ran; pyproject.toml has the figure that only rises
	@rm -f instance/coverage.*
	$(BIN)/coverage run -m pytest -n 3 --dist worksteal $(ARGS)
	@$(BIN)/coverage combine -q
	$(BIN)/coverage report

nu: .venv/installed-dev machine ## have the Nu HTML Checker (npm, Java) read every page and fragment too
	@missing=; \
	command -v java >/dev/null || missing="$$missing default-jre-headless"; \
	command -v npm >/dev/null || missing="$$missing npm"; \
	$(GET)
	@test -f $(NU) || { rm -rf .venv/nu; npm install --silent --no-audit --no-fund --ignore-scripts --prefix .venv/nu vnu-jar@26.9.27; }
	$(BIN)/pytest tests/browser/nu.py $(ARGS)

bare: ## prove both commands on a bare Debian 12, in a chroot (root; ARGS="-k approve" for some tests)
	tests/bare_root.sh $(ARGS)

bare-install: ## install on a bare Debian 12, in a chroot, as docs/operating.md says (root), and say what it took
	tests/install_root.sh

container: ## do the steps of deploy/Containerfile in a bare Debian 12, and serve from what comes of them (root)
	tests/container_root.sh

lock: .venv/installed-dev ## renew requirements.txt and requirements-test.txt: what is installed, by version and hash
	@test -x .venv/lock/bin/uv || { $(PYTHON) -m venv .venv/lock && .venv/lock/bin/python -m pip install -q uv; }
	@$(PYTHON) -c 'import tomllib; print("\n".join(tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"]))' >.venv/lock/build.in
	$(LOCK) .venv/lock/build.in -o requirements.txt
	$(LOCK) .venv/lock/build.in --extra dev -c requirements.txt -o requirements-test.txt
	$(BIN)/python -m tests.sbom

outdated: .venv/installed-dev ## compare requirements.txt with the newest on PyPI, and say what waits longer than docs/security.md allows
	$(BIN)/python -m tests.outdated

check: .venv/installed-dev .venv/biome-$(BIOME) ## read the source: ruff, its formatter, mypy; djangofmt for templates, biome (npm) for scripts and styles
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/djangofmt check konnekt/templates konnekt/static/offline.html
	.venv/biome/node_modules/.bin/biome lint --error-on-warnings

mutants: .venv/installed-dev ## see who notices small changes in a module: MODULE=konnekt/domain/access.py (ARGS=--only=may_enter)
	@test -n "$(MODULE)" || { echo "Which module? make mutants MODULE=konnekt/domain/access.py"; exit 1; }
	$(BIN)/python -m tests.mutants $(MODULE) $(ARGS)

bench: .venv/installed-dev machine ## measure what has to be quick, with up to a million timesheets (ARGS=quick: within three minutes)
	$(BIN)/python -m tests.bench $(ARGS)

kills: .venv/installed-dev machine ## kill -9 anything 200 times on each database while people work, and prove that nothing is lost (ARGS="--kills 20")
	$(BIN)/python -m tests.kills $(ARGS)

screenshots: .venv/installed-dev machine ## photograph each page of a demonstration, at three widths, light and dark (ARGS=invoices for some)
	$(BIN)/python -m tests.screenshots instance/screenshots $(ARGS)

translations: .venv/installed-dev ## collect what is said on screen, update the Dutch catalogue, compile it
	$(BIN)/python -m tests.catalogue

pictures: .venv/installed-dev machine ## draw the pictures of the help again, from the demonstration, and the icons
	$(BIN)/python -m tests.help_pictures

# What is installed is what the lock says, byte for byte; nothing is compiled or run while it is.
INSTALL := $(BIN)/python -m pip install -q --require-hashes --only-binary :all: -r
# One lock for every Python from 3.11 on. pip-tools would lock for the one that runs it; uv is needed here alone.
LOCK := .venv/lock/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --upgrade --no-annotate \
	--custom-compile-command "make lock" pyproject.toml

.venv/installed: pyproject.toml requirements.txt
	@test -n "$(PYTHON)" || { echo "Konnekt needs Python 3.11 or later on the PATH (or PYTHON=/path/to/python3.11)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
		if [ -n "$(APT)" ]; then $(APT_INSTALL) "$$package"; \
		else echo "$(PYTHON) can't make a virtual environment. On Debian, as root: apt-get install $$package"; exit 1; fi; }
	@echo "Installing Konnekt into .venv"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(INSTALL) requirements.txt
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.venv/installed-dev: .venv/installed requirements-test.txt
	@echo "Installing what the tests need into .venv"
	@$(INSTALL) requirements-test.txt --no-compile
	@touch $@

.venv/biome-$(BIOME):
	@missing=; command -v npm >/dev/null || missing=" npm"; $(GET)
	@npm install --silent --no-audit --no-fund --ignore-scripts --prefix .venv/biome @biomejs/biome@$(BIOME)
	@touch $@

# What the tests need of the machine: PostgreSQL's server programs, Chromium, the library that Playwright's driver
# lacks, a text browser, nginx, and the program that reads systemd's units. The smaller of Debian's two Chromiums is enough: no window is ever opened.
GET = test -z "$$missing" || { \
		if [ -n "$(APT)" ]; then $(APT_INSTALL) $$missing; \
		else echo "The tests need:$$missing. On Debian, as root: apt-get install$$missing"; exit 1; fi; }
NU := .venv/nu/node_modules/vnu-jar/build/dist/vnu.jar
machine:
	@missing=; \
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v chromium-headless-shell >/dev/null || { [ -z "$(APT)" ] && command -v chromium >/dev/null; } \
		|| missing="$$missing chromium-headless-shell"; \
	[ ! -x /sbin/ldconfig ] || /sbin/ldconfig -p | grep -q 'libatomic[.]so[.]1 ' || missing="$$missing libatomic1"; \
	command -v w3m >/dev/null || missing="$$missing w3m"; \
	command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing="$$missing nginx"; \
	command -v systemd-analyze >/dev/null || missing="$$missing systemd"; \
	$(GET)
