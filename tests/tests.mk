# The tests of the runner: unit tests (cmocka), the same under sanitizers, and the reader under a fuzzer.
# Read by the top Makefile after runner.mk, whose flags and rules these programs use.
#
# Every tests/unit/test_*.c is a program of its own; tests/lib is linked to each of them.

tests_out     := $(if $(filter 1,$(SAN)),build/san,build)/tests
unit_sources  := $(wildcard tests/unit/test_*.c)
unit_library  := $(patsubst tests/%.c,$(tests_out)/%.o,$(wildcard tests/lib/*.c))
writer_sources := tests/lib/trace_writer.c tests/lib/trace_records.c
writer_objects := $(patsubst tests/%.c,$(tests_out)/%.o,$(writer_sources))
unit_programs := $(patsubst tests/unit/%.c,$(tests_out)/unit/%,$(unit_sources))

.PRECIOUS: $(tests_out)/%.o
$(tests_out)/%.o: tests/%.c | setup-test
	@mkdir -p $(@D)
	$(CC) $(RUNNER_CFLAGS) -Itests/lib $(EXTRA_CFLAGS) -MMD -MP -c $< -o $@

$(unit_programs): $(tests_out)/unit/%: $(tests_out)/unit/%.o $(unit_library) $(libglassbox)
	$(CC) $(RUNNER_CFLAGS) $^ $(RUNNER_LIBS) -lcmocka -o $@

# Each program runs alone; all of them run, and then the first failure counts. The fuzzer's corpus is
# replayed with them, so that it holds where there is no fuzzer.
fuzz_corpus := tests/fuzz/corpus

$(tests_out)/fuzz/replay.o: tests/fuzz/fuzz_trace.c | setup-test
	@mkdir -p $(@D)
	$(CC) $(RUNNER_CFLAGS) -Itests/lib -DREPLAY $(EXTRA_CFLAGS) -MMD -MP -c $< -o $@
$(tests_out)/fuzz/replay: $(tests_out)/fuzz/replay.o $(writer_objects) $(libglassbox)
	$(CC) $(RUNNER_CFLAGS) $^ $(RUNNER_LIBS) -o $@

.PHONY: unit-programs test-unit
unit-programs: $(unit_programs) $(tests_out)/fuzz/replay $(tests_out)/fuzz/make-corpus
test-unit: unit-programs
	@tests/unit/run $(tests_out) $(fuzz_corpus)

# The witness without a sandbox, for its own tests.
witness_run := $(tests_out)/witness/witness_run
$(witness_run): $(tests_out)/witness/witness_run.o $(libglassbox)
	$(CC) $(RUNNER_CFLAGS) $^ $(RUNNER_LIBS) -o $@
.PHONY: witness-run
witness-run: $(witness_run)

# The same under AddressSanitizer and UndefinedBehaviorSanitizer, and the program itself on the corpus:
# a command may refuse a file (1, 2), but must not be killed over it.
.PHONY: check-san
check-san:
	$(again) SAN=1 unit-programs glassbox
	@tests/unit/run-san build/san $(fuzz_corpus)

# What runs one thing in the sandbox, for the tests of it that are written in Python.
sandbox_run := build/tests/sandbox/sandbox_run
$(sandbox_run): $(tests_out)/sandbox/sandbox_run.o $(libglassbox)
	$(CC) $(RUNNER_CFLAGS) $^ $(RUNNER_LIBS) -o $@
.PHONY: sandbox-run
sandbox-run: $(sandbox_run)

## The fuzzer: clang and its libFuzzer, with objects of its own.
FUZZ_CC      ?= clang
FUZZ_SECONDS ?= 30
fuzz_flags   := -std=c11 -D_GNU_SOURCE -O1 -g -fsanitize=fuzzer-no-link,address,undefined,float-cast-overflow \
	-fno-sanitize-recover=all -Icpython/new/Include/internal -Ilabs/runner -Itests/lib \
	-include labs/runner/banned.h
fuzz_objects  = $(patsubst %.c,build/fuzz/%.o,$(1))
fuzz_program := $(writer_sources) tests/fuzz/fuzz_trace.c

build/fuzz/%.o: %.c | setup-test
	@mkdir -p $(@D)
	$(FUZZ_CC) $(fuzz_flags) -MMD -MP -c $< -o $@
build/fuzz/libglassbox.a: $(call fuzz_objects,$(runner_library))
	@rm -f $@
	$(AR) rcs $@ $^
build/fuzz/fuzz-trace: $(call fuzz_objects,$(fuzz_program)) build/fuzz/libglassbox.a
	$(FUZZ_CC) $(fuzz_flags) -fsanitize=fuzzer $^ $(RUNNER_LIBS) -o $@

.PHONY: fuzz fuzz-corpus
fuzz:
	@mkdir -p build/fuzz
	@if echo 'int LLVMFuzzerTestOneInput(const char *p, long n) { return p && n < 0; }' | \
	    $(FUZZ_CC) -fsanitize=fuzzer,address -x c - -o build/fuzz/probe 2>/dev/null; then \
	    $(MAKE) -s build/fuzz/fuzz-trace && tests/fuzz/run build/fuzz/fuzz-trace $(FUZZ_SECONDS); \
	else \
	    echo 'skip the reader under the fuzzer: cannot run here: no clang with libFuzzer'; \
	    echo '0 passed, 0 failed, 1 skipped'; \
	fi

# fuzz-corpus: write the corpus anew, after a change of the format
$(tests_out)/fuzz/make-corpus: tests/fuzz/make_corpus.c $(writer_objects)
	@mkdir -p $(@D)
	$(CC) $(RUNNER_CFLAGS) -Itests/lib $^ -o $@
fuzz-corpus: $(tests_out)/fuzz/make-corpus
	@mkdir -p $(fuzz_corpus)
	$(tests_out)/fuzz/make-corpus $(fuzz_corpus)

-include $(wildcard $(tests_out)/unit/*.d $(tests_out)/witness/*.d $(tests_out)/lib/*.d $(tests_out)/fuzz/*.d $(tests_out)/sandbox/*.d)
-include $(patsubst %.o,%.d,$(call fuzz_objects,$(runner_library) $(fuzz_program)))
