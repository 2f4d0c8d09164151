/* Places: a definition is found whatever it is and however often its name is mentioned, nothing outside
   the tree is read, no text can lead a search astray; and every place that a station names is there. */

#include "trace_test.h"

#include "source.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECKOUT "cpython/src/glassbox"

static gbx_source *source;           /* of the tree in the scratch folder */
static gbx_error error;
static gbx_place place;

/* ------------------------------------------------------------------ the tree */

static void
write_bytes(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(test_path(name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static void
write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

static int
open_tree(void **state)
{
    static const char *const folders[] = { "Python", "Include", "Include/internal", "Lib", "Grammar" };
    (void)state;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (mkdir(test_path(folders[i]), 0700) != 0) {
            return -1;
        }
    }
    write_text("Include/Python.h", "/* all of it */\n");
    write_text("Python/ceval.c", "int x;\n");
    return gbx_source_open(&source, test_directory(), &error);
}

static int
close_tree(void **state)
{
    (void)state;
    gbx_source_close(source);
    return 0;
}

/* Each test writes a file of its own name: a source reads a file once. */
static void
resolve(const char *name)
{
    error = (gbx_error){ 0, "" };
    if (gbx_source_resolve(source, name, &place, &error) != 0) {
        fail_msg("'%s': %s", name, error.message);
    }
}

static void
expect(const char *name, int line, int end_line, int definitions)
{
    resolve(name);
    if (place.line != line || place.end_line != end_line || place.definitions != definitions) {
        fail_msg("'%s' is at %d-%d, %d times, not at %d-%d, %d times", name, place.line, place.end_line,
                 place.definitions, line, end_line, definitions);
    }
}

static void
expect_code(const char *name, int code)
{
    error = (gbx_error){ 0, "" };
    assert_int_equal(gbx_source_resolve(source, name, &place, &error), code);
    assert_int_equal(error.code, code);
    assert_true(error.message[0] != '\0');
}

/* ------------------------------------------------------------------------- C */

static void
a_function_wins_over_its_prototype_its_calls_and_its_mentions(void **state)
{
    (void)state;
    write_text("Python/a.c",
        "/* target() is described here:\n"
        "target(int x)\n{\n} */\n"
        "static PyObject *target(PyObject *self, int x);\n"                /* 5 */
        "PyAPI_FUNC(int) target(void);\n"
        "static const char *name = \"target(x) {\";\n"
        "int\n"
        "caller(int target)\n"
        "{\n"                                                              /* 10 */
        "    return target(self, 1);\n"
        "}\n"
        "static PyObject *\n"
        "target(PyObject *self,\n"
        "       int x)\n"                                                  /* 15 */
        "/*[clinic end generated code: output=1]*/\n"
        "{\n"
        "    if (x) {\n"
        "#ifdef ODD\n"
        "        for (;;) {\n"                                             /* 20 */
        "#else\n"
        "        while (x--) {\n"
        "#endif\n"
        "        }\n"
        "    }\n"                                                          /* 25 */
        "}\n"
        "int after;\n");
    expect("Python/a.c#target", 14, 26, 1);
    assert_string_equal(place.file, "Python/a.c");
    assert_string_equal(place.symbol, "target");
    expect("Python/a.c#caller", 9, 12, 1);
    expect("Python/a.c", 1, 27, 1);
}

static void
functions_of_headers_and_of_two_builds_are_found(void **state)
{
    (void)state;
    write_text("Include/b.h",
        "#define OPEN(op) really(op)\n"
        "static inline int one_line(int x) { return x; }\n"
        "static inline Py_ALWAYS_INLINE void OPEN(PyObject *op)\n"
        "{\n"
        "}\n"                                                              /* 5 */
        "#ifdef MS_WINDOWS\n"
        "int\n"
        "twice(void)\n"
        "{\n"
        "}\n"                                                              /* 10 */
        "#else\n"
        "int\n"
        "twice(void) ATTRIBUTE(x)\n"
        "{\n"
        "}\n"                                                              /* 15 */
        "#endif\n");
    expect("Include/b.h#one_line", 2, 2, 1);
    expect("Include/b.h#OPEN", 3, 5, 1);
    expect("Include/b.h#twice", 8, 10, 2);
}

static void
macros_types_objects_labels_and_members_are_definitions(void **state)
{
    (void)state;
    write_text("Include/c.h",
        "#ifdef X\n"
        "#  define WIDE(A) \\\n"
        "    do { (A); \\\n"
        "    } while (0)\n"
        "#endif\n"                                                         /* 5 */
        "struct node;\n"
        "extern struct node *tail;\n"
        "typedef struct node {\n"
        "    struct node *next;\n"
        "    enum kind { FIRST = 1, /* x */\n"                             /* 10 */
        "        SECOND,\n"
        "        LAST } kind;\n"
        "} node;\n"
        "typedef struct {\n"
        "    int x;\n"                                                     /* 15 */
        "} unnamed;\n"
        "typedef int (*other)(void);\n"
        "typedef long integer;\n"
        "static PyTypeObject Forward_Type;\n"
        "PyTypeObject Forward_Type = {\n"                                  /* 20 */
        "    .tp_name = \"WIDE\",\n"
        "};\n"
        "void f(void) {\n"
        "    goto leave;\n"
        "leave:\n"                                                         /* 25 */
        "    WIDE(SECOND,\n         THIRD,\n         FOURTH);\n    FOURTH = 1;\n"
        "}\n"
        "static PyMethodDef\n"
        "methods[] = {\n"
        "};\n"
        "struct node *first = &methods;\n"
        "UNARY(methods)\n"
        "int\nnext(void)\n{\n}\n");
    expect("Include/c.h#methods", 32, 33, 1);
    expect("Include/c.h#first", 34, 34, 1);
    expect("Include/c.h#UNARY", 35, 35, 0);
    expect("Include/c.h#next", 37, 39, 1);
    expect("Include/c.h#WIDE", 2, 4, 1);
    expect("Include/c.h#node", 8, 13, 1);
    expect("Include/c.h#unnamed", 14, 16, 1);
    expect("Include/c.h#integer", 18, 18, 1);
    expect("Include/c.h#kind", 10, 12, 1);
    expect("Include/c.h#Forward_Type", 20, 22, 1);
    expect("Include/c.h#leave", 25, 25, 1);
    expect("Include/c.h#SECOND", 11, 11, 1);
    expect("Include/c.h#THIRD", 27, 27, 0);
    expect("Include/c.h#FOURTH", 28, 28, 0);
    expect("Include/c.h#tail", 7, 7, 0);         /* declared, not defined: its first mention */
}

static void
instructions_are_found_in_bytecodes_alone(void **state)
{
    static const char text[] =
        "// inst(LOAD_IT) is below\n"
        "        family(LOAD_IT, INLINE_CACHE) = {\n"
        "            LOAD_IT_FAST,\n"
        "        };\n"
        "        specializing op(_SPECIALIZE_LOAD_IT, (counter/1 -- )) {\n"          /* 5 */
        "            if (x) {\n"
        "                GO_TO(LOAD_IT);\n"
        "            }\n"
        "        }\n"
        "        macro(LOAD_IT) =\n"                                                /* 10 */
        "            _SPECIALIZE_LOAD_IT + // first\n"
        "            unused/1;\n"
        "        replicate(8) pure inst(LOAD_IT_FAST, (a -- b)) {\n"
        "        }\n"
        "        pseudo(LOAD_ANY) = {\n"                                            /* 15 */
        "            LOAD_IT_FAST,\n"
        "        };\n";
    (void)state;
    write_text("Python/bytecodes.c", text);
    write_text("Python/other.c", text);
    expect("Python/bytecodes.c#LOAD_IT", 10, 12, 1);
    expect("Python/bytecodes.c#_SPECIALIZE_LOAD_IT", 5, 9, 1);
    expect("Python/bytecodes.c#LOAD_IT_FAST", 13, 14, 1);
    expect("Python/bytecodes.c#LOAD_ANY", 15, 17, 1);
    expect("Python/other.c#LOAD_ANY", 15, 15, 0);
}

/* -------------------------------------------------------------------- Python */

static void
python_is_searched_by_its_indentation(void **state)
{
    (void)state;
    write_text("Lib/a.py",
        "\"\"\"class Shape: def area()\n"
        "class Shape:\n"
        "\"\"\"\n"
        "LIMIT = 3  # def limit\n"
        "def area():\n"                                                    /* 5 */
        "    'def inner'\n"
        "    def inner(a,\n"
        "              b={1: 2},\n"
        "    ):\n"
        "        return a\n"                                               /* 10 */
        "\n"
        "    return inner\n"
        "\n"
        "class Shape(Base):\n"
        "    sides: int = 4\n"                                             /* 15 */
        "    async def area(self):\n"
        "        x = '''\n"
        "def not_this(): '''\n"
        "        return x\n"
        "\n"                                                               /* 20 */
        "    class Inner:\n"
        "        def area(self): pass\n"
        "if x: LIMIT == 4\n");
    expect("Lib/a.py#Shape", 14, 22, 1);
    expect("Lib/a.py#area", 5, 12, 1);
    expect("Lib/a.py#area.inner", 7, 10, 1);
    expect("Lib/a.py#Shape.area", 16, 19, 1);
    expect("Lib/a.py#Shape.Inner.area", 22, 22, 1);
    expect("Lib/a.py#Shape.sides", 15, 15, 1);
    expect("Lib/a.py#LIMIT", 4, 4, 1);
    expect("Lib/a.py#not_this", 18, 18, 0);
    expect_code("Lib/a.py#Shape.missing", GBX_ERROR_MISSING);
    expect_code("Lib/a.py#Shape..area", GBX_ERROR_MISSING);
}

/* ------------------------------------------------------------ headings and rules */

static void
headings_and_rules_are_found(void **state)
{
    (void)state;
    write_text("Grammar/a.gram", "# expression: x\nfile[mod_ty]:\n    | a=expression { a }\n    | x\n"
               "expression:\n    | y\n");
    write_text("Grammar/a.asdl", "module Python\n{\n    mod = Module(stmt* body)\n        | Other(x y)\n"
               "    stmt = Pass\n}\n");
    write_text("Grammar/a.md", "See The Frame.\n\n# Introduction\n\n## The Frame\n\ntext\n\n## Next\n");
    write_text("Grammar/a.rst", "The Frame\n=========\n\n.. opcode:: LOAD_FAST (n)\n\n   text LOAD_FAST\n");
    expect("Grammar/a.gram#expression", 5, 6, 1);
    expect("Grammar/a.gram#file", 2, 4, 1);
    expect("Grammar/a.asdl#mod", 3, 4, 1);
    expect("Grammar/a.asdl#Other", 4, 4, 1);
    expect("Grammar/a.md#the-frame", 5, 8, 1);
    expect("Grammar/a.rst#the_frame", 1, 6, 1);
    expect("Grammar/a.rst#LOAD_FAST", 4, 4, 1);
}

/* -------------------------------------------------------------------- refusals */

static void
nothing_outside_the_tree_is_read(void **state)
{
    static const char *const places[] = {
        "../x#y", "/etc/passwd#root", "Python/../../x#y", "Python//ceval.c#x", "./Python/ceval.c#x",
        "Python/#x", "#x", "", "Python/ceval.c#", "Python/ceval.c/..#x", "Python/\x01.c#x",
        "Python/away.c#root", "Python/a\nb#x",
    };
    (void)state;
    assert_int_equal(symlink("/etc/passwd", test_path("Python/away.c")), 0);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        expect_code(places[i], GBX_ERROR_USAGE);
    }
    char many[2000];
    memset(many, 'a', sizeof(many) - 1);
    many[sizeof(many) - 1] = '\0';
    expect_code(many, GBX_ERROR_USAGE);
}

static void
what_is_no_source_is_not_read(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(test_path("Python/pipe.c"), 0600), 0);       /* must not wait for a writer */
    write_text("Python/huge.c", "x");
    assert_int_equal(truncate(test_path("Python/huge.c"), (17 << 20)), 0);
    expect_code("Python/pipe.c#x", GBX_ERROR_MISSING);
    expect_code("Python#x", GBX_ERROR_MISSING);
    expect_code("Python/huge.c#x", GBX_ERROR_LIMIT);
    expect_code("Lib/not_installed.py#x", GBX_ERROR_MISSING);
    expect_code("Python/ceval.c#not_there", GBX_ERROR_MISSING);
    gbx_source *other = source;
    assert_int_equal(gbx_source_open(&other, "/proc", &error), GBX_ERROR_MISSING);
    assert_null(other);
    gbx_source_close(NULL);
}

