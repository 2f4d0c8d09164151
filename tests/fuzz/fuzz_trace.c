/* The reader under a fuzzer: any bytes are a trace file; opening it, and walking over all that it then
   offers, must not crash, hang, or use memory without bounds.

   libFuzzer brings its own main(); compiled with -DREPLAY this is a plain program instead, which runs
   every file of the corpus once, so that what a fuzzer found stays found where there is none. */

#include "aio_diagram.h"
#include "aio_follow.h"
#include "aio_json.h"
#include "check.h"
#include "chrome.h"
#include "gil_picture.h"
#include "heapline.h"
#include "life.h"
#include "refs.h"
#include "show.h"
#include "trace_writer.h"
#include "why_show.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
walk_event(const gbx_trace *trace, size_t at)
{
    char text[256];
    gbx_show_fields(trace, at, text, sizeof(text));
    gbx_show_place(trace, at, text, sizeof(text));
    json_t *object = gbx_show_json(trace, at);
    free(json_dumps(object, JSON_COMPACT));
    json_decref(object);
    (void)gbx_trace_running(trace, at);
}

/* What has no file to look into: without symbols. */
static void
walk_lock(const gbx_trace *trace)
{
    gbx_gil_story *story = NULL;
    gbx_chrome_counts counts;
    FILE *to = fopen("/dev/null", "we");
    gbx_picture *picture = gbx_picture_new(trace, 50, 0, 100000);
    gbx_gil_options options = { .waits = 5, .visit = gbx_picture_span, .with = picture };
    if (to != NULL && picture != NULL) {
        if (gbx_trace_stream_count(trace) > 0) {
            (void)gbx_picture_add_row(picture, 0);
        }
        (void)gbx_gil_tell(&story, trace, &options, NULL);
        gbx_picture_svg(picture, "a trace", to);
        (void)gbx_chrome_write(trace, &(gbx_chrome_options){ 0 }, NULL, to, &counts, NULL);
        fclose(to);
    }
    gbx_gil_free(story);
    gbx_picture_free(picture);
}

/* What is made of records of memory: each of these believes nothing, either. */
static void
walk_memory(const gbx_trace *trace)
{
    gbx_lives *lives;
    gbx_heapline line;
    gbx_refs refs;
    gbx_error error = { 0, "" };
    if (gbx_lives_find(&lives, trace, "it", &error) == 0 || gbx_lives_find(&lives, trace, "1", &error) == 0) {
        for (size_t i = 0; i < gbx_lives_count(lives); i++) {
            const gbx_life *life = gbx_lives_at(lives, i);
            for (size_t m = 0; m < life->count;) {
                gbx_fold fold = gbx_life_fold(life, m);
                m += fold.period * fold.times;
            }
        }
        gbx_lives_free(lives);
    }
    (void)gbx_heapline_make(&line, trace, &(gbx_heapline_options){ .columns = 7 }, &error);
    gbx_heapline_clear(&line);
    if (gbx_refs_gather(&refs, trace, &error) == 0) {
        gbx_refs_clear(&refs);
    }
}

/* Whoever is at fault in it: it must be said on a page, and in JSON. */
static void
walk_why(const gbx_trace *trace)
{
    static const char *const program[] = { "prog.py", NULL };
    gbx_why_input input = { .timed = trace, .counted = trace, .prices = { .miss = 1e6, .fresh = 1e6, .copy_64k = 1e6 } };
    gbx_why_tool tools[GBX_WHY_TOOLS];
    gbx_why *why;
    FILE *to = fopen("/dev/null", "we");
    if (to != NULL && gbx_why_explain(&why, &input, NULL) == 0) {
        gbx_why_tools_find(tools, NULL, NULL);
        gbx_why_view view = { .why = why, .program = program, .tools = tools };
        gbx_why_text(&view, to);
        json_t *whole = gbx_why_json(&view);
        free(json_dumps(whole, JSON_COMPACT));
        json_decref(whole);
        gbx_why_tools_clear(tools);
        gbx_why_free(why);
    }
    if (to != NULL) {
        fclose(to);
    }
}

static void
see_moment(void *with, const gbx_aio_moment *moment)
{
    *(size_t *)with += strlen(moment->text);
}

static void
walk_tasks(const gbx_trace *trace)
{
    gbx_aio_story *story;
    gbx_aio_await await;
    char text[2048];
    size_t sum = 0;
    if (gbx_aio_tell(&story, trace, &(gbx_aio_options){ .turns = 5 }, NULL) != 0) {
        return;
    }
    for (size_t i = 0; i < story->task_count && i < 20; i++) {
        gbx_aio_follow(trace, story, i, see_moment, &sum);
        if (gbx_aio_find_await(trace, &story->tasks[i], 0, &await)) {
            (void)gbx_aio_diagram(trace, &story->tasks[i], &await, text, sizeof(text));
        }
    }
    json_decref(gbx_aio_json(trace, story));
    gbx_aio_free(story);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[32];
    gbx_trace *trace;
    gbx_invariant invariants[GBX_INVARIANTS];
    int fd = writer_memfd(data, size, path);
    if (gbx_trace_open(&trace, path, &(gbx_trace_options){ .only = true }, NULL) == 0) {
        for (size_t at = 0; at < gbx_trace_count(trace) && at < 300; at++) {
            walk_event(trace, at);
        }
        (void)gbx_trace_mask(trace);
        (void)gbx_check_all(trace, invariants, NULL);
        walk_lock(trace);
        walk_memory(trace);
        walk_why(trace);
        walk_tasks(trace);
        gbx_trace_close(trace);
    }
    close(fd);
    return 0;
}

#ifdef REPLAY

static int
replay(const char *path)
{
    static uint8_t data[1 << 20];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "FAIL cannot open '%s'\n", path);
        return 1;
    }
    size_t size = fread(data, 1, sizeof(data), file);
    fclose(file);
    /* A copy of exactly its size: a step over the end is seen by the sanitizer. */
    uint8_t *copy = malloc(size + 1);
    if (copy == NULL) {
        return 1;
    }
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    printf("ok %s\n", path);
    return 0;
}

int
main(int argc, char **argv)
{
    int count = 0, failed = 0;
    DIR *corpus = argc == 2 ? opendir(argv[1]) : NULL;
    if (corpus == NULL) {
        fprintf(stderr, "usage: replay CORPUS\n");
        return 64;
    }
    for (const struct dirent *entry; (entry = readdir(corpus)) != NULL;) {
        char path[PATH_MAX];
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
            failed += replay(path);
            count++;
        }
    }
    closedir(corpus);
    printf("[  PASSED  ] %d test(s).\n", count - failed);       /* as cmocka says it */
    if (failed != 0) {
        printf("[  FAILED  ] %d test(s)\n", failed);
    }
    return failed != 0 || count == 0;
}

#endif
