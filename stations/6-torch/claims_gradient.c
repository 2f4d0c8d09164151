/* Claims 6.1d and e: the gradient is right, and the tape is used up.

   Experiment: tape.py.  Gradients are compared with finite differences, which know nothing of a tape; bytes are
   the C library's own count of what is in use. */

#include "claims.h"
#include "../part.h"
#include "trace.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static WITH_TORCH(single, "must-fail", "single", TAPE, GBX_ON_ANY);
static WITH_TORCH(behind_its_back, "must-fail", "behind_its_back", TAPE, GBX_ON_ANY);
static WITH_TORCH(retained, "must-fail", "retained", TAPE, GBX_ON_ANY);

/* The next mark of this name with a text, at or after *at, which moves past it; NULL: there is none. */
static const char *
next_text(const gbx_part *part, size_t *at, const char *name)
{
    for (; (*at = gbx_part_next(part, *at, GBX_EV_MARK, 0)) != GBX_NO_EVENT; ++*at) {
        const gbx_mark *mark = gbx_part_record(part, *at);
        if (mark->h.flags == GBX_VALUE_STRING && strcmp(gbx_part_string(part, mark->name), name) == 0) {
            ++*at;
            return gbx_part_string(part, (uint32_t)mark->value);
        }
    }
    return NULL;
}

/* -------------------------------------------------------------- 6.1d: it is right */

enum { MOST = 16 };

#define CLOSE  1e-6              /* of the larger one: the differences' own error is some 1e-9 */

typedef struct {
    double start, by_tape, by_trying;
} pair;

static double
off(const pair *p)
{
    double larger = fmax(fabs(p->by_tape), fabs(p->by_trying));
    return larger == 0 ? 0 : fabs(p->by_tape - p->by_trying) / larger;
}

static size_t
read_pairs(const gbx_part *part, pair pairs[MOST])
{
    size_t count = 0, at = part->begin;
    const char *text;
    while (count < MOST && (text = next_text(part, &at, "number")) != NULL) {
        pair *p = &pairs[count];
        if (sscanf(text, "%lf %lf %lf", &p->start, &p->by_tape, &p->by_trying) != 3 || !isfinite(p->start)
            || !isfinite(p->by_tape) || !isfinite(p->by_trying)) {
            return 0;
        }
        count++;
    }
    return count;
}

static void
quote_pairs(gbx_finding *finding, const pair *pairs, size_t count)
{
    char text[2048];
    size_t used = (size_t)snprintf(text, sizeof(text), "%8s %18s %18s %12s\n", "x", "by the tape", "by trying",
                                   "apart by");
    for (size_t i = 0; i < count && used < sizeof(text); i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%8.3f %18.10f %18.10f %12.0e\n", pairs[i].start,
                                 pairs[i].by_tape, pairs[i].by_trying, off(&pairs[i]));
    }
    gbx_finding_quote(finding, text, used < sizeof(text) ? used : sizeof(text) - 1);
}

