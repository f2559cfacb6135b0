# Everything lives in .venv inside the checkout; nothing else on the machine is touched.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
.DEFAULT_GOAL := help
# Kernels, commands and workers of the tests would compile rtnb anew, each time.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help demo lab test check browser interop packages binder pin docs docs-links notebooks screenshots bench clean

help: ## what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1\t/' | expand -t 18

demo: .venv/.demo ## one conversation with the embedded server; writes demo.rtnb and demo.html
	@$(BIN)/rtnb demo

lab: .venv/.lab ## JupyterLab on the quickstart notebook
	@$(BIN)/rtnb lab notebooks/00_quickstart.ipynb

# pytest rewrites each test module once and keeps it: beside the type checker one process does it for all workers.
test: .venv/.test ## lint, types, and all tests but those of "make browser" and below
	@$(BIN)/pytest --collect-only -q >/dev/null 2>&1 & $(MAKE) --no-print-directory check; checked=$$?; wait; exit $$checked
	@$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder --durations=25 --ignore=tests/browser --ignore=tests/kernel

browser: .venv/.test ## real kernels, and the views in a real JupyterLab in Chromium; artifacts gets pictures of them
	@$(BIN)/pytest --durations=10 tests/kernel tests/browser

check: .venv/.test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

interop: .venv/.test ## real clients, each in an environment of its own, against rtnb serve
	@$(BIN)/python tests/interop/environments.py
	@$(BIN)/pytest -m interop tests/interop

docs: .venv/.docs ## the documentation site, in build/docs; its links are checked
	@$(BIN)/python -m sphinx -W --keep-going -n -q -E -j auto -d build/doctrees docs build/docs
	@$(BIN)/python tools/check_site.py build/docs

docs-links: docs ## the links of the site that lead elsewhere; needs a network
	@$(BIN)/python tools/check_site.py --links build/docs

packages: .venv/.test ## wheel and source distribution: the same bytes twice, installed on each Python
	@$(BIN)/pytest -m interop tests/packaging

notebooks: .venv/.test ## the notebooks anew, executed, from their texts in tools/course
	@$(BIN)/python tools/make_course.py

binder: .venv/.test ## the course as Binder runs it: environment, JupyterLab, a spoken turn, memory, every notebook
	@$(BIN)/python tests/binder/making.py
	@failed=0; $(BIN)/pytest -m course tests/binder || failed=1; \
	RTNB_COURSE_PYTHON=$(CURDIR)/.interop/binder/environment/bin/python \
	$(BIN)/pytest -m course -n 2 --dist loadfile tests/notebooks || failed=1; exit $$failed

pin: .venv/.test ## what Binder installs, pinned anew; "make pin UPGRADE=--upgrade" takes the newest versions
	@$(BIN)/python tests/binder/making.py --tools
	@$(BIN)/python tools/pin_binder.py $(UPGRADE)

screenshots: .venv/.test ## the README's pictures anew, from a real JupyterLab
	@$(BIN)/pytest -q tests/browser/test_first_sight.py
	@mkdir -p docs/images && cp artifacts/readme-*.png artifacts/readme-*.webp docs/images/

bench: .venv/.test ## the figures in benchmarks/README.md
	@$(BIN)/python benchmarks/first_conversation.py
	@$(BIN)/python benchmarks/costs.py
	@$(BIN)/python benchmarks/receiving.py
	@$(BIN)/python benchmarks/journal.py
	@$(BIN)/python benchmarks/serving.py
	@$(BIN)/python benchmarks/workers.py
	@$(BIN)/python benchmarks/chat.py
	@$(BIN)/python benchmarks/ears.py
	@$(BIN)/python benchmarks/vad_tracks.py
	@$(BIN)/python benchmarks/vad_quality.py
	@$(BIN)/python benchmarks/vad_sweep.py
	@$(BIN)/python benchmarks/vad_detect.py
	@$(BIN)/python benchmarks/waveform.py
	@$(BIN)/python benchmarks/timeline.py
	@$(BIN)/python benchmarks/timeline_page.py --real
	@$(BIN)/python benchmarks/console.py
	@$(BIN)/python benchmarks/microphone.py
	@$(BIN)/python benchmarks/soak.py

clean: ## forget the virtual environments
	rm -rf .venv .interop

.venv/.created:
	@test -n "$(PYTHON)" || { echo "rtnb needs Python 3.11 or newer; none was found. Name one: make PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Making .venv with $(PYTHON) ..."
	@$(PYTHON) -m venv .venv || { echo "The venv module is incomplete; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --upgrade pip
	@touch $@

# One stamp a set of extras; a newer pyproject.toml renews it.
.venv/.demo: EXTRAS = local
.venv/.lab: EXTRAS = course
.venv/.test: EXTRAS = test
.venv/.docs: EXTRAS = docs
.venv/.demo .venv/.lab .venv/.test .venv/.docs: .venv/.created pyproject.toml
	@echo "Installing rtnb[$(EXTRAS)] ..."
	@$(BIN)/python -m pip install --quiet -e '.[$(EXTRAS)]'
	@touch $@
