/* The batch: who is next, who has ended, what is tried again, and when to stop; see batch.h.

   One thread, one poll(): for the ends of the workers (a pidfd each), for signals (blocked, read from a signalfd) and
   for the clock.  A submission goes TODO -> RUNNING -> DONE, or RUNNING -> WAITING -> RUNNING ... -> GIVEN UP. */

#include "batch_internal.h"

#include "outcome.h"
#include "paths.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    TICK_MS = 250,
    SYNC_NS = 1000000000,
    IN_A_ROW = 20,           /* given up one after the other, none graded: it is hardly the submissions */
    WORDS = 32               /* of a worker's command line */
};

typedef struct {
    gbx_worker worker;
    gbx_batch_item *item;    /* NULL: idle */
    char *path;              /* OUT/.work/N */
    bool late;               /* ended for taking too long */
} slot;

typedef struct {
    const gbx_batch_options *options;
    gbx_batch_result *result;
    gbx_batch_folder folder;
    gbx_list list;
    gbx_batch_item *items;   /* one an entry, sorted by student: the order of work is the table's */
    gbx_journal *journal;
    slot *slots;
    struct pollfd *polled;   /* slots, then signals */
    size_t next;             /* the first that may be TODO; counted twice through, see next_item() */
    size_t in_a_row;
    int signals;
    sigset_t before;
    uint64_t began_ns, synced_ns;
    bool stopping;
    int status;              /* the first error of ours, while we wait for the workers to end */
} batch;

/* ---------------------------------------------------------------------- state */

static void
measure(batch *this)
{
    gbx_batch_state *state = &this->result->state;
    double minutes = (double)(gbx_worker_now_ns() - this->began_ns) / 60e9;
    size_t fresh = state->done - state->already, left = state->total - state->done - state->infrastructure;
    state->per_minute = fresh > 0 && minutes > 0 ? (double)fresh / minutes : 0;
    state->left_s = fresh > 0 ? (uint64_t)((double)left * minutes * 60 / (double)fresh) : 0;
    if (this->options->progress != NULL) {
        this->options->progress(this->options->context, state);
    }
}

static void
stop(batch *this, int status)
{
    this->stopping = true;
    this->status = this->status != 0 ? this->status : status;
    for (unsigned i = 0; i < this->options->jobs; i++) {
        if (this->slots[i].item != NULL) {
            gbx_worker_stop(&this->slots[i].worker);
        }
    }
}

/* -------------------------------------------------------------------- failures */

static int
count_given_up(batch *this, const gbx_batch_item *item, gbx_error *error)
{
    this->result->state.infrastructure++;
    if (++this->in_a_row < IN_A_ROW) {
        return 0;
    }
    return gbx_error_set(error, GBX_ERROR_CHILD, "the last %zu submissions all failed without a grade, the last one: %.300s",
                         this->in_a_row, item->why);
}

/* A try of it failed: again later, unless it would be the same or was the last. */
static int
fail(batch *this, gbx_batch_item *item, const char *why, bool for_good, gbx_error *error)
{
    int status = gbx_batch_item_failed(item, this->options, this->journal, why, error);
    if (status != 0) {
        return status;
    }
    if (!for_good && item->attempt < this->options->attempts) {
        uint64_t wait = this->options->backoff_ms;
        for (unsigned i = 1; i < item->attempt && wait < 600000; i++) {
            wait *= 4;
        }
        item->state = GBX_ITEM_WAITING;
        item->not_before_ns = gbx_worker_now_ns() + wait * 1000000;
        this->result->state.waiting++;
        return 0;
    }
    item->state = GBX_ITEM_GIVEN_UP;
    return count_given_up(this, item, error);
}

/* --------------------------------------------------------------------- workers */

