/* Parts and descents of station 1, in traces written for the purpose: whose events a part holds, which of
   two functions of one name it means, and what it takes for a whole descent. */

#include "trace_test.h"

#include <string.h>

#include "finding.h"
#include "../../stations/1-frames/descent.h"

/* Names that all these traces have. */
enum { S_LOADS = 1, S_BEGIN, S_NEXT, S_END, S_OTHER, S_SITE, S_BAD_SITE, S_VALUE, S_COUNT };
enum { C_MODULE = 10, C_F, C_F_ELSEWHERE, C_F_AGAIN };
enum { OP_LOAD = 30, OP_LOAD_SPECIAL };
enum { MAIN, SECOND };

static trace_writer *
begin(void)
{
    static const char *const strings[] = {
        [S_LOADS] = "loads", [S_BEGIN] = "begin", [S_NEXT] = "next", [S_END] = "end",
        [S_OTHER] = "other", [S_SITE] = "site f 12 LOAD_GLOBAL", [S_BAD_SITE] = "site f twelve X",
        [S_VALUE] = "answer", [S_COUNT] = "count",
    };
    trace_writer *w = writer_new(NULL);
    for (uint32_t id = 1; id < sizeof(strings) / sizeof(strings[0]); id++) {
        writer_string(w, id, strings[id]);
    }
    writer_code(w, C_MODULE, "<module>", "mine.py", 1, NULL, 0);
    writer_code(w, C_F, "f", "mine.py", 3, NULL, 0);
    writer_code(w, C_F_ELSEWHERE, "f", "theirs.py", 3, NULL, 0);
    writer_code(w, C_F_AGAIN, "f", "mine.py", 9, NULL, 0);
    writer_name(w, GBX_NAME_OPCODE, OP_LOAD, "LOAD_GLOBAL", strlen("LOAD_GLOBAL"));
    writer_push(w, MAIN, C_MODULE, 0x100);
    return w;
}

static void
say(trace_writer *w, uint32_t name, uint32_t text)
{
    writer_mark(w, MAIN, name, GBX_VALUE_STRING, text);
}

static void
call(trace_writer *w, uint32_t thread, uint32_t code)
{
    writer_push(w, thread, code, 0x200);
    writer_pop(w, thread, code, 0x200);
}

/* What a check is given: a look at the written trace, and a finding. */
typedef struct {
    gbx_trace *trace;
    gbx_run run;
    gbx_look look;
    gbx_finding *finding;
    gbx_part part;
} fixture;

static fixture *
look_at(trace_writer *w)
{
    static fixture it;
    memset(&it, 0, sizeof(it));
    it.trace = test_open(w);
    it.run = (gbx_run){ .trace = it.trace };
    it.look = (gbx_look){ .trace = it.trace, .runs = &it.run, .run_count = 1 };
    it.finding = gbx_finding_new();
    return &it;
}

static void
done(fixture *it)
{
    gbx_finding_free(it->finding);
    gbx_trace_close(it->trace);
}

/* ----------------------------------------------------------------------- parts */

static void
part_lies_between_two_marks_of_its_name(void **state)
{
    (void)state;
    trace_writer *w = begin();
    call(w, MAIN, C_F);
    say(w, S_LOADS, S_BEGIN);
    call(w, MAIN, C_F);
    say(w, S_OTHER, S_END);               // another name's mark does not end it
    call(w, MAIN, C_F);
    say(w, S_LOADS, S_END);
    call(w, MAIN, C_F);
    fixture *it = look_at(w);
    assert_true(gbx_part_find(&it->look, it->finding, "loads", "begin", &it->part));
    assert_int_equal(gbx_part_count(&it->part, GBX_EV_FRAME_PUSH, C_F), 2);
    assert_int_equal(gbx_part_count(&it->part, GBX_EV_FRAME_PUSH, C_MODULE), 0);
    assert_int_equal(it->finding->count, 0);
    done(it);
}

static void
part_spans_to_the_end_of_the_last_one(void **state)
{
    (void)state;
    trace_writer *w = begin();
    say(w, S_LOADS, S_BEGIN);
    call(w, MAIN, C_F);
    say(w, S_LOADS, S_NEXT);
    call(w, MAIN, C_F);
    say(w, S_LOADS, S_END);
    call(w, MAIN, C_F);
    fixture *it = look_at(w);
    assert_true(gbx_part_find_span(&it->look, it->finding, "loads", "begin", "next", &it->part));
    assert_int_equal(gbx_part_count(&it->part, GBX_EV_FRAME_PUSH, C_F), 2);
    assert_true(gbx_part_find(&it->look, it->finding, "loads", "begin", &it->part));
    assert_int_equal(gbx_part_count(&it->part, GBX_EV_FRAME_PUSH, C_F), 1);
    done(it);
}

