/* Lab 2: what became of each of the six, as the run has it, and whether the learner said so.

   The run is cut into parts: the six lives, then a collection, then frames are let go of, caches, graves.  Where an
   object died for good says what had kept it until then; nothing is known here of which life has which fate. */

#include "lifetimes.h"

#include <stdio.h>
#include <string.h>

/* In the order of the choices in lab.toml. */
static const struct {
    const char *part;            /* NULL: the object's own life */
    const char *answer, *means;
} fates[] = {
    { NULL, "freed by counting", "its last reference goes, and it dies, before anything else happens" },
    { "collection", "freed by the collector", "it waited for the collection, which finds that nobody can reach it" },
    { "graves", "brought back by its finalizer", "it died once before, and was brought back: this is its second death" },
    { "", "immortal", "an operation on its count was skipped: it has none, and it never dies" },
    { "frames", "kept by a frame", "it outlived the collection, and goes when the frame that held it goes" },
    { "caches", "kept by a cache", "it outlived the collection, and goes when the cache is emptied" },
};
#define IMMORTAL 3u

/* An operation on the count of what is watched under this name that was skipped. */
static size_t
find_skip(const gbx_part *part, const char *name)
{
    for (size_t at = part->begin; (at = gbx_part_next(part, at, GBX_EV_REF_SKIP, 0)) != GBX_NO_EVENT; at++) {
        if (strcmp(gbx_part_watched(part, ((const gbx_ref *)gbx_part_record(part, at))->watch), name) == 0) {
            return at;
        }
    }
    return GBX_NO_EVENT;
}

/* Which fate it was, and the event that shows it; GBX_COUNT(fates): none of them. */
static size_t
find_fate(const gbx_lab_look *look, gbx_finding *finding, const char *name, size_t *shown)
{
    gbx_part life, graves, part;
    char text[32];
    snprintf(text, sizeof(text), "life %s", name);
    if (!gbx_lifetimes_part(look, finding, text, &life) || !gbx_lifetimes_part(look, finding, "graves", &graves)) {
        return GBX_COUNT(fates);
    }
    gbx_part all = gbx_part_cut(&life, life.begin, graves.end);
    size_t death = gbx_lifetimes_death(&all, name);
    if (death == GBX_NO_EVENT) {
        *shown = find_skip(&life, name);
        return *shown == GBX_NO_EVENT ? GBX_COUNT(fates) : IMMORTAL;
    }
    *shown = death;
    for (size_t i = 0; i < GBX_COUNT(fates); i++) {
        if (i != IMMORTAL && gbx_lifetimes_part(look, finding, fates[i].part == NULL ? text : fates[i].part, &part)
            && death >= part.begin && death < part.end) {
            return i;
        }
    }
    return GBX_COUNT(fates);
}

static gbx_verdict
check_fate(const gbx_lab_look *look, gbx_finding *finding, const char *name)
{
    char key[16];
    size_t shown = GBX_NO_EVENT, fate = find_fate(look, finding, name, &shown);
    if (fate == GBX_COUNT(fates)) {
        return gbx_finding_insufficient(finding, "the run does not say what became of %s", name);
    }
    gbx_finding_refute(finding, look->look, shown, "%s", fates[fate].means);
    gbx_finding_observe(finding, fate);
    snprintf(key, sizeof(key), "fate.%s", name);
    const json_t *said = json_object_get(json_object_get(look->answers, "predict"), key);
    const char *answer = json_string_value(json_object_get(said, "answer"));
    if (answer == NULL || answer[0] == '\0') {
        return gbx_finding_fail(finding, fates[fate].answer, "no answer", "answers.toml has a place for it");
    }
    if (strcmp(answer, fates[fate].answer) != 0) {
        for (size_t i = 0; i < GBX_COUNT(fates); i++) {
            if (strcmp(answer, fates[i].answer) == 0) {
                return gbx_finding_fail(finding, fates[fate].answer, fates[i].answer, NULL);
            }
        }
        return gbx_finding_fail(finding, fates[fate].answer, "none of the six answers", "answers.toml lists them");
    }
    return GBX_PASS;
}

/* One check for each: a check is not told which fact asks. */
#define FATE(NAME)                                                                              \
    gbx_verdict                                                                                 \
    gbx_lifetimes_fate_##NAME(const gbx_lab_look *look, gbx_finding *finding, double *share)    \
    {                                                                                           \
        (void)share;                                                                            \
        return check_fate(look, finding, #NAME);                                                \
    }

FATE(a)
FATE(b)
FATE(c)
FATE(d)
FATE(e)
FATE(f)
