/* Writes the corpus that the fuzzer begins with: make-corpus DIRECTORY [COPIES [SEED]].

   A few small traces, each with another part of the format in it.  They are committed, so that a fuzzer's
   finds can be added beside them.  With COPIES, each is written that many times, and every copy is cut
   off or has some bytes wrong: for trying the program's commands on. */

#include "aio_records.h"
#include "buf_records.h"
#include "gil_records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long copies;
static uint64_t seed = 1;

static size_t
random_below(size_t bound)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % bound);
}

/* Up to eight bytes wrong where there was something; and one in four ends early. */
static void
save_broken(const uint8_t *bytes, size_t size, const char *path)
{
    uint8_t *copy = malloc(size);
    FILE *file = fopen(path, "wb");
    if (copy == NULL || file == NULL) {
        fprintf(stderr, "cannot write '%s'\n", path);
        exit(2);
    }
    memcpy(copy, bytes, size);
    for (size_t wrong = 1 + random_below(8); wrong > 0;) {
        size_t at = random_below(size);
        if (bytes[at] != 0) {
            copy[at] = random_below(3) == 0 ? 0xff : (uint8_t)random_below(256);
            wrong--;
        }
    }
    size_t kept = random_below(4) == 0 ? random_below(size) : size;
    if (fwrite(copy, 1, kept, file) != kept || fclose(file) != 0) {
        fprintf(stderr, "cannot write '%s'\n", path);
        exit(2);
    }
    free(copy);
}

static void
save(trace_writer *w, const char *directory, const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    if (copies == 0) {
        writer_save(w, path);
    }
    for (unsigned long i = 0; i < copies; i++) {
        snprintf(path, sizeof(path), "%s/%s-%lu", directory, name, i);
        uint8_t *bytes = writer_bytes(w);
        save_broken(bytes, writer_size(w), path);
    }
    writer_free(w);
}

static void
define_code(trace_writer *w)
{
    static const uint8_t table[] = { 0xf0, 3, 1, 1, 1, 0x80, 0x12, 0xd8, 4, 9, 0xe8, 3, 0xf8 };
    writer_code(w, 2, "work", "/a/b.py", 3, table, sizeof(table));
    writer_string(w, 1, "caf\xc3\xa9");
    writer_name(w, GBX_NAME_OPCODE, 12, "BINARY_OP", 9);
    writer_name(w, GBX_NAME_REASON, 12 << 8 | 4, "OUT_OF_RANGE", 12);
    writer_thread_name(w, 1, 4242, "MainThread");
}

static void
frames(const char *directory)
{
    trace_writer *w = writer_new(&(writer_options){ .classes = 1u << GBX_CLASS_FRAME });
    define_code(w);
    writer_push(w, 1, 2, 0x10);
    writer_generator(w, 1, 2, 0x10, 0x20);
    writer_edge(w, 1, GBX_EV_FRAME_RESUME, 0, 0, 2, 0x20);
    writer_edge(w, 1, GBX_EV_FRAME_SUSPEND, 0, 1, 2, 0x20);
    writer_push(w, 2, 2, 0x30);
    writer_interp(w, 2, 1);
    writer_pop(w, 2, 2, 0x30);
    save(w, directory, "frames");
}

static void
specialization(const char *directory)
{
    trace_writer *w = writer_new(&(writer_options){ .classes = 1u << GBX_CLASS_SPEC });
    define_code(w);
    writer_spec(w, 1, GBX_EV_SPEC_ATTEMPT, 2, 1, 12, 0);
    writer_spec(w, 1, GBX_EV_SPEC_FAIL, 2, 1, 12, 4);
    writer_time(w, 1, WRITER_START + 5000);
    writer_spec(w, 1, GBX_EV_SPEC_MISS, 2, 300, 12, 0);
    save(w, directory, "specialization");
}

