/* Claims 2.2a and b: how much memory an instance takes, with __slots__ and without.

   Experiment: instances.py.  It makes a hundred instances of a class between two marks, and keeps them.
   What they take is what the allocator gave meanwhile and did not get back. */

#include "claims.h"
#include "ledger.h"
#include "trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static GBX_EXPERIMENT(instances, "experiments", "instances", BLOCKS | GBX_BIT(OBJ));
static GBX_EXPERIMENT(misspelt, "must-fail", "misspelt", BLOCKS);
static GBX_EXPERIMENT(never_asked, "must-fail", "never_asked", BLOCKS);
static GBX_EXPERIMENT(first_slots, "must-fail", "first_slots", BLOCKS | GBX_BIT(OBJ));
static GBX_EXPERIMENT(not_the_first, "must-fail", "not_the_first", BLOCKS | GBX_BIT(OBJ));

static const unsigned sizes[] = { 1, 2, 3, 5, 8 };

/* ---------------------------------------------------------------- measuring */

/* What one instance takes, and an event of its part.  There are three ways to count: what the
   interpreter asks for, the blocks that it is given for that, and what sys.getsizeof() says. */
typedef struct {
    double bytes;            /* of blocks */
    double asked;
    double said;             /* by sys.getsizeof(), of the instance alone */
    double blocks;
    size_t last;             /* the last block of the part: the last instance's, or its __dict__'s */
} cost;

/* The first block may be that of the loop's own iterator. */
static size_t
last_block(const gbx_part *part)
{
    size_t last = GBX_NO_EVENT;
    for (size_t at = part->begin; (at = gbx_part_next(part, at, GBX_EV_BLOCK_ALLOC, 0)) != GBX_NO_EVENT; at++) {
        last = at;
    }
    return last;
}

static bool
add_up(const gbx_part *part, gbx_finding *finding, double count, cost *out)
{
    gbx_ledger ledger;
    bool done = gbx_ledger_init(&ledger) && gbx_ledger_enter(&ledger, part);
    out->bytes = (double)ledger.taken / count;
    out->asked = (double)ledger.asked / count;
    out->blocks = (double)ledger.count / count;
    out->last = last_block(part);
    gbx_ledger_clear(&ledger);
    if (!done) {
        gbx_finding_insufficient(finding, "out of memory");
    }
    return done;
}

/* The instances of this form ("slots", "inline"...) with so many attributes. */
static bool
measure(const gbx_look *look, gbx_finding *finding, const char *form, unsigned size, cost *out)
{
    char name[32];
    gbx_part part, whole;
    double count;
    snprintf(name, sizeof(name), "%s %u", form, size);
    if (!gbx_part_find(look, finding, name, "begin", &part)) {
        return false;
    }
    if (!gbx_part_whole(look, &whole) || !gbx_part_number(&whole, "instances", &count) || !(count > 0)) {
        gbx_finding_insufficient(finding, "the program does not say how many instances it makes");
        return false;
    }
    snprintf(name, sizeof(name), "getsizeof %s %u", form, size);
    if (!gbx_part_number(&whole, name, &out->said)) {
        gbx_finding_insufficient(finding, "the program does not say what sys.getsizeof() says");
        return false;
    }
    if (!add_up(&part, finding, count, out)) {
        return false;
    }
    if (out->bytes <= 0 || out->last == GBX_NO_EVENT) {
        gbx_finding_insufficient(finding, "the program keeps no instance of '%s'", name);
        return false;
    }
    return true;
}

/* In percent, to a tenth. */
static double
less_by(double less, double more)
{
    double exact = 1000 * (1 - less / more);
    return (double)(int)(exact < 0 ? exact - 0.5 : exact + 0.5) / 10;
}

static double
saved(const cost *less, const cost *more)
{
    return less_by(less->bytes, more->bytes);
}

/* ------------------------------------------------------- 2.2a: three forms, five sizes */

typedef struct {
    cost slots, plain, dict;
} forms;