/* The command line of a worker; its words live as long as what it is made of. */
static void
command(const batch *this, const gbx_batch_item *item, const char *out, const char *attempt, const char *bundle,
        const char *words[WORDS])
{
    size_t count = 0;
    words[count++] = "glassbox";
    words[count++] = "grade";
    for (size_t i = 0; this->options->more != NULL && this->options->more[i] != NULL && count < WORDS - 10; i++) {
        words[count++] = this->options->more[i];
    }
    words[count++] = "--student";
    words[count++] = item->entry->student;
    words[count++] = "--out";
    words[count++] = out;
    words[count++] = "--attempt";
    words[count++] = attempt;
    words[count++] = bundle;
    words[count] = NULL;
}

static int
launch(batch *this, slot *at, gbx_batch_item *item, gbx_error *error)
{
    const char *words[WORDS];
    char attempt[16];
    const char *name = item->entry->bundle;
    char *bundle = NULL, *out = gbx_paths_join(at->path, "out", NULL), *tmp = gbx_paths_join(at->path, "tmp", NULL);
    if (asprintf(&bundle, "%s%s", name[0] == '-' ? "./" : "", name) < 0) {      /* no name is an option */
        bundle = NULL;
    }
    int status = bundle == NULL || out == NULL || tmp == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
    if (status == 0) {
        snprintf(attempt, sizeof(attempt), "%u", item->attempt);
        command(this, item, out, attempt, bundle, words);
        status = gbx_worker_start(&at->worker, this->options->program, words, tmp, this->folder.lock, error);
    }
    free(bundle);
    free(out);
    free(tmp);
    return status;
}

static int
begin(batch *this, slot *at, gbx_batch_item *item, gbx_error *error)
{
    gbx_error why = { 0, "" };
    this->result->state.waiting -= item->state == GBX_ITEM_WAITING;
    item->attempt++;
    if (gbx_digest_file(item->bundle, item->entry->bundle, 0, &why) != 0) {
        return fail(this, item, why.message, false, error);
    }
    int status = gbx_batch_slot_make(&this->folder, (unsigned)(at - this->slots), &at->path, error);
    if (status == 0) {
        status = launch(this, at, item, error);
    }
    if (status != 0) {
        gbx_batch_slot_remove(at->path);
        at->path = NULL;
        return status;
    }
    at->item = item;
    at->late = false;
    item->state = GBX_ITEM_RUNNING;
    this->result->state.running++;
    return 0;
}

static int
graded(batch *this, slot *at, gbx_error *error)
{
    char fault[512];
    int status = gbx_batch_item_take(at->item, this->options, &this->folder, at->path, this->journal, fault, sizeof(fault),
                                     error);
    if (status != 0 || fault[0] != '\0') {
        return status != 0 ? status : fail(this, at->item, fault, false, error);
    }
    at->item->state = GBX_ITEM_DONE;
    this->result->state.done++;
    this->in_a_row = 0;
    return 0;
}

static int
ended(batch *this, slot *at, gbx_error *error)
{
    char why[512];
    gbx_batch_item *item = at->item;
    bool killed = at->worker.killed_ns != 0;
    int status = 0;
    gbx_worker_end end = gbx_worker_reap(&at->worker, why, sizeof(why));
    this->result->state.running--;
    if (end == GBX_WORKER_GRADED) {
        status = graded(this, at, error);
    }
    else if (killed && !at->late) {                  /* we are stopping: that is no try of it */
        item->state = GBX_ITEM_TODO;
    }
    else {
        if (at->late) {
            snprintf(why, sizeof(why), "the grader took longer than %u s, and was ended", this->options->limit_ms / 1000);
        }
        status = fail(this, item, why, end == GBX_WORKER_NEVER, error);
    }
    gbx_batch_slot_remove(at->path);
    at->path = NULL;
    at->item = NULL;
    return status;
}

/* ------------------------------------------------------------------- who is next */

/* By student; what an earlier run gave up comes after all others, so that it cannot keep them from being graded. */
static gbx_batch_item *
next_item(batch *this)
{
    uint64_t now = gbx_worker_now_ns();
    for (size_t i = 0; this->result->state.waiting > 0 && i < this->list.count; i++) {
        if (this->items[i].state == GBX_ITEM_WAITING && this->items[i].not_before_ns <= now) {
            return &this->items[i];
        }
    }
    for (; this->next < 2 * this->list.count; this->next++) {
        gbx_batch_item *item = &this->items[this->next % this->list.count];
        bool second = this->next >= this->list.count;
        if (item->state == GBX_ITEM_TODO && item->failed_before == second) {
            return item;
        }
    }
    return NULL;
}

