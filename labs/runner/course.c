/* What the commands that run stations share; see course.h. */

#include "course.h"

#include "cmd.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
wants_colour(const char *when, FILE *to)
{
    if (when != NULL && strcmp(when, "always") == 0) {
        return true;
    }
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return (when == NULL || strcmp(when, "auto") == 0) && (no == NULL || no[0] == '\0')
        && term != NULL && strcmp(term, "dumb") != 0 && isatty(fileno(to));
}

static void
show_progress(void *context, const char *what)
{
    gbx_course *course = context;
    if (course->progress) {
        fprintf(stderr, "\r\033[K  running %s ...", what);
        fflush(stderr);
    }
}

void
gbx_course_quiet(gbx_course *course)
{
    if (course->progress) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
}

int
gbx_course_open(gbx_course *course, const gbx_course_options *options, gbx_error *error)
{
    *course = (gbx_course){ .progress = isatty(STDERR_FILENO) != 0 };
    const gbx_sink *sink = gbx_sink_find(options->format == NULL ? "terminal" : options->format);
    const gbx_station *station = gbx_station_find(options->station);
    if (sink == NULL) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "there is no format '%s'", options->format);
    }
    if (station == NULL) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "there is no station %d", options->station);
    }
    gbx_engine_options engine = {
        .paths = &course->paths, .progress = show_progress, .context = course,
    };
    int status = gbx_paths_find(&course->paths, error);
    if (status == 0) {
        status = gbx_paths_need(&course->paths, GBX_PATHS_PYTHON | GBX_PATHS_STATIONS, error);
    }
    if (status == 0) {
        (void)gbx_source_open(&course->source, course->paths.source, NULL);
        gbx_readings_init(&course->readings, &course->paths, course->source);
        status = gbx_engine_open(&course->engine, &engine, error);
    }
    if (status == 0) {
        course->report = (gbx_report){
            .sink = sink, .station = station, .paths = &course->paths, .source = course->source,
            .readings = &course->readings,
            .symbols = gbx_engine_symbols(course->engine),
            .options = { .to = options->to, .colour = wants_colour(options->colour, options->to),
                         .everything = options->everything },
        };
    }
    return status;
}

void
gbx_course_close(gbx_course *course)
{
    gbx_engine_close(course->engine);
    gbx_readings_clear(&course->readings);
    gbx_source_close(course->source);
    gbx_paths_clear(&course->paths);
    *course = (gbx_course){ .progress = false };
}

void
gbx_course_count(gbx_tally *tally, const gbx_result *result, gbx_lack without)
{
    tally->counts[result->verdict]++;
    tally->expected += result->verdict == GBX_SKIPPED && without != GBX_LACK_NOTHING
                       && result->finding->lack == without;
}

int
gbx_course_status(const gbx_tally *tally)
{
    if (tally->counts[GBX_BROKEN] + tally->counts[GBX_INSUFFICIENT] != 0) {
        return GBX_EXIT_BROKEN;
    }
    if (tally->counts[GBX_FAIL] != 0) {
        return GBX_EXIT_FAIL;
    }
    return tally->counts[GBX_SKIPPED] > tally->expected ? GBX_EXIT_PARTIAL : GBX_EXIT_PASS;
}