static gbx_verdict
judge_forms(gbx_finding *finding, const gbx_look *look, unsigned size, const forms *it)
{
    if (!(it->slots.bytes < it->plain.bytes && it->plain.bytes < it->dict.bytes)) {
        gbx_finding_event(finding, look, it->slots.last, "an instance with __slots__: %.0f bytes",
                          it->slots.bytes);
        return gbx_finding_failf(finding, "slots take less than inline values, and these less than a dict",
                                 "the class has no __slots__, or nobody asks for a __dict__",
                                 "%u attributes: %.0f, %.0f and %.0f bytes", size, it->slots.bytes,
                                 it->plain.bytes, it->dict.bytes);
    }
    return GBX_PASS;
}

/* The table, as it grows: a line for each way to count, a number for each size. */
typedef struct {
    char text[2048];
    size_t used;
} table;

static void put(table *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
put(table *to, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(to->text + to->used, sizeof(to->text) - to->used, format, arguments);
    va_end(arguments);
    if (length > 0 && to->used + (size_t)length < sizeof(to->text)) {
        to->used += (size_t)length;
    }
}

typedef double column(const forms *it);

static double asked_slots(const forms *it) { return it->slots.asked; }
static double asked_plain(const forms *it) { return it->plain.asked; }
static double asked_dict(const forms *it) { return it->dict.asked; }
static double asked_saved(const forms *it) { return less_by(it->slots.asked, it->plain.asked); }
static double taken_slots(const forms *it) { return it->slots.bytes; }
static double taken_plain(const forms *it) { return it->plain.bytes; }
static double taken_dict(const forms *it) { return it->dict.bytes; }
static double taken_saved(const forms *it) { return saved(&it->slots, &it->plain); }
static double taken_saved_dict(const forms *it) { return saved(&it->slots, &it->dict); }
static double asked_saved_dict(const forms *it) { return less_by(it->slots.asked, it->dict.asked); }
static double said_slots(const forms *it) { return it->slots.said; }
static double said_plain(const forms *it) { return it->plain.said; }

/* Bytes an instance by three ways to count, and what slots save by each. */
static const struct { const char *title; column *value; const char *unit; } rows[] = {
    { "asked for", NULL, NULL },
    { "  with __slots__", asked_slots, "" },
    { "  inline values", asked_plain, "" },
    { "  with __dict__", asked_dict, "" },
    { "  slots save", asked_saved, "%" },
    { "  against __dict__", asked_saved_dict, "%" },
    { "taken, in blocks", NULL, NULL },
    { "  with __slots__", taken_slots, "" },
    { "  inline values", taken_plain, "" },
    { "  with __dict__", taken_dict, "" },
    { "  slots save", taken_saved, "%" },
    { "  against __dict__", taken_saved_dict, "%" },
    { "sys.getsizeof() says", NULL, NULL },
    { "  with __slots__", said_slots, "" },
    { "  inline values", said_plain, "" },
};

static void
tell_table(gbx_finding *finding, const forms *all, size_t count)
{
    table out = { .used = 0 };
    put(&out, "%-20s", "attributes");
    for (size_t i = 0; i < count; i++) {
        put(&out, "%8u", sizes[i]);
    }
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        put(&out, "\n%-20s", rows[r].title);
        for (size_t i = 0; i < count && rows[r].value != NULL; i++) {
            put(&out, "%*.0f%s", rows[r].unit[0] == '\0' ? 8 : 6, rows[r].value(&all[i]),
                rows[r].unit[0] == '\0' ? "" : " %");
        }
    }
    gbx_finding_quote(finding, out.text, out.used);
}

static void
tell_bars(gbx_finding *finding, unsigned size, const forms *it)
{
    char name[64];
    snprintf(name, sizeof(name), "%u: slots", size);
    gbx_finding_bar(finding, name, it->slots.bytes, "bytes");
    snprintf(name, sizeof(name), "%u: inline values", size);
    gbx_finding_bar(finding, name, it->plain.bytes, "bytes");
    snprintf(name, sizeof(name), "%u: with __dict__", size);
    gbx_finding_bar(finding, name, it->dict.bytes, "bytes");
}