static void
part_that_is_missing_or_does_not_end_is_said_to_be(void **state)
{
    (void)state;
    trace_writer *w = begin();
    say(w, S_LOADS, S_BEGIN);
    call(w, MAIN, C_F);
    writer_mark(w, MAIN, S_LOADS, GBX_VALUE_INT, 3);      // a number ends no part
    fixture *it = look_at(w);
    assert_false(gbx_part_find(&it->look, it->finding, "other", "begin", &it->part));
    assert_int_equal(it->finding->count, 1);
    assert_false(gbx_part_find(&it->look, it->finding, "loads", "begin", &it->part));
    assert_int_equal(it->finding->count, 2);
    assert_false(gbx_part_find_span(&it->look, it->finding, "loads", "begin", "next", &it->part));
    done(it);
}

static void
part_holds_the_events_of_its_own_thread(void **state)
{
    (void)state;
    trace_writer *w = begin();
    say(w, S_LOADS, S_BEGIN);
    call(w, SECOND, C_F);
    call(w, MAIN, C_F);
    writer_mark(w, SECOND, S_LOADS, GBX_VALUE_STRING, S_END);     // not its mark
    writer_spec(w, SECOND, GBX_EV_SPEC_FAIL, C_F, 1, OP_LOAD, 0);
    call(w, MAIN, C_F);
    say(w, S_LOADS, S_END);
    fixture *it = look_at(w);
    assert_true(gbx_part_find(&it->look, it->finding, "loads", "begin", &it->part));
    assert_int_equal(gbx_part_count(&it->part, GBX_EV_FRAME_PUSH, 0), 2);
    assert_int_equal(gbx_part_next_spec(&it->part, it->part.begin, 0, C_F, 1), GBX_NO_EVENT);
    assert_int_equal(gbx_part_next_family(&it->part, it->part.begin, 0, C_F, "LOAD_GLOBAL"),
                     GBX_NO_EVENT);
    unsigned others = 0;
    for (size_t at = it->part.begin; at < it->part.end; at++) {
        others += gbx_part_event(&it->part, at) == GBX_EV_NONE;
    }
    assert_int_equal(others, 4);
    done(it);
}

static void
trace_without_events_has_no_part(void **state)
{
    (void)state;
    fixture *it = look_at(writer_new(NULL));
    assert_false(gbx_part_whole(&it->look, &it->part));
    assert_false(gbx_part_find(&it->look, it->finding, "loads", "begin", &it->part));
    assert_null(gbx_part_text(&it->look, "loads"));
    done(it);
}

/* ------------------------------------------------------------------- functions */

static void
function_is_of_the_file_that_marked_the_part(void **state)
{
    (void)state;
    trace_writer *w = begin();
    say(w, S_LOADS, S_BEGIN);
    call(w, MAIN, C_F_ELSEWHERE);
    call(w, MAIN, C_F);
    say(w, S_LOADS, S_END);
    fixture *it = look_at(w);
    assert_true(gbx_part_find(&it->look, it->finding, "loads", "begin", &it->part));
    assert_string_equal(it->part.file, "mine.py");
    assert_int_equal(gbx_part_code(&it->part, "f"), C_F);
    done(it);
}

static void
function_is_the_one_that_ran_there_or_else_the_last_before(void **state)
{
    (void)state;
    trace_writer *w = begin();
    call(w, MAIN, C_F);
    call(w, MAIN, C_F_AGAIN);
    say(w, S_LOADS, S_BEGIN);
    call(w, MAIN, C_F);
    say(w, S_LOADS, S_NEXT);
    say(w, S_LOADS, S_END);
    call(w, MAIN, C_F_AGAIN);
    fixture *it = look_at(w);
    uint32_t code = 99;
    assert_true(gbx_part_find(&it->look, it->finding, "loads", "begin", &it->part));
    assert_int_equal(gbx_part_code(&it->part, "f"), C_F);
    assert_true(gbx_part_find(&it->look, it->finding, "loads", "next", &it->part));
    assert_int_equal(gbx_part_code(&it->part, "f"), C_F);
    assert_false(gbx_part_find_code(&it->part, it->finding, "g", &code));
    assert_int_equal(code, 0);
    assert_int_equal(it->finding->count, 1);
    done(it);
}

/* ----------------------------------------------------------------------- marks */

static void
numbers_are_read_with_their_sign_and_fraction(void **state)
{
    (void)state;
    double value = 2.5, number = 0;
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    trace_writer *w = begin();
    say(w, S_LOADS, S_BEGIN);
    writer_mark(w, MAIN, S_COUNT, GBX_VALUE_INT, (uint64_t)-3);
    writer_mark(w, MAIN, S_OTHER, GBX_VALUE_FLOAT, bits);
    say(w, S_LOADS, S_END);
    writer_mark(w, MAIN, S_VALUE, GBX_VALUE_INT, 1);      // after the part
    fixture *it = look_at(w);
    assert_true(gbx_part_find(&it->look, it->finding, "loads", "begin", &it->part));
    assert_true(gbx_part_number(&it->part, "count", &number));
    assert_true(number == -3);
    assert_true(gbx_part_number(&it->part, "other", &number));
    assert_true(number == 2.5);
    assert_false(gbx_part_number(&it->part, "answer", &number));
    assert_string_equal(gbx_part_text(&it->look, "loads"), "begin");
    done(it);
}