static void
the_text_of_a_line_is_clean_and_cut_between_characters(void **state)
{
    char text[40];
    (void)state;
    write_bytes("Python/line.c", "\t  a\033[1mb\0c\177 \r\n\n  \xc3\xa9\xe2\x82\xac", 23);
    assert_true(gbx_source_line_text(source, "Python/line.c", 1, text, sizeof(text)));
    assert_string_equal(text, "a [1mb c");
    assert_true(gbx_source_line_text(source, "Python/line.c", 2, text, sizeof(text)));
    assert_string_equal(text, "");
    assert_true(gbx_source_line_text(source, "Python/line.c", 3, text, sizeof(text)));
    assert_string_equal(text, "\xc3\xa9\xe2\x82\xac");
    for (size_t size = 1; size < 6; size++) {
        assert_true(gbx_source_line_text(source, "Python/line.c", 3, text, size));
        assert_string_equal(text, size < 3 ? "" : "\xc3\xa9");
    }
    assert_false(gbx_source_line_text(source, "Python/line.c", 4, text, sizeof(text)));
    assert_false(gbx_source_line_text(source, "Python/line.c", 0, text, sizeof(text)));
    assert_false(gbx_source_line_text(source, "Python/none.c", 1, text, sizeof(text)));
    assert_string_equal(text, "");
    assert_false(gbx_source_line_text(source, "Python/line.c", 1, text, 0));
}

