/* Claims 6.4a to 6.4c: what a server's cache is used for, in one piece a request and in blocks.

   Experiments: serve.py, the same requests under four managers, and pages.py, a cache so small that each
   block can be followed.  Who has which memory is simulated, by seeds: it is the same on every machine, and
   so verdicts may rest on it.  Calls that take blocks and give them back are the interpreter's own events.
   What the paper measured stands beside it, and no verdict rests on that. */

#include "cache.h"
#include "claims.h"
#include "../experiment.h"
#include "page.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

static const GBX_EXPERIMENT(serve, "experiments", "serve", GBX_BIT(MARK));
static const GBX_EXPERIMENT(pages, "experiments", "pages", GBX_BIT(MARK) | GBX_BIT(FRAME));
static const GBX_EXPERIMENT(all_long, "must-fail", "all_long", GBX_BIT(MARK));
static const GBX_EXPERIMENT(large_blocks, "must-fail", "large_blocks", GBX_BIT(MARK));
static const GBX_EXPERIMENT(leaking, "must-fail", "leaking", GBX_BIT(MARK));
static const GBX_EXPERIMENT(enough_for_all, "must-fail", "enough_for_all", GBX_BIT(MARK));
static const GBX_EXPERIMENT(pages_leaking, "must-fail", "pages_leaking", GBX_BIT(MARK) | GBX_BIT(FRAME));

enum { FEWEST_LOOKS = 10 };      /* that say anything about a mean */
enum { BAR = 40 };

/* What the paper has: figure 2, in percent, and figure 13a, requests in flight. */
static const double paper_share[GBX_S6_MANAGERS][GBX_S6_KINDS] = {
    { 20.4, 13.3, 57.3, 8.9 }, { 26.8, 17.9, 13.6, 41.6 }, { 38.2, 25.2, 0, 36.6 }, { 96.3, 0, 0, 0 },
};
static const double paper_in_flight[GBX_S6_MANAGERS] = { 7.00, 9.81, 13.62, 30.42 };

/* ------------------------------------------------------------------------ drawing */

/* A bar of the four kinds, each as long as its share. */
static void
put_bar(gbx_page *to, const double share[GBX_S6_KINDS])
{
    static const char *const fill[GBX_S6_KINDS] = { "█", "▒", "░", "·" };
    double sum = 0;
    int done = 0;
    for (size_t kind = 0; kind < GBX_S6_KINDS; kind++) {
        sum += share[kind];
        for (; done < (int)(sum * BAR + 0.5); done++) {
            gbx_page_put(to, "%s", fill[kind]);
        }
    }
}

static void
put_kinds(gbx_page *to, const char *name, const char *whose, const double share[GBX_S6_KINDS], double scale)
{
    gbx_page_put(to, "%-7s%-6s %6.1f %% %8.1f %% %8.1f %% %8.1f %%\n", name, whose, scale * share[GBX_S6_TOKENS],
        scale * share[GBX_S6_RESERVED], scale * share[GBX_S6_INTERNAL], scale * share[GBX_S6_EXTERNAL]);
}

static void
quote_shares(gbx_finding *finding, const gbx_s6_stream *stream, size_t first, size_t last)
{
    gbx_page table = { .used = 0 };
    gbx_page_put(&table, "%-13s %8s %10s %10s %10s\n", "of the cache", "tokens", "reserved", "internal", "external");
    for (size_t i = first; i <= last; i++) {
        put_kinds(&table, gbx_s6_manager_names[i], "here", stream->by[i].share, 100);
        if (i == GBX_S6_PAGED) {
            gbx_page_put(&table, "%-7s%-6s %6.1f %%\n", "", "paper", paper_share[i][GBX_S6_TOKENS]);
        }
        else {
            put_kinds(&table, "", "paper", paper_share[i], 1);
        }
    }
    gbx_finding_quote(finding, table.text, table.used);
}

