# The stations: claims and the contents page of each. They are data for the program ./glassbox, compiled
# by runner.mk's rules and linked into it. Read after runner.mk.

STATION_SOURCES := $(wildcard stations/*.c stations/*/*.c)

-include $(patsubst %.o,%.d,$(STATION_OBJECTS))

# What the claims are built of, tested on traces written for the purpose. Rules and writer: tests.mk.
station_units := $(patsubst tests/%.c,$(tests_out)/%,$(wildcard tests/stations/test_*.c))

$(station_units): $(tests_out)/stations/%: $(tests_out)/stations/%.o $(unit_library) $(libglassbox) \
		$(call runner_objects,stations/part.c stations/1-frames/descent.c stations/2-memory/ledger.c \
		stations/3-gil/spans.c stations/5-buffers/seen.c stations/6-torch/tape.c stations/6-torch/device_spans.c \
		stations/6-torch/claims_device.c stations/6-torch/cache.c)
	$(CC) $(RUNNER_CFLAGS) $(filter %.o,$^) $(filter %.a,$^) $(RUNNER_LIBS) -lcmocka -o $@

# Station 5's own C library, for each build of Python that it is called from.
station_5_library := $(patsubst %,build/stations/5-buffers/%/rows.so,gil ft)

$(station_5_library): build/stations/5-buffers/%/rows.so: stations/5-buffers/library/rows.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(CFLAGS) -Wall -Wextra -fPIC -shared -Icpython/src/glassbox/Include -Icpython/build/$* $< -o $@

.PHONY: station-units station-5-library
station-units: $(station_units)
station-5-library: $(station_5_library)