static int
fill(batch *this, gbx_error *error)
{
    int status = 0;
    for (unsigned i = 0; status == 0 && i < this->options->jobs; i++) {
        gbx_batch_item *item = NULL;
        while (status == 0 && this->slots[i].item == NULL && (item = next_item(this)) != NULL) {
            status = begin(this, &this->slots[i], item, error);      /* again where its bundle is gone */
        }
    }
    return status;
}

/* ------------------------------------------------------------------------- loop */

static void
take_signal(batch *this, gbx_error *error)
{
    struct signalfd_siginfo info;
    while (read(this->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        this->result->interrupted = (int)info.ssi_signo;
        stop(this, gbx_error_set(this->status == 0 ? error : NULL, GBX_ERROR_CHILD, "stopped by SIG%s",
                                 sigabbrev_np((int)info.ssi_signo)));
    }
}

static int
wait_for_something(batch *this, gbx_error *error)
{
    for (unsigned i = 0; i < this->options->jobs; i++) {
        this->polled[i] = (struct pollfd){ .fd = this->slots[i].item == NULL ? -1 : this->slots[i].worker.pidfd, .events = POLLIN };
    }
    this->polled[this->options->jobs] = (struct pollfd){ .fd = this->signals, .events = POLLIN };
    if (poll(this->polled, this->options->jobs + 1, TICK_MS) < 0 && errno != EINTR) {
        return gbx_error_system(error, "wait for", "the workers");
    }
    return 0;
}

static void
watch_clock(batch *this)
{
    uint64_t now = gbx_worker_now_ns();
    for (unsigned i = 0; i < this->options->jobs; i++) {
        slot *at = &this->slots[i];
        if (at->item == NULL) {
            continue;
        }
        bool late = this->options->limit_ms != 0 && now - at->worker.began_ns > this->options->limit_ms * UINT64_C(1000000);
        at->late = at->late || (late && at->worker.killed_ns == 0);
        if (late || at->worker.killed_ns != 0) {
            gbx_worker_stop(&at->worker);
        }
    }
}

static int
step(batch *this, gbx_error *error)
{
    int status = wait_for_something(this, error);
    for (unsigned i = 0; status == 0 && i < this->options->jobs; i++) {
        if (this->slots[i].item != NULL && this->polled[i].revents != 0) {
            status = ended(this, &this->slots[i], error);
        }
    }
    take_signal(this, error);
    watch_clock(this);
    if (status == 0 && gbx_worker_now_ns() - this->synced_ns > SYNC_NS) {
        status = gbx_journal_sync(this->journal, error);
        this->synced_ns = gbx_worker_now_ns();
    }
    return status;
}

/* Until nothing runs and nothing is left to be tried.  After an error the workers are ended, and only then is it the end:
   the error is the first one. */
static int
loop(batch *this, gbx_error *error)
{
    gbx_error later;
    for (;;) {
        int status = this->stopping ? 0 : fill(this, error);
        if (status != 0) {
            stop(this, status);
        }
        measure(this);
        if (this->result->state.running == 0 && (this->stopping || this->result->state.waiting == 0)) {
            return this->status;
        }
        status = step(this, this->status == 0 ? error : &later);
        if (status != 0) {
            stop(this, status);
        }
    }
}

/* --------------------------------------------------------------- before and after */

static int
by_student(const void *a, const void *b)
{
    return strcmp(((const gbx_batch_item *)a)->entry->student, ((const gbx_batch_item *)b)->entry->student);
}

static int
prepare(batch *this, gbx_error *error)
{
    const gbx_batch_options *options = this->options;
    int status = gbx_list_read(&this->list, options->list, error);
    if (status == 0) {
        status = gbx_list_check(&this->list, options->list, error);
    }
    if (status != 0) {
        return status;
    }
    this->items = calloc(this->list.count, sizeof(*this->items));
    this->slots = calloc(options->jobs, sizeof(*this->slots));
    this->polled = calloc(options->jobs + 1, sizeof(*this->polled));
    if (this->items == NULL || this->slots == NULL || this->polled == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < this->list.count; i++) {
        this->items[i].entry = &this->list.entries[i];
    }
    qsort(this->items, this->list.count, sizeof(*this->items), by_student);
    status = gbx_batch_folder_open(&this->folder, options->out, error);
    return status == 0 ? gbx_journal_open(&this->journal, this->folder.path, error) : status;
}

/* What earlier runs have done. */
static int
look_back(batch *this, gbx_error *error)
{
    gbx_batch_state *state = &this->result->state;
    char at[32] = "";
    struct tm parts;
    time_t now = time(NULL);
    int status = 0;
    state->total = this->list.count;
    for (size_t i = 0; status == 0 && i < this->list.count; i++) {
        bool done;
        status = gbx_batch_item_look(&this->items[i], this->options, &this->folder, this->journal, &done, error);
        this->items[i].state = status == 0 && done ? GBX_ITEM_DONE : GBX_ITEM_TODO;
        state->done += this->items[i].state == GBX_ITEM_DONE;
    }
    state->already = state->done;
    if (gmtime_r(&now, &parts) != NULL) {
        strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    return status != 0 ? status
        : gbx_journal_add(this->journal, json_pack("{s:s, s:s, s:I, s:I, s:s}", "event", "begin", "judge", this->options->judge,
                                                   "total", (json_int_t)state->total, "done", (json_int_t)state->done,
                                                   "at", at), error);
}

/* Signals come to us through a descriptor, so that no handler is needed and none is left. */
static int
listen_to_signals(batch *this, gbx_error *error)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        sigaddset(&set, numbers[i]);
    }
    sigprocmask(SIG_BLOCK, &set, &this->before);
    this->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (this->signals < 0) {
        sigprocmask(SIG_SETMASK, &this->before, NULL);
        return gbx_error_system(error, "wait for", "signals");
    }
    return 0;
}

