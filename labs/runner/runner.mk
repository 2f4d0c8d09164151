# The runner: the library libglassbox.a and the program ./glassbox. Read by the top Makefile, and again
# by $(MAKE) once the packages are installed. SAN=1 builds all of it under ASan and UBSan, apart.
#
# Every .c here but main.c and cmd_*.c is the library, and so is grade/, which judges the graded labs; the
# stations' objects come from stations.mk, and each lab's own facts from its folder.

.SECONDEXPANSION:

ifeq ($(SAN),1)
runner_out   := build/san
runner_san   := -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all -fno-omit-frame-pointer
glassbox_bin := $(runner_out)/glassbox
else
runner_out   := build/runner
runner_san   :=
glassbox_bin := glassbox
endif

CFLAGS        ?= -O2 -g
RUNNER_CFLAGS := -std=c11 -D_GNU_SOURCE $(CFLAGS) -Wall -Wextra -Wshadow -Wconversion $(if $(CI),-Werror) \
	-Icpython/new/Include/internal -Ilabs/runner -Ilabs/runner/grade -include labs/runner/banned.h $(runner_san)
# The one file in C++: a well-kept reader of TOML is to be had in no other language.
RUNNER_CXXFLAGS := -std=c++17 $(CFLAGS) -Wall -Wextra $(if $(CI),-Werror) -Ilabs/runner $(runner_san)
RUNNER_LIBS   := -ljansson -ldw -lelf -lm -larchive -lseccomp -lcrypto -lstdc++ -lpthread

runner_sources := $(wildcard labs/runner/*.c labs/runner/grade/*.c)
runner_program := labs/runner/main.c labs/runner/cmd.c labs/runner/course.c $(filter labs/runner/cmd_%.c,$(runner_sources))
runner_library := $(filter-out $(runner_program),$(runner_sources))
runner_objects  = $(patsubst %.c,$(runner_out)/%.o,$(1))
libglassbox    := $(runner_out)/libglassbox.a

$(runner_out)/%.o: %.c | setup
	@mkdir -p $(@D)
	$(CC) $(RUNNER_CFLAGS) $(EXTRA_CFLAGS) -MMD -MP -c $< -o $@

$(runner_out)/labs/runner/grade/tomlxx.o: labs/runner/grade/tomlxx.cc | setup
	@mkdir -p $(@D)
	$(CXX) $(RUNNER_CXXFLAGS) $(EXTRA_CFLAGS) -MMD -MP -c $< -o $@

$(libglassbox): $(call runner_objects,$(runner_library)) $(runner_out)/labs/runner/grade/tomlxx.o
	@rm -f $@
	$(AR) rcs $@ $^

# The program that runs inside the sandbox: static, so that it needs nothing there, and never under sanitizers;
# where the C library has no static form, an ordinary one. It is carried in the library.
inside := build/inside/inside
$(inside): labs/runner/grade/inside/inside.c labs/runner/grade/sandbox_wire.h | setup
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wshadow -Wconversion $(if $(CI),-Werror) -c $< -o $@.o
	$(CC) -static -s $@.o -o $@ 2>/dev/null || $(CC) -s $@.o -o $@
$(call runner_objects,labs/runner/grade/sandbox_order.c): $(inside)
$(call runner_objects,labs/runner/grade/sandbox_order.c): EXTRA_CFLAGS += -DGBX_INSIDE_FILE='"$(inside)"'

# It carries the text of a program in Python.
$(call runner_objects,labs/runner/why_probe.c): labs/runner/why_probe.py

STATION_OBJECTS = $(call runner_objects,$(STATION_SOURCES))

# A name with its own target: `make glassbox` also where ./glassbox is built for SAN=1 elsewhere.
lab_sources := $(wildcard labs/[0-9]*/*.c labs/labs.c)
$(glassbox_bin): $(call runner_objects,$(runner_program) $(lab_sources)) $$(STATION_OBJECTS) $(libglassbox)
	$(CC) $(RUNNER_CFLAGS) $^ $(RUNNER_LIBS) -o $@
ifneq ($(glassbox_bin),glassbox)
.PHONY: glassbox
glassbox: $(glassbox_bin)
endif

-include $(patsubst %.o,%.d,$(call runner_objects,$(runner_sources) $(lab_sources)) $(runner_out)/labs/runner/grade/tomlxx.d)