static void
quote_bars(gbx_finding *finding, const gbx_s6_stream *stream, size_t first, size_t last)
{
    gbx_page picture = { .used = 0 };
    for (size_t i = first; i <= last; i++) {
        gbx_page_put(&picture, "%-7s ", gbx_s6_manager_names[i]);
        put_bar(&picture, stream->by[i].share);
        gbx_page_put(&picture, "\n");
    }
    gbx_page_put(&picture, "%-7s █ tokens  ▒ reserved  ░ internal  · external\n", "");
    gbx_finding_quote(finding, picture.text, picture.used);
}

static void
tell_stream(gbx_finding *finding, const gbx_s6_stream *stream)
{
    gbx_finding_fact(finding, "simulated, the same everywhere: %.0f requests, prompts of %.0f and answers of %.0f "
                     "tokens on average, a cache for %.0f", stream->requests, stream->mean_prompt,
                     stream->mean_output, stream->slots);
}

static void
tell_names(gbx_finding *finding)
{
    gbx_finding_fact(finding, "set aside for each request: with Max 2048 slots, with Pow2 the prompt and a power of "
                     "two for the answer, with Oracle what it will need; paper: Kwon et al. 2023, figure 2");
}

static void
show_look(const gbx_look *look, gbx_finding *finding, const gbx_s6_stream *stream, size_t manager)
{
    const gbx_s6_look *typical = &stream->by[manager].typical;
    gbx_finding_event(finding, look, typical->event, "%s: %u in flight, %u wait, %u of %.0f slots hold a token",
                      gbx_s6_manager_names[manager], typical->in_flight, typical->waiting,
                      typical->slots[GBX_S6_TOKENS], stream->slots);
}

/* --------------------------------------------------------------------- what all rest on */

/* Are there enough looks at a full cache, and does each of them account for every slot? */
static gbx_verdict
judge_accounts(const gbx_look *look, gbx_finding *finding, const gbx_s6_stream *stream, size_t first, size_t last)
{
    for (size_t i = first; i <= last; i++) {
        const gbx_s6_served *served = &stream->by[i];
        if (served->off.event != GBX_NO_EVENT) {
            const unsigned *slots = served->off.slots;
            gbx_finding_event(finding, look, served->off.event, "the kinds do not add up");
            return gbx_finding_failf(finding, "every slot is of one of the four kinds",
                                     "a block is lost: in no table, and not free", "%u of %.0f, with '%s'",
                                     slots[0] + slots[1] + slots[2] + slots[3], stream->slots,
                                     gbx_s6_manager_names[i]);
        }
        if (served->looks < FEWEST_LOOKS) {
            return gbx_finding_insufficient(finding, "with '%s' the cache was full at %zu looks only",
                                            gbx_s6_manager_names[i], served->looks);
        }
    }
    return GBX_PASS;
}

/* -------------------------------------------------------------------- 6.4a: reservations */

#define MOST_OF_IT  0.5          /* of the cache */

static gbx_verdict
judge_reservations(gbx_finding *finding, const gbx_s6_stream *stream)
{
    for (size_t i = GBX_S6_MAX; i <= GBX_S6_ORACLE; i++) {
        double tokens = stream->by[i].share[GBX_S6_TOKENS];
        if (tokens > MOST_OF_IT) {
            return gbx_finding_failf(finding, "most of the cache holds no token", "requests become as long as "
                                     "was reserved for them", "%.1f %% holds one, with '%s'", 100 * tokens,
                                     gbx_s6_manager_names[i]);
        }
        if (i > GBX_S6_MAX && tokens <= stream->by[i - 1].share[GBX_S6_TOKENS]) {
            return gbx_finding_failf(finding, "the better the guess, the more tokens", NULL,
                                     "no more with '%s' than with '%s'", gbx_s6_manager_names[i],
                                     gbx_s6_manager_names[i - 1]);
        }
    }
    if (stream->by[GBX_S6_ORACLE].share[GBX_S6_INTERNAL] > 0) {
        return gbx_finding_fail(finding, "who knows the end reserves nothing in vain", "it does", NULL);
    }
    return GBX_PASS;
}

