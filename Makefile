# SPDX-License-Identifier: GPL-2.0-only
# The one door. Behind it kbuild builds the module (scripts/build-module), CMake the userspace and
# the host tests (CMakeLists.txt); whatever touches a kernel runs in a VM (scripts/vm).

MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
CMD ?=
WHAT ?= both
# Which kernel: 6.1 (without a word) or 6.12; not what an environment happens to hold.
KERNEL :=
ifneq ($(filter-out 6.1 6.12,$(KERNEL)),)
$(error there is no KERNEL=$(KERNEL). There are: 6.1 6.12)
endif
KERNEL_SETUP := $(filter-out 6.1,$(KERNEL))
ifneq ($(KERNEL),)
export RUBATO_KERNEL := $(KERNEL)
endif

.PHONY: help setup setup-check all module userspace unit demo test check check-long coverage mutants bench kselftest kselftest-install vm bare-check format clean
.DEFAULT_GOAL := help

help:
	@echo "rubato: TCP whose every clock is data. Needs Debian bookworm, root or sudo."
	@echo
	@sed -n 's/^## \([a-z-]*\): */\1|/p' $(firstword $(MAKEFILE_LIST)) | \
		while IFS='|' read -r name text; do printf '  make %-18s %s\n' "$$name" "$$text"; done
	@echo
	@echo "KERNEL=6.12 (test: its kselftests, vm, demo, module): the second kernel instead of 6.1."
	@echo "Nothing of this machine is touched but packages, build/ and a cache folder; the"
	@echo "module is loaded only in a VM. Options of one script: scripts/NAME --help."

## demo: see it work: real programs over rubato in a VM (under 3 minutes)
demo: setup all
	@scripts/demo

## test: every test, host and VM; ends with "N passed, N failed"
ifeq ($(KERNEL),)
test: setup-check
	@scripts/test
else
test: setup
	@scripts/test kselftest$(KERNEL_SETUP:%=-%)
endif

## check: what judges the tests, and longer ones: coverage, mutants
check: setup-check
	@scripts/test --check

## check-long: the nightly sizes, for hours
check-long: setup-check
	@scripts/test --long

## coverage: branch coverage of the core by its host suites
coverage: setup-check
	@scripts/coverage

## mutants: plant faults in the core; do the tests notice?
mutants: setup-check
	@scripts/mutants

## bench: what the core costs, in nanoseconds
bench: setup-check
	@scripts/bench

## all: build the module and the userspace (module, userspace: one of them)
all: module userspace
module: setup
	@scripts/build-module
userspace: setup
	@scripts/build-userspace tools

## unit: only the tests that need no VM
unit: setup-check
	@scripts/test laws unit oracle

## vm: run a command in the VM, module loaded: make vm CMD='rubatoctl show'
vm: setup all
	@scripts/vm -- scripts/guest/loaded bash -c "$$RUBATO_CMD"
# As it was typed: make would expand its dollars.
vm: export RUBATO_CMD := $(value CMD)
ifneq ($(filter vm,$(MAKECMDGOALS)),)
ifeq ($(value CMD),)
$(error no command. Example: make vm CMD='rubatoctl show')
endif
endif

## kselftest: run the kselftests on this very machine, module loaded (a test machine)
kselftest: setup userspace
	@scripts/run-kselftest

## kselftest-install: the same as a bundle to carry: build/kselftest/run_kselftest.sh
kselftest-install: setup
	@scripts/build-kselftest

## setup: install what is needed (demo and test do it themselves)
setup:
	@scripts/setup base $(KERNEL_SETUP)
setup-check:
	@scripts/setup base check

## bare-check: clone, demo and test in a bare Debian; WHAT=demo, test or both
bare-check:
	@scripts/bare-check $(WHAT)

## format: clang-format the C++ (kernel C is aligned by hand)
format:
	@scripts/setup format
	@git ls-files userspace tests ':!tests/kselftest' | grep -E '\.(cpp|hpp|h|c)$$' | xargs -r clang-format -i

## clean: remove build/ (the cache of kernels stays)
clean:
	@rm -rf build