/* The least and the most that slots save, by any of the sizes and against either of the other forms. */
static void
tell_range(gbx_finding *finding, const forms *all, size_t count)
{
    double least = 100, most = 0;
    for (size_t i = 0; i < count; i++) {
        double two[] = { saved(&all[i].slots, &all[i].plain), saved(&all[i].slots, &all[i].dict) };
        for (size_t k = 0; k < 2; k++) {
            least = two[k] < least ? two[k] : least;
            most = two[k] > most ? two[k] : most;
        }
    }
    gbx_finding_number(finding, "saves at least", least, "%");
    gbx_finding_number(finding, "saves at most", most, "%");
    gbx_finding_fact(finding, "the course's rule of thumb is about 40 %%; in this run it is %.0f to %.0f %% of the "
                     "memory, by the number of attributes and by whether __dict__ was asked for", least, most);
}

/* What is saved of what is asked for is not what is saved of memory: blocks come in steps. */
static void
tell_rule(gbx_finding *finding, const forms *all, size_t count)
{
    const forms *first = &all[0], *third = &all[2], *last = &all[count - 1];
    gbx_finding_number(finding, "saved at one attribute", taken_saved(first), "%");
    gbx_finding_number(finding, "saved at three", taken_saved(third), "%");
    gbx_finding_number(finding, "saved at eight", taken_saved(last), "%");
    gbx_finding_number(finding, "saved of what is asked for, at one", asked_saved(first), "%");
    gbx_finding_number(finding, "saved of what is asked for, at three", asked_saved(third), "%");
    gbx_finding_number(finding, "saved of what is asked for, at eight", asked_saved(last), "%");
    gbx_finding_fact(finding, "a request is rounded up to a block: at one attribute %.0f bytes to %.0f with slots, "
                     "%.0f to %.0f without", first->slots.asked, first->slots.bytes, first->plain.asked,
                     first->plain.bytes);
    gbx_finding_number(finding, "getsizeof of eight inline values", last->plain.said, "bytes");
    gbx_finding_number(finding, "asked for with eight inline values", last->plain.asked, "bytes");
    tell_range(finding, all, count);
}

static gbx_verdict
check_slots(const gbx_look *look, gbx_finding *finding)
{
    enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };
    forms seen[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        if (!measure(look, finding, "slots", sizes[i], &seen[i].slots)
            || !measure(look, finding, "inline", sizes[i], &seen[i].plain)
            || !measure(look, finding, "dict", sizes[i], &seen[i].dict)) {
            return GBX_INSUFFICIENT;
        }
        gbx_verdict verdict = judge_forms(finding, look, sizes[i], &seen[i]);
        if (verdict != GBX_PASS) {
            return verdict;
        }
    }
    gbx_finding_event(finding, look, seen[2].slots.last, "an instance with three slots: its only block");
    gbx_finding_event(finding, look, seen[2].plain.last, "one without __slots__: its only block, too");
    gbx_finding_event(finding, look, seen[2].dict.last, "a __dict__, asked for: %.0f blocks an instance",
                      seen[2].dict.blocks);
    tell_table(finding, seen, COUNT);
    tell_bars(finding, sizes[2], &seen[2]);
    tell_rule(finding, seen, COUNT);
    gbx_finding_observe_number(finding, saved(&seen[2].slots, &seen[2].plain));
    return GBX_PASS;
}

