.PHONY: serve help test test-laws test-lowest constraints check fuzz fuzz-frames simulate bench bench-ot bundle

serve: ## Serve documents and the editor on http://127.0.0.1:8000/
	@scripts/serve

help: ## What there is to make
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | tr '|' '\t' | expand -t 14

test: ## Install what the tests need, then run all checks and tests
	@scripts/test

test-laws: ## The laws of the operation types on 20,000 cases each
	@scripts/test-laws

test-lowest: ## The tests that matter with the lowest versions of all packages
	@scripts/test-lowest

constraints: ## Renew the exact versions that the scripts and CI install
	@scripts/constraints

check: ## Lint, types and the quick tests
	@scripts/check

fuzz: ## Try the laws of the operation types on 1,000,000 cases each; it takes about an hour
	@scripts/fuzz

fuzz-frames: ## Play 1,000,000 hostile inputs to the server; it takes about ten minutes
	@scripts/fuzz-frames

simulate: ## Simulate editors, a faulty network and a faulty database, 10,000 times; it takes about half an hour
	@scripts/simulate

bench: ## What the server costs under load, beside a bare socket server; OPTIONS="--scenario S2" narrows it
	@scripts/bench $(OPTIONS)

bench-ot: ## The operation types beside quill-delta, ot-json0 and pycrdt; TRACES="..." adds recordings
	@scripts/bench-ot $(TRACES)

bundle: ## Build static/vendor/ and static/built/ anew: after a change of static/ or package.json
	@scripts/bundle-static
