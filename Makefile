# Tapstation. The first two targets are all that a new machine needs; what is missing on it is installed.

# One set of flags for everything, so that what one target has compiled serves the next. The tag is Fyne's: the
# program keeps to its threading rules. The version is given below and not taken from git by the go command, which
# would fail where the folder belongs to another user.
export GOFLAGS := -tags=migrated_fynedo -trimpath -buildvcs=false

VERSION ?= $(shell scripts/version.sh)

help: ## list these targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1	/p' Makefile | expand -t 12

run: build ## open the window, without a display take the tour's pictures (ARGS="--demo")
	@scripts/packages.sh run
	@scripts/run.sh $(ARGS)

test: ## go vet and every test
	@scripts/packages.sh build test
	scripts/test.sh

build: ## build/tapstation
	@scripts/packages.sh build
	go build -ldflags "-X main.version=$(VERSION)" -o build/tapstation .

# Without -trimpath: what was compiled of another clone would be taken for this one's, and its files looked for there.
lint: ## gofmt, go vet, staticcheck and more (.golangci.yml), the shell scripts, go.mod
	@scripts/packages.sh build lint
	go mod tidy -diff
	shellcheck -x scripts/*.sh .ci/run
	go build -C tools -o ../build/tools/ tool
	GOFLAGS="$(filter-out -trimpath,$(GOFLAGS))" build/tools/golangci-lint run

bench: ## every benchmark beside its budget
	@scripts/packages.sh build test
	scripts/bench.sh

fuzz: ## each fuzz target for FUZZTIME (1m)
	@scripts/packages.sh build
	scripts/fuzz.sh $(or $(FUZZTIME),1m)

soak: ## every test with its long runs, which make test keeps short
	@scripts/packages.sh build test
	TAPSTATION_SOAK=1 scripts/test.sh -count=1 -timeout=4h

tour: build ## a picture of each screen, into build/tour or DIR
	@scripts/tour.sh $(DIR)

windows: ## the whole program for Windows, into build/windows
	@scripts/packages.sh build windows
	scripts/windows.sh "$(VERSION)"

clean: ## remove what was built
	rm -rf build

.PHONY: help run test build lint bench fuzz soak tour windows clean