static void
locks(const char *directory)
{
    trace_writer *w = writer_new(&(writer_options){ .classes = 1u << GBX_CLASS_GIL });
    define_code(w);
    put_gil(w, 1, 1, GBX_EV_GIL_CREATE, 0);
    put_turn(w, 1, 10, 20, 100, 1);
    put_wait(w, 150, 1, GBX_EV_GIL_FORCED, 0, 45);
    put_turn(w, 2, 160, 170, 200, 2);
    put_gil(w, 210, 1, GBX_EV_GIL_REQUEST, 0);
    PUT(w, 1, (gbx_gil_timeout){ .h = { .event = GBX_EV_GIL_TIMEOUT, .flags = 1 }, .interval_us = 5 });
    PUT(w, 1, (gbx_gil_drop){ .h = { .event = GBX_EV_GIL_DROP_REQUEST }, .holder = 2 });
    PUT(w, 2, (gbx_gil_breaker){ .h = { .event = GBX_EV_GIL_BREAKER, .flags = 0x21, .arg = 2 }, .code = 2 });
    put_wait(w, 300, 1, GBX_EV_GIL_GIVE_UP, 0, 90);
    PUT(w, 2, (gbx_park){ .h = { .event = GBX_EV_PARK }, .address = 8, .value = 0x1000 });
    PUT(w, 2, (gbx_park){ .h = { .event = GBX_EV_WAKE }, .address = 8 });
    PUT(w, 2, (gbx_section){ .h = { .event = GBX_EV_SECTION_CONTENDED, .arg = 1 }, .code = 2, .mutexes = 1 });
    PUT(w, 2, (gbx_detach){ .h = { .event = GBX_EV_DETACH, .flags = 6, .arg = 1 }, .code = 2 });
    PUT(w, 2, (gbx_attach){ .h = { .event = GBX_EV_ATTACH }, .wait = 50 });
    PUT(w, 2, (gbx_section){ .h = { .event = GBX_EV_SECTION_BEGIN, .arg = 1 }, .code = 2, .mutexes = 1 });
    save(w, directory, "locks");
}

static void
tasks(const char *directory)
{
    trace_writer *w = writer_new(&(writer_options){ .classes = 1u << GBX_CLASS_AIO });
    define_code(w);
    put_loop(w, 0, 1, LOOP);
    put_task(w, 10, 1, 0x1000, 1);
    put_soon(w, 11, 1, 0x100, 0x1000, 1);
    put_round(w, 20, 1, GBX_EV_AIO_ITERATION_BEGIN, 1);
    put_select(w, 21, 1, 0, 0);
    put_run(w, 22, 1, 0x100, 0x1000);
    put_begin(w, 23, 1, 0x1000, GBX_AIO_SENT_NONE, 0);
    PUT(w, 1, (gbx_aio_future){ .h = { .event = GBX_EV_AIO_FUTURE_NEW }, .future = 0x3000, .loop = LOOP, .code = 2 });
    put_end(w, 30, 1, 0x1000, GBX_AIO_STEP_AWAITS, 0x3000);
    put_ran(w, 31, 1, 0x100);
    PUT(w, 1, (gbx_aio_cancel){ .h = { .event = GBX_EV_AIO_CANCEL, .flags = GBX_AIO_CANCEL_PASSED_ON }, .code = 2,
                                .requests = 1, .task = 0x1000, .awaits = 0x3000 });
    put_done(w, 40, 1, 0x3000, GBX_AIO_STATE_CANCELLED);
    put_wakeup(w, 41, 1, 0x1000, 0x3000);
    put_soon(w, 42, 1, 0x110, 0x1000, 1);
    put_round(w, 50, 1, GBX_EV_AIO_ITERATION_END, 1);
    put_round(w, 51, 1, GBX_EV_AIO_ITERATION_BEGIN, 1);
    put_run(w, 60, 1, 0x110, 0x1000);
    put_begin(w, 61, 1, 0x1000, GBX_AIO_SENT_CANCELLED, 0x3000);
    PUT(w, 1, (gbx_aio_delivery){ .h = { .event = GBX_EV_AIO_DELIVERED }, .requests = 1, .task = 0x1000 });
    PUT(w, 1, (gbx_aio_uncancel){ .h = { .event = GBX_EV_AIO_UNCANCEL }, .code = 2, .task = 0x1000 });
    put_end(w, 70, 1, 0x1000, GBX_AIO_STEP_YIELDS, 0);
    put_gone(w, 80, 1, 0x1000);
    save(w, directory, "tasks");
}

