/* Labs, courses and parameters: what an author declares is what is judged, and what is wrong with it has a sentence. */

#include "trace_test.h"

#include "lab_internal.h"
#include "marks.h"
#include "roster.h"
#include "violations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gbx_error error;

static const char good[] =
    "number = 3\nname = \"small\"\ntitle = \"A small one\"\n"
    "[submit]\nfiles = [\"work.py\"]\n"
    "[variant.n]\nfrom = 10\nto = 19\n[variant.kind]\nchoose = [\"int\", \"str\"]\n"
    "[limits]\nwall = 2.5\nmemory = \"64M\"\n"
    "[[run]]\nname = \"main\"\nevents = \"frame+mark\"\n"
    "[[run]]\nname = \"more\"\nvariant = { n = 7 }\nhidden = true\n"
    "[[fact]]\nid = \"a\"\nsentence = \"s\"\npoints = 4\nquery = { none = \"spec.*\" }\n"
    "[[fact]]\nid = \"b\"\nsentence = \"s\"\npoints = 2\nrun = \"more\"\nneeds = [\"a\"]\nquery = { none = \"spec.miss\" }\n";

static void
write_file(const char *name, const char *text)
{
    FILE *file = fopen(test_path(name), "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void
make_folders(void)
{
    static const char *const all[] = { "labs", "labs/3-small", "course", "course/labs", "course/labs/3-small" };
    for (size_t i = 0; i < GBX_COUNT(all); i++) {
        mkdir(test_path(all[i]), 0700);
    }
    unlink(test_path("course/labs/3-small/lab.toml"));
    unlink(test_path("labs/3-small/hints.toml"));
    write_file("labs/3-small/harness.py", "import lab\n");
}

static int
open_lab(gbx_lab **lab, const char *toml, const char *overlay)
{
    make_folders();
    write_file("labs/3-small/lab.toml", toml);
    if (overlay != NULL) {
        write_file("course/labs/3-small/lab.toml", overlay);
    }
    error = (gbx_error){ 0, "" };
    char course[512];
    snprintf(course, sizeof(course), "%s", test_path("course"));
    return gbx_lab_open(lab, test_path("labs"), 3, course, NULL, &error);
}

static void
a_lab_is_what_its_author_declares(void **state)
{
    (void)state;
    gbx_lab *lab;
    assert_int_equal(open_lab(&lab, good, NULL), 0);
    assert_int_equal(lab->number, 3);
    assert_string_equal(lab->files[0], "work.py");
    assert_int_equal(lab->run_count, 2);
    assert_int_equal(lab->runs[0].limits.wall_ms, 2500);
    assert_int_equal(lab->runs[0].limits.memory_bytes, 64 << 20);
    assert_int_equal(lab->runs[0].events, GBX_BIT(FRAME) | GBX_BIT(MARK));
    assert_int_equal(lab->fact_count, 2);
    assert_int_equal(gbx_lab_fact_find(lab, "b")->run, 1);
    assert_false(gbx_lab_fact_hidden(lab, &lab->facts[0]));
    assert_true(gbx_lab_fact_hidden(lab, &lab->facts[1]));
    assert_null(gbx_lab_fact_find(lab, "c"));
    assert_memory_equal(lab->rubric, "sha256:", 7);
    gbx_lab_close(lab);
}

/* Put `with` in place of `old`, and see that opening fails with the words. */
static void
fails(const char *old, const char *with, const char *words)
{
    char text[2048];
    gbx_lab *lab;
    const char *at = strstr(good, old);
    assert_non_null(at);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, with, at + strlen(old));
    assert_int_equal(open_lab(&lab, text, NULL), GBX_ERROR_USAGE);
    if (strstr(error.message, words) == NULL) {
        fail_msg("'%s' has no '%s'", error.message, words);
    }
}

static void
each_mistake_of_an_author_has_a_sentence(void **state)
{
    (void)state;
    fails("number = 3", "number = 4", "says that it is lab 4");
    fails("title =", "titel =", "needs 'title'");
    fails("points = 4", "points = -1", "'points' has to be a number");
    fails("points = 4", "points = 4\npartly = true", "there is no key 'partly'");
    fails("id = \"b\"", "id = \"a\"", "two of this id");
    fails("id = \"b\"", "id = \"b c\"", "'id' has to be");
    fails("needs = [\"a\"]", "needs = [\"b\"]", "'b' needs 'b'");
    fails("query = { none = \"spec.*\" }", "", "one of the two");
    fails("query = { none = \"spec.*\" }", "check = \"x\"", "has no check 'x'");
    fails("none = \"spec.*\"", "none = \"spec.*\", count = \"spec.*\"", "needs one of");
    fails("none = \"spec.*\"", "count = \"spec.*\"", "needs least, most or equals");
    fails("none = \"spec.*\"", "none = \"spec.*\", wher = {}", "no key 'wher'");
    fails("run = \"more\"", "run = \"most\"", "no run 'most'");
    fails("name = \"more\"", "name = \"main\"", "two runs 'main'");
    fails("events = \"frame+mark\"", "events = \"frame+\"", "has no class ''");
    fails("events = \"frame+mark\"", "harness = \"../x.py\"", "'harness' has to be a file");
    fails("files = [\"work.py\"]", "files = [\"/etc/passwd\"]", "plain names");
    fails("files = [\"work.py\"]", "files = []", "what is handed in");
    fails("memory = \"64M\"", "memory = \"64X\"", "'memory' has to be a size");
    fails("from = 10", "from = 20", "[variant.n]");
    fails("choose = [\"int\", \"str\"]", "choose = []", "[variant.kind]");
}

static void
hints_belong_to_facts(void **state)
{
    (void)state;
    gbx_lab *lab;
    make_folders();
    write_file("labs/3-small/lab.toml", good);
    write_file("labs/3-small/hints.toml", "[[hint]]\nfact = \"a\"\nrung = 1\ntext = \"t\"\ncost = 0.5\n");
    assert_int_equal(gbx_lab_open(&lab, test_path("labs"), 3, NULL, NULL, &error), 0);
    assert_non_null(gbx_lab_hint_find(lab, "a", 1));
    assert_null(gbx_lab_hint_find(lab, "a", 2));
    gbx_lab_close(lab);
    write_file("labs/3-small/hints.toml", "[[hint]]\nfact = \"z\"\nrung = 1\ntext = \"t\"\n");
    assert_int_equal(gbx_lab_open(&lab, test_path("labs"), 3, NULL, NULL, &error), GBX_ERROR_USAGE);
    assert_non_null(strstr(error.message, "hints.toml: hint 1: there is no fact 'z'"));
    unlink(test_path("labs/3-small/hints.toml"));
}

static void
a_course_lays_its_own_over_a_lab(void **state)
{
    (void)state;
    gbx_lab *lab, *plain;
    assert_int_equal(open_lab(&plain, good, NULL), 0);
    assert_int_equal(open_lab(&lab, good, "[[fact]]\nid = \"a\"\npoints = 9\n"
                              "[[fact]]\nid = \"c\"\nsentence = \"s\"\npoints = 1\nvisibility = \"hidden\"\n"
                              "query = { none = \"gc.*\" }\n[limits]\nwall = 3.0\n"), 0);
    assert_int_equal(lab->fact_count, 3);
    assert_true(lab->facts[0].points > 8);
    assert_string_equal(lab->facts[2].id, "c");
    assert_true(gbx_lab_fact_hidden(lab, &lab->facts[2]));
    assert_int_equal(lab->runs[0].limits.wall_ms, 3000);
    assert_int_equal(lab->runs[0].limits.memory_bytes, 64 << 20);
    assert_string_not_equal(lab->rubric, plain->rubric);
    gbx_lab_close(lab);
    gbx_lab_close(plain);
}

static const char seed_a[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

static void
parameters_follow_from_the_seed_alone(void **state)
{
    (void)state;
    gbx_lab *lab;
    unsigned seen = 0;
    assert_int_equal(open_lab(&lab, good, NULL), 0);
    for (char c = 'a'; c <= 'z'; c++) {
        char seed[2] = { c, 0 };
        json_t *one = gbx_lab_variant(lab, seed, NULL), *two = gbx_lab_variant(lab, seed, NULL);
        assert_true(json_equal(one, two));
        json_int_t n = json_integer_value(json_object_get(one, "n"));
        assert_in_range(n, 10, 19);
        seen |= 1u << (n - 10);
        json_decref(one);
        json_decref(two);
    }
    assert_true(__builtin_popcount(seen) >= 6);
    json_t *other = gbx_lab_variant(lab, seed_a, &lab->runs[1]);
    assert_int_equal(json_integer_value(json_object_get(other, "n")), 7);
    json_decref(other);
    gbx_lab_close(lab);
}

static void
texts_are_filled_in_and_an_unknown_name_is_said(void **state)
{
    (void)state;
    char *text;
    json_t *variant = json_pack("{s:i, s:s, s:[i,i]}", "n", 5, "kind", "int", "list", 1, 2);
    assert_int_equal(gbx_lab_fill("{{n}} {{ kind }} {{list}} {{student}} {x} {{", variant, "ann", &text, &error), 0);
    assert_string_equal(text, "5 int [1,2] ann {x} {{");
    free(text);
    assert_int_equal(gbx_lab_fill("{{nobody}}", variant, "ann", &text, &error), GBX_ERROR_USAGE);
    assert_null(text);
    assert_non_null(strstr(error.message, "{{nobody}}"));
    json_decref(variant);
}

static void
seeds_come_from_the_courses_secret(void **state)
{
    (void)state;
    gbx_roster practice, course;
    char one[GBX_DIGEST_HEX], two[GBX_DIGEST_HEX];
    make_folders();
    write_file("course/course.toml", "name = \"C\"\nroster = \"roster.csv\"\ndue = 2027-01-31\n");
    write_file("course/secret", "sixteen bytes and more\r\n");
    write_file("course/roster.csv", "\xef\xbb\xbfname,id\r\n\"B, \"\"b\"\"\",bob\r\nAda,ann\n");
    assert_int_equal(gbx_roster_open(&practice, NULL, &error), 0);
    assert_int_equal(gbx_roster_open(&course, test_path("course"), &error), 0);
    assert_int_equal(course.secret_size, 22);
    assert_int_equal(course.student_count, 2);
    assert_string_equal(gbx_roster_find(&course, "bob")->name, "B, \"b\"");
    assert_null(gbx_roster_find(&course, "eve"));
    assert_string_equal(course.due, "2027-01-31");
    assert_int_equal(gbx_roster_seed(&practice, 1, "ann", one, &error), 0);
    assert_int_equal(gbx_roster_seed(&course, 1, "ann", two, &error), 0);
    assert_string_not_equal(one, two);
    assert_int_equal(gbx_roster_seed(&course, 2, "ann", one, &error), 0);
    assert_string_not_equal(one, two);
    gbx_roster_clear(&practice);
    gbx_roster_clear(&course);
}

static void
what_is_wrong_with_a_course_is_said(void **state)
{
    (void)state;
    gbx_roster course;
    make_folders();
    write_file("course/course.toml", "roster = \"roster.csv\"\n");
    write_file("course/secret", "short\n");
    assert_int_equal(gbx_roster_open(&course, test_path("course"), &error), GBX_ERROR_USAGE);
    assert_non_null(strstr(error.message, "too short"));
    gbx_roster_clear(&course);
    write_file("course/secret", "sixteen bytes and more\n");
    write_file("course/roster.csv", "name\nx\n");
    assert_int_equal(gbx_roster_open(&course, test_path("course"), &error), GBX_ERROR_USAGE);
    gbx_roster_clear(&course);
    write_file("course/roster.csv", "id\nann\n=cmd()\n");
    assert_int_equal(gbx_roster_open(&course, test_path("course"), &error), GBX_ERROR_USAGE);
    assert_non_null(strstr(error.message, "line 3"));
    gbx_roster_clear(&course);
    write_file("course/roster.csv", "id\nann\nann\n");
    assert_int_equal(gbx_roster_open(&course, test_path("course"), &error), GBX_ERROR_USAGE);
    gbx_roster_clear(&course);
    write_file("course/course.toml", "secrets = \"x\"\n");
    assert_int_equal(gbx_roster_open(&course, test_path("course"), &error), GBX_ERROR_USAGE);
    assert_non_null(strstr(error.message, "no key 'secrets'"));
    gbx_roster_clear(&course);
}

static void
violations_have_names_and_sentences(void **state)
{
    (void)state;
    assert_non_null(gbx_violation_sentence("forged-mark"));
    assert_null(gbx_violation_sentence("forged"));
    assert_string_equal(gbx_violation_name("forged-mark"), "forged-mark");
    assert_string_equal(gbx_violation_name("something new"), "forbidden-call");
}

int
main(void)
{
    test_limits();
    const struct CMUnitTest tests[] = {
        TEST(a_lab_is_what_its_author_declares),
        TEST(each_mistake_of_an_author_has_a_sentence),
        TEST(hints_belong_to_facts),
        TEST(a_course_lays_its_own_over_a_lab),
        TEST(parameters_follow_from_the_seed_alone),
        TEST(texts_are_filled_in_and_an_unknown_name_is_said),
        TEST(seeds_come_from_the_courses_secret),
        TEST(what_is_wrong_with_a_course_is_said),
        TEST(violations_have_names_and_sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
