/* Claims 6.3: a processor and a device, and when one waits for the other.

   Experiment: device.py, which prints spans.  Without a CUDA device it prints a recording, if there is one; else
   these claims are skipped, for want of a device.  The processor itself cannot stand in for one: that is what
   they have to fail on. */

#include "claims.h"
#include "device_spans.h"

#include <stdio.h>
#include <string.h>

static WITH_TORCH(device, "experiments", "device", 0, GBX_ON_ANY);
static WITH_TORCH(on_the_processor, "must-fail", "on_the_processor", 0, GBX_ON_ANY);

/* The page; GBX_PASS, or the verdict with which the check ends. */
static gbx_verdict
read_page(const gbx_look *look, gbx_finding *finding, gbx_device_page *page)
{
    char why[128];
    if (!gbx_device_read(page, look->runs[0].out, look->runs[0].out_size, why, sizeof(why))) {
        return gbx_finding_insufficient(finding, "what the program printed cannot be used: %s", why);
    }
    if (strcmp(page->kind, "none") == 0) {
        return gbx_finding_skip_lacking(finding, GBX_LACK_DEVICE, "%s", page->why);
    }
    if (page->recorded && strcmp(page->kind, "cuda") != 0) {
        return gbx_finding_insufficient(finding, "the recording is not one of a CUDA device");
    }
    gbx_finding_fact(finding, "%s %s, with PyTorch %s, %s", page->recorded ? "recorded elsewhere, on" : "seen here, on",
                     page->device, page->torch, page->when);
    return GBX_PASS;
}

/* Spans of a launch, of what waits, and of the work between. */
typedef struct {
    const gbx_device_span *launch, *work, *wait;
} trio;

static bool
find_trio(const gbx_device_page *page, gbx_finding *finding, const char *part, const char *wait, trio *it)
{
    it->launch = gbx_device_find(page, part, GBX_HOST, "launch", 0);
    it->work = gbx_device_find(page, part, GBX_STREAM_1, "work", 0);
    it->wait = gbx_device_find(page, part, GBX_HOST, wait, 0);
    if (it->launch == NULL || it->work == NULL || it->wait == NULL) {
        gbx_finding_insufficient(finding, "there are no spans of '%s'", part);
        return false;
    }
    return true;
}

static void
quote_part(gbx_finding *finding, const gbx_device_page *page, const char *part)
{
    char text[GBX_DEVICE_PICTURE];
    gbx_finding_quote(finding, text, gbx_device_draw(page, part, text, sizeof(text)));
}

static double
ms(const gbx_device_span *span)
{
    return (double)(span->end_ns - span->begin_ns) / 1e6;
}

/* --------------------------------------------------------- 6.3a: a launch returns */

static gbx_verdict
check_launch(const gbx_look *look, gbx_finding *finding)
{
    gbx_device_page page;
    trio it;
    gbx_verdict verdict = read_page(look, finding, &page);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    if (!find_trio(&page, finding, "synchronize", "synchronize", &it)) {
        return GBX_INSUFFICIENT;
    }
    if (it.launch->end_ns + page.uncertainty_ns >= it.work->end_ns || ms(it.launch) > 0.5 * ms(it.work)) {
        return gbx_finding_failf(finding, "the launch returns long before the work is done",
                                 "there is no device: the processor does the work", "%.3f ms for %.3f ms of work",
                                 ms(it.launch), ms(it.work));
    }
    quote_part(finding, &page, "synchronize");
    gbx_finding_fact(finding, "l launches  ░ waits  █ works");
    gbx_finding_number(finding, "the launch took", ms(it.launch), "ms");
    gbx_finding_number(finding, "the work took", ms(it.work), "ms");
    gbx_finding_observe(finding, 0);
    return GBX_PASS;
}

