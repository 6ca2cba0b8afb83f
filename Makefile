# Everything a developer does daily. `make help` lists it.
# Each target first installs what it lacks (scripts/need), and is silent about what is already there.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

CARGO := cargo
# Arguments for the program in `make demo`, such as ARGS='--listen 127.0.0.1:9000'.
ARGS ?=
# What `make fuzz` fuzzes, all if nothing is named, and how long each.
TARGET ?=
SECONDS ?= 60

.PHONY: indicators differential help demo test check bench build ui quick e2e fix deny thunderbird fuzz

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ui ## Start Mailcase with sample mail arriving; Ctrl-C ends it and cleans up
	@scripts/need rust mail
	@scripts/say 'Building Mailcase (the first time takes some minutes)'
	@$(CARGO) build --quiet --locked --package mailcase
	@exec target/debug/mailcase demo $(ARGS)

test: ui ## Run every test: Rust with real servers, then the browser
	@scripts/need rust mail proxy identity database schema clients validators cryptography archives browser
	@scripts/say 'Running the Rust tests'
	@$(CARGO) test --locked --workspace
	@scripts/say 'Running the unit tests of the UI'
	@npm --prefix ui run --silent test
	@scripts/e2e

quick: ## Run the tests of the libraries alone (no servers, no browser)
	@scripts/need rust cryptography archives
	@scripts/say 'Running the quick tests'
	@$(CARGO) test --quiet --locked --package mailcase-core --package mailcase-mail --package mailcase-evidence --package mailcase-export --package mailcase-indicators --package mailcase-patterns --package mailcase-sums --package mailcase-folder --package mailcase-transport --lib

e2e: ui ## Run the browser tests alone
	@scripts/need rust mail proxy identity browser
	@scripts/e2e

check: ui deny ## Check formatting, lints, licences, the UI's types, and run the quick tests
	@scripts/need rust lints
	@scripts/say 'Checking formatting'
	@$(CARGO) fmt --all -- --check
	@scripts/say 'Linting Rust'
	@$(CARGO) clippy --quiet --locked --workspace --all-targets -- -D warnings
	@scripts/say 'Checking the UI'
	@npm --prefix ui run --silent check
	@npm --prefix ui run --silent test
	@$(MAKE) --no-print-directory quick

deny: ## Check licences, banned crates, sources and known vulnerabilities
	@scripts/need rust deny
	@scripts/deny

thunderbird: ## Let a real Thunderbird use the simulator of Exchange Web Services
	@scripts/need rust schema thunderbird
	@$(CARGO) run --quiet --locked --package mailcase-testbed --features ews --example thunderbird

bench: ## Measure parsing and ingest beside others (takes long; ARGS: sections; results in bench-results/)
	@scripts/need rust mail database bench
	@scripts/bench $(ARGS)

differential: ## Compare the evidence of real mail with what other programs find in it (ARGS: --peer NAME, --all)
	@scripts/need rust peers
	@scripts/differential $(ARGS)

indicators: ## Compare the indicators of labelled mail with what other programs find in it (ARGS: names of programs to list)
	@scripts/need rust peers
	@scripts/indicators $(ARGS)

fuzz: ## Feed random bytes to the examination of mail (TARGET='mime rtf', SECONDS=60 each, ARGS)
	@scripts/need rust fuzz
	@scripts/fuzz --seconds $(SECONDS) $(ARGS) $(TARGET)

build: ui ## Build the release binary: target/release/mailcase
	@scripts/need rust
	@scripts/say 'Building the release binary'
	@$(CARGO) build --locked --release --package mailcase

ui: ## Build the web UI into ui/dist, when its sources changed
	@scripts/need node
	@scripts/ui

fix: ## Format, apply lint suggestions, write generated files
	@scripts/need rust node
	@$(CARGO) fmt --all
	@$(CARGO) clippy --quiet --workspace --all-targets --fix --allow-dirty --allow-staged
	@scripts/say 'Writing the reference pages and the API types of the UI'
	@$(CARGO) build --quiet --package mailcase
	@scripts/generate docs/configuration.md reference configuration
	@scripts/generate docs/cli.md reference cli
	@scripts/generate ui/src/api/openapi.json openapi
	@npm --prefix ui run --silent generate
	@npm --prefix ui run --silent fix