static gbx_verdict
check_reservations(const gbx_look *look, gbx_finding *finding)
{
    gbx_s6_stream stream;
    if (!gbx_s6_stream_read(look, finding, &stream)) {
        return GBX_INSUFFICIENT;
    }
    gbx_verdict verdict = judge_accounts(look, finding, &stream, GBX_S6_MAX, GBX_S6_ORACLE);
    if (verdict == GBX_PASS) {
        verdict = judge_reservations(finding, &stream);
    }
    if (verdict == GBX_PASS) {
        double tokens = stream.by[GBX_S6_MAX].share[GBX_S6_TOKENS];
        show_look(look, finding, &stream, GBX_S6_MAX);
        quote_shares(finding, &stream, GBX_S6_MAX, GBX_S6_ORACLE);
        tell_names(finding);
        quote_bars(finding, &stream, GBX_S6_MAX, GBX_S6_ORACLE);
        tell_stream(finding, &stream);
        gbx_finding_number(finding, "Max: holds tokens", 100 * tokens, "%");
        gbx_finding_number(finding, "Oracle: holds tokens", 100 * stream.by[GBX_S6_ORACLE].share[GBX_S6_TOKENS], "%");
        gbx_finding_observe(finding, tokens > 0.8 ? 0 : tokens > 0.35 ? 1 : 2);
    }
    return verdict;
}

const gbx_claim gbx_s6_reservations = {
    .id = "6.4a",
    .title = "a reservation keeps most of the cache empty",
    .sentence = "Where each request gets one piece of memory beforehand, most of a full cache holds no token: "
                "even if somebody knew how long each answer will be.",
    .experiments = { &serve },
    .check = check_reservations,
    .must_fail = {
        { &serve, &all_long, "requests that become as long as was reserved" },
    },
    .readings = {
        { "stations:6-torch/experiments/kvcache.py#Reserved.admit", "a piece for the whole request, before it begins" },
        { "stations:6-torch/experiments/lengths.py#draw", "how long requests are, and where that is from" },
        { "Objects/listobject.c#list_resize", "a list is in one piece, too, with room for what may come" },
    },
    .prediction = {
        .question = "A server reserves memory for the longest answer that there can be. Requests wait, since no "
                    "more fit. How much of its cache holds something?",
        .choices = {
            { "nearly all of it: it is full", "reserved is used", "what is reserved keeps others out, and is empty" },
            { "about half", "an answer is half done on average", "most answers end long before the longest" },
            { "a third at most", NULL, NULL },
        },
    },
};

/* -------------------------------------------------------------------------- 6.4b: blocks */

#define NEARLY_ALL  0.9          /* of the cache */

/* Blocks taken and given back, by the interpreter's events. */
typedef struct {
    gbx_part part;
    uint32_t take, give_back;    /* code ids */
    unsigned taken, given;
    unsigned compared;           /* marks of the program that say how many are in its tables */
    unsigned most;
    size_t first, last;          /* events: the first that is taken, the last that is given back */
} ledger;

static bool
open_ledger(const gbx_look *second, gbx_finding *finding, ledger *book)
{
    memset(book, 0, sizeof(*book));
    book->first = GBX_NO_EVENT;
    if (!gbx_part_find(second, finding, "pages", "begin", &book->part)) {
        return false;
    }
    book->part.file = NULL;      /* functions of kvcache.py are meant */
    return gbx_part_find_code(&book->part, finding, "Blocks.take", &book->take)
           && gbx_part_find_code(&book->part, finding, "Blocks.give_back", &book->give_back);
}

static void
enter_call(ledger *book, size_t at)
{
    uint32_t code = ((const gbx_frame_edge *)gbx_part_record(&book->part, at))->code;
    if (code == book->take) {
        book->first = book->first == GBX_NO_EVENT ? at : book->first;
        book->taken++;
    }
    else if (code == book->give_back) {
        book->last = at;
        book->given++;
    }
}