/* Texts of nasty tokens, each as C, as bytecodes, as Python and as prose: whatever they are, a found place
   lies in the file. */
static void
no_text_leads_a_search_astray(void **state)
{
    static const char *const tokens[] = {
        "x", "x(", ")", "{", "}", "\n", "\n", "\n    ", ";", "=", "/*", "*/", "//", "\"", "'", "\\", "\\\n",
        "#", "#define x", "typedef struct ", "} x;", "inst(x, (", "macro(x) = ", "family(x", "class x", "def x",
        ":", "\"\"\"", "'''", "\n===\n", "## x\n", ".. x:: x", ",", "\xff", "x[", "]", "async def x(", " ",
    };
    static const char *const endings[] = { "c", "py", "md", "h" };
    unsigned seed = 12345;
    char name[64], symbol[80];
    (void)state;
    for (int round = 0; round < 400; round++) {
        char text[600];
        size_t size = 0;
        for (int i = 0; i < 40; i++) {
            seed = seed * 1103515245u + 12345u;
            const char *token = tokens[(seed >> 16) % (sizeof(tokens) / sizeof(tokens[0]))];
            memcpy(text + size, token, strlen(token));
            size += strlen(token);
        }
        snprintf(name, sizeof(name), "Python/fuzz%d.%s", round, endings[round % 4]);
        write_bytes(name, text, size - (size_t)round % 3);
        snprintf(symbol, sizeof(symbol), "%s#x", name);
        if (gbx_source_resolve(source, symbol, &place, NULL) == 0) {
            char line[100];
            assert_true(place.line >= 1 && place.end_line >= place.line);
            assert_true(gbx_source_line_text(source, name, place.end_line, line, sizeof(line)));
        }
    }
}