const gbx_claim gbx_s6_launch = {
    .id = "6.3a",
    .title = "a launch returns at once",
    .sentence = "A call that has a device do something puts the work into a stream and returns; the device works "
                "while Python goes on.",
    .experiments = { &device },
    .check = check_launch,
    .must_fail = { { &device, &on_the_processor, "the processor does the work itself" } },
    .readings = {
        { "torch:torch/include/c10/cuda/CUDAStream.h#CUDAStream", "a queue of work: what is put in is done in order" },
        { "torch:torch/cuda/streams.py#Stream", "the same in Python" },
    },
    .prediction = {
        .question = "A kernel takes the device 20 ms. How long does the call take that launches it?",
        .choices = {
            { "microseconds: it is put into a queue", NULL, NULL },
            { "20 ms", "a call returns when its work is done", "on the processor, yes; a device has a queue" },
        },
    },
};

/* -------------------------------------------------------------- 6.3b: who waits */

/* Does it begin while the work goes on, and end when it is done? */
static bool
waits(const gbx_device_page *page, const trio *it)
{
    return it->wait->begin_ns < it->work->end_ns - page->uncertainty_ns
        && it->wait->end_ns >= it->work->end_ns - page->uncertainty_ns
        && gbx_device_overlap(it->wait, it->work) > (it->work->end_ns - it->work->begin_ns) / 4;
}

