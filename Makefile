.PHONY: serve test check bundle

serve:   ## Set up and run the server
	scripts/serve

test:    ## Set up and pass all checks and tests
	scripts/test

check:   ## Style and types
	scripts/check

bundle:  ## Build static/vendor/ anew from the pinned npm packages
	npm ci --no-audit --no-fund
	node scripts/bundle.mjs
