/* Course: what the commands that run stations have in common: places, sources, engine and report, opened
   in order and closed in the reverse. */

#ifndef GBX_COURSE_H
#define GBX_COURSE_H

#include "engine.h"
#include "report.h"

typedef struct {
    gbx_paths paths;
    gbx_source *source;          /* NULL: the C sources are not here; nothing is resolved then */
    gbx_readings readings;
    gbx_engine *engine;
    gbx_report report;
    bool progress;               /* a line on stderr, while experiments run */
} gbx_course;

typedef struct {
    int station;
    const char *format;          /* a sink's name; NULL: terminal */
    FILE *to;
    const char *colour;          /* "auto", "always", "never" */
    bool everything;
} gbx_course_options;

/* 0, or a negative code: no such station, no interpreter... What was opened is to be closed by
   gbx_course_close() after a failure, too. */
int gbx_course_open(gbx_course *course, const gbx_course_options *options, gbx_error *error);
void gbx_course_close(gbx_course *course);

/* Take the line of progress away, before anything is printed. */
void gbx_course_quiet(gbx_course *course);

/* Count a result; `without`: what this machine is said not to have, GBX_LACK_NOTHING else. */
void gbx_course_count(gbx_tally *tally, const gbx_result *result, gbx_lack without);

/* The exit status that a tally asks for: 2 before 1 before 3 before 0. */
int gbx_course_status(const gbx_tally *tally);

#endif