static void
marks(const char *directory)
{
    trace_writer *w = writer_new(&(writer_options){
        .classes = 1u << GBX_CLASS_MARK | 1u << GBX_CLASS_COMPILE, .clock = WRITER_NO_CLOCK,
        .mode = GBX_MODE_RING });
    define_code(w);
    for (uint8_t type = 0; type < 4; type++) {
        writer_mark(w, 1, 1, type, type == GBX_VALUE_STRING ? 1 : UINT64_C(0x7ff8000000000000));
    }
    writer_stage(w, 1, GBX_EV_COMPILE_BEGIN, GBX_STAGE_PARSE, 1);
    writer_stage(w, 1, GBX_EV_COMPILE_END, GBX_STAGE_PARSE, 1);
    writer_lost(w, 1, 9);
    writer_mask(w, 1, 1, 3);
    save(w, directory, "marks");
}

static void
many_threads(const char *directory)
{
    trace_writer *w = writer_new(&(writer_options){ .classes = 1u << GBX_CLASS_THREAD,
                                                    .clock = GBX_CLOCK_TSC });
    for (uint32_t thread = 1; thread < 5; thread++) {
        gbx_thread start = { .h = { .event = GBX_EV_THREAD_START }, .thread = thread };
        writer_record(w, thread, &start, sizeof(start));
    }
    save(w, directory, "threads");
}

#define PUT(w, thread, ...)  writer_record(w, thread, &(__VA_ARGS__), sizeof(__VA_ARGS__))
#define ARENA  UINT64_C(0x7f0000100000)

static void
put_at(trace_writer *w, uint32_t thread, uint8_t event, uint8_t flags, uint64_t address)
{
    gbx_at record = { .event = event, .flags = flags };
    memcpy(record.address, &address, sizeof(record.address));
    PUT(w, thread, record);
}

static void
put_ref(trace_writer *w, uint32_t thread, uint8_t event, uint8_t how, int32_t delta, uint32_t local)
{
    PUT(w, thread, (gbx_ref){ .h = { .event = event, .flags = how, .arg = 1 }, .watch = 1, .code = 2,
                              .caller = 0x5000, .delta = delta, .local = local, .shared = 1 << 2 });
}

static void
define_object(trace_writer *w)
{
    gbx_name_type type = { .basic_size = 48, .tp_flags = 1u << 14, .address = 0x1000 };
    gbx_name_watch watch = { .address = ARENA + 80, .type = 5 };
    uint8_t bytes[64];
    memcpy(bytes, &type, sizeof(type));
    memcpy(bytes + sizeof(type), "Node", 4);
    writer_name(w, GBX_NAME_TYPE, 5, bytes, sizeof(type) + 4);
    memcpy(bytes, &watch, sizeof(watch));
    memcpy(bytes + sizeof(watch), "it", 2);
    writer_name(w, GBX_NAME_WATCH, 1, bytes, sizeof(watch) + 2);
}

/* One object from its block to its block, with a collection on the way. */
static void
life(trace_writer *w)
{
    PUT(w, 1, (gbx_arena){ .h = { .event = GBX_EV_ARENA_NEW }, .pools = 64, .address = ARENA });
    PUT(w, 1, (gbx_pool){ .h = { .event = GBX_EV_POOL_NEW, .arg = 3 }, .address = ARENA });
    PUT(w, 1, (gbx_block){ .h = { .event = GBX_EV_BLOCK_ALLOC, .flags = GBX_DOMAIN_OBJ, .arg = 64, .dt = 2 },
                           .address = GBX_BYTES48(ARENA + 64), .offset = 1 });
    PUT(w, 1, (gbx_obj){ .event = GBX_EV_OBJ_CREATE, .type = { 5 }, .size = 48, .address = ARENA + 80 });
    PUT(w, 1, (gbx_watch){ .h = { .event = GBX_EV_WATCH }, .watch = 1, .name = 1, .address = ARENA + 80,
                           .type = 5, .refs = 2 });
    put_ref(w, 1, GBX_EV_REF_INC, GBX_REF_PLAIN, 1, 3);
    PUT(w, 1, (gbx_ref_churn){ .h = { .event = GBX_EV_REF_CHURN, .arg = 1 }, .code = 2, .incs = 3, .decs = 2 });
    PUT(w, 1, (gbx_gc_start){ .h = { .event = GBX_EV_GC_START, .flags = 2 }, .code = 2, .count = 5,
                              .threshold = 4, .reason = GBX_GC_REASON_HEAP });
    PUT(w, 1, (gbx_gc_phase){ .h = { .event = GBX_EV_GC_PHASE, .flags = GBX_GC_PHASE_UPDATE_REFS }, .objects = 9 });
    PUT(w, 1, (gbx_gc_verdict){ .h = { .event = GBX_EV_GC_VERDICT, .flags = GBX_VERDICT_UNREACHABLE }, .watch = 1 });
    PUT(w, 1, (gbx_gc_untrack){ .h = { .event = GBX_EV_GC_UNTRACK }, .objects = 1, .type = 5 });
    PUT(w, 1, (gbx_gc_done){ .h = { .event = GBX_EV_GC_DONE }, .collected = 1 });
    put_ref(w, 1, GBX_EV_REF_DEC, GBX_REF_PLAIN, -3, 0);
    put_ref(w, 1, GBX_EV_REF_DEALLOC, GBX_REF_PLAIN, 0, 0);
    PUT(w, 1, (gbx_obj){ .event = GBX_EV_OBJ_DESTROY, .type = { 5 }, .address = ARENA + 80 });
    put_at(w, 1, GBX_EV_BLOCK_FREE, 0, ARENA + 64);
    put_at(w, 1, GBX_EV_FREELIST_PUT, GBX_FREELIST_LIST, ARENA + 128);
    PUT(w, 1, (gbx_pool){ .h = { .event = GBX_EV_POOL_EMPTY, .arg = 3 }, .address = ARENA });
}

