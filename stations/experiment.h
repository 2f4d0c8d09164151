/* How a station declares an experiment that is one program in one of its folders. */

#ifndef GBX_STATIONS_EXPERIMENT_H
#define GBX_STATIONS_EXPERIMENT_H

/* Define an experiment: FOLDER/FILE.py, and the classes to record. */
#define GBX_EXPERIMENT(VARIABLE, FOLDER, FILE, EVENTS)                      \
    const gbx_experiment VARIABLE = {                                       \
        .name = FILE, .program = FOLDER "/" FILE ".py", .events = (EVENTS), \
    }

/* The same, on the build that it needs: GBX_ON_GIL or GBX_ON_FT. */
#define GBX_EXPERIMENT_ON(VARIABLE, FOLDER, FILE, EVENTS, ON)               \
    const gbx_experiment VARIABLE = {                                       \
        .name = FILE, .program = FOLDER "/" FILE ".py", .events = (EVENTS), \
        .on = (ON),                                                         \
    }

#endif