static void
clear(batch *this)
{
    for (size_t i = 0; this->items != NULL && i < this->list.count; i++) {
        free(this->items[i].why);
    }
    gbx_journal_close(this->journal);
    gbx_batch_folder_close(&this->folder);
    gbx_list_clear(&this->list);
    free(this->items);
    free(this->slots);
    free(this->polled);
}

static int
work(batch *this, gbx_error *error)
{
    int status = look_back(this, error);
    this->began_ns = this->synced_ns = gbx_worker_now_ns();
    if (status != 0 || (status = listen_to_signals(this, error)) != 0) {
        return status;
    }
    status = loop(this, error);
    gbx_error unsaid;
    int synced = gbx_journal_sync(this->journal, status == 0 ? error : &unsaid);
    status = status == 0 ? synced : status;
    if (status == 0) {
        status = gbx_batch_tell(this->items, this->list.count, this->options, &this->folder, this->journal, this->result, error);
    }
    close(this->signals);
    sigprocmask(SIG_SETMASK, &this->before, NULL);
    return status;
}

int
gbx_batch_run(const gbx_batch_options *options, gbx_batch_result *result, gbx_error *error)
{
    *result = (gbx_batch_result){ .listed = NULL };
    batch this = { .options = options, .result = result, .folder.lock = -1, .signals = -1 };
    int status = prepare(&this, error);
    if (status == 0) {
        status = work(&this, error);
        gbx_error unsaid;
        int listed = gbx_batch_list_failures(this.items, this.list.count, result, status == 0 ? error : &unsaid);
        status = status == 0 ? listed : status;
    }
    clear(&this);
    return status;
}

void
gbx_batch_result_clear(gbx_batch_result *result)
{
    for (size_t i = 0; result->listed != NULL && result->listed[i] != NULL; i++) {
        free(result->listed[i]);
    }
    free(result->listed);
    result->listed = NULL;
}