/* A mark "in tables", if it is one: false where it says another number than the calls do. */
static bool
agrees(ledger *book, size_t at)
{
    const gbx_mark *mark = gbx_part_record(&book->part, at);
    if (mark->h.flags != GBX_VALUE_INT || strcmp(gbx_part_string(&book->part, mark->name), "in tables") != 0) {
        return true;
    }
    unsigned in_use = book->taken - book->given;
    book->most = in_use > book->most ? in_use : book->most;
    book->compared++;
    return mark->value == in_use;
}

static gbx_verdict
judge_ledger(gbx_finding *finding, ledger *book)
{
    for (size_t at = book->part.begin; at < book->part.end; at++) {
        uint8_t event = gbx_part_event(&book->part, at);
        if (event == GBX_EV_FRAME_PUSH) {
            enter_call(book, at);
        }
        else if (event == GBX_EV_MARK && !agrees(book, at)) {
            gbx_finding_event(finding, book->part.look, at, "the program's count");
            return gbx_finding_failf(finding, "taken and not given back is what is in tables",
                                     "a block is lost: in no table, and not free",
                                     "%u calls took one, %u gave one back", book->taken, book->given);
        }
    }
    if (book->compared == 0 || book->first == GBX_NO_EVENT || book->taken != book->given) {
        return gbx_finding_insufficient(finding, "the program does not say what is in its tables to the end");
    }
    return GBX_PASS;
}

static gbx_verdict
judge_blocks(gbx_finding *finding, const gbx_s6_stream *stream)
{
    const gbx_s6_served *paged = &stream->by[GBX_S6_PAGED];
    if (paged->share[GBX_S6_TOKENS] < NEARLY_ALL) {
        return gbx_finding_failf(finding, "nearly all of the cache holds tokens",
                                 "blocks are so large that requests do not fill them", "%.1f %%",
                                 100 * paged->share[GBX_S6_TOKENS]);
    }
    if (paged->empty_slots > stream->block - 1) {
        return gbx_finding_failf(finding, "a request leaves less than one block empty", NULL, "%.1f slots",
                                 paged->empty_slots);
    }
    return GBX_PASS;
}

/* Every block of the small cache, at some iterations. */
static void
quote_pages(gbx_finding *finding, const ledger *book)
{
    gbx_page picture = { .used = 0 };
    size_t at = book->part.begin;
    unsigned iteration;
    char blocks[80];
    for (const char *text; (text = gbx_s6_next_text(&book->part, &at, "picture")) != NULL; ) {
        if (sscanf(text, "%u %79s", &iteration, blocks) == 2) {
            gbx_page_put(&picture, "%4u  %s\n", iteration, blocks);
        }
    }
    gbx_finding_quote(finding, picture.text, picture.used);
}

static void
tell_blocks(const gbx_look *look, gbx_finding *finding, const gbx_s6_stream *stream, const ledger *book)
{
    const gbx_s6_served *paged = &stream->by[GBX_S6_PAGED];
    show_look(look, finding, stream, GBX_S6_PAGED);
    quote_shares(finding, stream, GBX_S6_PAGED, GBX_S6_PAGED);
    quote_bars(finding, stream, GBX_S6_MAX, GBX_S6_PAGED);
    gbx_finding_number(finding, "holds tokens", 100 * paged->share[GBX_S6_TOKENS], "%");
    gbx_finding_number(finding, "empty slots a request, when there were most", paged->empty_slots, "");
    quote_pages(finding, book);
    gbx_finding_fact(finding, "the small cache at three iterations: a letter is a request, a dot a free block");
    gbx_finding_event(finding, book->part.look, book->first, "the first block is taken");
    gbx_finding_event(finding, book->part.look, book->last, "and the last one given back");
    gbx_finding_fact(finding, "%u calls took a block and %u gave one back; in between what the tables have is "
                     "the difference, at each of %u counts", book->taken, book->given, book->compared);
}

