/* glassbox aio: what asyncio's loops and tasks did, who woke whom, and who kept all others waiting. */

#include "aio_diagram.h"
#include "aio_follow.h"
#include "aio_inside.h"
#include "aio_json.h"
#include "cmd.h"
#include "gil_json.h"
#include "text.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
"usage: glassbox aio [OPTION...] FILE\n"
"\n"
"What the loops and tasks of asyncio did, from the events of class aio in a trace: for\n"
"each loop its rounds, the time that it waited, and how long tasks that were ready had\n"
"to wait for their turn; for each task its steps; and the longest turns.\n"
"\n"
"A turn is what a loop runs without looking at anything else: a step of a task, from\n"
"one await to the next, or a callback. While it lasts, nobody else has one. A task is\n"
"ready from the moment at which it was made or woken until its step begins.\n"
"\n"
"Where frames were recorded, too, a turn names the function that most of it was spent\n"
"in; where class gil was, the time in it without the lock, and for which function of C.\n"
"\n"
"A loop that is not asyncio's own (uvloop) tells of tasks, and nothing of its rounds.\n"
"\n"
"  -n, --turns N       the N longest turns (6)\n"
"  -t, --tasks N       the N tasks that ran for longest (16)\n"
"      --task NAME     the story of one task, by its name or the function of its\n"
"                      coroutine, and a diagram of one of its awaits\n"
"      --await N       with --task: the diagram of its await number N; without, of the\n"
"                      one after which it had to wait for its turn longest\n"
"  -p, --process PID   this process alone, of a program with children\n"
"      --json          one JSON object: loops, tasks, turns; or that task's moments\n"
"      --only          FILE alone, without its relatives\n"
"      --help          this text\n"
"\n"
"Exit status: 0; 2 if the trace cannot be read, has no such events, or no such task;\n"
"64 for wrong usage.\n"
"\n"
"  glassbox trace -e aio -o t.gbx -- program.py\n"
"  glassbox aio t.gbx\n"
"  glassbox aio --task Task-2 t.gbx\n";

enum { MOST = 100000, STORY_MOST = 400, DIAGRAM_SIZE = 8192 };

typedef struct {
    gbx_trace_options trace;
    uint32_t turns, tasks, pid, await;
    bool one_process, json;
    const char *path, *task;
} options;

enum { OPT_JSON = 256, OPT_ONLY, OPT_TASK, OPT_AWAIT, OPT_HELP };

static const struct option long_options[] = {
    { "turns", required_argument, NULL, 'n' }, { "tasks", required_argument, NULL, 't' },
    { "task", required_argument, NULL, OPT_TASK }, { "await", required_argument, NULL, OPT_AWAIT },
    { "process", required_argument, NULL, 'p' }, { "json", no_argument, NULL, OPT_JSON },
    { "only", no_argument, NULL, OPT_ONLY }, { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
};

static int
usage(const char *message)
{
    return gbx_cmd_usage("aio", message);
}

/* -1: go on; else the exit status. */
static int
parse(int argc, char **argv, options *to)
{
    int option;
    *to = (options){ .turns = 6, .tasks = 16 };
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "n:t:p:", long_options, NULL)) != -1) {
        bool right = true;
        switch (option) {
            case 'n': right = gbx_cmd_number(optarg, &to->turns, MOST); break;
            case 't': right = gbx_cmd_number(optarg, &to->tasks, MOST); break;
            case 'p': right = gbx_cmd_number(optarg, &to->pid, UINT32_MAX); to->one_process = true; break;
            case OPT_TASK: to->task = optarg; break;
            case OPT_AWAIT: right = gbx_cmd_number(optarg, &to->await, UINT32_MAX); break;
            case OPT_JSON: to->json = true; break;
            case OPT_ONLY: to->trace.only = true; break;
            case OPT_HELP: fputs(help, stdout); return GBX_EXIT_PASS;
            default: return usage("unknown option, or one without its argument");
        }
        if (!right) {
            return usage("that is no number");
        }
    }
    if (to->await != 0 && to->task == NULL) {
        return usage("an await of which task?");
    }
    if (optind != argc - 1) {
        return usage(optind == argc ? "which trace?" : "one trace at a time");
    }
    to->path = argv[optind];
    return -1;
}

/* ------------------------------------------------------------------ the loops */