/* -------------------------------------------------------------- the real tree */

static bool
is_place_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
        c == '.' || c == '/' || c == '-';
}

/* Resolves every "Folder/file.ext#symbol" in a file; returns how many there are. */
static size_t
resolve_places_of(gbx_source *tree, const char *path, size_t *lost)
{
    size_t count = 0, room = 0;
    char *line = NULL;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (getline(&line, &room, file) > 0) {
        for (char *hash = line; (hash = strchr(hash, '#')) != NULL; hash++) {
            char *from = hash, *to = hash + 1;
            while (from > line && is_place_letter(from[-1])) {
                from--;
            }
            if (from > line && from[-1] == ':') {
                continue;        /* of a package's sources, which need not be here: tests/stations/check.py */
            }
            while (is_place_letter(*to)) {
                to++;
            }
            while (to > hash + 1 && to[-1] == '.') {
                to--;            /* of the sentence */
            }
            char end = *to;
            *to = '\0';
            if (memchr(from, '/', (size_t)(hash - from)) != NULL && to > hash + 1) {
                count++;
                if (gbx_source_resolve(tree, from, &place, &error) != 0 || place.definitions < 1) {
                    print_error("%s: '%s' has no definition (%s)\n", path, from, error.message);
                    ++*lost;
                }
            }
            *to = end;
        }
    }
    free(line);
    fclose(file);
    return count;
}