static gbx_verdict
check_blocks(const gbx_look *look, gbx_finding *finding)
{
    gbx_s6_stream stream;
    ledger book;
    gbx_look second = gbx_look_run(look, 1);
    if (!gbx_s6_stream_read(look, finding, &stream) || !open_ledger(&second, finding, &book)) {
        return GBX_INSUFFICIENT;
    }
    gbx_verdict verdict = judge_accounts(look, finding, &stream, GBX_S6_PAGED, GBX_S6_PAGED);
    verdict = verdict == GBX_PASS ? judge_blocks(finding, &stream) : verdict;
    verdict = verdict == GBX_PASS ? judge_ledger(finding, &book) : verdict;
    if (verdict == GBX_PASS) {
        tell_blocks(look, finding, &stream, &book);
        gbx_finding_observe(finding, 1);
    }
    return verdict;
}

const gbx_claim gbx_s6_blocks = {
    .id = "6.4b",
    .title = "in blocks, only the last one has room left",
    .sentence = "A request that gets its memory block by block leaves less than one block empty, and any free "
                "block will do: nearly all of a full cache holds tokens.",
    .experiments = { &serve, &pages },
    .check = check_blocks,
    .must_fail = {
        { &serve, &large_blocks, "blocks larger than most requests" },
        { &serve, &leaking, "blocks that are lost" },
        { &pages, &pages_leaking, "the same, found by the calls" },
    },
    .readings = {
        { "stations:6-torch/experiments/kvcache.py#Paged.grow", "a block when the last one is full" },
        { "stations:6-torch/experiments/kvcache.py#Paged.check", "what must be true of tables and blocks after each step" },
        { "Objects/obmalloc.c#pymalloc_alloc", "CPython's own small blocks: equal sizes, and a list of free ones" },
        { "Modules/_collectionsmodule.c#newblock", "a deque is a chain of blocks: it never moves as it grows" },
    },
    .prediction = {
        .question = "Now a request gets 16 slots at a time, wherever they are free. What of them stays empty?",
        .choices = {
            { "as much as before, in smaller pieces", "fragmentation is only moved",
              "a piece that anybody can take is not lost" },
            { "part of the last block of each request", NULL, NULL },
            { "nothing", "small pieces always fit", "the last block of a request is rarely full" },
        },
    },
};

/* ------------------------------------------------------------------- 6.4c: more at once */

#define MORE  1.5                /* times as many as with the best reservation */

static gbx_verdict
judge_throughput(gbx_finding *finding, const gbx_s6_stream *stream)
{
    const gbx_s6_served *by = stream->by;
    for (size_t i = 0; i < GBX_S6_MANAGERS; i++) {
        if (by[i].emitted != stream->asked_for) {
            return gbx_finding_failf(finding, "every request gets all of its tokens", NULL, "%.0f of %.0f with '%s'",
                                     by[i].emitted, stream->asked_for, gbx_s6_manager_names[i]);
        }
    }
    double best = gbx_s6_tokens_an_iteration(&by[GBX_S6_ORACLE]);
    double paged = gbx_s6_tokens_an_iteration(&by[GBX_S6_PAGED]);
    if (paged < MORE * best) {
        return gbx_finding_failf(finding, "blocks let more requests run at once than any reservation",
                                 "there is memory for everybody, or blocks are too large",
                                 "%.1f tokens an iteration, %.1f with '%s'", paged, best,
                                 gbx_s6_manager_names[GBX_S6_ORACLE]);
    }
    return GBX_PASS;
}

static void
quote_throughput(gbx_finding *finding, const gbx_s6_stream *stream)
{
    gbx_page table = { .used = 0 };
    gbx_page_put(&table, "%-7s %10s %15s %18s\n", "", "in flight", "in the paper", "tokens/iteration");
    for (size_t i = 0; i < GBX_S6_MANAGERS; i++) {
        gbx_page_put(&table, "%-7s %10.2f %15.2f %18.2f\n", gbx_s6_manager_names[i], stream->by[i].in_flight,
            paper_in_flight[i], gbx_s6_tokens_an_iteration(&stream->by[i]));
    }
    gbx_finding_quote(finding, table.text, table.used);
}