static gbx_verdict
check_waits(const gbx_look *look, gbx_finding *finding)
{
    gbx_device_page page;
    trio item, all;
    gbx_verdict verdict = read_page(look, finding, &page);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    if (!find_trio(&page, finding, "item", "item", &item)
        || !find_trio(&page, finding, "synchronize", "synchronize", &all)) {
        return GBX_INSUFFICIENT;
    }
    if (!waits(&page, &item) || !waits(&page, &all)) {
        return gbx_finding_failf(finding, "both begin while the device works, and end when it is done",
                                 "the work was done before", ".item() %.3f ms, synchronize() %.3f ms", ms(item.wait),
                                 ms(all.wait));
    }
    quote_part(finding, &page, "item");
    gbx_finding_fact(finding, "l launches  ░ .item() waits  █ works");
    gbx_finding_number(finding, ".item() took", ms(item.wait), "ms");
    gbx_finding_number(finding, "of it waiting for the work", (double)gbx_device_overlap(item.wait, item.work) / 1e6,
                       "ms");
    gbx_finding_number(finding, "synchronize() took", ms(all.wait), "ms");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s6_waits = {
    .id = "6.3b",
    .title = ".item() waits, and synchronize() waits for all",
    .sentence = ".item() needs a number that is not there yet, so it blocks until the work before it is done; "
                "synchronize() does nothing but that, so a clock is right only after it.",
    .experiments = { &device },
    .check = check_waits,
    .must_fail = { { &device, &on_the_processor, "there is nothing left to wait for" } },
    .readings = {
        { "torch:torch/cuda/__init__.py#synchronize", "one call into C++, and the device it asks" },
    },
    .prediction = {
        .question = "loss is on the device, and a step of training was just launched. What is slow about loss.item()?",
        .choices = {
            { "copying a number over the bus", "the copy is slow", "it is microseconds; the rest is waiting" },
            { "it waits for all that was launched before it", NULL, NULL },
            { "nothing: loss is known already", "results are there when the call returns", NULL },
        },
    },
};

/* ------------------------------------------------------------ 6.3c: two streams */

static gbx_verdict
check_streams(const gbx_look *look, gbx_finding *finding)
{
    gbx_device_page page;
    gbx_verdict verdict = read_page(look, finding, &page);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    const gbx_device_span *first = gbx_device_find(&page, "one stream", GBX_STREAM_1, "work", 0);
    const gbx_device_span *second = gbx_device_find(&page, "one stream", GBX_STREAM_1, "work", 1);
    const gbx_device_span *left = gbx_device_find(&page, "two streams", GBX_STREAM_1, "work", 0);
    const gbx_device_span *right = gbx_device_find(&page, "two streams", GBX_STREAM_2, "work", 0);
    if (first == NULL || second == NULL || left == NULL || right == NULL) {
        return gbx_finding_insufficient(finding, "there are no spans of one stream and of two");
    }
    int64_t queued = gbx_device_overlap(first, second), beside = gbx_device_overlap(left, right);
    if (queued > page.uncertainty_ns) {
        return gbx_finding_failf(finding, "work in one stream is done one after the other", NULL, "%.3f ms at once",
                                 (double)queued / 1e6);
    }
    if ((double)beside < 0.5 * 1e6 * ms(left)) {
        return gbx_finding_failf(finding, "work in two streams is done at once", "there is one queue",
                                 "%.3f ms at once", (double)beside / 1e6);
    }
    quote_part(finding, &page, "one stream");
    quote_part(finding, &page, "two streams");
    gbx_finding_fact(finding, "l launches  ░ waits  █ ▓ one work and another");
    gbx_finding_number(finding, "at once, in one stream", (double)queued / 1e6, "ms");
    gbx_finding_number(finding, "at once, in two streams", (double)beside / 1e6, "ms");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s6_streams = {
    .id = "6.3c",
    .title = "a stream is a queue, and two are two",
    .sentence = "Work in one stream is done in the order in which it was put in; work in two streams may be done at "
                "once.",
    .experiments = { &device },
    .check = check_streams,
    .must_fail = { { &device, &on_the_processor, "the processor has no streams" } },
    .readings = {
        { "torch:torch/cuda/streams.py#Stream.wait_stream", "how one stream is made to wait for another" },
    },
    .prediction = {
        .question = "Two kernels of 20 ms that need little of the device, in two streams. When are both done?",
        .choices = {
            { "after 40 ms: a device does one thing at a time", "one device, one kernel", NULL },
            { "after about 20 ms", NULL, NULL },
        },
    },
};

/* ------------------------------------------------------------- 6.3d: the lock */

/* Pieces of another thread's Python that lie within a span. */
static size_t
pieces_within(const gbx_device_page *page, const char *part, const gbx_device_span *wait)
{
    size_t within = 0;
    const gbx_device_span *piece;
    for (size_t i = 0; (piece = gbx_device_find(page, part, GBX_OTHER_THREAD, "python", i)) != NULL; i++) {
        within += piece->begin_ns > wait->begin_ns && piece->end_ns < wait->end_ns;
    }
    return within;
}

static gbx_verdict
check_lock(const gbx_look *look, gbx_finding *finding)
{
    gbx_device_page page;
    trio item, all;
    gbx_verdict verdict = read_page(look, finding, &page);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    if (!find_trio(&page, finding, "beside item", "item", &item)
        || !find_trio(&page, finding, "beside synchronize", "synchronize", &all)) {
        return GBX_INSUFFICIENT;
    }
    size_t in_item = pieces_within(&page, "beside item", item.wait);
    size_t in_all = pieces_within(&page, "beside synchronize", all.wait);
    if (in_item < 2 || in_all < 2) {
        return gbx_finding_failf(finding, "another thread runs Python while both wait",
                                 "they do not wait, or do not let go of the lock", "%zu and %zu pieces of it", in_item,
                                 in_all);
    }
    quote_part(finding, &page, "beside item");
    gbx_finding_fact(finding, "l launches  ░ .item() waits  █ works, and runs Python");
    gbx_finding_number(finding, "pieces of Python while .item() waits", (double)in_item, "");
    gbx_finding_number(finding, "pieces of Python while synchronize() waits", (double)in_all, "");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s6_device_lock = {
    .id = "6.3d",
    .title = "who waits for a device has let go of the lock",
    .sentence = "While .item() or synchronize() waits, the thread does not have the lock: another one runs Python.",
    .experiments = { &device },
    .check = check_lock,
    .must_fail = { { &device, &on_the_processor, "nobody waits" } },
    .readings = {
        { "Python/ceval_gil.c#PyEval_SaveThread", "what both call before they wait" },
    },
    .prediction = {
        .question = "The main thread waits in .item() for 20 ms. What can another thread do meanwhile?",
        .choices = {
            { "nothing: .item() is a call of C that holds the lock", "a call of C holds the lock", NULL },
            { "run Python", NULL, NULL },
        },
    },
};