static void
memory(const char *directory)
{
    trace_writer *w = writer_new(NULL);
    define_code(w);
    define_object(w);
    life(w);
    PUT(w, 1, (gbx_large){ .h = { .event = GBX_EV_LARGE_ALLOC, .flags = GBX_DOMAIN_MEM }, .size = 600,
                           .address = GBX_BYTES48(UINT64_C(0x20000)), .offset = GBX_NO_OFFSET });
    PUT(w, 1, (gbx_large_move){ .h = { .event = GBX_EV_LARGE_MOVE, .flags = GBX_DOMAIN_MEM }, .size = 900,
                                .address = GBX_BYTES48(UINT64_C(0x30000)), .old_address = 0x20000 });
    PUT(w, 1, (gbx_alloc_total){ .h = { .event = GBX_EV_ALLOC_TOTAL }, .arenas = 1, .large = 1 });
    PUT(w, 1, (gbx_arena){ .h = { .event = GBX_EV_ARENA_FREE }, .pools = 64, .address = ARENA });
    writer_mark(w, 1, 1, GBX_VALUE_NONE, 0);
    save(w, directory, "memory");
}

static void
memory_without_the_gil(const char *directory)
{
    trace_writer *w = writer_new(NULL);
    writer_header(w)->build = GBX_BUILD_FREE_THREADED;
    define_code(w);
    define_object(w);
    life(w);
    PUT(w, 1, (gbx_heap_page){ .h = { .event = GBX_EV_HEAP_PAGE_NEW, .flags = GBX_HEAP_GC }, .blocks = 100,
                               .address = ARENA, .size = 64 });
    PUT(w, 1, (gbx_watch){ .h = { .event = GBX_EV_WATCH }, .watch = 1, .name = 1, .address = ARENA + 80,
                           .type = 5, .refs = 2 });
    put_ref(w, 1, GBX_EV_REF_OWNER, GBX_REF_LOCAL, 0, 2);
    put_ref(w, 2, GBX_EV_REF_INC, GBX_REF_SHARED, 1, 2);
    put_ref(w, 2, GBX_EV_REF_RETRY, GBX_REF_SHARED, 0, 2);
    put_ref(w, 2, GBX_EV_REF_QUEUE, GBX_REF_SHARED, 0, 2);
    PUT(w, 1, (gbx_world){ .h = { .event = GBX_EV_WORLD_STOP }, .threads = 2 });
    PUT(w, 1, (gbx_world){ .h = { .event = GBX_EV_WORLD_STOPPED }, .threads = 2 });
    PUT(w, 1, (gbx_world){ .h = { .event = GBX_EV_WORLD_STARTED }, .threads = 2 });
    put_ref(w, 1, GBX_EV_REF_MERGE, GBX_REF_QUEUED, -1, 0);
    PUT(w, 1, (gbx_gc_flush){ .h = { .event = GBX_EV_GC_FLUSH }, .count = -5, .total = 7 });
    put_at(w, 1, GBX_EV_FREE_DELAYED, GBX_DOMAIN_MEM, ARENA + 64);
    put_at(w, 1, GBX_EV_FREE_PROCESSED, GBX_DOMAIN_MEM, ARENA + 64);
    save(w, directory, "memory-free-threaded");
}