/* How full of tokens the caches are, from the first iteration to the last: who is done earlier has a shorter row. */
static void
quote_runs(gbx_finding *finding, const gbx_s6_stream *stream)
{
    gbx_page picture = { .used = 0 };
    for (size_t i = 0; i < GBX_S6_MANAGERS; i++) {
        const gbx_s6_served *served = &stream->by[i];
        gbx_page_put(&picture, "%-7s ", gbx_s6_manager_names[i]);
        for (size_t at = 0; at < GBX_S6_SLICES && served->over_time[at] > 0; at++) {
            gbx_page_put_level(&picture, served->over_time[at]);
        }
        gbx_page_put(&picture, " %.0f\n", served->iterations);
    }
    gbx_finding_quote(finding, picture.text, picture.used);
    gbx_finding_fact(finding, "tokens in the cache, iteration by iteration, up to the last; █ is a full cache");
}

static void
tell_throughput(const gbx_look *look, gbx_finding *finding, const gbx_s6_stream *stream)
{
    const gbx_s6_served *paged = &stream->by[GBX_S6_PAGED];
    double tokens = gbx_s6_tokens_an_iteration(paged);
    show_look(look, finding, stream, GBX_S6_PAGED);
    quote_throughput(finding, stream);
    gbx_finding_fact(finding, "in flight while somebody waits, and in figure 13a; tokens over the whole run, with its "
                     "end, when nobody waits any more");
    quote_runs(finding, stream);
    gbx_finding_number(finding, "times the tokens of Max", tokens / gbx_s6_tokens_an_iteration(
                       &stream->by[GBX_S6_MAX]), "x");
    gbx_finding_number(finding, "times the tokens of Oracle", tokens / gbx_s6_tokens_an_iteration(
                       &stream->by[GBX_S6_ORACLE]), "x");
    gbx_finding_fact(finding, "the price: requests were sent away %.0f times for want of a block, and %.0f tokens "
                     "computed again, all of a request in one iteration", paged->sent_away, paged->computed_again);
    tell_stream(finding, stream);
}

static gbx_verdict
check_throughput(const gbx_look *look, gbx_finding *finding)
{
    gbx_s6_stream stream;
    if (!gbx_s6_stream_read(look, finding, &stream)) {
        return GBX_INSUFFICIENT;
    }
    gbx_verdict verdict = judge_throughput(finding, &stream);
    if (verdict == GBX_PASS) {
        tell_throughput(look, finding, &stream);
        gbx_finding_observe_number(finding, gbx_s6_tokens_an_iteration(&stream.by[GBX_S6_PAGED])
                                   / gbx_s6_tokens_an_iteration(&stream.by[GBX_S6_MAX]));
    }
    return verdict;
}

const gbx_claim gbx_s6_throughput = {
    .id = "6.4c",
    .title = "memory that is not wasted is more requests at once",
    .sentence = "With the same memory a paged cache serves more requests at once, and so every iteration "
                "emits more tokens; every request still gets all of its own.",
    .experiments = { &serve },
    .check = check_throughput,
    .must_fail = {
        { &serve, &enough_for_all, "memory for everybody" },
        { &serve, &large_blocks, "blocks larger than most requests" },
    },
    .readings = {
        { "stations:6-torch/experiments/serving.py#Server.begin", "an iteration: who grows, who is sent away, who joins" },
        { "Objects/obmalloc.c#pymalloc_free", "what is given back is the first to be taken again" },
    },
    .prediction = {
        .question = "Blocks in place of reservations for the longest answer, the same memory: how many times as "
                    "many tokens does an iteration emit?",
        .unit = "times",
        .tolerance = 1.4,
        .too_low = "the memory was full before",
        .too_high = "paging makes memory",
    },
};
