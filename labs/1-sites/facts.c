/* Lab 1: did the three sites do what the variant asks?

   A site is told by its function's name and its family; that it stands in the learner's file and is one instruction is
   checked, its line is not: who moves it has moved it.  All counting is of events of class spec. */

#include "sites.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ the learner's */

const char *
gbx_sites_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

unsigned
gbx_sites_number(const json_t *object, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(object, name));
    return value > 0 && value < 1 << 20 ? (unsigned)value : 0;
}

/* Is this code object a function of the learner's file, of this name? */
bool
gbx_sites_is(const gbx_lab_look *look, uint32_t process, uint32_t code, const char *name)
{
    const gbx_code_info *info = gbx_trace_code(look->look->trace, process, code);
    return info != NULL && info->file != NULL && strcmp(info->file, look->file) == 0 && strcmp(info->name, name) == 0;
}

bool
gbx_sites_part(const gbx_lab_look *look, gbx_finding *finding, const char *name, gbx_part *part)
{
    char begin[64];
    snprintf(begin, sizeof(begin), "%s begin", name);
    return gbx_part_find(look->look, finding, "part", begin, part);
}

bool
gbx_sites_is_spec(uint8_t event)
{
    return event >= GBX_EV_SPEC_ATTEMPT && event <= GBX_EV_SPEC_RESPECIALIZE;
}

/* ------------------------------------------------------------------------- a site */

/* What became of one instruction in a part, in order; positions are GBX_NO_EVENT where there is none. */
typedef struct {
    uint32_t code;
    uint16_t offset;
    bool several;                /* more than one such instruction in functions of this name */
    size_t any;                  /* its first event */
    size_t failed;               /* an attempt that failed before it settled */
    size_t settled;              /* first success */
    size_t miss, last_miss;      /* the first, and that before it changed its mind or the last */
    unsigned misses;             /* up to there */
    size_t again;                /* the success after it */
    unsigned later;              /* misses after that */
    size_t asked;                /* the attempt after the first miss */
    size_t third;                /* any attempt after `again` */
} site;

static void
settle(const gbx_part *part, site *it, size_t at)
{
    const gbx_spec *spec = gbx_part_record(part, at);
    switch (spec->h.event) {
    case GBX_EV_SPEC_SUCCESS:
    case GBX_EV_SPEC_RESPECIALIZE:
        if (it->settled == GBX_NO_EVENT) {
            it->settled = at;
        } else if (it->again == GBX_NO_EVENT) {
            it->again = at;
        }
        break;
    case GBX_EV_SPEC_FAIL:
        if (it->settled == GBX_NO_EVENT && it->failed == GBX_NO_EVENT) {
            it->failed = at;
        }
        break;
    case GBX_EV_SPEC_MISS:
        if (it->again != GBX_NO_EVENT) {
            it->later++;
        } else {
            it->miss = it->misses++ == 0 ? at : it->miss;
            it->last_miss = at;
        }
        break;
    case GBX_EV_SPEC_ATTEMPT:
        if (it->again != GBX_NO_EVENT) {
            it->third = it->third == GBX_NO_EVENT ? at : it->third;
        } else if (it->settled != GBX_NO_EVENT) {
            it->asked = it->asked == GBX_NO_EVENT ? at : it->asked;
        }
        break;
    default:
        break;
    }
}

/* The one instruction of this family in the function, in the part.  False, and a verdict, where there is none, or
   more than one. */
static bool
find_site(const gbx_lab_look *look, gbx_finding *finding, const gbx_part *part, const char *function, const char *family,
          site *it)
{
    *it = (site){ .any = GBX_NO_EVENT, .failed = GBX_NO_EVENT, .settled = GBX_NO_EVENT, .miss = GBX_NO_EVENT,
                  .last_miss = GBX_NO_EVENT, .again = GBX_NO_EVENT, .asked = GBX_NO_EVENT, .third = GBX_NO_EVENT };
    char expected[128];
    for (size_t at = part->begin; at < part->end; at++) {
        if (!gbx_sites_is_spec(gbx_part_event(part, at))) {
            continue;
        }
        const gbx_spec *spec = gbx_part_record(part, at);
        if (strcmp(gbx_part_opcode(part, spec->family), family) != 0
            || !gbx_sites_is(look, part->process, spec->code, function)) {
            continue;
        }
        if (it->any == GBX_NO_EVENT) {
            it->any = at;
            it->code = spec->code;
            it->offset = spec->h.arg;
        }
        it->several |= it->code != spec->code || it->offset != spec->h.arg;
        settle(part, it, at);
    }
    if (it->any != GBX_NO_EVENT && !it->several) {
        return true;
    }
    snprintf(expected, sizeof(expected), "one %s in %s(), which asks to be specialized while drive_%s() runs", family, function, function);
    gbx_finding_fail(finding, expected, it->several ? "there are several" : "it never asks to be specialized",
                     it->several ? "the line of the site was changed, or the function was made twice"
                                 : "it runs too rarely: an instruction asks in its second execution");
    return false;
}

