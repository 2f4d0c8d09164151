/* Opening what a test wrote, and walking over all of it; see trace_test.h. */

#include "trace_test.h"

#include "check.h"
#include "filter.h"
#include "show.h"

#include <ftw.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define SECONDS_AT_MOST (TEST_SANITIZED ? 280u : 100u)
#define MEMORY_AT_MOST  (UINT64_C(2) << 30)

void
test_limits(void)
{
    alarm(SECONDS_AT_MOST);
    if (!TEST_SANITIZED) {                               /* a sanitizer maps terabytes of its own */
        struct rlimit limit = { MEMORY_AT_MOST, MEMORY_AT_MOST };
        setrlimit(RLIMIT_DATA, &limit);
    }
}

trace_writer *
test_sample(void)
{
    static const uint8_t table[] = { 0xf0, 3, 1, 1, 1, 0x80, 0x12, 0xd8, 4, 9, 0xe8, 3, 0xf8 };
    trace_writer *w = writer_new(&(writer_options){
        .classes = 1u << GBX_CLASS_FRAME | 1u << GBX_CLASS_SPEC | 1u << GBX_CLASS_MARK,
        .clock = GBX_CLOCK_TSC });
    writer_string(w, 1, "caf\xc3\xa9");
    writer_code(w, 2, "work", "/a/b.py", 3, table, sizeof(table));
    writer_name(w, GBX_NAME_OPCODE, 12, "BINARY_OP", 9);
    writer_name(w, GBX_NAME_REASON, 12 << 8 | 4, "OUT_OF_RANGE", 12);
    writer_name(w, GBX_NAME_META, 0, "version=3.13.5", 14);
    writer_thread_name(w, 1, 4242, "MainThread");
    writer_push(w, 1, 2, 0x10);
    writer_spec(w, 1, GBX_EV_SPEC_FAIL, 2, 1, 12, 4);
    writer_generator(w, 1, 2, 0x10, 0x20);
    writer_push(w, 2, 2, 0x30);
    writer_interp(w, 2, 1);
    writer_mark(w, 2, 1, GBX_VALUE_STRING, 1);
    writer_edge(w, 1, GBX_EV_FRAME_RESUME, 0, 0, 2, 0x20);
    writer_time(w, 1, WRITER_START + 1000);
    writer_pop(w, 2, 2, 0x30);
    writer_lost(w, 2, 4);
    return w;
}

/* ------------------------------------------------------------------ opening */

int
test_open_fails(trace_writer *w, gbx_error *error)
{
    char path[32];
    gbx_trace *trace = NULL;
    uint8_t *bytes = writer_bytes(w);
    int fd = writer_memfd(bytes, writer_size(w), path);
    int result = gbx_trace_open(&trace, path, &(gbx_trace_options){ .only = true }, error);
    assert_true(result == 0 || trace == NULL);
    assert_true(result == 0 || (error->code == result && error->message[0] != '\0'));
    gbx_trace_close(trace);
    close(fd);
    writer_free(w);
    return result;
}

gbx_trace *
test_open(trace_writer *w)
{
    char path[32];
    gbx_trace *trace = NULL;
    gbx_error error = { 0, "" };
    uint8_t *bytes = writer_bytes(w);
    int fd = writer_memfd(bytes, writer_size(w), path);
    int result = gbx_trace_open(&trace, path, &(gbx_trace_options){ .only = true }, &error);
    if (result != 0) {
        fail_msg("cannot open what was written: %s", error.message);
    }
    close(fd);
    writer_free(w);
    return trace;
}

/* -------------------------------------------------------- a place for files */

static char directory[64];

static int
remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