static void
print_loop(const gbx_trace *trace, const gbx_aio_loop_info *loop, size_t number)
{
    char text[4][24];
    const gbx_stream_info *thread = gbx_trace_stream(trace, loop->stream);
    const gbx_type_info *type = loop->type == 0 ? NULL : gbx_trace_type(trace, loop->process, loop->type);
    printf("\nloop %zu: %s in thread %" PRIu32 "%s%.30s, ran for %s\n", number, type == NULL ? "a loop" : type->name,
           thread->thread, thread->name[0] == '\0' ? "" : " ", thread->name,
           gbx_text_time(loop->running_ns, text[0], sizeof(text[0])));
    if (loop->rounds_told) {
        printf("  %-16s %10s  %" PRIu64 " rounds, %" PRIu64 " of them to wait; %" PRIu64 " events came\n",
               "waits for I/O", gbx_text_time(loop->select_ns, text[0], sizeof(text[0])), loop->rounds,
               loop->waits, loop->io_events);
    }
    printf("  %-16s %10s  %" PRIu64 " of %" PRIu64 " tasks\n", "steps of tasks",
           gbx_text_time(loop->step_ns, text[0], sizeof(text[0])), loop->steps, loop->tasks);
    if (loop->rounds_told) {
        printf("  %-16s %10s  %" PRIu64 "\n", "callbacks",
               gbx_text_time(loop->callback_ns, text[0], sizeof(text[0])),
               loop->runs > loop->steps ? loop->runs - loop->steps : 0);
        printf("  %-16s %10s  %.1f turns a round; at most %" PRIu32 " in the queue\n", "its own",
               gbx_text_time(gbx_aio_own_ns(loop), text[0], sizeof(text[0])),
               loop->rounds == 0 ? 0.0 : (double)loop->runs / (double)loop->rounds, loop->deepest);
    }
    else {
        printf("  %-16s %10s  its rounds are not told: no loop of asyncio's own\n", "the rest",
               gbx_text_time(loop->running_ns > loop->step_ns ? loop->running_ns - loop->step_ns : 0, text[0],
                             sizeof(text[0])));
    }
    if (loop->wake_to_run.count > 0) {
        printf("  %-16s half %s, 90 %% %s, 99 %% %s, at most %s\n", "ready to running",
               gbx_text_time(gbx_latency_at(&loop->wake_to_run, 0.5), text[0], sizeof(text[0])),
               gbx_text_time(gbx_latency_at(&loop->wake_to_run, 0.9), text[1], sizeof(text[1])),
               gbx_text_time(gbx_latency_at(&loop->wake_to_run, 0.99), text[2], sizeof(text[2])),
               gbx_text_time(loop->wake_to_run.most_ns, text[3], sizeof(text[3])));
    }
}

/* ------------------------------------------------------------------ the tasks */

/* "_done_callback" of "gather.<locals>._done_callback" */
static const char *
last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot == NULL ? name : dot + 1;
}

static int
busier(const void *a, const void *b)
{
    const gbx_aio_task_info *x = *(const gbx_aio_task_info *const *)a, *y = *(const gbx_aio_task_info *const *)b;
    return x->step_ns > y->step_ns ? -1 : x->step_ns < y->step_ns ? 1 : x < y ? -1 : x > y;
}

static void
print_tasks(const gbx_trace *trace, const gbx_aio_story *story, size_t most)
{
    char name[256], cells[4][24];
    const gbx_aio_task_info **order = calloc(story->task_count + 1, sizeof(*order));
    size_t shown = story->task_count < most ? story->task_count : most;
    if (order == NULL || shown == 0) {
        free(order);
        return;
    }
    for (size_t i = 0; i < story->task_count; i++) {
        order[i] = &story->tasks[i];
    }
    qsort(order, story->task_count, sizeof(*order), busier);
    printf("\n%-13s %-12s %5s %8s %8s %8s %8s %9s\n", "task", "coroutine", "steps", "running", "longest", "ready",
           "awaiting", "end");
    for (size_t i = 0; i < shown; i++) {
        const gbx_aio_task_info *task = order[i];
        const char *state = gbx_trace_label(GBX_ENUM_AIO_STATE, task->state);
        gbx_text_pad(stdout, gbx_aio_name(trace, task, name, sizeof(name)), 13);
        fputc(' ', stdout);
        gbx_text_pad(stdout, last_part(gbx_aio_coroutine(trace, task)), 12);
        printf(" %5" PRIu64 " %8s %8s %8s %8s %9s\n", task->steps,
               gbx_text_time(task->step_ns, cells[0], sizeof(cells[0])),
               gbx_text_time(task->longest_ns, cells[1], sizeof(cells[1])),
               gbx_text_time(task->ready_ns, cells[2], sizeof(cells[2])),
               gbx_text_time(task->awaits_ns, cells[3], sizeof(cells[3])), state == NULL ? "?" : state);
    }
    if (shown < story->task_count) {
        printf("and %zu that ran for less time\n", story->task_count - shown);
    }
    free(order);
}

