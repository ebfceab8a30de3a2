# Each target sets up what it needs: a virtual environment in .venv with the pinned packages.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CHAT_READY := $(VENV)/.ready-chat
INSTRUCT := build/llmutils-small-instruct

# Text outputs are compared exactly. A cell may take 30 minutes, for slow machines and dead kernels.
NBVAL := TQDM_DISABLE=1 $(BIN)/python -m pytest -p no:warnings --nbval --nbval-current-env \
	--nbval-cell-timeout=1800 --durations=5

SMOLLM2 := notebooks/bonus/modern_model.ipynb notebooks/bonus/lora.ipynb

.PHONY: help lab run chat test check notebooks bonus kills slow fix-notebooks outputs browser clean

help:
	@echo "make lab              open JupyterLab on the notebooks"
	@echo "make run              run every chapter (CHAPTERS=\"04 05\" picks some), results in build/"
	@echo "make chat             talk to the models on a page of your own"
	@echo "make test             check, then notebooks"
	@echo "make check            only ruff, the unit tests and the contract of notebooks and module"
	@echo "make notebooks        only the chapters, re-executed and compared"
	@echo "make slow             what takes minutes more: bonus, then kills"
	@echo "make bonus            only the bonus notebooks, re-executed and compared"
	@echo "make kills            only training that is killed, interrupted and shared by processes"
	@echo "make fix-notebooks    rewrite stale definitions in the notebooks from llmutils"
	@echo "make outputs          refresh the committed outputs (CHAPTERS as above)"
	@echo "make browser          drive JupyterLab and the chat page in a headless Chromium, refresh the screenshots"

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) and "llmutils needs Python 3.11, 3.12 or 3.13; name one: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

lab: $(READY)
	$(BIN)/jupyter lab --notebook-dir=notebooks $(if $(filter 0,$(shell id -u)),--allow-root)

run: $(READY)
	$(BIN)/python scripts/run_notebooks.py $(CHAPTERS)

chat: $(CHAT_READY) $(INSTRUCT)/model.safetensors
	$(BIN)/python -m chat

$(CHAT_READY): requirements-chat.txt $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-chat.txt
	@touch $@

$(INSTRUCT)/model.safetensors: | $(READY)
	$(BIN)/python scripts/finetune_instructions.py $(INSTRUCT)

test: check notebooks

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest

notebooks: $(READY)
	$(NBVAL) notebooks/[0-9]*.ipynb

# what needs SmolLM2 is left out, by name, where the package index cannot be reached
bonus: $(READY)
	if $(BIN)/python -m llmutils.formats.llama; then $(NBVAL) notebooks/bonus; else \
		echo "left out: $(SMOLLM2)"; $(NBVAL) notebooks/bonus $(SMOLLM2:%=--ignore=%); fi

slow: bonus kills

kills: $(READY)
	$(BIN)/python -m pytest -m slow --durations=5

fix-notebooks: $(READY)
	$(BIN)/python scripts/notebook_contract.py --fix

outputs: $(READY)
	$(BIN)/python scripts/run_notebooks.py --update $(CHAPTERS)

# TESTS=tests/test_chat_page.py picks some
browser: $(CHAT_READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[browser]'
	$(BIN)/python -m pytest -m browser $(TESTS)

clean:
	rm -rf build $(VENV)