static gbx_verdict
check_gradient(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    pair pairs[MOST];
    if (!gbx_part_find(look, finding, "gradient", "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    size_t count = read_pairs(&part, pairs), far = 0;
    if (count < 2) {
        return gbx_finding_insufficient(finding, "the program does not tell of numbers to be compared");
    }
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        most = fmax(most, off(&pairs[i]));
        far += !(off(&pairs[i]) <= CLOSE);
    }
    if (far > 0) {
        quote_pairs(finding, pairs, count);
        return gbx_finding_failf(finding, "the tape's gradient is that of the differences",
                                 "something that was kept has changed, or there are too few digits",
                                 "%zu of %zu are apart, by %.1e at most", far, count, most);
    }
    gbx_finding_refute(finding, look, part.begin - 1, "each number a little up, and a little down, without a tape");
    quote_pairs(finding, pairs, count);
    gbx_finding_number(finding, "compared", (double)count, "numbers");
    gbx_finding_observe(finding, 0);
    return GBX_PASS;
}

const gbx_claim gbx_s6_gradient = {
    .id = "6.1d",
    .title = "the gradient is what trying says",
    .sentence = "The gradient that the tape computes equals that of finite differences: f a little to the right, "
                "less f a little to the left, by the step.",
    .experiments = { &gbx_s6_tape },
    .check = check_gradient,
    .must_fail = {
        { &gbx_s6_tape, &behind_its_back, "x.data is changed after forward, behind the tape's back" },
        { &gbx_s6_tape, &single, "numbers of 32 bits: a small step is lost in them" },
    },
    .readings = {
        { "torch:torch/autograd/gradcheck.py#gradcheck", "PyTorch's own test of its derivatives" },
    },
    .prediction = {
        .question = "With numbers of 64 bits and a step of 1e-6, how far apart are the two gradients?",
        .choices = {
            { "less than a millionth", NULL, NULL },
            { "about a thousandth: differences are a rough estimate", "differences are rough",
              "taken on both sides, their error goes with the square of the step" },
            { "not at all: both are exact", "differences are exact", NULL },
        },
    },
};

/* --------------------------------------------------------------- 6.1e: used up */

typedef struct {
    double tensor, kept, left;
} bytes;

static gbx_verdict
judge_use(gbx_finding *finding, const bytes *of, const char *again)
{
    if (of->kept < 0.9 * of->tensor) {
        return gbx_finding_failf(finding, "forward keeps what the derivatives need", "recording was off",
                                 "%.0f bytes", of->kept);
    }
    if (of->left > 0.1 * of->kept) {
        return gbx_finding_failf(finding, "backward lets go of it on the way", "the tape was to be retained",
                                 "%.0f of %.0f bytes are still there", of->left, of->kept);
    }
    if (strcmp(again, "it went through") == 0) {
        return gbx_finding_fail(finding, "a second backward is refused", again, NULL);
    }
    return GBX_PASS;
}

static gbx_verdict
check_used_up(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    bytes of;
    if (!gbx_part_find(look, finding, "used up", "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    size_t at = part.begin;
    const char *again = next_text(&part, &at, "again");
    if (again == NULL || !gbx_part_number(&part, "bytes of a tensor", &of.tensor)
        || !gbx_part_number(&part, "kept", &of.kept) || !gbx_part_number(&part, "left", &of.left)
        || of.tensor <= 0) {
        return gbx_finding_insufficient(finding, "the program does not say what was kept");
    }
    gbx_verdict verdict = judge_use(finding, &of, again);
    if (verdict == GBX_PASS) {
        gbx_finding_refute(finding, look, at - 1, "backward a second time: '%s'", again);
        gbx_finding_bar(finding, "after forward", of.kept / 1e6, "MB");
        gbx_finding_bar(finding, "after backward", of.left / 1e6, "MB");
        gbx_finding_number(finding, "a tensor", of.tensor, "bytes");
        gbx_finding_number(finding, "kept, in tensors", of.kept / of.tensor, "");
        gbx_finding_observe(finding, 1);
    }
    return verdict;
}

const gbx_claim gbx_s6_used_up = {
    .id = "6.1e",
    .title = "a tape is used up",
    .sentence = "Forward keeps the tensors that the derivatives will need; backward lets go of each as it passes, "
                "and a second backward is refused.",
    .experiments = { &gbx_s6_tape },
    .check = check_used_up,
    .must_fail = {
        { &gbx_s6_tape, &retained, "backward(retain_graph=True)" },
    },
    .readings = {
        { "torch:torch/include/torch/csrc/autograd/saved_variable.h#SavedVariable", "reset_data() lets go" },
        { "torch:torch/autograd/graph.py#saved_tensors_hooks", "to keep something else in its place" },
    },
    .prediction = {
        .question = "After backward(), y and its tape are still there. What of the memory that forward kept?",
        .choices = {
            { "it goes when y goes", "the tape keeps it as long as it lives",
              "the nodes stay, what they had saved does not" },
            { "it is gone", NULL, NULL },
            { "it was never more than y: derivatives are computed anew", "nothing is kept", NULL },
        },
    },
};
