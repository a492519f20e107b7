# wsbind: make help lists the targets. Everything a target needs beyond Go,
# Node, make and apt it installs itself, pinned.
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME   ?= 30s

CLIENTS = mockserver/testdata/clients
JS      = wasm/js
JSTEST  = wasm/js/test
PAGE    = web-demo
export STAGES = $(CURDIR)/bin/stages

# The same for whatever is built here, so that Go compiles its library once for the
# binary, the tests and what looks at them, and once for the modules, with what
# wasm/build gives. The race detector alone needs cgo. Without DWARF less is linked,
# and nobody runs a debugger on it.
export CGO_ENABLED = 0
export GOFLAGS := $(strip $(GOFLAGS) -trimpath -ldflags=-w)
WASIP1 = GOOS=wasip1 GOARCH=wasm GOEXPERIMENT=nogreenteagc

# npm writes this last: a node_modules without it is of an install that was stopped.
INSTALLED = node_modules/.package-lock.json

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

.PHONY: build
build: bin/wsbind ## leave the binary in bin/wsbind, the modules in wasm/dist, the page in web-demo/dist

.PHONY: bin/wsbind
bin/wsbind: wasm page
	go build -ldflags='-s -w' -o $@ ./mockserver/cmd/wsbind

# An engine for the tests of the gate's stores; go build leaves alone what is up to date.
.PHONY: bin/nats-server
bin/nats-server:
	go build -o $@ github.com/nats-io/nats-server/v2

# What is up to date is left alone: wasm/build asks Go, and compares hashes.
.PHONY: wasm
wasm: $(JS)/$(INSTALLED) ## make the modules wsbind.wasm and wsbind-jose.wasm
	@node wasm/build/build.mjs

# Likewise: the page is built when something in it has changed.
.PHONY: page
page: wasm $(PAGE)/$(INSTALLED) ## make the page that the binary serves, or any static host
	@node $(PAGE)/build/build.mjs

.PHONY: dist
dist: wasm page ## pack the binary for six platforms in bin/dist
	@go run ./mockserver/internal/dist archives bin/dist

.PHONY: image
image: wasm page ## pack a container image in bin/dist, without a container engine
	@go run ./mockserver/internal/dist image bin/dist

.PHONY: run
run: bin/wsbind ## serve the mock on 127.0.0.1:8080
	./bin/wsbind serve

.PHONY: test
test: ## everything that must hold, with a table of times
	@mkdir -p bin && rm -f bin/stages
	@.ci/stage 'install, lint' $(MAKE) --no-print-directory -j2 --output-sync=target tools lint
	@.ci/stage 'generated files are fresh' $(MAKE) --no-print-directory gen-check
	@.ci/stage 'build, the modules twice' $(MAKE) --no-print-directory -j2 --output-sync=target build test-reproducible
	@.ci/stage 'go test' $(MAKE) --no-print-directory test-go
	@.ci/stage 'go test -race' $(MAKE) --no-print-directory test-race
	@.ci/stage 'npm clients' $(MAKE) --no-print-directory test-clients
	@.ci/stage 'npm package, two minutes of soak' $(MAKE) --no-print-directory -j2 --output-sync=target test-wasm soak-short
	@.ci/stage 'page' $(MAKE) --no-print-directory test-page
	@.ci/stage 'conformance' $(MAKE) --no-print-directory test-conformance
	@.ci/stage --table

# go vet is lint's.
.PHONY: test-go
test-go: wasm ## the Go tests
	@node .ci/go-test.mjs -vet=off ./...

.PHONY: cover
cover: wasm ## how much of the Go code its tests run
	@mkdir -p bin
	@node .ci/go-test.mjs -coverpkg=./core/...,./mockserver/...,./schemas/... -coverprofile=bin/coverage.out ./...
	@go tool cover -func=bin/coverage.out | awk '/^total:/ {print "coverage: " $$NF " of statements"}'

# The rest of core has no goroutines, nor have its tests; mockserver uses it from
# many. The command leaves its goroutines to mockserver.
.PHONY: test-race
test-race: wasm tools ## the Go tests under the race detector
	@CGO_ENABLED=1 node .ci/go-test.mjs -vet=off -race -short ./core/binding ./core/jose ./core/token $$(go list ./mockserver/... | grep -v -e /cmd/ -e /natsstore -e /internal/bench -e /internal/soak) ./wasm/host

.PHONY: load
load: wasm ## a thousand sockets and 300,000 notifications, which make test has a fifth of
	@go test ./mockserver -count=1 -run '^TestLoad$$' -v -load

.PHONY: soak
soak: bin/wsbind ## half an hour of sockets, Subscriptions and faults that come and go: no loss, no growth
	@go build -o bin/soak ./mockserver/internal/soak
	@bin/soak -server bin/wsbind -time 30m

.PHONY: soak-short
soak-short: bin/wsbind ## the same for two minutes
	@go build -o bin/soak ./mockserver/internal/soak
	@bin/soak -server bin/wsbind -time 2m

.PHONY: test-clients
test-clients: bin/wsbind $(CLIENTS)/$(INSTALLED) ## clients from npm drive the binary
	cd $(CLIENTS) && WSBIND_BIN="$(CURDIR)/bin/wsbind" node --test --test-reporter=spec $$(git ls-files '*.test.mjs')

