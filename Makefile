# What people and CI run; each target is one command line that also works by itself.

GO ?= go
TIMEOUT ?= 30m

.PHONY: build test vet lint race browser ci bench readme

build: ## the binary, ./treecast
	$(GO) build -o treecast .

test: ## all tests
	$(GO) test -timeout $(TIMEOUT) ./...

vet: ## formatting, vet, module file, the macOS build
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "not formatted: $$unformatted" >&2; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags browser ./report/browser
	$(GO) mod tidy -diff
	GOOS=darwin GOARCH=arm64 $(GO) build ./...
	GOOS=darwin GOARCH=arm64 $(GO) vet ./...

lint: ## go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	golangci-lint run ./...

# Not the session, its network and faults, nodes in virtual time and soaks: all that a run
# of those does it does in one goroutine, and experiment/ has many runs side by side.
race: ## the race detector where goroutines meet
	$(GO) test -race -short -skip Soak -timeout $(TIMEOUT) ./chans/... ./backpressure ./node ./node/stdin ./testbed/process ./experiment ./isolate/...
	$(GO) test -race -run 'Process|Flood|Load' ./testbed/harness
	$(GO) test -race -run Log ./gossip
	$(GO) test -tags chansdebug ./chans/catalogue

browser: ## the page of a run in a Chromium
	$(GO) test -timeout $(TIMEOUT) -tags browser ./report/browser

readme: ## every command of README.md and docs/, in a fresh clone
	scripts/documents.sh

bench: ## what requests cost, for benchstat
	$(GO) test ./testbed/harness -run '^$$' -bench 'Broadcast|Read|Start' -count 6

ci: vet race browser test ## what .ci/run runs
