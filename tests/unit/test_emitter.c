/* Emitters: which line of C emitted an event, in a small tree made here, for events made here. */

#include "trace_test.h"

#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LOAD_GLOBAL = 91, LOAD_GLOBAL_BUILTIN = 203, CALL = 53, CALL_PY = 177, BINARY_OP = 45,
       BINARY_OP_ADD_INT = 150, FOR_ITER_GEN = 187, CALL_C = 175, ALLOC_INIT = 162, INSTRUMENTED_CALL = 240,
       EXIT_INIT = 13, LOAD_MODULE = 197 };

static gbx_source *source;
static gbx_error error;
static gbx_emitter emitter;

/* ------------------------------------------------------------------ the tree */

static void
write_text(const char *name, const char *text)
{
    FILE *file = fopen(test_path(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
}

static const char ceval[] =
    "#include \"pycore_glassbox.h\"   // GLASSBOX_FRAME_ENTER(a, b)\n"
    "PyObject *\n"
    "_PyEval_EvalFrameDefault(PyThreadState *tstate, int throwflag)\n"
    "{\n"
    "    GLASSBOX_FRAME_ENTER(tstate, frame);\n"                                             /* 5 */
    "exit_unwind:\n"
    "    GLASSBOX_FRAME_LEAVE(tstate, dying, UNWIND);\n"
    "}\n";

static const char macros[] =
    "#define DISPATCH_INLINED(NEW_FRAME) \\\n"
    "    do { \\\n"
    "        GLASSBOX_FRAME_ENTER(tstate, frame); \\\n"
    "    } while (0)\n"
    "#define DEOPT_IF(COND, INSTNAME) \\\n"                                                  /* 5 */
    "    if ((COND)) { \\\n"
    "        GLASSBOX_SPEC_MISS(INSTNAME); \\\n"
    "    }\n";

static const char bytecodes[] =
    "        op(_GUARD_BOTH_INT, (left, right -- left, right)) {\n"
    "            EXIT_IF(!PyLong_CheckExact(left));\n"
    "            EXIT_IF(!PyLong_CheckExact(right));\n"
    "        }\n"
    "        macro(BINARY_OP_ADD_INT) = _GUARD_BOTH_INT + unused/1;\n"                       /* 5 */
    "        macro(LOAD_GLOBAL_BUILTIN) =\n"
    "            unused/1 + // Skip over the counter\n"
    "            _GUARD_GLOBALS_VERSION + _GUARD_BUILTINS_VERSION;\n"
    "        op(_GUARD_GLOBALS_VERSION, (version/1 --)) {\n"
    "            DEOPT_IF(!PyDict_CheckExact(dict));\n"                                      /* 10 */
    "            DEOPT_IF(dict->ma_keys->dk_version != version);\n"
    "        }\n"
    "        op(_GUARD_BUILTINS_VERSION, (version/1 --)) {\n"
    "            DEOPT_IF(!PyDict_CheckExact(dict));\n"
    "            DEOPT_IF(dict->ma_keys->dk_version != version);\n"                          /* 15 */
    "        }\n"
    "        family(CALL, INLINE_CACHE_ENTRIES_CALL) = { CALL_PY, CALL_C };\n"
    "        op(_CALL, (callable -- res)) {\n"
    "            DISPATCH_INLINED(new_frame);\n"
    "        }\n"                                                                            /* 20 */
    "        macro(CALL) = unused/1 + _CALL;\n"
    "        op(_PUSH_FRAME, (new_frame -- )) {\n"
    "            GLASSBOX_FRAME_ENTER(tstate, frame);\n"
    "        }\n"
    "        macro(CALL_PY) = unused/1 + _PUSH_FRAME;\n"                                     /* 25 */
    "        inst(CALL_C, (callable -- res)) {\n"
    "        }\n"
    "        inst(ALLOC_INIT, (unused -- )) {\n"
    "            GLASSBOX_FRAME_ENTER(tstate, shim);\n"
    "            GLASSBOX_FRAME_ENTER(tstate, init_frame);\n"                                /* 30 */
    "        }\n"
    "        inst(SEND, (a -- b)) {\n"
    "            DISPATCH_INLINED(gen_frame);\n"
    "        }\n"
    "        macro(FOR_ITER_GEN) = _PUSH_FRAME;\n"                                           /* 35 */
    "        inst(INSTRUMENTED_RETURN_VALUE, (retval --)) {\n"
    "            GLASSBOX_FRAME_LEAVE(tstate, dying, RETURN);\n"
    "        }\n"
    "        op(_POP_FRAME, (retval --)) {\n"
    "            GLASSBOX_FRAME_LEAVE(tstate, dying, RETURN);\n"                             /* 40 */
    "        }\n"
    "        macro(LOAD_MODULE) = _CHECK_ATTR_MODULE + _LOAD_ATTR_MODULE;\n"
    "        op(_CHECK_ATTR_MODULE, (owner -- owner)) {\n"
    "            DEOPT_IF(!PyModule_CheckExact(owner));\n"
    "            DEOPT_IF(dict->ma_keys->dk_version != version);\n"                         /* 45 */
    "        }\n"
    "        op(_LOAD_ATTR_MODULE, (owner -- attr)) {\n"
    "            DEOPT_IF(attr == NULL);\n"
    "        }\n";

static const char specialize[] =
    "void\n"
    "_Py_Specialize_LoadGlobal(PyObject *globals)\n"
    "{\n"
    "    GLASSBOX_SPEC_ATTEMPT(instr, LOAD_GLOBAL);\n"
    "    GLASSBOX_SPEC_FAIL(instr, LOAD_GLOBAL);\n"                                          /* 5 */
    "    GLASSBOX_SPEC_SUCCESS(instr, LOAD_GLOBAL);\n"
    "}\n"
    "void\n"
    "_Py_Specialize_Call(void)\n"
    "{\n"                                                                                    /* 10 */
    "    GLASSBOX_SPEC_SUCCESS(instr, CALL);\n"
    "}\n";

static const char compile[] =
    "static int\n"
    "compiler_setup(void)\n"
    "{\n"
    "    return GLASSBOX_COMPILE_STAGE(AST_OPTIMIZE, filename,\n"
    "                                  _PyAST_Optimize(mod, f(1, 2)));\n"                    /* 5 */
    "}\n"
    "PyCodeObject *\n"
    "_PyAST_Compile(mod_ty mod)\n"
    "{\n"
    "    GLASSBOX_COMPILE_BEGIN(COMPILE, filename);\n"                                       /* 10 */
    "    if (x) {\n"
    "        GLASSBOX_COMPILE_END(COMPILE, filename, NULL);\n"
    "    }\n"
    "    GLASSBOX_COMPILE_END(COMPILE, filename, co);\n"
    "}\n";

static const char parser[] =
    "mod_ty\n"
    "_PyParser_ASTFromFile(void)\n"
    "{\n"
    "    return GLASSBOX_COMPILE_STAGE(PARSE, filename, 1);\n"
    "}\n"
    "mod_ty\n"
    "_PyParser_ASTFromString(void)\n"
    "{\n"
    "    return GLASSBOX_COMPILE_STAGE(PARSE, filename, 2);\n"
    "}\n";

static const char generator[] =
    "static PyObject *\n"
    "_gen_throw(PyGenObject *gen)\n"
    "{\n"
    "    GLASSBOX_FRAME_ENTER(tstate, frame);\n"
    "    GLASSBOX_FRAME_SUSPEND(tstate, frame, GBX_SUSPEND_THROW);\n"
    "}\n";

static const char own[] =
    "static PyObject *\n"
    "glassbox_mark(PyObject *module)\n"
    "{\n"
    "    _PyGlassbox_Mark(name, type, bits);\n"
    "}\n";

static const char generated[] = "GLASSBOX_FRAME_LEAVE(tstate, dying, RETURN);\n";

static int
open_tree(void **state)
{
    static const char *const folders[] = {
        "Python", "Include", "Include/internal", "Objects", "Parser", "Modules",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (mkdir(test_path(folders[i]), 0700) != 0) {
            return -1;
        }
    }
    write_text("Include/Python.h", "");
    write_text("Python/ceval.c", ceval);
    write_text("Python/ceval_macros.h", macros);
    write_text("Python/bytecodes.c", bytecodes);
    write_text("Python/generated_cases.c.h", generated);
    write_text("Python/specialize.c", specialize);
    write_text("Python/compile.c", compile);
    write_text("Parser/peg_api.c", parser);
    write_text("Objects/genobject.c", generator);
    write_text("Modules/_glassbox.c", own);
    write_text("Include/internal/pycore_glassbox.h",
               "#define GLASSBOX_SPEC_FAIL(I, F) GLASSBOX_HOOK(SPEC, f())\n");
    return gbx_source_open(&source, test_directory(), &error);
}

static int
close_tree(void **state)
{
    (void)state;
    gbx_source_close(source);
    return 0;
}

/* ---------------------------------------------------------------------- events */

static const struct { uint8_t id; const char *name; } opcodes[] = {
    { LOAD_GLOBAL, "LOAD_GLOBAL" }, { LOAD_GLOBAL_BUILTIN, "LOAD_GLOBAL_BUILTIN" }, { CALL, "CALL" },
    { CALL_PY, "CALL_PY" }, { BINARY_OP, "BINARY_OP" }, { BINARY_OP_ADD_INT, "BINARY_OP_ADD_INT" },
    { FOR_ITER_GEN, "FOR_ITER_GEN" }, { CALL_C, "CALL_C" }, { ALLOC_INIT, "ALLOC_INIT" },
    { INSTRUMENTED_CALL, "INSTRUMENTED_CALL" }, { EXIT_INIT, "EXIT_INIT" },
    { LOAD_MODULE, "LOAD_MODULE" },
};

static trace_writer *
begin(uint32_t classes)
{
    trace_writer *w = writer_new(&(writer_options){ .classes = classes, .mask = classes });
    writer_header(w)->mask = writer_header(w)->first_mask;
    for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
        writer_name(w, GBX_NAME_OPCODE, opcodes[i].id, opcodes[i].name, strlen(opcodes[i].name));
    }
    writer_string(w, 1, "int");
    writer_string(w, 2, "float");
    writer_string(w, 3, "module");
    return w;
}

static void
put_spec(trace_writer *w, uint8_t event, uint8_t opcode, uint8_t family, uint8_t guard, uint32_t expected,
         uint32_t found, uint32_t type)
{
    gbx_spec record = { .h = { .event = event, .flags = opcode, .arg = 5 }, .code = 9, .family = family,
                        .opcode_after = opcode, .guard = guard, .expected = expected, .found = found,
                        .type = type };
    writer_record(w, 1, &record, sizeof(record));
}

/* The emitter of the event at `at`: this many lines, the first of them this one. */
static void
expect(const gbx_trace *trace, size_t at, size_t count, const char *file, int line, const char *function)
{
    error = (gbx_error){ 0, "" };
    if (gbx_source_emitter(source, trace, at, &emitter, &error) != 0) {
        fail_msg("event %zu: %s", at, error.message);
    }
    const gbx_emitter_line *first = &emitter.lines[0];
    if (emitter.count != count || strcmp(first->file, file) != 0 || first->line != line ||
        strcmp(first->function, function) != 0) {
        fail_msg("event %zu: %zu lines, %s:%d in %s; not %zu, %s:%d in %s", at, emitter.count, first->file,
                 first->line, first->function, count, file, line, function);
    }
}

#define EVAL "_PyEval_EvalFrameDefault"
#define CODES "Python/bytecodes.c"

static void
a_family_tells_the_line_in_the_specializer(void **state)
{
    (void)state;
    trace_writer *w = begin(0);
    put_spec(w, GBX_EV_SPEC_ATTEMPT, LOAD_GLOBAL, LOAD_GLOBAL, 0, 0, 0, 0);
    put_spec(w, GBX_EV_SPEC_FAIL, LOAD_GLOBAL, LOAD_GLOBAL, 0, 0, 0, 0);
    put_spec(w, GBX_EV_SPEC_SUCCESS, CALL, CALL, 0, 0, 0, 0);
    put_spec(w, GBX_EV_SPEC_RESPECIALIZE, LOAD_GLOBAL_BUILTIN, LOAD_GLOBAL, 0, 0, 0, 0);
    put_spec(w, GBX_EV_SPEC_ATTEMPT, BINARY_OP, BINARY_OP, 0, 0, 0, 0);
    put_spec(w, GBX_EV_SPEC_SUCCESS, 77, 77, 0, 0, 0, 0);
    gbx_trace *trace = test_open(w);
    expect(trace, 0, 1, "Python/specialize.c", 4, "_Py_Specialize_LoadGlobal");
    assert_string_equal(emitter.lines[0].hook, "GLASSBOX_SPEC_ATTEMPT");
    assert_null(emitter.lines[0].through);
    assert_null(emitter.lines[0].compiled_in);
    expect(trace, 1, 1, "Python/specialize.c", 5, "_Py_Specialize_LoadGlobal");
    expect(trace, 2, 1, "Python/specialize.c", 11, "_Py_Specialize_Call");
    expect(trace, 3, 1, "Python/specialize.c", 6, "_Py_Specialize_LoadGlobal");
    for (size_t at = 4; at <= 5; at++) {         /* a family without a hook, an opcode without a name */
        assert_int_equal(gbx_source_emitter(source, trace, at, &emitter, &error), GBX_ERROR_MISSING);
        assert_int_equal(emitter.count, 0);
    }
    assert_int_equal(gbx_source_emitter(source, trace, 6, &emitter, &error), GBX_ERROR_USAGE);
    gbx_trace_close(trace);
}

static void
a_miss_names_the_guard_that_failed(void **state)
{
    (void)state;
    trace_writer *w = begin(0);
    put_spec(w, GBX_EV_SPEC_MISS, LOAD_GLOBAL_BUILTIN, LOAD_GLOBAL, GBX_GUARD_GLOBALS_KEYS, 7, 8, 0);
    put_spec(w, GBX_EV_SPEC_MISS, LOAD_GLOBAL_BUILTIN, LOAD_GLOBAL, GBX_GUARD_BUILTINS_KEYS, 7, 8, 0);
    put_spec(w, GBX_EV_SPEC_MISS, LOAD_GLOBAL_BUILTIN, LOAD_GLOBAL, GBX_GUARD_GLOBALS_KEYS, 7, 0, 0);
    put_spec(w, GBX_EV_SPEC_MISS, BINARY_OP_ADD_INT, BINARY_OP, GBX_GUARD_TYPE, 0, 0, 2);
    put_spec(w, GBX_EV_SPEC_MISS, LOAD_MODULE, LOAD_MODULE, GBX_GUARD_KEYS_VERSION, 3, 53, 3);
    put_spec(w, GBX_EV_SPEC_DEOPT, LOAD_MODULE, LOAD_MODULE, 0, 0, 0, 0);
    put_spec(w, GBX_EV_SPEC_DEOPT, LOAD_MODULE, LOAD_MODULE, 0, 0, 0, 0);
    put_spec(w, GBX_EV_SPEC_MISS, LOAD_MODULE, LOAD_MODULE, GBX_GUARD_OTHER, 3, 3, 3);
    put_spec(w, GBX_EV_SPEC_MISS, LOAD_MODULE, LOAD_MODULE, GBX_GUARD_TYPE, 3, 53, 1);
    gbx_trace *trace = test_open(w);
    expect(trace, 0, 1, CODES, 11, "_GUARD_GLOBALS_VERSION");
    assert_string_equal(emitter.lines[0].through, "DEOPT_IF");
    assert_string_equal(emitter.lines[0].through_file, "Python/ceval_macros.h");
    assert_int_equal(emitter.lines[0].through_line, 7);
    assert_string_equal(emitter.lines[0].compiled_in, "Python/generated_cases.c.h");
    expect(trace, 1, 1, CODES, 15, "_GUARD_BUILTINS_VERSION");
    expect(trace, 2, 2, CODES, 11, "_GUARD_GLOBALS_VERSION");    /* no dict, or one that changed */
    assert_int_equal(emitter.lines[1].line, 10);
    expect(trace, 3, 2, CODES, 2, "_GUARD_BOTH_INT");            /* either operand */
    expect(trace, 4, 1, CODES, 45, "_CHECK_ATTR_MODULE");        /* a module with other keys */
    expect(trace, 5, 1, CODES, 45, "_CHECK_ATTR_MODULE");        /* the deopt of that miss */
    expect(trace, 6, 3, CODES, 44, "_CHECK_ATTR_MODULE");        /* ... and of none */
    expect(trace, 7, 1, CODES, 48, "_LOAD_ATTR_MODULE");         /* a module with these keys */
    expect(trace, 8, 1, CODES, 44, "_CHECK_ATTR_MODULE");
    gbx_trace_close(trace);
}

static void
put_edge(trace_writer *w, uint8_t event, uint8_t flags, uint32_t code)
{
    writer_edge(w, 1, event, flags, 3, code, 0x10);
}

static void
the_instruction_below_tells_who_pushed_a_frame(void **state)
{
    (void)state;
    trace_writer *w = begin(0);
    put_edge(w, GBX_EV_FRAME_PUSH, 0, 9);
    put_edge(w, GBX_EV_FRAME_PUSH, CALL_PY, 9);
    put_edge(w, GBX_EV_FRAME_PUSH, CALL, 9);
    put_spec(w, GBX_EV_SPEC_MISS, CALL_PY, CALL, 0, 0, 0, 0);
    put_edge(w, GBX_EV_FRAME_PUSH, CALL_PY, 9);                  /* so it ran the general form */
    put_edge(w, GBX_EV_FRAME_PUSH, ALLOC_INIT, GBX_CODE_INIT_SHIM);
    put_edge(w, GBX_EV_FRAME_PUSH, EXIT_INIT, 9);
    put_edge(w, GBX_EV_FRAME_PUSH, INSTRUMENTED_CALL, 9);
    gbx_trace *trace = test_open(w);
    expect(trace, 0, 1, "Python/ceval.c", 5, EVAL);
    expect(trace, 1, 1, CODES, 23, "_PUSH_FRAME");
    expect(trace, 2, 1, CODES, 19, "_CALL");
    assert_string_equal(emitter.lines[0].through, "DISPATCH_INLINED");
    expect(trace, 4, 1, CODES, 19, "_CALL");
    expect(trace, 5, 1, CODES, 29, "ALLOC_INIT");
    expect(trace, 6, 1, CODES, 30, "ALLOC_INIT");
    expect(trace, 7, 1, CODES, 19, "_CALL");
    gbx_trace_close(trace);

    w = begin(1u << GBX_CLASS_FRAME);            /* misses were not recorded: both forms can have */
    put_edge(w, GBX_EV_FRAME_PUSH, CALL_PY, 9);
    trace = test_open(w);
    expect(trace, 0, 2, CODES, 23, "_PUSH_FRAME");
    gbx_trace_close(trace);
}

static void
a_resumed_generator_was_linked_by_an_instruction_or_by_throw(void **state)
{
    (void)state;
    trace_writer *w = begin(0);
    put_edge(w, GBX_EV_FRAME_RESUME, 0, 9);
    put_edge(w, GBX_EV_FRAME_RESUME, FOR_ITER_GEN, 9);
    put_edge(w, GBX_EV_FRAME_RESUME, CALL_C, 9);
    put_edge(w, GBX_EV_FRAME_RESUME, CALL, 9);
    put_edge(w, GBX_EV_FRAME_SUSPEND, GBX_SUSPEND_THROW, 9);
    gbx_trace *trace = test_open(w);
    expect(trace, 0, 1, "Python/ceval.c", 5, EVAL);
    expect(trace, 1, 1, CODES, 23, "_PUSH_FRAME");
    expect(trace, 2, 1, "Objects/genobject.c", 4, "_gen_throw");
    expect(trace, 3, 1, "Objects/genobject.c", 4, "_gen_throw");
    expect(trace, 4, 1, "Objects/genobject.c", 5, "_gen_throw");
    gbx_trace_close(trace);
}

static void
a_return_may_be_an_instrumented_one_unless_all_was_seen(void **state)
{
    (void)state;
    trace_writer *w = begin(0);
    put_edge(w, GBX_EV_FRAME_PUSH, 0, 9);
    put_edge(w, GBX_EV_FRAME_POP, GBX_POP_RETURN, 9);
    put_edge(w, GBX_EV_FRAME_POP, GBX_POP_UNWIND, 9);
    put_spec(w, GBX_EV_SPEC_INSTRUMENT, CALL, CALL, 0, 0, 0, 0);
    put_edge(w, GBX_EV_FRAME_POP, GBX_POP_RETURN, 9);
    gbx_trace *trace = test_open(w);
    expect(trace, 1, 1, CODES, 40, "_POP_FRAME");
    expect(trace, 2, 1, "Python/ceval.c", 7, EVAL);
    expect(trace, 4, 2, CODES, 40, "_POP_FRAME");
    assert_string_equal(emitter.lines[1].function, "INSTRUMENTED_RETURN_VALUE");
    gbx_trace_close(trace);

    w = begin(0);
    put_edge(w, GBX_EV_FRAME_PUSH, 255, 9);      /* it began midway: the code may have been instrumented */
    put_edge(w, GBX_EV_FRAME_POP, GBX_POP_RETURN, 9);
    trace = test_open(w);
    expect(trace, 1, 2, CODES, 40, "_POP_FRAME");
    gbx_trace_close(trace);
}

static void
a_stage_tells_its_line_and_the_stage_around_it_its_caller(void **state)
{
    (void)state;
    trace_writer *w = begin(0);
    writer_stage(w, 1, GBX_EV_COMPILE_BEGIN, GBX_STAGE_PARSE, 1);         /* in no stage */
    writer_stage(w, 1, GBX_EV_COMPILE_END, GBX_STAGE_PARSE, 1);
    writer_stage(w, 1, GBX_EV_COMPILE_BEGIN, GBX_STAGE_RUN_FILE, 1);
    writer_stage(w, 1, GBX_EV_COMPILE_BEGIN, GBX_STAGE_PARSE, 1);
    writer_stage(w, 1, GBX_EV_COMPILE_END, GBX_STAGE_PARSE, 1);
    writer_stage(w, 1, GBX_EV_COMPILE_BEGIN, GBX_STAGE_EVAL, 1);          /* 5 */
    writer_stage(w, 1, GBX_EV_COMPILE_BEGIN, GBX_STAGE_PARSE, 1);
    writer_stage(w, 1, GBX_EV_COMPILE_END, GBX_STAGE_PARSE, 1);
    writer_stage(w, 1, GBX_EV_COMPILE_BEGIN, GBX_STAGE_COMPILE, 1);
    writer_stage(w, 1, GBX_EV_COMPILE_BEGIN, GBX_STAGE_AST_OPTIMIZE, 1);
    writer_stage(w, 1, GBX_EV_COMPILE_END, GBX_STAGE_AST_OPTIMIZE, 1);    /* 10 */
    gbx_compile_stage end = { .h = { .event = GBX_EV_COMPILE_END, .flags = GBX_STAGE_COMPILE }, .code = 9 };
    writer_record(w, 1, &end, sizeof(end));
    writer_mark(w, 1, 1, 0, 0);
    gbx_trace *trace = test_open(w);
    expect(trace, 0, 2, "Parser/peg_api.c", 9, "_PyParser_ASTFromString");
    expect(trace, 3, 1, "Parser/peg_api.c", 4, "_PyParser_ASTFromFile");
    expect(trace, 4, 1, "Parser/peg_api.c", 4, "_PyParser_ASTFromFile");
    expect(trace, 6, 1, "Parser/peg_api.c", 9, "_PyParser_ASTFromString");
    expect(trace, 7, 1, "Parser/peg_api.c", 9, "_PyParser_ASTFromString");
    expect(trace, 8, 1, "Python/compile.c", 10, "_PyAST_Compile");
    expect(trace, 9, 1, "Python/compile.c", 4, "compiler_setup");
    expect(trace, 10, 1, "Python/compile.c", 4, "compiler_setup");
    expect(trace, 11, 1, "Python/compile.c", 14, "_PyAST_Compile");
    expect(trace, 12, 1, "Modules/_glassbox.c", 4, "glassbox_mark");
    gbx_trace_close(trace);
}

/* Every event, with fields that no interpreter writes: an answer, or that there is none. */
static void
strange_events_are_answered_or_not(void **state)
{
    static const struct { uint8_t id; size_t size; } events[] = {
#define X(NAME, number, CLASS, text, record, timed) { number, sizeof(record) },
        GBX_EVENTS(X)
#undef X
    };
    unsigned seed = 99;
    size_t answered = 0;
    (void)state;
    trace_writer *w = begin(0);
    for (size_t i = 0; i < 40 * sizeof(events) / sizeof(events[0]); i++) {
        union {
            gbx_head head;
#define X(NAME, number, CLASS, text, record, timed) record of_##NAME;
            GBX_EVENTS(X)
#undef X
            uint8_t bytes[sizeof(gbx_buf_get)];        /* the largest */
        } record;
        _Static_assert(sizeof(record) == sizeof(record.bytes), "every byte is made up");
        for (size_t b = 0; b < sizeof(record.bytes); b++) {
            seed = seed * 1103515245u + 12345u;
            record.bytes[b] = (uint8_t)(seed >> ((i & 1) ? 16 : 30));     /* any, or small */
        }
        record.head.event = events[i % (sizeof(events) / sizeof(events[0]))].id;
        writer_record(w, 1 + (uint32_t)i % 3, &record, events[i % (sizeof(events) / sizeof(events[0]))].size);
    }
    gbx_trace *trace = test_open(w);
    assert_true(gbx_trace_count(trace) > 1000);
    for (size_t at = 0; at < gbx_trace_count(trace); at++) {
        int code = gbx_source_emitter(source, trace, at, &emitter, &error);
        assert_true(code == 0 ? emitter.count > 0 && emitter.lines[0].line > 0
                    : code == GBX_ERROR_MISSING && emitter.count == 0);
        answered += code == 0;
    }
    assert_true(answered > 100);
    gbx_trace_close(trace);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_family_tells_the_line_in_the_specializer),
        TEST(a_miss_names_the_guard_that_failed),
        TEST(the_instruction_below_tells_who_pushed_a_frame),
        TEST(a_resumed_generator_was_linked_by_an_instruction_or_by_throw),
        TEST(a_return_may_be_an_instrumented_one_unless_all_was_seen),
        TEST(a_stage_tells_its_line_and_the_stage_around_it_its_caller),
        TEST(strange_events_are_answered_or_not),
    };
    return cmocka_run_group_tests(tests, open_tree, close_tree);
}
