/* The course's program, told: what was printed, and the turns of the loop.  Nothing here is judged. */

#include "claims.h"
#include "tasks.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 3, WIDTH = 69 };

/* How much of a line fits: to its last blank, or to the middle of a word that is longer. */
static size_t
fitting(const char *text)
{
    size_t length = strcspn(text, "\n"), cut = WIDTH;
    if (length <= WIDTH) {
        return length;
    }
    while (cut > 0 && text[cut] != ' ') {
        cut--;
    }
    return cut > 0 ? cut : WIDTH;
}

/* What a program wrote, in lines that fit. */
static void
quote_wrapped(gbx_finding *finding, const char *text)
{
    char line[WIDTH + 2];
    while (*text != '\0') {
        size_t take = fitting(text);
        memcpy(line, text, take);
        line[take] = '\n';
        gbx_finding_quote(finding, line, take + 1);
        text += take + (text[take] == '\n' || text[take] == ' ');
    }
}

static void
tell_turn(const gbx_look *look, gbx_finding *finding, const gbx_aio_story *story, const gbx_aio_turn *turn)
{
    char name[64];
    size_t lets_go = turn == story->turns ? gbx_s4_lets_go(look, turn) : GBX_NO_EVENT;
    if (lets_go != GBX_NO_EVENT) {               /* of the longest one */
        gbx_finding_event(finding, look, lets_go, "on this line it lets go of the lock, and not of the loop");
    }
    gbx_finding_event(finding, look, turn->end, "%s kept the loop for %.2f ms",
                      turn->task == GBX_AIO_NONE ? "a callback"
                      : gbx_aio_name(look->trace, &story->tasks[turn->task], name, sizeof(name)),
                      (double)turn->ns / 1e6);
}

gbx_verdict
gbx_s4_tell_stall(const gbx_look *look, gbx_finding *finding)
{
    gbx_aio_story *story;
    const gbx_run *run = &look->runs[0];
    if (!gbx_s4_story(look, finding, SHOWN, &story)) {
        return GBX_INSUFFICIENT;
    }
    gbx_finding_quote(finding, run->out, run->out_size);
    if (run->err_size == 0) {
        gbx_finding_fact(finding, "on stderr: nothing");
    }
    else {
        gbx_finding_fact(finding, "on stderr:");
        quote_wrapped(finding, run->err);
    }
    for (size_t i = 0; i < story->turn_count; i++) {
        tell_turn(look, finding, story, &story->turns[i]);
    }
    for (size_t i = 0; i < story->loop_count; i++) {
        const gbx_aio_loop_info *loop = &story->loops[i];
        if (loop->tasks > 1) {
            gbx_finding_number(finding, "rounds of the loop", (double)loop->rounds, "");
            gbx_finding_number(finding, "waiting in select", (double)loop->select_ns / 1e6, "ms");
            gbx_finding_number(finding, "in steps of tasks", (double)loop->step_ns / 1e6, "ms");
        }
    }
    gbx_aio_free(story);
    return GBX_PASS;
}