/* A transposed array of two axes: lent, refused, viewed, not to be resized, given back. */
static void
buffers(const char *directory)
{
    trace_writer *w = writer_new(&(writer_options){ .classes = 1u << GBX_CLASS_BUF | 1u << GBX_CLASS_OBJ });
    define_code(w);
    define_object(w);
    put_beginning(w);
    PUT(w, 1, (gbx_buf_memory){ .h = { .event = GBX_EV_MEMORY_NEW, .arg = 1 }, .code = 2, .domain = 7,
                                .address = 0x9000, .size = 96 });
    PUT(w, 1, (gbx_buf_get){ .h = { .event = GBX_EV_BUF_GET, .flags = 1u << GBX_BUFFER_SHAPE, .arg = 1 }, .code = 2,
                             .asked = 0x11c, .ndim = 2, .by = 0x5000, .view = 0x100, .object = 0x1000,
                             .exporter = 0x1000, .type = 5, .exporter_type = 5, .counter = 0x1000, .exports = 1,
                             .format = 1, .address = 0x9000, .length = 96, .itemsize = 8 });
    PUT(w, 1, (gbx_buf_axis){ .h = { .event = GBX_EV_BUF_AXIS }, .extent = 4, .stride = 8, .suboffset = -1 });
    PUT(w, 1, (gbx_buf_axis){ .h = { .event = GBX_EV_BUF_AXIS, .arg = 1 }, .extent = 3, .stride = 32,
                              .suboffset = -1 });
    put_view(w, 1, GBX_EV_VIEW_NEW, 0x200, 1);
    PUT(w, 1, (gbx_buf_layout){ .h = { .event = GBX_EV_VIEW_LAYOUT, .flags = 1u << GBX_BUFFER_SHAPE, .arg = 1 },
                                .code = 2, .ndim = 1, .view = 0x300, .base = 0x1000, .address = 0x9000,
                                .length = 96, .itemsize = 8, .format = 1 });
    PUT(w, 1, (gbx_buf_axis){ .h = { .event = GBX_EV_BUF_AXIS }, .extent = 12, .stride = 8, .suboffset = -1 });
    PUT(w, 1, (gbx_buf_refused){ .h = { .event = GBX_EV_BUF_REFUSED, .arg = 1 }, .code = 2, .asked = 0x38,
                                 .object = 0x1000, .type = 5, .exception = 5, .reason = 1 });
    put_in_use(w, 1, 0x1000, 1, GBX_IN_USE_RESIZE);
    put_pin(w, 2, GBX_EV_BUF_PIN, 0x1000, 2);
    put_pin(w, 2, GBX_EV_BUF_UNPIN, 0x1000, 1);
    PUT(w, 1, (gbx_buf_python){ .h = { .event = GBX_EV_BUF_PYTHON_GET, .arg = 1 }, .code = 2, .type = 5,
                                .object = 0x1000, .view = 0x300 });
    put_view(w, 1, GBX_EV_VIEW_RELEASE, 0x200, 0);
    put_given(w, 1, 0x1000, 0x100, true, 0);
    put_death(w, 1, 0x1000);
    PUT(w, 1, (gbx_buf_memory){ .h = { .event = GBX_EV_MEMORY_FREE, .arg = 1 }, .code = 2, .domain = 7,
                                .address = 0x9000 });
    save(w, directory, "buffers");
}

int
main(int argc, char **argv)
{
    if (argc < 2 || argc > 4) {
        fprintf(stderr, "usage: make-corpus DIRECTORY [COPIES [SEED]]\n");
        return 64;
    }
    copies = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    seed = argc > 3 ? strtoull(argv[3], NULL, 0) | 1 : 1;
    frames(argv[1]);
    specialization(argv[1]);
    marks(argv[1]);
    locks(argv[1]);
    tasks(argv[1]);
    many_threads(argv[1]);
    memory(argv[1]);
    memory_without_the_gil(argv[1]);
    buffers(argv[1]);
    return 0;
}
