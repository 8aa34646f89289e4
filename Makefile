# Two commands for a newcomer: `make demo` shows the attack alive and dead, `make test` runs the tests.
# Both set up everything they need.

UV := scripts/uv
RUN := $(UV) run --frozen

.PHONY: help setup demo console test test-slow check fuzz soak bench scoreboard docs format clean

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup:
	@scripts/debian-packages bwrap=bubblewrap
	@$(UV) sync --frozen --quiet
	@$(RUN) python native/build.py

demo: setup ## Watch cards being stolen from a warm function, then the same attack under Dayfly.
	@$(RUN) dayfly demo $(ARGS)

# What tests/real talks to, and the packages its functions use.
.PHONY: servers
servers:
	@scripts/debian-packages gcc=build-essential qemu-aarch64=qemu-user chromium=chromium pg_createcluster=postgresql \
	  mariadb-install-db=mariadb-server-core my_print_defaults=mariadb-client-core redis-server=redis-server
	@$(RUN) python -m tests.real.environment

console: setup ## Watch the attack in the fleet's console, in a browser, until Ctrl-C.
	@$(RUN) dayfly demo --fleet

# Tests wait for processes more than they compute: more of them at a time than there are processors.
WORKERS = $$(( $$(nproc) + 2 ))

test: setup servers ## Run the fastest proof of every behaviour; ARGS="tests/core -k frames".
	@scripts/outside-tmp $(RUN) python -m tests.run -n $(WORKERS) -m "not slow and not nightly" $(ARGS)

test-slow: setup servers ## Run the slow tests that `make test` leaves out.
	@scripts/outside-tmp $(RUN) python -m tests.run -n $(WORKERS) -m "slow and not nightly" $(ARGS)

.PHONY: test-all nightly
test-all: test test-slow ## Run what CI runs: `make test` and the slow tests.

nightly: test-all ## Run everything: all attacks in all isolations, other emulators' suites, fuzzing, chaos.
	@scripts/node-client
	@scripts/outside-tmp $(RUN) python -m tests.run -n $(WORKERS) -m nightly $(ARGS)
	@$(RUN) python -m tests.fuzz.coverage_guided --seconds 600
	@$(RUN) python -m tests.native.fuzz --seconds 300
	@$(RUN) python -m tests.native.sanitized
	@$(RUN) python -m tests.native.sanitized --soak --invocations 20000
	@$(RUN) python -m tests.chaos --seconds 600
	@$(RUN) python scripts/lab_suites.py

check: setup ## Lint, types, the directions between packages, and GitHub's workflows and forms.
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@$(RUN) lint-imports
	@$(RUN) zizmor --offline --quiet --persona=pedantic .github action.yml
	@$(RUN) check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(RUN) check-jsonschema --builtin-schema vendor.github-actions action.yml .github/actions/*/action.yml
	@$(RUN) check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(RUN) check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	@$(RUN) check-jsonschema --builtin-schema vendor.github-issue-forms \
	  $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))

.PHONY: mutation
mutation: setup ## Change the code in 120 places, one at a time, and say which changes the quick tests notice; ARGS="--area scan".
	@$(UV) run --frozen --group mutation python scripts/mutation.py --seed 19 $(ARGS)

fuzz: setup ## Look for inputs that break a reader of hostile bytes, guided by coverage; ARGS="--seconds 300".
	@$(RUN) python -m tests.fuzz.coverage_guided $(ARGS)
	@$(RUN) python -m tests.native.fuzz $(ARGS)

soak: setup ## Serve 100,000 mixed invocations and look for a lost, repeated or crossed answer, and for growth.
	@$(RUN) python -m tests.soak $(ARGS)

.PHONY: chaos
chaos: setup ## Kill, stop and fail at every step of the supervisor, for ten minutes; ARGS="--seconds 3600 --isolation window".
	@$(RUN) python -m tests.chaos $(ARGS)

bench: setup ## Budgets: plain awslambdaric, a bare forked child and Dayfly, side by side, in ten minutes; ARGS="--quick" for three.
	@$(RUN) python -m bench supervisors $(ARGS)

# What fails or cannot run exits with 2 and is on the page.
scoreboard: setup ## Measure the workloads anew, in ten minutes, and write docs/scoreboard.md with its plots.
	@$(RUN) python -m bench workloads --save docs/measured/workloads.json $(ARGS) || test $$? -eq 2
	@$(UV) run --frozen --group bench python -m bench plots
	@$(RUN) python scripts/scoreboard.py

docs: setup ## Write docs/reference.md, attacks.md, costs.md, detections.md, iam.md, scoreboard.md and checks from code and figures.
	@$(RUN) python scripts/reference.py
	@$(RUN) python scripts/attacks.py
	@$(RUN) python scripts/checks.py
	@$(RUN) python scripts/costs.py
	@$(RUN) python scripts/detections.py
	@$(RUN) python scripts/iam_page.py
	@$(RUN) python scripts/scoreboard.py

.PHONY: release
release: setup ## Build wheels, layers, checksums and the bill of materials into dist/; ARGS=--tagged for a real release.
	@$(RUN) python scripts/release.py $(ARGS)

format: setup ## Rewrite the code in the project's format.
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

clean: ## Remove environments and caches.
	rm -rf .venv .venvs .cache out dist build
