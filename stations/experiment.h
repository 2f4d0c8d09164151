/* How a station declares an experiment that is one program in one of its folders. */

#ifndef GBX_STATIONS_EXPERIMENT_H
#define GBX_STATIONS_EXPERIMENT_H

/* Define an experiment: FOLDER/FILE.py, and the classes to record. */
#define GBX_EXPERIMENT(VARIABLE, FOLDER, FILE, EVENTS)                      \
    const gbx_experiment VARIABLE = {                                       \
        .name = FILE, .program = FOLDER "/" FILE ".py", .events = (EVENTS), \
    }

#endif
