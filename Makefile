# Glassbox: the contents page. What each name does is under `make help`; how, in scripts/.
#
# Each step looks for itself whether it has anything to do, and says nothing when it has not. The
# compiling of the runner, its tests and the stations is described in the three .mk files; they are
# read again (by $(MAKE)) once the packages they ask about are installed.

SHELL := /bin/bash
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PREFIX ?= /usr/local
variants := gil ft stock stock-ft stats debug
again     = @$(MAKE) -s

-include labs/runner/runner.mk
-include tests/tests.mk
-include stations/stations.mk

.PHONY: all setup setup-test source $(variants) stock-ft-configured runner stations synthesis with-ft with-numpy \
	with-uvloop with-torch with-rows with-sources test bench \
	check-san fuzz test-cpython \
	install clean distclean help

all: setup gil runner

## The course
# station-N: everything that station N needs, then the station itself
station-%: setup gil runner
	@./glassbox station $* || [[ $$? == 3 ]]     # 3: what is missing was said
# stations: all of them
stations: setup gil runner
	@scripts/run-stations
# lab-N: a folder to work in, work/lab-N, with the task of graded lab N (STUDENT=your id, SEED=what you were given)
lab-%: setup gil runner
	@./glassbox lab start $* $(if $(STUDENT),--student='$(STUDENT)') $(if $(SEED),--seed='$(SEED)')
lab-5 lab-6: with-numpy
# synthesis: which column of the model a slow program is about, on programs whose fault is known
synthesis: setup gil runner
	@stations/synthesis/run || [[ $$? == 3 ]]
# What they need besides. Without a network the claims that need a package are skipped, and say which.
station-2 station-3 synthesis stations: with-ft
station-3 station-5 station-6 synthesis stations: with-numpy
station-4 stations: with-uvloop
station-5 stations: with-rows with-sources
station-5 station-6 stations: with-torch
with-ft: setup
	@[[ -x cpython/build/ft/python ]] || \
		echo 'glassbox: some claims are about the build without the GIL: making that one, too (make ft)'
	@scripts/build ft
with-numpy: gil with-ft
	@scripts/packages numpy gil || true
	@scripts/packages numpy ft || true
with-uvloop: gil
	@scripts/packages uvloop gil || true
# the C library of station 5
with-rows: gil with-ft
	$(again) station-5-library
# places to read that are in NumPy's own source
with-sources: gil
	@scripts/sources numpy || true
# 4 GB on the disk, and minutes the first time
with-torch: gil
	@scripts/packages torch gil && scripts/sources torch || true

## The parts
# setup source: the system packages; CPython fetched and patched
setup:
	@scripts/setup run
source: setup
	@scripts/patch upstream
	@scripts/patch glassbox
# gil ft stock stock-ft stats debug: build that variant of CPython (PGO=1: optimized)
$(variants): setup
	@scripts/build $@
stock-ft-configured: setup
	@CONFIGURE=1 scripts/build stock-ft
# runner: the program ./glassbox
runner: setup
	$(again) glassbox

## The proofs
# test: all suites, with their counts
test: setup-test gil runner
	@scripts/run-tests
setup-test:
	@scripts/setup run test
# check-san fuzz: the runner under sanitizers; its reader under a fuzzer
check-san fuzz: setup-test
# test-cpython: CPython's own suite on stock and on gil, or VARIANT=ft (SUBSET=1: a telling fifth; HOOKS=off|on)
test-cpython: setup $(if $(filter ft,$(VARIANT)),stock-ft ft,stock gil) runner
	@scripts/test-cpython
# bench: what it costs, beside its peers
bench: setup gil stock runner
	@scripts/setup run bench
	@scripts/bench

## The rest
# install: runner, interpreter and stations to PREFIX
install: all
	$(again) build/stations/5-buffers/gil/rows.so
	@scripts/install "$(PREFIX)"
# clean distclean: take away what was built; and what was unpacked, too
clean:
	rm -rf build cpython/build glassbox
distclean: clean
	rm -rf cpython/src
# help: this page
help:
	@sed -n 's/^## \(.*\)/\n\1/p; s/^# \([a-zN -]*\): \(.*\)/  \1: \2/p' Makefile
