# Targets for people: dependencies, running, testing, measuring, packaging, cleaning.
LISTEN ?= 127.0.0.1:8080
DATA   ?= var
BENCH  ?= all
# As many jobs as there are processors, unless somebody has said how many.
MAKE_QUIET = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

# Programs that tests call: each of these files makes its own a prerequisite of oracles.
.PHONY: oracles
include $(sort $(wildcard tests/oracle/*.mk tests/fault/*.mk)) $(wildcard bench/*.mk)

# The thread sanitizer looks at what has threads: the server, the rules it drives, the crew of the
# analyses, and the tests that say so; the rest would only repeat, ten times slower, what the other variants show.
# PROGRAMS are all that a variant runs of the tests that are programs, so all that `units` builds.
ifeq ($(VARIANT),tsan)
PROGRAMS := $(filter $(BUILD)/tests/unit/server/% $(BUILD)/tests/unit/rules/% $(BUILD)/tests/unit/base/test_parallel,$(UNIT))
PROGRAMS += $(filter $(BUILD)/tests/unit/analytics/test_dea $(BUILD)/tests/unit/analytics/test_lp_glpk $(BUILD)/tests/unit/analytics/%_many,$(UNIT))
SUITES   := $(PROGRAMS) tests/http tests/fault tests/heavy
TEST_ARGS = --marker concurrent
else
PROGRAMS := $(UNIT) $(FUZZ) $(FAULTS)
SUITES   := $(PROGRAMS) $(filter-out tests/tools tests/long tests/unit tests/golden tests/fuzz,$(patsubst %/,%,$(sort $(dir $(wildcard tests/*/test_*.py)))))
TEST_ARGS =
endif
RUN_TESTS = $(PYTHON) tools/test.py --build $(BUILD) --variant $(VARIANT) $(TEST_ARGS)

.PHONY: deps study run test validators test-tools test-random test-long test-fresh lint bench bench-long image install clean help

deps: ## install what building and testing need from the distribution
	$(Q)tools/deps.sh build test

study: all ## write docs/study.md and its pictures from the service's own answers
	$(Q)$(PYTHON) tools/study.py $(MAIN) docs

run: ## install what is missing, build, make var/ and serve it on 127.0.0.1:8080
	$(Q)tools/deps.sh build
	$(Q)+$(MAKE_QUIET) all
	$(Q)tools/run.sh $(MAIN) $(DATA) $(LISTEN)

# The targets that install first start make anew: only then does pkg-config answer.
test: ## install what is missing, build, run every test; the last line counts them
	$(Q)tools/deps.sh build test
	$(Q)+$(MAKE_QUIET) all units oracles
	$(Q)$(RUN_TESTS) $(SUITES)

WITH_R = tools/deps.sh r || echo 'no R: its tests will be skipped' >&2

validators: ## fetch what test-tools checks with into build/validators
	$(Q)tools/deps.sh build test tools
	$(Q)$(WITH_R)
	$(Q)tools/validators.sh build/validators

test-tools: ## check contract, formats and statistics with what npm, PyPI, Go and R bring
	$(Q)tools/deps.sh build test tools
	$(Q)$(WITH_R)
	$(Q)+$(MAKE_QUIET) all oracles
	$(Q)tools/validators.sh build/validators
	$(Q)$(RUN_TESTS) tests/tools

# A seed that nobody has tried. The one that is printed finds again what it has found.
ifndef SEED
SEED := $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
endif
RANDOM_TESTS := tests/tools/test_contract.py tests/http/test_model.py tests/http/test_model_reference.py tests/http/test_proofs.py \
  tests/fault/test_kill.py tests/fault/test_stop.py tests/fault/test_tamper.py

test-random: ## the tests that draw at random, from a seed of their own each time (every night; SEED=N makes a run again)
	$(Q)tools/deps.sh build test tools
	$(Q)+$(MAKE_QUIET) all units oracles
	$(Q)tools/validators.sh build/validators
	$(Q)echo 'SEED=$(SEED)'
	$(Q)TALLYSTICK_SEED=$(SEED) TALLYSTICK_EXAMPLES=$(or $(EXAMPLES),200) $(RUN_TESTS) --seconds 3600 $(RANDOM_TESTS)

# What make test takes some cases of runs with all of them; those of test-random are among them, so that these too run with seeds that
# nobody has tried. `make test-long LONG_TESTS=tests/long/test_soak.py` runs one piece.
LONG_TESTS := tests/long $(FAULTS) $(patsubst %,tests/fault/test_%.py,no_memory sweep trouble blackout) \
  tests/tools/test_coverage.py tests/tools/test_prism_suites.py $(RANDOM_TESTS)