static bool
has_places(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && (strcmp(dot, ".c") == 0 || strcmp(dot, ".md") == 0);
}

static void
every_place_that_a_station_names_is_a_definition_in_the_tree(void **state)
{
    gbx_source *tree;
    size_t count = 0, lost = 0;
    (void)state;
    if (gbx_source_open(&tree, CHECKOUT, &error) != 0) {
        print_message("cannot run here: the patched sources are not in '%s'\n", CHECKOUT);
        skip();
    }
    DIR *stations = opendir("stations");
    assert_non_null(stations);
    for (struct dirent *station; (station = readdir(stations)) != NULL; ) {
        char path[600];
        snprintf(path, sizeof(path), "stations/%s", station->d_name);
        DIR *folder = station->d_name[0] == '.' ? NULL : opendir(path);
        for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL; ) {
            snprintf(path, sizeof(path), "stations/%s/%s", station->d_name, entry->d_name);
            count += has_places(entry->d_name) ? resolve_places_of(tree, path, &lost) : 0;
        }
        if (folder != NULL) {
            closedir(folder);
        }
    }
    closedir(stations);
    gbx_source_close(tree);
    assert_int_equal(lost, 0);
    assert_true(count >= 40);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_function_wins_over_its_prototype_its_calls_and_its_mentions),
        TEST(functions_of_headers_and_of_two_builds_are_found),
        TEST(macros_types_objects_labels_and_members_are_definitions),
        TEST(instructions_are_found_in_bytecodes_alone),
        TEST(python_is_searched_by_its_indentation),
        TEST(headings_and_rules_are_found),
        TEST(nothing_outside_the_tree_is_read),
        TEST(what_is_no_source_is_not_read),
        TEST(the_text_of_a_line_is_clean_and_cut_between_characters),
        TEST(no_text_leads_a_search_astray),
        TEST(every_place_that_a_station_names_is_a_definition_in_the_tree),
    };
    return cmocka_run_group_tests(tests, open_tree, close_tree);
}