/* By what a turn was so long, as far as frames and the lock were recorded. */
static void
print_inside(const gbx_trace *trace, gbx_symbols *symbols, const gbx_aio_turn *turn)
{
    char text[196], ns[24], function[64];
    gbx_aio_inside inside = gbx_aio_look_inside(trace, turn);
    if (inside.code != 0) {
        gbx_aio_place_text(trace, turn->process, (gbx_aio_place){ inside.code, 0 }, text, sizeof(text));
        printf("%12s%s of it in %s itself\n", "", gbx_text_time(inside.own_ns, ns, sizeof(ns)), text);
    }
    if (inside.let_go.code != 0 && inside.outside_ns * 10 > turn->ns) {
        bool known = gbx_gil_function(trace, symbols, turn->process, inside.by, function, sizeof(function));
        gbx_aio_place_text(trace, turn->process, inside.let_go, text, sizeof(text));
        printf("%12s%s without the lock: %s%s%s\n", "", gbx_text_time(inside.outside_ns, ns, sizeof(ns)), text,
               known ? ", by " : "", known ? function : "");
    }
}

static void
print_turn(const gbx_trace *trace, const gbx_aio_story *story, gbx_symbols *symbols, const gbx_aio_turn *turn)
{
    char ns[24], at[24], name[256], from[196], to[196];
    const gbx_code_info *callback = turn->callback == 0 ? NULL : gbx_trace_code(trace, turn->process, turn->callback);
    bool step = turn->task != GBX_AIO_NONE;
    gbx_aio_place_text(trace, turn->process, turn->from, from, sizeof(from));
    gbx_aio_place_text(trace, turn->process, turn->to, to, sizeof(to));
    printf("%10s  at %s, %s%.30s", gbx_text_time(turn->ns, ns, sizeof(ns)),
           gbx_text_time(turn->begin_ns, at, sizeof(at)), step ? "" : "callback ",
           step ? gbx_aio_name(trace, &story->tasks[turn->task], name, sizeof(name))
           : callback == NULL ? "of C" : last_part(callback->name));
    if (turn->waiting > 0) {
        printf("; waiting: %" PRIu64, turn->waiting);
    }
    fputc('\n', stdout);
    if (from[0] != '\0') {
        printf("%12s%s%s\n", "", step ? "from " : "", from);
    }
    if (step) {
        printf("%12sto   %s\n", "", to[0] == '\0' ? "its end" : to);
    }
    print_inside(trace, symbols, turn);
}

/* ------------------------------------------------------------------- one task */

/* The first task of this name, else the first whose coroutine has it. */
static size_t
find_task(const gbx_trace *trace, const gbx_aio_story *story, const char *wanted)
{
    char name[256];
    for (size_t i = 0; i < story->task_count; i++) {
        if (strcmp(gbx_aio_name(trace, &story->tasks[i], name, sizeof(name)), wanted) == 0) {
            return i;
        }
    }
    for (size_t i = 0; i < story->task_count; i++) {
        const char *of = gbx_aio_coroutine(trace, &story->tasks[i]), *dot = strrchr(of, '.');
        if (strcmp(of, wanted) == 0 || (dot != NULL && strcmp(dot + 1, wanted) == 0)) {
            return i;
        }
    }
    return SIZE_MAX;
}

typedef struct {
    uint64_t begin_ns, count;
} printing;

static void
print_moment(void *with, const gbx_aio_moment *moment)
{
    printing *to = with;
    if (to->count++ < STORY_MOST) {
        printf("%12.1f  ", (double)(moment->t_ns > to->begin_ns ? moment->t_ns - to->begin_ns : 0) / 1e3);
        size_t indent = strspn(moment->text, " ");
        printf("%*s", (int)indent, "");
        gbx_text_wrap(stdout, 14 + (unsigned)indent, 16 + (unsigned)indent, 79, moment->text);
    }
}

