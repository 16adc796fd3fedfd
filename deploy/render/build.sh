#!/usr/bin/env bash
# What Render builds with: the locked packages, the front end and the texts, as `make setup` does without what tests need.
set -euo pipefail
python -m pip install --quiet --require-hashes -r requirements/run.lock
python -m pip install --quiet --no-deps -e .
python -m nollycrewhub.web.build
python -m nollycrewhub.web.texts build
python -m nollycrewhub.web.compiled
