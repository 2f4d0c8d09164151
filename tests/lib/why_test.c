/* See why_test.h. */

#include "why_test.h"

#include <string.h>

static void
put_type(trace_writer *w, uint32_t id, const char *name, uint64_t flags)
{
    uint8_t bytes[96] = { 0 };
    gbx_name_type type = { .basic_size = 16, .tp_flags = flags };
    memcpy(bytes, &type, sizeof(type));
    memcpy(bytes + sizeof(type), name, strlen(name));
    writer_name(w, GBX_NAME_TYPE, id, bytes, sizeof(type) + strlen(name));
}

/* As gbx_name_code, with flags. */
static void
put_coroutine(trace_writer *w, uint32_t id)
{
    static const char name[] = "serve", file[] = "/home/me/prog.py";
    uint8_t bytes[128] = { 0 };
    gbx_name_code code = { .first_line = 30, .units = 20, .co_flags = 0x80, .name_length = sizeof(name) - 1,
                           .file_length = sizeof(file) - 1 };
    memcpy(bytes, &code, sizeof(code));
    memcpy(bytes + sizeof(code), name, sizeof(name) - 1);
    memcpy(bytes + sizeof(code) + sizeof(name) - 1, file, sizeof(file) - 1);
    writer_name(w, GBX_NAME_CODE, id, bytes, sizeof(code) + sizeof(name) + sizeof(file) - 2);
}

trace_writer *
why_writer(const writer_options *options)
{
    trace_writer *w = writer_new(options);
    writer_code(w, OWN, "work", "/home/me/prog.py", 10, NULL, 0);
    writer_code(w, OTHER, "other", "/home/me/prog.py", 20, NULL, 0);
    writer_code(w, MODULE, "<module>", "/home/me/prog.py", 1, NULL, 0);
    writer_code(w, LIBRARY, "loads", "/lib/python/json.py", 100, NULL, 0);
    put_coroutine(w, COROUTINE);
    put_type(w, STRING_TYPE, "str", UINT64_C(1) << 28);
    put_type(w, BYTES_TYPE, "bytes", UINT64_C(1) << 27);
    put_type(w, CLASS_TYPE, "Node", UINT64_C(1) << 9 | UINT64_C(1) << 14);
    writer_string(w, 1, "thing");
    return w;
}

gbx_why_input
why_input(const gbx_trace *trace)
{
    gbx_why_input input = { .timed = trace, .counted = trace, .library = "/lib/python" };
#define X(name, what) input.prices.name = 1e6;
    GBX_WHY_PRICES(X)
#undef X
    input.prices.copy_4k = input.prices.copy_64k = input.prices.copy_1m = input.prices.copy_16m = 1;
    input.prices.grow_4k = input.prices.grow_64k = input.prices.grow_256k = input.prices.grow_1m = 1;
    input.prices.fresh = 1;
    input.prices.block = input.prices.ref = 0;
    return input;
}

gbx_why *
why_ask(const gbx_why_input *input)
{
    gbx_why *why;
    gbx_error error = { 0, "" };
    if (gbx_why_explain(&why, input, &error) != 0) {
        fail_msg("%s", error.message);
    }
    return why;
}

void
why_done(gbx_why *why)
{
    gbx_trace *trace = (gbx_trace *)(uintptr_t)gbx_why_timed(why);
    gbx_why_free(why);
    gbx_trace_close(trace);
}

const gbx_why_verdict *
why_expect(const gbx_why *why, const char *column, int line, const char *fault)
{
    if (gbx_why_verdicts(why) == 0) {
        fail_msg("no fault found, but %s at line %d was expected", fault, line);
    }
    const gbx_why_verdict *verdict = gbx_why_verdict_at(why, 0);
    assert_string_equal(gbx_why_column_key(verdict->column), column);
    assert_int_equal(verdict->line, line);
    assert_string_equal(verdict->fault, fault);
    assert_true(verdict->evidence_count > 0);
    assert_true(verdict->evidence[0].at < gbx_trace_count(verdict->evidence[0].trace));
    return verdict;
}