static void
remove_directory(void)
{
    nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *
test_directory(void)
{
    if (directory[0] == '\0') {
        const char *parent = getenv("TMPDIR");
        snprintf(directory, sizeof(directory), "%s/glassbox.XXXXXX",
                 parent != NULL && strlen(parent) < 40 ? parent : "/tmp");
        assert_non_null(mkdtemp(directory));
        atexit(remove_directory);
    }
    return directory;
}

const char *
test_path(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", test_directory(), name);
    return path;
}

/* ------------------------------------------------------------------ walking */

uint64_t
test_field(const gbx_trace *trace, size_t at, const char *name)
{
    for (size_t i = 0; i < gbx_trace_field_count(trace, at); i++) {
        gbx_field field = gbx_trace_field(trace, at, i);
        if (strcmp(field.name, name) == 0) {
            return field.value;
        }
    }
    fail_msg("event %zu has no field '%s'", at, name);
    return 0;
}

static void
assert_clean(const char *text)
{
    json_t *string = json_string(text);                  /* NULL where it is not UTF-8 */
    assert_non_null(string);
    json_decref(string);
    for (const char *c = text; *c != '\0'; c++) {
        assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
    }
}

static void
walk_event(const gbx_trace *trace, size_t at)
{
    char small[8], text[512];
    gbx_filter filter = gbx_filter_all();
    filter.function = "*[a-z]?";
    gbx_show_fields(trace, at, small, sizeof(small));
    assert_true(strlen(small) < sizeof(small));
    gbx_show_fields(trace, at, text, sizeof(text));
    assert_true(strlen(text) < sizeof(text));
    gbx_show_place(trace, at, text, sizeof(text));
    assert_clean(text);
    (void)gbx_filter_takes(&filter, trace, at);
    json_t *object = gbx_show_json(trace, at);
    assert_non_null(object);
    char *line = json_dumps(object, JSON_COMPACT);
    assert_non_null(line);
    assert_clean(line);
    free(line);
    json_decref(object);
}

static void
walk_names(const gbx_trace *trace, uint32_t process)
{
    for (uint32_t id = 0; id < 300; id++) {
        const gbx_code_info *code = gbx_trace_code(trace, process, id);
        const char *text = gbx_trace_string(trace, process, id);
        if (text != NULL) {
            assert_clean(text);
        }
        if (code != NULL) {
            int line, column;
            assert_clean(code->name);
            assert_clean(code->file);
            for (uint32_t offset = 0; offset < 70000; offset += offset < 300 ? 1 : 7919) {
                if (gbx_code_line(code, offset, &line, &column)) {
                    assert_true(line > 0 && column >= -1);
                }
            }
        }
        (void)gbx_trace_opcode(trace, process, (uint8_t)id);
        (void)gbx_trace_reason(trace, process, (uint8_t)id, (uint8_t)(id * 7));
    }
}

static void
walk_streams(const gbx_trace *trace, size_t count)
{
    uint64_t records = 0;
    for (size_t s = 0; s < gbx_trace_stream_count(trace); s++) {
        const gbx_stream_info *info = gbx_trace_stream(trace, s);
        assert_true(info->process < gbx_trace_process_count(trace));
        assert_clean(info->name);
        records += info->records;
    }
    assert_int_equal(records, count);
    for (uint32_t p = 0; p < gbx_trace_process_count(trace); p++) {
        assert_int_equal(gbx_trace_process(trace, p)->header->version_major, GBX_VERSION_MAJOR);
        walk_names(trace, p);
    }
}

size_t
test_walk(const gbx_trace *trace)
{
    size_t count = gbx_trace_count(trace), stride = count / 1000 + 1;
    uint64_t last_ns = 0;
    gbx_invariant invariants[GBX_INVARIANTS];
    for (size_t at = 0; at < count; at++) {
        gbx_where where = gbx_trace_where(trace, at);
        assert_true(where.stream < gbx_trace_stream_count(trace));
        assert_true(where.t_ns >= last_ns);
        last_ns = where.t_ns;
        assert_true(gbx_event_class(gbx_trace_event(trace, at)) >= 0);
        if (at % stride == 0) {
            walk_event(trace, at);
            (void)gbx_trace_running(trace, at);
        }
    }
    walk_streams(trace, count);
    (void)gbx_trace_lost(trace);
    (void)gbx_trace_mask(trace);
    assert_int_equal(gbx_check_all(trace, invariants, NULL), 0);
    for (int i = 0; i < GBX_INVARIANTS; i++) {
        assert_true(invariants[i].violations <= invariants[i].looked_at);
        assert_true(invariants[i].first < count || invariants[i].first == GBX_NO_POSITION);
        assert_clean(invariants[i].detail);
    }
    return count;
}