static void
print_task(const gbx_trace *trace, const gbx_aio_story *story, size_t index, const options *chosen)
{
    const gbx_aio_task_info *task = &story->tasks[index];
    char name[256], text[DIAGRAM_SIZE], times[2][24];
    printing to = { .begin_ns = task->born_ns };
    gbx_aio_await await;
    printf("%s runs %s%s\n\n%12s\n", gbx_aio_name(trace, task, name, sizeof(name)), gbx_aio_coroutine(trace, task),
           task->born ? "" : "; its birth is not in the trace", "us");
    gbx_aio_follow(trace, story, index, print_moment, &to);
    if (to.count > STORY_MOST) {
        printf("%14sand %" PRIu64 " more: --json has all\n", "", to.count - STORY_MOST);
    }
    if (!gbx_aio_find_await(trace, task, chosen->await, &await)) {
        printf("\n%s\n", chosen->await == 0 ? "No await of it ended in a wake-up." : "It has no such await.");
        return;
    }
    printf("\nAn await of it: %s until it was woken, %s more until its turn.\n\n",
           gbx_text_time(await.waited_ns, times[0], sizeof(times[0])),
           gbx_text_time(await.ready_ns, times[1], sizeof(times[1])));
    gbx_aio_diagram(trace, task, &await, text, sizeof(text));
    fputs(text, stdout);
}

/* ------------------------------------------------------------------ the command */

static void
print_gaps(const gbx_trace *trace, const gbx_aio_story *story)
{
    if (gbx_trace_lost(trace) != 0) {
        printf("\nThis is not all: %" PRIu64 " events were lost.\n", gbx_trace_lost(trace));
    }
    if ((gbx_trace_mask(trace) >> GBX_CLASS_AIO & 1) == 0) {
        printf("\nThis is not all: class aio was not recorded from the start to the end.\n");
    }
    if (story->left_out > 0) {
        printf("\nThis is not all: %" PRIu64 " tasks or loops found no room here.\n", story->left_out);
    }
}

static void
print_story(const gbx_trace *trace, const gbx_aio_story *story, const options *chosen)
{
    char text[24];
    gbx_symbols *symbols = gbx_symbols_new();
    printf("%s of asyncio's events, %" PRIu64 " of them: %zu loop%s, %zu task%s\n",
           gbx_text_time(story->end_ns - story->begin_ns, text, sizeof(text)), story->events, story->loop_count,
           story->loop_count == 1 ? "" : "s", story->task_count, story->task_count == 1 ? "" : "s");
    for (size_t i = 0; i < story->loop_count; i++) {
        print_loop(trace, &story->loops[i], i + 1);
    }
    print_tasks(trace, story, chosen->tasks);
    if (story->turn_count > 0) {
        printf("\nthe longest turns\n\n");
    }
    for (size_t i = 0; i < story->turn_count; i++) {
        print_turn(trace, story, symbols, &story->turns[i]);
    }
    gbx_symbols_free(symbols);
}

static int
tell_task(const gbx_trace *trace, const gbx_aio_story *story, const options *chosen, gbx_error *error)
{
    size_t index = find_task(trace, story, chosen->task);
    if (index == SIZE_MAX) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "'%s' has no task '%s'", chosen->path, chosen->task);
    }
    if (chosen->json) {
        return gbx_cmd_json(gbx_aio_task_json(trace, story, index), JSON_INDENT(2), error);
    }
    print_task(trace, story, index, chosen);
    print_gaps(trace, story);
    return 0;
}

static int
tell(const gbx_trace *trace, void *options_chosen, gbx_error *error)
{
    const options *chosen = options_chosen;
    gbx_aio_options asked = { .turns = chosen->turns, .process_only = chosen->one_process };
    gbx_aio_story *story = NULL;
    int result = chosen->one_process
        ? gbx_cmd_process(trace, chosen->path, chosen->pid, &asked.process, error) : 0;
    result = result != 0 ? result : gbx_aio_tell(&story, trace, &asked, error);
    if (result == 0 && chosen->task != NULL) {
        result = tell_task(trace, story, chosen, error);
    }
    else if (result == 0 && chosen->json) {
        result = gbx_cmd_json(gbx_aio_json(trace, story), JSON_INDENT(2), error);
    }
    else if (result == 0) {
        print_story(trace, story, chosen);
        print_gaps(trace, story);
    }
    gbx_aio_free(story);
    return result;
}

int
gbx_cmd_aio(int argc, char **argv)
{
    options chosen;
    int status = parse(argc, argv, &chosen);
    return status >= 0 ? status : gbx_cmd_read(chosen.path, &chosen.trace, tell, &chosen);
}