/* ---------------------------------------------------------------------- additions */

/* "int to float": one of the two as the addition's opcode. */
static const char *
adder(const json_t *variant, bool second)
{
    const char *change = gbx_sites_text(variant, "change");
    const char *to = strstr(change, " to ");
    const char *type = second && to != NULL ? to + 4 : change;
    return strncmp(type, "int", 3) == 0     ? "BINARY_OP_ADD_INT"
           : strncmp(type, "float", 5) == 0 ? "BINARY_OP_ADD_FLOAT"
                                            : "BINARY_OP_ADD_UNICODE";
}

static const char *
became(const gbx_part *part, size_t success)
{
    return gbx_part_opcode(part, ((const gbx_spec *)gbx_part_record(part, success))->opcode_after);
}

/* First settled as `opcode`; else a verdict. */
static bool
judge_settled(const gbx_part *part, gbx_finding *finding, const site *it, const char *opcode)
{
    char expected[96];
    snprintf(expected, sizeof(expected), "it becomes %s first", opcode);
    if (it->settled == GBX_NO_EVENT && it->failed == GBX_NO_EVENT) {
        gbx_finding_event(finding, part->look, it->any, "the first that is seen of it");
        gbx_finding_fail(finding, expected, "it had settled before this part began",
                         "the function is called elsewhere, too, such as while the file is loaded");
        return false;
    }
    if (it->settled == GBX_NO_EVENT || (it->failed != GBX_NO_EVENT && it->failed < it->settled)) {
        gbx_finding_event(finding, part->look, it->failed, "it asks, in vain");
        gbx_finding_fail(finding, expected, "no form fits what it meets first",
                         "two types at once, or a type that the family has no member for");
        return false;
    }
    gbx_finding_event(finding, part->look, it->settled, "it becomes %s", became(part, it->settled));
    if (strcmp(became(part, it->settled), opcode) != 0) {
        gbx_finding_fail(finding, expected, became(part, it->settled), "it met something else first");
        return false;
    }
    return true;
}

static gbx_verdict
check_steady(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_part part;
    site it;
    unsigned few = gbx_sites_number(look->variant, "few");
    if (!gbx_sites_part(look, finding, "steady", &part)) {
        return GBX_INSUFFICIENT;
    }
    if (!find_site(look, finding, &part, "steady", "BINARY_OP", &it)
        || !judge_settled(&part, finding, &it, adder(look->variant, false))) {
        return GBX_FAIL;
    }
    *share = 1.0 / 3;
    char expected[64];
    snprintf(expected, sizeof(expected), "%u misses, and no attempt after them", few);
    if (it.miss != GBX_NO_EVENT) {
        gbx_finding_event(finding, look->look, it.miss, "the first miss");
        gbx_finding_event(finding, look->look, it.last_miss, "miss %u", it.misses);
    }
    if (it.asked != GBX_NO_EVENT) {
        gbx_finding_event(finding, look->look, it.asked, "it asks again");
        return gbx_finding_failf(finding, expected, "the counter has run out",
                                 "after %u misses it asks to be specialized again", it.misses);
    }
    if (it.misses != few) {
        return gbx_finding_failf(finding, expected, it.misses == 0 ? "it met one type only" : NULL, "%u misses", it.misses);
    }
    *share = 1;
    return GBX_PASS;
}

/* The answer that the run gives to "how many until it asks again". */
static void
observe_misses(gbx_finding *finding, const site *it)
{
    if (it->asked != GBX_NO_EVENT) {
        gbx_finding_observe(finding, it->misses >= 1000 ? 3 : it->misses > 2 ? 2 : it->misses == 2 ? 1 : 0);
    }
}

