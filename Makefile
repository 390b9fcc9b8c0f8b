# SPDX-License-Identifier: GPL-2.0-or-later
#
# A thin front of the CMake presets: each target says in one line what it runs.
TIME ?= 60
SEED ?= 0
PARTS := unit valgrind asan hashes aarch64 upstream races mutants

all: build/pinsim

help:
	@echo 'make                 build/pinsim, the command'
	@echo 'make run             builds it, then what each kernel does with each scenario of scenarios/'
	@echo 'make test            every test; its parts are $(PARTS:%=test-%)'
	@echo 'make coverage        the tests once more with gcov: lines and branches by folder; fails below coverage/thresholds'
	@echo 'make stress          the races on real threads: native, ThreadSanitizer, helgrind and drd'
	@echo 'make fuzz TIME=60      random programs for so many seconds on all cores, failures into build/fuzz'
	@echo 'make invariants      is each invariant needed: the mutants of tests/invariants, all of them (some minutes)'
	@echo 'make profiled        build-profiled/pinsim: optimised across files, and by what a run goes through (gcc)'
	@echo 'make bench           the benchmarks of bench/'
	@echo 'make bench-boot      builds a kernel, and boots it in QEMU beside the simulated one; `make bench` then does too'
	@echo 'make planted         the planted bugs: what is found, replayed by every build and under every tool'
	@echo 'make clean           removes build/ and build-*/'
	@echo 'Each installs the Debian packages that it lacks (tools/install-deps).'

build/pinsim: FORCE
	@tools/install-deps build
	@cmake --preset release --log-level=WARNING >/dev/null
	@cmake --build --preset release --target pinsim

run: build/pinsim
	build/pinsim matrix scenarios/

test:
	@tools/test $(PARTS)

$(PARTS:%=test-%):
	@tools/test $(@:test-%=%)

coverage:
	@tools/install-deps test
	@coverage/report

bench:
	@tools/install-deps bench
	@cmake --preset bench --log-level=WARNING >/dev/null
	@cmake --build --preset bench
	@bench/run

bench-boot:
	@tools/install-deps boot
	@bench/boot/build
	@cmake --preset upstream --log-level=WARNING >/dev/null
	@cmake --build --preset upstream --target boot
	@cmake --preset bench --log-level=WARNING >/dev/null
	@cmake --build --preset bench
	@bench/run build-bench boot

# Built, trained and built again in one folder, where the objects and their notes are.
profiled:
	@tools/install-deps build
	@cmake --preset profiled --log-level=WARNING -DPINSIM_PROFILE=train >/dev/null
	@find build-profiled -name '*.gcda' -delete
	@cmake --build --preset profiled --target pinsim
	build-profiled/pinsim fuzz --runs 4000 --seed 1000003 --steps 80..160 >/dev/null
	build-profiled/pinsim matrix scenarios/ >/dev/null || [ $$? -eq 1 ]	# 1: kernels differ
	@cmake --preset profiled --log-level=WARNING -DPINSIM_PROFILE=use >/dev/null
	@cmake --build --preset profiled --target pinsim bench_fuzz

stress:
	@tools/install-deps test
	@tests/threads/stress --all

planted:
	@tools/install-deps test
	@bench/planted/replay --all

fuzz: build/pinsim
	build/pinsim fuzz --time $(TIME) --seed $(SEED) --jobs $$(nproc) --out build/fuzz

invariants: build/pinsim
	tests/invariants/mutants build --jobs $$(nproc)

clean:
	rm -rf build build-*

FORCE:
.PHONY: all help run test $(PARTS:%=test-%) coverage bench bench-boot profiled planted stress fuzz invariants clean FORCE