.PHONY: test-reproducible
test-reproducible: wasm wasm-again ## two clean builds of the modules give the same bytes
	@wasm/build/reproducible --compare

.PHONY: wasm-again
wasm-again: $(JS)/$(INSTALLED)
	@wasm/build/reproducible

.PHONY: test-wasm
test-wasm: tools build package bin/nats-server ## the npm package, as it is packed, and the tools that make the modules
	node --test --test-reporter=spec $$(git ls-files 'wasm/build/*.test.mjs' '.ci/*.test.mjs')
	cd $(JSTEST) && node --test --test-concurrency=2 --test-reporter=spec $$(git ls-files '*.test.mjs')

.PHONY: test-page
test-page: tools build package ## the page in a browser; what it looked like is in bin/shots
	cd $(PAGE) && WSBIND_BIN="$(CURDIR)/bin/wsbind" node --test --test-concurrency=2 --test-reporter=spec $$(git ls-files '*.test.mjs')

.PHONY: test-conformance
test-conformance: tools build package ## one suite of cases in every runtime, with equal answers
	node $(JSTEST)/conformance/conformance.mjs

.PHONY: test-interpreter
test-interpreter: tools build package ## the same suite in wazero's interpreter, which takes a minute and a half
	node $(JSTEST)/conformance/conformance.mjs Go 'wazero interpreter'

# The package is compiled, packed with the module, and installed for the tests.
.PHONY: package
package: wasm $(JSTEST)/$(INSTALLED)
	@node $(JS)/pack.mjs

.PHONY: check
check: lint gen-check ## lint, and generated files are as generated
	@test -z "$$(git status --short)" || { git status --short; echo 'check: the work tree has changes'; exit 1; }

.PHONY: lint
lint: $(JS)/$(INSTALLED) ## gofmt, go vet, staticcheck, tsc
	@files=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$files" || { echo "gofmt would change:"; echo "$$files"; exit 1; }
	go vet ./...
	$(WASIP1) go vet ./wasm/reactor
	$(WASIP1) go vet -tags jose ./wasm/reactor
	go run $(STATICCHECK) ./...
	cd $(JS) && node node_modules/typescript/bin/tsc --noEmit

.PHONY: gen
gen: $(JS)/$(INSTALLED) ## write every generated file anew
	go run ./schemas/gen
	go run ./core/jose/internal/tokenvectors schemas/vectors/token
	go test ./mockserver ./mockserver/search ./mockserver/faults ./mockserver/review -run 'TestREADME|TestManagementTable' -update
	go run ./core/fault/internal/jscodes $(JS)/src/codes.ts
	go run ./mockserver/faults/internal/jsnames $(JS)/src/mock/names.ts
	cd $(JS) && node node_modules/typedoc/bin/typedoc
	cd $(JS) && node node_modules/typedoc/bin/typedoc --options typedoc.mock.json
	cd $(JS) && node node_modules/typedoc/bin/typedoc --options typedoc.edge.json

.PHONY: gen-check
gen-check:
	@state() { git status --short; git diff | git hash-object --stdin; }; \
	  before=$$(state); $(MAKE) --no-print-directory gen >/dev/null && after=$$(state) && \
	  { test "$$before" = "$$after" || { echo 'stale generated files: run make gen and commit'; git status --short; exit 1; }; }

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (default 30s)
	@for pkg in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "== $$pkg $$target"; go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
	  done; \
	done

.PHONY: bench
bench: $(filter bench-%,$(shell sed -n 's/^\(bench-[a-z]*\):.*/\1/p' $(MAKEFILE_LIST))) ## run every benchmark

.PHONY: bench-core
bench-core: ## reading and checking, natively
	@go test -run '^$$' -bench . -benchmem ./core/... | .ci/ratios

.PHONY: bench-wasm
bench-wasm: tools build package ## the package beside ajv and jose, in every runtime
	@node $(JS)/bench/main.mjs

.PHONY: bench-edge
bench-edge: tools build package ## what a gate adds to a bind and to a frame, beside a plain proxy
	@node $(JS)/bench/edge/main.mjs

.PHONY: bench-server
bench-server: bin/wsbind bin/nats-server ## the mock server beside bare ones, nats-server and centrifuge: mockserver/BENCHMARKS.md
	@go build -o bin/bench ./mockserver/internal/bench
	@bin/bench

.PHONY: tools
tools: $(CLIENTS)/$(INSTALLED) $(JS)/$(INSTALLED) $(JSTEST)/$(INSTALLED) $(PAGE)/$(INSTALLED)
	@command -v gcc >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev; }
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; }
	@command -v redis-server >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends redis-server; }

# npm install goes by the lock file as npm ci does, but bears one that leaves out
# the binaries of other platforms.
%/$(INSTALLED): %/package-lock.json
	cd "$*" && npm install --ignore-scripts --no-fund --no-audit
	@touch $@

.PHONY: clean
clean: ## remove what was built
	rm -rf bin wasm/dist/*.wasm $(PAGE)/dist/* $(CLIENTS)/node_modules $(JS)/node_modules $(JSTEST)/node_modules $(PAGE)/node_modules