static gbx_verdict
judge_change(const gbx_lab_look *look, gbx_finding *finding, const gbx_part *part, const site *it, const char *opcode,
             double *share)
{
    char expected[96];
    snprintf(expected, sizeof(expected), "and %s after that", opcode);
    if (it->miss != GBX_NO_EVENT) {
        gbx_finding_event(finding, look->look, it->miss, "the first miss, on meeting: %s",
                          gbx_part_string(part, ((const gbx_spec *)gbx_part_record(part, it->miss))->type));
    }
    if (it->asked == GBX_NO_EVENT) {
        return gbx_finding_failf(finding, expected, "too few misses: its counter has not run out",
                                 "%u misses, and it has not asked again", it->misses);
    }
    gbx_finding_refute(finding, look->look, it->asked, "miss %u was the one that its counter could not take any more",
                       it->misses);
    if (it->again == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, expected, "it asks again, and no form fits", NULL);
    }
    gbx_finding_event(finding, look->look, it->again, "it becomes %s", became(part, it->again));
    if (strcmp(became(part, it->again), opcode) != 0) {
        return gbx_finding_fail(finding, expected, became(part, it->again), "it asked when it met something else");
    }
    *share = 1;
    return GBX_PASS;
}

static gbx_verdict
check_turns(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_part part;
    site it;
    if (!gbx_sites_part(look, finding, "turns", &part)) {
        return GBX_INSUFFICIENT;
    }
    if (!find_site(look, finding, &part, "turns", "BINARY_OP", &it)
        || !judge_settled(&part, finding, &it, adder(look->variant, false))) {
        return GBX_FAIL;
    }
    observe_misses(finding, &it);
    *share = 0.4;
    return judge_change(look, finding, &part, &it, adder(look->variant, true), share);
}

static gbx_verdict
check_later(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_part part;
    site it;
    (void)share;
    if (!gbx_sites_part(look, finding, "turns", &part)) {
        return GBX_INSUFFICIENT;
    }
    if (!find_site(look, finding, &part, "turns", "BINARY_OP", &it)) {
        return GBX_FAIL;
    }
    char expected[96];
    snprintf(expected, sizeof(expected), "%u misses after its change of mind, and no attempt after them",
             gbx_sites_number(look->variant, "later"));
    if (it.again == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, expected, "it did not change its mind", NULL);
    }
    gbx_finding_event(finding, look->look, it.again, "from here on");
    if (it.third != GBX_NO_EVENT) {
        gbx_finding_event(finding, look->look, it.third, "and here it asks once more");
        return gbx_finding_failf(finding, expected, NULL, "it asks again, after %u of them", it.later);
    }
    if (it.later != gbx_sites_number(look->variant, "later")) {
        return gbx_finding_failf(finding, expected, NULL, "%u misses", it.later);
    }
    return GBX_PASS;
}

static gbx_verdict
check_reads(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_part part;
    site it;
    if (!gbx_sites_part(look, finding, "reads", &part)) {
        return GBX_INSUFFICIENT;
    }
    if (!find_site(look, finding, &part, "reads", "LOAD_ATTR", &it)
        || !judge_settled(&part, finding, &it, gbx_sites_text(look->variant, "first_opcode"))) {
        return GBX_FAIL;
    }
    *share = 0.4;
    return judge_change(look, finding, &part, &it, gbx_sites_text(look->variant, "then_opcode"), share);
}

static const gbx_fact_code facts[] = {
    { "steady", check_steady },     { "turns", check_turns },   { "later", check_later },
    { "reads", check_reads },       { "unpinned", gbx_sites_unpinned }, { "others", gbx_sites_others },
    { "counted", gbx_sites_counted },   { NULL, NULL },
};

static const gbx_mechanism_code mechanisms[] = {
    { "counter", gbx_sites_by_counter },         { "at_the_first_miss", gbx_sites_at_first_miss },
    { "compiled_again", gbx_sites_compiled }, { "more_of_the_other", gbx_sites_majority },
    { "frame_cleared", gbx_sites_cleared },   { "local_deleted", gbx_sites_deleted },
    { "traceback_cut", gbx_sites_cut },       { NULL, NULL },
};

const gbx_lab_code gbx_lab_1 = { .number = 1, .facts = facts, .mechanisms = mechanisms };