const gbx_claim gbx_s2_slots = {
    .id = "2.2a",
    .title = "what __slots__ saves",
    .sentence = "An instance with __slots__ takes less memory than one without, and that less than one whose "
                "__dict__ was asked for; how much less depends on the number of attributes.",
    .experiments = { &instances },
    .check = check_slots,
    .must_fail = {
        { &instances, &misspelt, "__slots__ is misspelt, and nothing says so" },
        { &instances, &never_asked, "nobody asks for the __dict__" },
    },
    .readings = {
        { "Objects/typeobject.c#_PyType_AllocNoTrack", "what is asked for: sizes before, in and behind it" },
        { "Objects/typeobject.c#type_new_slots", "a slot is a word in the instance, and a descriptor" },
        { "Objects/dictobject.c#_PyObject_MaterializeManagedDict", "the __dict__, made when asked for" },
    },
    .prediction = {
        .question = "Instances with three attributes: how much of the memory does __slots__ save, in this "
                    "version, if nobody ever asks for __dict__?",
        .unit = "%",
        .tolerance = 1.2,
        .too_low = "attributes cost the same either way: there is more than the values",
        .too_high = "every instance has a dict: only those that were asked for it",
    },
};

/* -------------------------------------------------------- 2.2b: the first instances */

/* The instances of class Point made in a part, in order. */
typedef struct {
    size_t first, last;          /* events */
    uint32_t first_size, last_size;
    uint32_t count;
    uint32_t shrinks, grows;     /* how often one is smaller, or larger, than the one before */
} series;

static series
sizes_of(const gbx_part *part)
{
    series seen = { .first = GBX_NO_EVENT, .last = GBX_NO_EVENT };
    size_t at = part->begin;
    while ((at = gbx_part_next(part, at, GBX_EV_OBJ_CREATE, 0)) != GBX_NO_EVENT) {
        const gbx_obj *made = gbx_part_record(part, at);
        const gbx_type_info *type = gbx_trace_type(part->trace, part->process, GBX_U24(made->type));
        if (type != NULL && strcmp(type->name, "Point") == 0) {
            if (seen.count++ == 0) {
                seen.first = at;
                seen.first_size = made->size;
            } else {
                seen.shrinks += made->size < seen.last_size;
                seen.grows += made->size > seen.last_size;
            }
            seen.last = at;
            seen.last_size = made->size;
        }
        at++;
    }
    return seen;
}

static gbx_verdict
check_first(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    if (!gbx_part_find(look, finding, "first", "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    series seen = sizes_of(&part);
    if (seen.count < 2) {
        return gbx_finding_insufficient(finding, "the program makes no two instances there");
    }
    gbx_finding_event(finding, look, seen.first, "the first instance: %u bytes", seen.first_size);
    gbx_finding_event(finding, look, seen.last, "instance number %u: %u bytes", seen.count, seen.last_size);
    if (seen.shrinks == 0 || seen.grows != 0) {
        return gbx_finding_failf(finding, "smaller and smaller instances, up to a point",
                                 "the class has __slots__, or is not new", "%u times smaller, %u times larger",
                                 seen.shrinks, seen.grows);
    }
    gbx_finding_number(finding, "the first instance", seen.first_size, "bytes");
    gbx_finding_number(finding, "a later one", seen.last_size, "bytes");
    gbx_finding_number(finding, "instances until it settles", seen.shrinks + 1, "");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s2_first = {
    .id = "2.2b",
    .title = "a class learns what its instances need",
    .sentence = "The first instance of a class has room for thirty attributes; each one after it gets less "
                "room, until it is what the instances really have.",
    .experiments = { &instances },
    .check = check_first,
    .must_fail = {
        { &instances, &first_slots, "__slots__ says from the start what there is" },
        { &instances, &not_the_first, "the class has had many instances before" },
    },
    .readings = {
        { "Objects/dictobject.c#_PyObject_InitInlineValues", "one less for the next instance" },
        { "Include/internal/pycore_dict.h#shared_keys_usable_size", "room: names that are known, and free" },
    },
    .prediction = {
        .question = "A new class sets three attributes in __init__. How do its first and its hundredth instance "
                    "compare in size?",
        .choices = {
            { "they have the same size", "a class fixes the size of its instances",
              "without __slots__ nobody knows at first how many attributes there will be" },
            { "the first one is larger", NULL, NULL },
            { "the hundredth is larger", "instances grow with the class", "the class learns to do with less" },
        },
    },
};
