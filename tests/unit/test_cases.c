/* Generated lines: each is found where people wrote it, in a tree made for the purpose and in the one that
   was built; and no text can lead the search astray. */

#include "trace_test.h"

#include "caller.h"
#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CHECKOUT "cpython/src/glassbox"
#define CASES    "Python/generated_cases.c.h"

static gbx_error error;

static void
write_text(const char *name, const char *text)
{
    FILE *file = fopen(test_path(name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    fclose(file);
}

static gbx_source *
tree_of(const char *bytecodes, const char *cases)
{
    gbx_source *source;
    mkdir(test_path("Python"), 0700);
    mkdir(test_path("Include"), 0700);
    write_text("Include/Python.h", "\n");
    write_text("Python/ceval.c", "int x;\n");
    write_text("Python/bytecodes.c", bytecodes);
    write_text("Python/generated_cases.c.h", cases);
    assert_int_equal(gbx_source_open(&source, test_directory(), &error), 0);
    return source;
}

static const char bytecodes[] =
    "        inst(POP, (value --)) {\n"                        /* 1 */
    "            DECREF_INPUTS();\n"
    "        }\n"
    "        op(_ADD, (a, b -- sum)) {\n"                      /* 4 */
    "            sum = add(a, b);\n"
    "            twice();\n"
    "            twice();\n"                                   /* 7 */
    "            DECREF_INPUTS();\n"
    "            ERROR_IF(sum == NULL, error);\n"              /* 9 */
    "        }\n"
    "        macro(ADD) = _ADD + _CHECK;\n"                    /* 11 */
    "        op(_CHECK, (--)) {\n"
    "            twice();\n"                                   /* 13 */
    "        }\n";

static const char cases[] =
    "        TARGET(ADD) {\n"                                  /* 1 */
    "            frame->instr_ptr = next_instr;\n"
    "            PyObject *sum;\n"
    "            // _ADD\n"
    "            {\n"                                          /* 5 */
    "                sum = add(a, b);\n"
    "                twice();\n"
    "                twice();\n"
    "                Py_DECREF(a);\n"
    "                Py_DECREF(b);\n"                          /* 10 */
    "                if (sum == NULL) goto pop_2_error;\n"
    "            }\n"
    "            // _CHECK\n"
    "            {\n"
    "                twice();\n"                               /* 15 */
    "            }\n"
    "            stack_pointer += -1;\n"
    "            DISPATCH();\n"
    "        }\n"
    "\n"                                                       /* 20 */
    "        TARGET(POP) {\n"
    "            Py_DECREF(value);\n"
    "        }\n";

static void
written(gbx_source *source, int line, const char *symbol, int at)
{
    gbx_place place;
    if (!gbx_source_written(source, CASES, line, &place)) {
        fail_msg("nothing is known of line %d", line);
    }
    assert_string_equal(place.file, "Python/bytecodes.c");
    if (strcmp(place.symbol, symbol) != 0 || place.line != at) {
        fail_msg("line %d is %s:%d, not %s:%d", line, place.symbol, place.line, symbol, at);
    }
}

static void
a_line_is_where_it_was_copied_from(void **state)
{
    (void)state;
    gbx_source *source = tree_of(bytecodes, cases);
    written(source, 6, "_ADD", 5);
    written(source, 7, "_ADD", 6);                             /* the first of two that are alike */
    written(source, 8, "_ADD", 7);
    written(source, 15, "_CHECK", 13);
    gbx_source_close(source);
}

static void
what_the_generator_wrote_is_the_word_that_it_was_made_from(void **state)
{
    (void)state;
    gbx_source *source = tree_of(bytecodes, cases);
    written(source, 9, "_ADD", 8);
    written(source, 10, "_ADD", 8);
    written(source, 11, "_ADD", 9);
    written(source, 22, "POP", 2);
    gbx_source_close(source);
}

static void
what_is_in_no_part_is_the_instruction_s(void **state)
{
    (void)state;
    gbx_source *source = tree_of(bytecodes, cases);
    written(source, 2, "ADD", 11);
    written(source, 17, "ADD", 11);
    gbx_source_close(source);
}

static void
other_files_and_lines_are_left_alone(void **state)
{
    (void)state;
    gbx_place place;
    gbx_source *source = tree_of(bytecodes, cases);
    assert_false(gbx_source_written(source, "Python/ceval.c", 1, &place));
    assert_false(gbx_source_written(source, CASES, 0, &place));
    assert_false(gbx_source_written(source, CASES, -5, &place));
    assert_false(gbx_source_written(source, CASES, 1000000, &place));
    assert_false(gbx_source_written(source, "../../etc/passwd", 1, &place));
    gbx_source_close(source);
}

static void
strange_cases_lead_nowhere(void **state)
{
    (void)state;
    static const char *const strange[] = {
        "", "\n", "TARGET(", "TARGET()\n", "        TARGET(NOBODY) {\n  x;\n", "// _\n// _ADD junk\n{\n}\n}}}\n",
        "            // _ADD\n", "TARGET(ADD) {\n// _ADD", "}\n}\n}\n",
    };
    for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        gbx_source *source = tree_of(i % 2 == 0 ? bytecodes : "op(_ADD, (\n", strange[i]);
        for (int line = -1; line < 8; line++) {
            gbx_place place;
            (void)gbx_source_written(source, CASES, line, &place);
        }
        gbx_source_close(source);
    }
}

/* Every line of the real one: what is named is in the instruction, and what is alike is alike. */
static void
every_line_of_the_tree_that_was_built_is_found(void **state)
{
    gbx_source *source;
    gbx_place place, whole;
    char made[512], wrote[512];
    size_t found = 0, alike = 0, lines = 0;
    (void)state;
    if (gbx_source_open(&source, CHECKOUT, &error) != 0 ||
        gbx_source_resolve(source, CASES, &whole, &error) != 0) {
        print_message("cannot run here: '%s' is not there\n", CHECKOUT);
        skip();
    }
    bool within = false;
    for (int line = 1; line <= whole.end_line; line++) {
        bool is_line = gbx_source_line_text(source, CASES, line, made, sizeof(made));
        within = within || strncmp(made, "TARGET(", 7) == 0;
        if (!within || !is_line || made[0] == '\0' || made[0] == '#') {
            continue;
        }
        lines++;
        if (!gbx_source_written(source, CASES, line, &place)) {
            continue;
        }
        found++;
        assert_true(gbx_source_line_text(source, place.file, place.line, wrote, sizeof(wrote)));
        alike += strcmp(made, wrote) == 0;
    }
    assert_true(lines > 5000);
    assert_true(found * 100 >= lines * 99);
    assert_true(alike * 100 >= lines * 30);      /* the rest is what the generator adds */
    gbx_source_close(source);
}

static void
a_caller_reads_as_a_line_and_a_function(void **state)
{
    (void)state;
    char text[80];
    gbx_caller caller = { .file = "Objects/dictobject.c", .line = 7, .function = "f", .into = "g" };
    assert_string_equal(gbx_caller_text(&caller, text, sizeof(text)), "Objects/dictobject.c:7 in f, part of g");
    caller.into = NULL;
    caller.line = 0;
    assert_string_equal(gbx_caller_text(&caller, text, sizeof(text)), "Objects/dictobject.c in f");
    caller.file = NULL;
    assert_string_equal(gbx_caller_text(&caller, text, sizeof(text)), "f");
    assert_false(gbx_caller_find(NULL, NULL, NULL, 5, &caller));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_is_where_it_was_copied_from),
        TEST(what_the_generator_wrote_is_the_word_that_it_was_made_from),
        TEST(what_is_in_no_part_is_the_instruction_s),
        TEST(other_files_and_lines_are_left_alone),
        TEST(strange_cases_lead_nowhere),
        TEST(every_line_of_the_tree_that_was_built_is_found),
        TEST(a_caller_reads_as_a_line_and_a_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