static void
sites_are_read_and_what_is_none_is_passed_over(void **state)
{
    (void)state;
    gbx_site site;
    trace_writer *w = begin();
    say(w, S_LOADS, S_BEGIN);
    say(w, S_BAD_SITE, S_VALUE);
    say(w, S_SITE, S_VALUE);
    writer_mark(w, MAIN, S_SITE, GBX_VALUE_INT, 1);
    say(w, S_LOADS, S_END);
    fixture *it = look_at(w);
    assert_true(gbx_part_find(&it->look, it->finding, "loads", "begin", &it->part));
    size_t at = it->part.begin;
    assert_true(gbx_part_site(&it->part, "site", &at, &site));
    assert_string_equal(site.function, "f");
    assert_string_equal(site.opcode, "LOAD_GLOBAL");
    assert_string_equal(site.value, "answer");
    assert_int_equal(site.offset, 12);
    assert_false(gbx_part_site(&it->part, "site", &at, &site));
    at = it->part.begin;
    assert_false(gbx_part_site(&it->part, "dis", &at, &site));
    done(it);
}

/* -------------------------------------------------------------------- descents */

static void
spec(trace_writer *w, uint8_t event, uint16_t counter_after)
{
    gbx_spec record = {
        .h = { .event = event, .flags = OP_LOAD, .arg = 5 }, .code = C_F,
        .counter_after = counter_after, .opcode_after = OP_LOAD_SPECIAL, .family = OP_LOAD,
    };
    writer_record(w, MAIN, &record, sizeof(record));
}

/* A success that allows three misses, `misses` of them, and what follows. */
static gbx_verdict
judge(unsigned misses, bool asks, bool settles, gbx_descent *descent)
{
    trace_writer *w = begin();
    say(w, S_LOADS, S_BEGIN);
    spec(w, GBX_EV_SPEC_SUCCESS, 2 << 4);
    for (unsigned i = 0; i < misses; i++) {
        spec(w, GBX_EV_SPEC_MISS, 0);
    }
    if (asks) {
        spec(w, GBX_EV_SPEC_DEOPT, 0);
        spec(w, GBX_EV_SPEC_ATTEMPT, 0);
    }
    if (settles) {
        spec(w, GBX_EV_SPEC_RESPECIALIZE, 2 << 4);
        spec(w, GBX_EV_SPEC_MISS, 0);
    }
    say(w, S_LOADS, S_END);
    fixture *it = look_at(w);
    assert_true(gbx_part_find(&it->look, it->finding, "loads", "begin", &it->part));
    *descent = gbx_descent_find(&it->part, C_F, 5);
    gbx_verdict verdict = gbx_descent_judge(&it->part, it->finding, descent);
    done(it);
    return verdict;
}

static void
descent_is_whole_with_as_many_misses_as_the_counter_allows(void **state)
{
    (void)state;
    gbx_descent descent;
    assert_int_equal(judge(3, true, true, &descent), GBX_PASS);
    assert_int_equal(descent.misses, 3);
    assert_int_equal(descent.later, 1);
    assert_int_equal(judge(2, true, true, &descent), GBX_FAIL);
    assert_int_equal(judge(4, true, true, &descent), GBX_FAIL);
}

static void
descent_without_one_of_its_steps_is_not_whole(void **state)
{
    (void)state;
    gbx_descent descent;
    assert_int_equal(judge(0, false, false, &descent), GBX_FAIL);
    assert_int_equal(judge(3, false, false, &descent), GBX_FAIL);
    assert_int_equal(judge(3, true, false, &descent), GBX_FAIL);
    assert_true(descent.attempt != GBX_NO_EVENT && descent.resettled == GBX_NO_EVENT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(part_lies_between_two_marks_of_its_name),
        TEST(part_spans_to_the_end_of_the_last_one),
        TEST(part_that_is_missing_or_does_not_end_is_said_to_be),
        TEST(part_holds_the_events_of_its_own_thread),
        TEST(trace_without_events_has_no_part),
        TEST(function_is_of_the_file_that_marked_the_part),
        TEST(function_is_the_one_that_ran_there_or_else_the_last_before),
        TEST(numbers_are_read_with_their_sign_and_fraction),
        TEST(sites_are_read_and_what_is_none_is_passed_over),
        TEST(descent_is_whole_with_as_many_misses_as_the_counter_allows),
        TEST(descent_without_one_of_its_steps_is_not_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
