# The stations: claims and the contents page of each. They are data for the program ./glassbox, compiled
# by runner.mk's rules and linked into it. Read after runner.mk.

STATION_SOURCES := $(wildcard stations/*.c stations/*/*.c)

-include $(patsubst %.o,%.d,$(STATION_OBJECTS))
