# DuckDB's Arrow calls need this tag; it is set here and nowhere else.
TAGS     := duckdb_arrow
GO       ?= go
GOTEST   := $(GO) test -tags $(TAGS)
BIN      := bin/glovebox
FUZZTIME ?= 1000x

.PHONY: help
help: ## show this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## say what is missing to build and test, and how to install it
	@scripts/setup --modules

.PHONY: toolchains
toolchains: ## install what builds modules in each language, to build/toolchains (docs/sdk.md)
	@scripts/toolchains

.PHONY: build
build: ## build bin/glovebox
	@scripts/setup
	@echo "building $(BIN) (the first build compiles and links DuckDB, OPA and Arrow: one to three minutes)"
	@$(GO) build -trimpath -tags $(TAGS) -o $(BIN) ./cmd/glovebox

.PHONY: verifiers
verifiers: ## build glovebox-verify for every system, small, static, reproducible, into build/verifiers
	@GO=$(GO) scripts/verifiers

.PHONY: package
package: ## build a .deb (nfpm, pinned) and an OCI image layout, with both units, docs and NOTICE, into build/packages
	@scripts/package

.PHONY: test-package
test-package: package ## install, run and check both in a folder; says what it cannot try (a minute; root tries more)
	@scripts/test-package

.PHONY: demo
demo: build ## create ./demo-domain, load data, run four jobs, export, verify
	@scripts/demo

.PHONY: up
up: build ## the demo domain behind core and web, with TLS on 127.0.0.1:8443, people of every role (make down ends it)
	@scripts/up

.PHONY: down
down: ## end what make up started, and remove ./demo-city
	@scripts/down

.PHONY: test
test: setup ## run everything that CI runs
	@scripts/test

.PHONY: unit
unit: ## the fast loop: vet and test one package without its long tests (PKG=./privacy RUN=TestPrice)
	@scripts/unit $(PKG) $(if $(RUN),-run '$(RUN)')

.PHONY: test-long
test-long: test ## the same, privacy under the race detector, more kills, more fuzz, and WebAssembly's own test suite
	@$(GOTEST) -race -timeout 120m ./privacy
	@$(GOTEST) -race -timeout 60m -run AtOnce ./internal/pipeline ./internal/core
	@GLOVEBOX_TEST_LONG=1 $(GOTEST) -timeout 60m ./internal/proof/crash
	@FUZZTIME=$(FUZZTIME) scripts/fuzz
	@scripts/spec-suite

.PHONY: test-web
test-web: ## every page and each role's work in a real browser (4 minutes; Debian's chromium; says so where there is none)
	@scripts/test-web

.PHONY: check
check: test ## the same as test

.PHONY: test-cluster
test-cluster: ## whole jobs over NATS, with kills, and over Spark 4.0.1, which is a trial and fails yet (434 MB kept in build/; Java 17)
	@scripts/test-cluster

.PHONY: fuzz
fuzz: ## fuzz every decoder of foreign bytes (FUZZTIME=1000x inputs, or 60s, each)
	@FUZZTIME=$(FUZZTIME) scripts/fuzz

.PHONY: fuzz-long
fuzz-long: ## the same for longer, 1,000,000 resets in each way, 1,000 jobs at once, 10,000 random modules metered and not (hours)
	@scripts/fuzz-long

.PHONY: spec-suite
spec-suite: ## run WebAssembly's own test suite: metered as plain, and what is not valid refused (a minute; needs cargo, wabt)
	@scripts/spec-suite

.PHONY: audit
audit: ## bound the loss of our own noise and jobs from outside, 1,000,000 outputs a side; find planted faults (5 minutes)
	@scripts/audit

.PHONY: timing
timing: ## try to tell by the time of 10,000 jobs who is in the data (an hour)
	@scripts/timing

.PHONY: test-load
test-load: ## load large files and hold the loader's memory to that of small ones (minutes; ROWS=20000000)
	@GLOVEBOX_LOAD_ROWS=$(or $(ROWS),20000000) $(GO) test -tags $(TAGS) -timeout 4h -v -run '^TestLoadMemory$$' ./internal/pipeline

.PHONY: bench
bench: ## measure each hot path beside its baseline; print a table, write bench.json
	@$(GO) run -tags $(TAGS) ./internal/proof/bench -o bench.json -doc docs/benchmarks.md

.PHONY: bench-reads
bench-reads: ## measure how long a core takes to answer questions (minutes; JOBS=10000)
	@GLOVEBOX_READS=$(or $(JOBS),10000) $(GO) test -tags $(TAGS) -timeout 60m -v -run '^TestTimeOfReads$$' ./internal/core

.PHONY: bench-log
bench-log: ## measure a log of a million entries: taken in, proved, checked and asked (minutes; ENTRIES=1000000)
	@$(GO) run -tags $(TAGS) ./internal/proof/logbench -entries $(or $(ENTRIES),1000000) -doc docs/benchmarks-log.md

.PHONY: bench-wasm
bench-wasm: ## measure the sandbox beside wasmtime and native code; write the table of docs/benchmarks.md
	@cd bench && $(GO) run . -doc ../docs/benchmarks.md

.PHONY: accuracy
accuracy: ## measure the error of every mechanism and aggregator; write the tables of docs/accuracy.md
	@$(GO) run -tags $(TAGS) ./internal/proof/accuracy

.PHONY: golden
golden: ## compute the golden values of the accounting anew, with two other libraries (needs python3 and pip)
	@scripts/golden

.PHONY: notice
notice: ## write NOTICE: the licences of all that a build links
	@$(GO) run ./internal/proof/notice

.PHONY: bench-peers
bench-peers: ## compare with OpenDP, SmartNoise, PipelineDP and Tumult from PyPI on ten million rows (an hour; network)
	@bench/peers/run

.PHONY: python-client
python-client: ## build the wheel of the Python client into build/python (python3; PyPI for what builds it)
	@scripts/python-client

.PHONY: test-python
test-python: ## check the types of the Python client, and run its example against a core and a web (PyPI)
	@scripts/test-python

.PHONY: lint
lint: ## gofmt, vet and golangci-lint (pinned, built once into build/tools), as make test does
	@scripts/lint

.PHONY: vuln
vuln: ## look up what is called in Go's vulnerability database; says so where it cannot be reached
	@scripts/vuln

.PHONY: dead
dead: ## list functions that no program and no test reaches
	@! "$$(scripts/tool deadcode)" -tags $(TAGS) -test ./... | grep -v '^sdk/go/' # modules are compiled by TinyGo

.PHONY: clean
clean: ## remove what builds and demos leave
	@scripts/down; rm -rf bin demo-domain demo-bundle