void
why_expect_none(const gbx_why *why)
{
    if (gbx_why_verdicts(why) != 0) {
        const gbx_why_verdict *verdict = gbx_why_verdict_at(why, 0);
        fail_msg("%s at line %d, where there is no fault", verdict->fault, verdict->line);
    }
}

const gbx_why_cost *
why_cost(const gbx_why *why, const char *column)
{
    for (size_t i = 0; i < gbx_why_column_count(); i++) {
        if (strcmp(gbx_why_column_key(i), column) == 0) {
            return gbx_why_column_cost(why, i);
        }
    }
    fail_msg("there is no column '%s'", column);
    return NULL;
}

/* --------------------------------------------------------------------- records */

void
why_miss(trace_writer *w, uint64_t us, uint32_t code, uint8_t guard)
{
    at_us(w, us);
    PUT(w, 1, (gbx_spec){ .h = { .event = GBX_EV_SPEC_MISS, .flags = 3, .arg = 4 }, .code = code, .guard = guard });
}

void
why_push(trace_writer *w, uint64_t us, uint32_t code)
{
    at_us(w, us);
    writer_edge(w, 1, GBX_EV_FRAME_PUSH, 0, 2, code, code);
}

void
why_pop(trace_writer *w, uint64_t us, uint32_t code)
{
    at_us(w, us);
    writer_edge(w, 1, GBX_EV_FRAME_POP, 0, 0, code, code);
}

void
why_import(trace_writer *w, uint64_t us, bool begin)
{
    at_us(w, us);
    PUT(w, 1, (gbx_import){ .h = { .event = begin ? GBX_EV_IMPORT_BEGIN : GBX_EV_IMPORT_END, .arg = 1 }, .name = 1 });
}

void
why_release(trace_writer *w, uint64_t us, uint32_t thread, uint32_t code, uint8_t why, uint64_t by)
{
    at_us(w, us);
    PUT(w, thread, (gbx_gil_release){ .h = { .event = GBX_EV_GIL_RELEASE, .flags = why, .arg = 1 }, .code = code,
                                      .state = 100 + thread, .by = by });
}

void
why_mark(trace_writer *w, uint64_t us)
{
    at_us(w, us);
    PUT(w, 1, (gbx_mark){ .h = { .event = GBX_EV_MARK }, .name = 1 });
}

void
why_large(trace_writer *w, uint32_t code, uint64_t address, uint64_t size)
{
    PUT(w, 1, (gbx_large){ .h = { .event = GBX_EV_LARGE_ALLOC, .flags = GBX_DOMAIN_MEM, .dt = code }, .size = size,
                           .address = GBX_BYTES48(address), .offset = 3 });
}

void
why_large_free(trace_writer *w, uint64_t address)
{
    PUT(w, 1, (gbx_at){ .event = GBX_EV_LARGE_FREE, .flags = GBX_DOMAIN_MEM, .address = GBX_BYTES48(address) });
}

void
why_object(trace_writer *w, bool birth, uint32_t type, uint64_t address, uint32_t size)
{
    PUT(w, 1, (gbx_obj){ .event = birth ? GBX_EV_OBJ_CREATE : GBX_EV_OBJ_DESTROY, .type = { (uint8_t)type },
                         .size = size, .address = address });
}

void
why_block(trace_writer *w, uint32_t code, uint64_t address, uint16_t size)
{
    PUT(w, 1, (gbx_block){ .h = { .event = GBX_EV_BLOCK_ALLOC, .flags = GBX_DOMAIN_OBJ, .arg = size, .dt = code },
                           .address = GBX_BYTES48(address), .offset = 3 });
}

void
why_churn(trace_writer *w, uint32_t thread, uint32_t code, uint16_t offset, uint32_t incs, uint32_t shared)
{
    PUT(w, thread, (gbx_ref_churn){ .h = { .event = GBX_EV_REF_CHURN, .arg = offset }, .code = code, .incs = incs,
                                    .decs = 0, .shared = shared });
}
