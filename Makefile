# `make help` lists the commands. `make run` and `make test` first install and build what
# they need.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PORT ?= 3000
export PORT

GO_FOLDERS := functions shared scripts infra
# Each is a module of its own, and a page that is built has packages of its own.
EXAMPLES := $(patsubst %/go.mod,%,$(wildcard scripts/examples/*/go.mod))
# In a workspace, they are built at the same time. It has a folder of its own, because Go takes the go.work of
# any folder above, and a module in build is none of it.
TOGETHER := GOWORK=$(CURDIR)/build/workspace/go.work
EXAMPLE_LOCKS := $(wildcard scripts/examples/*/web/package-lock.json)
GO_FILES  := $(shell find functions shared scripts -name "*.go" 2>/dev/null) go.mod go.sum
FUNCTION_FILES := $(shell find functions shared -name "*.go" -not -name "*_test.go" 2>/dev/null) go.mod go.sum
WEB_FILES := $(shell find web -name node_modules -prune -o -name dist -prune -o -type f -print 2>/dev/null)
FUNCTIONS := connect message disconnect fanout sweep api preview
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
REVIVE := github.com/mgechev/revive@v1.15.0
CFN_LINT := 1.58.0
GOTESTSUM := gotest.tools/gotestsum@v1.13.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

# The binaries for this machine, which LocalStack and deployed-test run.
HOST_ARCH := $(if $(filter x86_64,$(shell uname -m)),x86_64,arm64)
HOST_CODE := build/functions$(if $(filter x86_64,$(HOST_ARCH)),-x86_64)

# Prints a line for each package, then what was skipped and what failed.
GO_TEST := go run $(GOTESTSUM) --format pkgname -- -timeout 25m
# Builds functions as they are deployed.
FUNCTION_BUILD := CGO_ENABLED=0 go build -trimpath -tags lambda.norpc -ldflags "-s -w -buildid="

# ARGS are passed on: make run ARGS="-data .data -dispatch serial"
ARGS ?=

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: setup build/local web/dist/index.html ## Start the whole chat on PORT (3000); ARGS="-help" lists the flags
	@exec build/local $(ARGS)

.PHONY: test
test: setup build/workspace/go.work build/local web/dist/index.html web/client/dist/index.js ## Run every test that needs no account and no browser
	@# What the tests of scripts/local/process build for a minute on a cold cache is built beside the others.
	$(FUNCTION_BUILD) ./scripts/local/process/testdata/echo ./scripts/local/process/testdata/after & built=$$!; \
	$(GO_TEST) -race -shuffle=on $$(go list ./... | grep -v -e /infra -e /scripts/cost); wait $$built
	CONFAB_TEST_STORE=memory $(GO_TEST) -race -shuffle=on ./shared/realtime # which ran on DynamoDB above
	$(GO_TEST) -shuffle=on ./shared/engineio ./shared/socketio ./shared/apigw # how much they allocate shows without -race
	$(GO_TEST) -shuffle=on ./infra/... ./scripts/cost # the CDK's own runtime has races when it closes; calls are counted faster without
	$(TOGETHER) $(GO_TEST) -race -shuffle=on $(EXAMPLES:%=./%/...)
	@# npm takes a folder for all workspaces in it: web and web/client.
	npm run --silent -w web check
	npm run --silent -w web test
	npm run --silent -w scripts/suite test

.PHONY: simulate
simulate: export HISTORIES := $(if $(SEED),$(HISTORIES),$(or $(HISTORIES),1000))
simulate: setup ## Run HISTORIES (1000) of the chat with faults, and check the guarantees; SEED=1 repeats one; ENGINE=1 uses the SDK and the embedded engine; KILLS=1 lets functions die at every call on it
	go test -count=1 -timeout 60m -v -run '^Test$(if $(KILLS),Kills,Histories)$(if $(ENGINE)$(KILLS),OnTheEngine)$$' ./scripts/simulate

.PHONY: soak
soak: setup build/local ## Use the chat for SOAK (10m), and fail if memory, goroutines or rows grow, or anything is left
	nice node scripts/suite/soak.mjs

.PHONY: browser
browser: setup example-packages build/local web/dist/index.html ## Run the browser tests (needs Chromium; CHROMIUM=path)
	npm run --silent -w scripts/suite browser

.PHONY: lighthouse
lighthouse: setup build/local web/dist/index.html ## Ask Lighthouse about the page's screens, on a desk and a phone; the reports are in build/lighthouse
	node scripts/interop/lighthouse.mjs build/lighthouse

.PHONY: interop
interop: setup build/local $(FUNCTIONS:%=$(HOST_CODE)/%/bootstrap) ## Run clients in other versions and languages, the chat from Python, Schemathesis, the stores on DynamoDB Local, and the stack on ministack
	node scripts/interop/run.mjs
	node scripts/interop/chat.mjs
	node scripts/interop/contract.mjs
	node scripts/interop/dynamodb-local.mjs
	node scripts/interop/ministack.mjs

.PHONY: lint
lint: setup build/workspace/go.work ## Check format, vet, staticcheck, revive, biome, types, and known vulnerabilities
	@unformatted=$$(gofmt -l $(GO_FOLDERS)); \
	if [ -n "$$unformatted" ]; then echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...
	@for example in $(EXAMPLES); do \
		go mod tidy -C $$example -diff || { echo "$$example/go.mod is behind: make tidy"; exit 1; }; done
	$(TOGETHER) go vet $(EXAMPLES:%=./%/...)
	$(TOGETHER) go run $(STATICCHECK) $(EXAMPLES:%=./%/...)
	go run $(REVIVE) -config revive.toml -formatter plain -set_exit_status $(GO_FOLDERS:%=./%/...)
	npx biome check --error-on-warnings
	npx tsc -p scripts/jsconfig.json
	npm run --silent -w web check
	@if curl -fsS -m 10 -o /dev/null https://vuln.go.dev/index/modules.json 2>/dev/null; \
	then go run $(GOVULNCHECK) ./...; \
	else echo "skipped: govulncheck, because vuln.go.dev is not reachable"; fi

.PHONY: format
format: setup ## Format Go, and the page and the scripts with biome
	gofmt -w functions shared scripts infra
	npx biome check --write

.PHONY: tidy
tidy: ## Bring go.mod up to date, and with it those of the examples
	go mod tidy
	for example in $(EXAMPLES); do go mod tidy -C $$example; done

.PHONY: bench
bench: setup ## Measure: codecs, engine, stores, cold starts
	go test -run '^$$' -bench . -benchmem ./shared/... ./scripts/local/process

.PHONY: load
load: setup build/local ## Put the local cloud under load and print what was measured; ARGS="-help" lists the flags, ARGS="-url URL" takes a server that runs
	@go run ./scripts/load $(ARGS)

.PHONY: compare
compare: setup build/local ## The same for the local cloud and a Socket.IO server on Node that stores the same, side by side
	@go run ./scripts/load -compare $(ARGS)

.PHONY: broadcast
broadcast: setup ## Broadcast to 20,000, 50,000 and 100,000 simulated connections with an account's quotas; ARGS="-connections 20000 -requests 10000"
	@go run ./scripts/broadcast $(ARGS)

.PHONY: release
release: setup ## Check that a project is made, tested and run from the released form: a module proxy in a folder, and the npm package
	CONFAB_RELEASE=1 go test -count=1 -timeout 20m -v ./scripts/release

.PHONY: site
site: tools ## Build the documentation as a site with search into build/site, and follow its links
	@node scripts/site/build.mjs

.PHONY: fuzz
fuzz: setup ## Fuzz the codecs for a minute each
	go test -run '^$$' -fuzz FuzzDecode -fuzztime 1m ./shared/engineio
	go test -run '^$$' -fuzz FuzzDecode -fuzztime 1m ./shared/socketio
	go test -run '^$$' -fuzz FuzzBinary -fuzztime 1m ./shared/socketio

.PHONY: cost
cost: ## What a workload costs a month; ARGS="-users 10000 -messages 1000000 -room 20 -minutes 12000000"
	@go run ./scripts/cost $(ARGS)

.PHONY: build
build: setup $(FUNCTIONS:%=build/functions/%/bootstrap) ## Build the Lambda binaries (arm64) and print their sizes
	@for f in $(FUNCTIONS); do \
		printf '%-12s %5.1f MB\n' $$f "$$(wc -c < build/functions/$$f/bootstrap | awk '{print $$1/1000000}')"; done

build/functions/%/bootstrap: $(FUNCTION_FILES)
	@mkdir -p $(@D)
	GOOS=linux GOARCH=arm64 $(FUNCTION_BUILD) -o $@ ./functions/$*

.PHONY: synth
synth: build web/dist/index.html ## Synthesize the CloudFormation template into cdk.out
	npx cdk synth --quiet --no-notices

.PHONY: cfn-lint
cfn-lint: ## Ask cfn-lint about the template in cdk.out
	@if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then \
		echo "skipped: cfn-lint, because Python 3 with venv is missing"; \
	elif ! { test -x build/cfn-lint/bin/cfn-lint || { python3 -m venv build/cfn-lint && \
		build/cfn-lint/bin/pip install --quiet --disable-pip-version-check cfn-lint==$(CFN_LINT) 2>/dev/null; }; }; then \
		echo "skipped: cfn-lint, because its registry is not reachable"; \
	else build/cfn-lint/bin/cfn-lint --ignore-checks W3005 -- cdk.out/*.template.json; fi

DEPLOYED := build/deployed
ENGINE_FUNCTIONS := $(filter-out api preview,$(FUNCTIONS))
SYNTH_DEPLOYED = npx cdk synth --quiet --no-notices -c architecture=$(HOST_ARCH) -c page=false -c "allowedOrigins=*"
WITH_GUESTS = -c guests=true -c userPool=false

# As `confab deploy` synthesizes an application: from its own folder. Boards expire at once there.
SYNTH_WHITEBOARD = CONFAB_DECLARE=1 build/whiteboard/code/bootstrap > build/whiteboard/project.json; \
	cd scripts/examples/whiteboard && KEEP=0s npx cdk synth --quiet --no-notices --app "go run -C $(CURDIR) ./infra/project" \
		-o $(CURDIR)/$(DEPLOYED)/whiteboard -c stack=Whiteboard -c architecture=$(HOST_ARCH) -c "allowedOrigins=*" \
		-c project=$(CURDIR)/build/whiteboard/project.json -c code=$(CURDIR)/build/whiteboard/code

.PHONY: deployed-test
deployed-test: export CONFAB_TEMPLATE := $(CURDIR)/$(DEPLOYED)/plain/Confab.template.json
deployed-test: export CONFAB_TEMPLATE_WITH_OPTIONS := $(CURDIR)/$(DEPLOYED)/options/Confab.template.json
deployed-test: export CONFAB_TEMPLATE_WITH_ISSUER := $(CURDIR)/$(DEPLOYED)/issuer/Confab.template.json
deployed-test: export CONFAB_TEMPLATE_OF_ENGINE := $(CURDIR)/$(DEPLOYED)/engine/Engine.template.json
deployed-test: export CONFAB_TEMPLATE_OF_WHITEBOARD := $(CURDIR)/$(DEPLOYED)/whiteboard/Whiteboard.template.json
deployed-test: export CONFAB_UNUSED := $(CURDIR)/$(DEPLOYED)/unused
deployed-test: setup build/local web/dist/index.html web/client/dist/index.js $(FUNCTIONS:%=$(HOST_CODE)/%/bootstrap) $(ENGINE_FUNCTIONS:%=build/applications/%/bootstrap) build/whiteboard/code/bootstrap ## Run the stack as it is synthesized, with its binaries and permissions, through the whole suite
	$(SYNTH_DEPLOYED) -o $(DEPLOYED)/plain $(WITH_GUESTS)
	$(SYNTH_DEPLOYED) -o $(DEPLOYED)/issuer -c issuer=https://id.example.com -c clientId=page
	$(SYNTH_DEPLOYED) -o $(DEPLOYED)/options $(WITH_GUESTS) -c recovery=2m -c linkPreviews=true \
		-c 'admin=ada:$$2a$$10$$sHCozwFiWuyWE8NL4cq9vOkaZzAecEJwQhk8B8aEH6Zql4EMJAAAK'
	$(SYNTH_DEPLOYED) -o $(DEPLOYED)/engine --app "go run ./infra/engine"
	$(SYNTH_WHITEBOARD)
	rm -rf $(CONFAB_UNUSED) && mkdir $(CONFAB_UNUSED)
	@# Each runs, whatever becomes of the others. After a failure, some permissions may look unused.
	failed=(); \
	npm run --silent -w scripts/suite deployed || failed+=("the tests of the stack"); \
	npm run --silent -w scripts/suite test || failed+=("the suite on the stack"); \
	node scripts/suite/unused.mjs || failed+=("the look for unused permissions"); \
	if [ $${#failed[@]} -gt 0 ]; then printf 'failed: %s\n' "$${failed[@]}"; exit 1; fi

# The engine's functions, with the applications of scripts/local/apps in them.
build/applications/connect/bootstrap: $(HOST_CODE)/connect/bootstrap
	@mkdir -p $(@D)
	cp $< $@

build/applications/%/bootstrap: $(GO_FILES)
	@mkdir -p $(@D)
	CGO_ENABLED=0 go build -trimpath -tags lambda.norpc -ldflags "-s -w -buildid= -X main.name=$*" -o $@ ./scripts/local/apps/function

build/whiteboard/code/bootstrap: $(GO_FILES)
	@mkdir -p $(@D)
	cd scripts/examples/whiteboard && $(FUNCTION_BUILD) -o $(CURDIR)/$@ .

.PHONY: bootstrap
bootstrap: build web/dist/index.html ## Prepare an AWS account for the CDK, once for each region
	npx cdk bootstrap --no-notices $(ARGS)

.PHONY: deploy
deploy: build web/dist/index.html ## Deploy to AWS with the credentials of the environment, and adapt to its API Gateway
	npx cdk deploy --no-notices --outputs-file build/outputs.json $(ARGS)
	@before=$$(cat cdk.context.json 2>/dev/null || true); go run ./scripts/canary build/outputs.json; \
	if [ "$$before" != "$$(cat cdk.context.json 2>/dev/null || true)" ]; then npx cdk deploy --no-notices $(ARGS); fi

LOCALSTACK_STACK = -c architecture=$(HOST_ARCH) -c page=false -c "allowedOrigins=*" $(WITH_GUESTS) \
	-c apiGatewayLogRole=false
CDKLOCAL := NODE_PATH=$(CURDIR)/node_modules npx --yes aws-cdk-local@3.0.4

build/functions-x86_64/%/bootstrap: $(FUNCTION_FILES)
	@mkdir -p $(@D)
	GOOS=linux GOARCH=amd64 $(FUNCTION_BUILD) -o $@ ./functions/$*

.PHONY: localstack
localstack: setup $(FUNCTIONS:%=$(HOST_CODE)/%/bootstrap) ## Deploy to LocalStack (needs Docker and LOCALSTACK_AUTH_TOKEN)
	@test -n "$${LOCALSTACK_AUTH_TOKEN:-}" || { echo "LOCALSTACK_AUTH_TOKEN is not set: see docs/localstack.md"; exit 1; }
	docker compose up --detach --wait localstack
	$(CDKLOCAL) bootstrap --no-notices $(LOCALSTACK_STACK)
	$(CDKLOCAL) deploy --no-notices --require-approval never $(LOCALSTACK_STACK) $(ARGS)

.PHONY: web
web: setup web/dist/index.html ## Build the web page

.PHONY: setup
setup: build/.packages build/.modules ## Install what the project needs: npm packages here, Go modules and a database into the user's caches

.PHONY: clean
clean: ## Remove everything built
	rm -rf build web/dist web/client/dist cdk.out

.PHONY: tools
tools:
	@command -v go >/dev/null || { echo "Go is missing: install 1.26 or later from https://go.dev/dl"; exit 1; }
	@command -v node >/dev/null || { echo "Node.js is missing: install 20.19 or later from https://nodejs.org"; exit 1; }
	@command -v npm >/dev/null || { echo "npm is missing: it comes with Node.js from https://nodejs.org"; exit 1; }
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); if (a < 20 || (a == 20 && b < 19)) process.exit(1)' \
		|| { echo "Node.js $$(node --version) is too old: install 20.19 or later from https://nodejs.org"; exit 1; }

build/.packages: package-lock.json package.json web/package.json web/client/package.json scripts/suite/package.json scripts/load/node/package.json | tools
	npm ci --loglevel=error
	@mkdir -p build && touch $@

.PHONY: example-packages
example-packages: tools
	@node scripts/npm/install.mjs $(EXAMPLE_LOCKS:%/package-lock.json=%)

build/.modules: go.sum | tools build/.packages
	go mod download # all of it: what follows works offline
	@# Where npm has no binary of the embedded database.
	@ls node_modules/@dynoxide/*/dynoxide >/dev/null 2>&1 || go run ./scripts/local -install
	@mkdir -p build && touch $@

build/workspace/go.work: go.mod $(EXAMPLES:%=%/go.mod)
	@mkdir -p $(@D) && rm -f $@ $@.sum
	$(TOGETHER) go work init . $(EXAMPLES)

build/local: $(GO_FILES) | build/.modules
	go build -o $@ ./scripts/local

web/client/dist/index.js: $(WEB_FILES) | build/.packages
	npm run --silent -w web/client build

web/dist/index.html: $(WEB_FILES) | build/.packages
	npm run --silent -w @confab/web build

export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export CDK_DISABLE_CLI_TELEMETRY := true