LONG_TOOLS  = $(filter tests/tools/%,$(LONG_TESTS))
JOURNAL    := $(BUILD)/test-long.json

test-long: ## the tests that take minutes, and those that draw at random (SEED=N makes a run again, RESUME=1 goes on with what has not passed)
	$(Q)tools/deps.sh build test lint $(if $(LONG_TOOLS),tools)
	$(Q)+$(MAKE_QUIET) all units oracles
	$(if $(LONG_TOOLS),$(Q)tools/validators.sh build/validators)
	$(Q)echo 'SEED=$(SEED)'
	$(Q)TALLYSTICK_LONG=1 TALLYSTICK_CASES=0 TALLYSTICK_SEED=$(SEED) TALLYSTICK_EXAMPLES=$(or $(EXAMPLES),50) \
	  $(RUN_TESTS) --seconds 3600 --unit-seconds 7200 --journal $(JOURNAL) $(if $(RESUME),--resume) $(LONG_TESTS)

test-fresh: ## prove `make run` and `make test` on a bare Debian 12 (root, debootstrap)
	$(Q)tools/fresh.sh

lint: ## build with gcc and clang, look for what the house forbids
	$(Q)tools/deps.sh build test lint
	$(Q)+$(MAKE_QUIET) all units oracles
	$(Q)+$(MAKE_QUIET) -k BUILD=build/lint CC=clang lint-clang
	$(Q)$(PYTHON) tools/lint.py

# clang reads every source with the same warnings; it need not write objects for that.
LINT_SOURCES := $(foreach folder,$(FOLDERS),$(call sources,$(folder))) $(sort $(wildcard tests/unit/*/*.c tests/fault/*.c tests/fault/driver/*.c tests/fuzz/*.c bench/*.c))
.PHONY: lint-clang
lint-clang: $(LINT_SOURCES:%.c=$(BUILD)/%.ok)

$(BUILD)/%.ok: %.c | $(GENERATED_HEADERS)
	$(call say,CLANG,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MF $(@:.ok=.ok.d) -MT $@ -fsyntax-only $< && touch $@

-include $(LINT_SOURCES:%.c=$(BUILD)/%.ok.d)

bench: ## measure and keep the table in bench/RESULTS.md (BENCH=smoke: a try, kept nowhere)
	$(Q)tools/deps.sh build test bench
	$(Q)+$(MAKE_QUIET) all bench-programs
	$(Q)$(PYTHON) bench/run.py --build $(BUILD) --part "$(BENCH)"

bench-long: ## measure appends to a ledger of BENCH_ENTRIES (10 million: about an hour, 40 GB); kept nowhere
	$(Q)tools/deps.sh build test bench
	$(Q)+$(MAKE_QUIET) all bench-programs
	$(Q)$(PYTHON) bench/run.py --build $(BUILD) --part long --entries $(or $(BENCH_ENTRIES),10000000)

image: ## build a container image with docker, podman or buildah
	$(Q)tools/image.sh

PREFIX  ?= /usr/local
PROGRAM ?= $(MAIN)
install: ## put program, systemd units and its user's description in place (DESTDIR, PREFIX); after make, as root
	$(Q)test -x $(PROGRAM) || { echo 'make install: $(PROGRAM) is not built: run make first' >&2; exit 1; }
	$(Q)install -D -m 0755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/tallystick
	$(Q)install -D -m 0644 docker/tallystick.sysusers $(DESTDIR)/lib/sysusers.d/tallystick.conf
	$(Q)install -D -m 0644 docker/tallystick.service $(DESTDIR)/lib/systemd/system/tallystick.service
	$(Q)install -D -m 0644 docker/tallystick.socket $(DESTDIR)/lib/systemd/system/tallystick.socket
	$(Q)sed -i 's|/usr/local/bin/|$(PREFIX)/bin/|' $(DESTDIR)/lib/systemd/system/tallystick.service

clean: ## remove what was built
	$(Q)rm -rf build

help: ## list the targets
	$(Q)grep -hE '^[a-z-]+:.*##' $(filter Makefile %.mk,$(MAKEFILE_LIST)) | sed -E 's/:[^#]*##/\t/' | sort | awk -F'\t' '{printf "  make %-12s%s\n", $$1, $$2}'
	$(Q)echo '  Variants: VARIANT=release|debug|asan|tsan, each in a folder of its own. V=1 shows commands.'
