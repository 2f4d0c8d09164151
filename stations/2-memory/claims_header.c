/* Claim 2.3b: the header of an object in both builds.

   Experiment: header.py, once on either.  It looks at an object's memory while references to it are taken,
   and says where what changes; how long the header is, the trace's own table of types says as well. */

#include "claims.h"
#include "trace.h"

#include <string.h>

#define HEADERS  (GBX_BIT(REF) | GBX_BIT(MARK))     /* a watch is of class ref */

static GBX_EXPERIMENT_ON(with_gil, "experiments", "header", HEADERS, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(without_gil, "experiments", "header", HEADERS, GBX_ON_FT);
static GBX_EXPERIMENT_ON(one_build, "must-fail", "one_build", HEADERS, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(own_reference, "must-fail", "own_reference", HEADERS, GBX_ON_FT);

/* What the program found: offsets in bytes, -1 for what it found nowhere. */
typedef struct {
    double bytes;
    double type, thread;
    double count, step;                /* of the thread that made the object */
    double others_count, others_step;  /* of another one */
    size_t owner_takes, other_takes;   /* where either is on record */
} header;

/* Where each of the two takes its reference; false: the program does not. */
static bool
find_takers(const gbx_look *look, gbx_finding *finding, header *to)
{
    gbx_part owner, other;
    if (!gbx_part_find(look, finding, "takes", "owner", &owner)
        || !gbx_part_find(look, finding, "takes", "other", &other)) {
        return false;
    }
    to->owner_takes = gbx_s2_next_kind(&owner, owner.begin, GBX_EV_REF_INC, "thing");
    to->other_takes = gbx_s2_next_kind(&other, other.begin, GBX_EV_REF_INC, "thing");
    while (to->other_takes != GBX_NO_EVENT
           && gbx_trace_where(look->trace, to->other_takes).stream == other.stream) {
        to->other_takes = gbx_s2_next_kind(&other, to->other_takes + 1, GBX_EV_REF_INC, "thing");
    }
    return true;
}

static bool
read_header(const gbx_look *look, gbx_finding *finding, header *to)
{
    gbx_part part;
    const struct { const char *name; double *into; } numbers[] = {
        { "bytes", &to->bytes }, { "type at", &to->type }, { "thread at", &to->thread },
        { "count at", &to->count }, { "counts by", &to->step },
        { "other count at", &to->others_count }, { "other counts by", &to->others_step },
    };
    if (!gbx_part_find(look, finding, "header", "begin", &part)) {
        return false;
    }
    for (size_t i = 0; i < GBX_COUNT(numbers); i++) {
        if (!gbx_part_number(&part, numbers[i].name, numbers[i].into)) {
            gbx_finding_insufficient(finding, "the program does not say '%s'", numbers[i].name);
            return false;
        }
    }
    return find_takers(look, finding, to);
}

/* How long an instance of the watched object's type is, as the interpreter told the recorder. */
static double
size_on_record(const gbx_look *look)
{
    gbx_part whole;
    size_t at = gbx_part_whole(look, &whole) ? gbx_part_next(&whole, 0, GBX_EV_WATCH, 0) : GBX_NO_EVENT;
    if (at == GBX_NO_EVENT) {
        return -1;
    }
    const gbx_watch *watch = gbx_part_record(&whole, at);
    const gbx_type_info *type = gbx_trace_type(look->trace, whole.process, watch->type);
    return type == NULL ? -1 : (double)type->basic_size;
}

static bool
is_plain(const header *of)
{
    return of->thread < 0 && of->count >= 0 && of->count == of->others_count
        && of->step == of->others_step;
}

static bool
is_divided(const header *of)
{
    return of->thread >= 0 && of->count >= 0 && of->others_count >= 0 && of->count != of->others_count;
}

static void
show_header(gbx_finding *finding, const gbx_look *look, const header *of)
{
    if (of->owner_takes != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, of->owner_takes, "the thread that made it takes a reference");
    }
    if (of->other_takes != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, of->other_takes, "another thread does: %s", of->thread >= 0
                          ? "in the count of all others" : "in the same count");
    }
    if (of->thread >= 0) {
        gbx_finding_fact(finding, "without the GIL: the owner's thread at byte %.0f, its count at %.0f, all "
                         "others' at %.0f, the type at %.0f", of->thread, of->count, of->others_count, of->type);
        gbx_finding_fact(finding, "a reference adds %.0f to the owner's count and %.0f to the others': two bits "
                         "of that one are flags", of->step, of->others_step);
    }
    else {
        gbx_finding_fact(finding, "with the GIL: the count at byte %.0f, the type at %.0f", of->count, of->type);
    }
}

static gbx_verdict
judge_headers(gbx_finding *finding, const header *with, const header *without)
{
    if (!is_plain(with)) {
        return gbx_finding_fail(finding, "with the GIL, one count for all threads", "there are two, or none",
                                "it ran on the other build");
    }
    if (!is_divided(without)) {
        return gbx_finding_fail(finding, "without the GIL, an owner, and a count for all others",
                                without->thread < 0 ? "the header names no thread"
                                : "the other thread's reference is not in a count of its own",
                                without->thread < 0 ? "it ran on the build with the GIL"
                                : "the owner took that reference");
    }
    if (without->bytes != 2 * with->bytes) {
        return gbx_finding_failf(finding, "the header is twice as long without the GIL", NULL,
                                 "%.0f bytes, and %.0f", with->bytes, without->bytes);
    }
    return GBX_PASS;
}

static gbx_verdict
check_header(const gbx_look *look, gbx_finding *finding)
{
    const gbx_look looks[2] = { gbx_look_run(look, 0), gbx_look_run(look, 1) };
    header found[2];
    for (int i = 0; i < 2; i++) {
        if (!read_header(&looks[i], finding, &found[i])) {
            return GBX_INSUFFICIENT;
        }
        double recorded = size_on_record(&looks[i]);
        if (recorded != found[i].bytes) {
            return gbx_finding_failf(finding, "sys.getsizeof and the type agree", NULL, "%.0f bytes, and %.0f",
                                     found[i].bytes, recorded);
        }
        show_header(finding, &looks[i], &found[i]);
    }
    gbx_verdict verdict = judge_headers(finding, &found[0], &found[1]);
    if (verdict == GBX_PASS) {
        gbx_finding_number(finding, "bytes of a header with the GIL", found[0].bytes, "bytes");
        gbx_finding_number(finding, "bytes of a header without it", found[1].bytes, "bytes");
        gbx_finding_observe_number(finding, found[1].bytes - found[0].bytes);
    }
    return verdict;
}

const gbx_claim gbx_s2_header = {
    .id = "2.3b",
    .title = "a header in both builds",
    .sentence = "With the GIL an object begins with its count and its type. Without it the header also names the "
                "thread that owns the object, has a second count for all other threads, and is twice as long.",
    .experiments = { &with_gil, &without_gil },
    .check = check_header,
    .must_fail = {
        { &without_gil, &one_build, "both runs are on the build with the GIL" },
        { &without_gil, &own_reference, "the owner takes the reference that another thread should take" },
    },
    .readings = {
        { "Include/object.h#_object", "both headers, one after the other" },
        { "Include/object.h#_Py_REF_SHARED_SHIFT", "why the shared half counts by four" },
    },
    .prediction = {
        .question = "How much longer is every object in the build without the GIL?",
        .unit = "bytes",
        .too_low = "the counts alone: a header also names its owner, and has room for a lock",
        .too_high = "a lock in every object: the one that is there takes a byte",
    },
};
