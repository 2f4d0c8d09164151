/* Emitters in the tree that was built: every event that the real interpreters record has a line there,
   the line uses the hook that it is said to use, and no event of the format is left out of the walk. */

#include "trace_test.h"

#include "driver.h"
#include "source.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHECKOUT "cpython/src/glassbox"
#define EACH     500             /* events of a kind to look at in a run */

static gbx_error error;
static gbx_emitter emitter;
static size_t seen[256];         /* in any run */

static const char program[] =
    "import asyncio, gc, sys, threading, time, weakref, glassbox, os, importlib\n"
    "class A:\n"
    "    def __init__(self): self.x = 1\n"
    "class B: __slots__ = ('y',)\n"
    "class C:\n"
    "    def __getattr__(self, name): return 1\n"
    "def gen(n):\n"
    "    try:\n"
    "        for i in range(n): yield i\n"
    "    except ValueError: pass\n"
    "def outer(n): yield from gen(n)\n"
    "def f(a, b): return a + b\n"
    "def deep(n): return n and deep(n - 1)\n"
    "for i in range(60): A(); f(i, 2); list(outer(3))\n"
    "for i in range(60): f('a', 'b'); f(1.5, 2); C().y\n"
    "deep(900)\n"
    "g = outer(3); next(g)\n"
    "try: g.throw(ValueError)\n"
    "except StopIteration: pass\n"
    "try: f(1)\n"
    "except TypeError: frame = sys._getframe()\n"
    "def kept(): return sys._getframe()\n"
    "kept = kept(); del kept\n"
    "exec(compile('y = 1', 'name', 'exec')); importlib.reload(weakref)\n"
    "with glassbox.span('s'): pass\n"
    "o = A(); glassbox.watch(o, 'o'); many = [o] * 5; del many; w = weakref.ref(o)\n"
    "def other():\n"
    "    x = w(); y = [o] * 3; z = o; del x, y, z; hands.pop()\n"
    "hands = [o]\n"
    "t = threading.Thread(target=other); t.start(); t.join(); del o\n"
    "mine = []\n"
    "def maker():\n"
    "    it = A(); glassbox.watch(it, 'it'); mine.append(it); ready.set(); wait.wait()\n"
    "    for i in range(300): pass\n"
    "ready, wait = threading.Event(), threading.Event()\n"
    "t = threading.Thread(target=maker); t.start(); ready.wait(); mine.pop(); wait.set(); t.join()\n"
    "def leaver(): mine.append(A()); glassbox.watch(mine[0], 'left')\n"
    "t = threading.Thread(target=leaver); t.start(); t.join(); mine.clear()\n"
    "gone = A(); glassbox.watch(gone, 'gone'); glassbox.unwatch(gone)\n"
    "n = None; glassbox.watch(n, 'n'); m = [n, n]; del m\n"
    "class D:\n"
    "    def __del__(self): saved.append(self)\n"
    "saved = []\n"
    "d = D(); glassbox.watch(d, 'd'); del d\n"
    "s = ''.join(['an', 'other', ' string']); glassbox.watch(s, 's'); sys.intern(s); del s\n"
    "x = A(); x.x = x; glassbox.watch(x, 'x'); del x; gc.collect(); gc.get_count()\n"
    "many = [bytes(400) for i in range(6000)]; del many\n"
    "many = [[] for i in range(30000)]; del many\n"
    "big = bytearray(1000); big.extend(b'x' * 5000); big.extend(b'x' * 100000); del big\n"
    "long = bytearray(1 << 26); del long\n"
    "shared = {i: i for i in range(9)}\n"
    "def reads():\n"
    "    for i in range(2000): len(shared); shared.get(i)\n"
    "def writes():\n"
    "    for i in range(2000): shared[i] = o2\n"
    "o2 = A(); glassbox.watch(o2, 'o2')\n"
    "def meets():\n"
    "    for i in range(20000): x = o2\n"
    "ts = [threading.Thread(target=k) for k in (reads, writes, reads, meets, meets, meets)]\n"
    "for t in ts: t.start()\n"
    "for t in ts: t.join()\n"
    "for i in range(20): threading.Thread(target=lambda: saved.append([[] for j in range(200)])).start()\n"
    "saved.clear(); gc.collect()\n"
    "async def ag(): yield 1\n"
    "async def main():\n"
    "    async for i in ag(): pass\n"
    "asyncio.run(main())\n"
    "async def nap(): await asyncio.sleep(1)\n"
    "async def more():\n"
    "    loop = asyncio.get_running_loop()\n"
    "    for make in asyncio.tasks._CTask, asyncio.tasks._PyTask:\n"
    "        t = make(nap(), loop=loop); await asyncio.sleep(0); t.cancel()\n"
    "        try: await t\n"
    "        except asyncio.CancelledError: pass\n"
    "        t = make(nap(), loop=loop, eager_start=True); t.cancel(); t.uncancel()\n"
    "        try: await t\n"
    "        except asyncio.CancelledError: pass\n"
    "    for future in asyncio.futures._CFuture(), asyncio.futures._PyFuture():\n"
    "        future.add_done_callback(id); future.set_result(1); future.add_done_callback(id)\n"
    "    loop.call_soon_threadsafe(id, 1); await asyncio.sleep(0.001)\n"
    "asyncio.run(more())\n"
    "glassbox.mark('m', 1)\n"
    "pid = os.fork()\n"
    "if pid == 0: os._exit(0)\n"
    "os.waitpid(pid, 0)\n"
    "sys.setprofile(lambda *a: None); f(1, 2); sys.setprofile(None); f(1, 2)\n"
    "sys.settrace(lambda *a: None); f(1, 2); sys.settrace(None); f(1, 2)\n"
    "import array, codecs, ctypes, io, mmap, pickle\n"
    "def refused(what, *args):\n"
    "    try: what(*args)\n"
    "    except Exception: pass\n"
    "class Lends:\n"
    "    def __buffer__(self, flags): return memoryview(bytearray(4))\n"
    "    def __release_buffer__(self, view): view.release()\n"
    "class Derived(bytearray):\n"
    "    def __release_buffer__(self, view): pass\n"
    "class Raw(io.RawIOBase):\n"
    "    def readable(self): return True\n"
    "    def readinto(self, view): return 0\n"
    "ba = bytearray(24); mv = memoryview(ba); views = [mv[::2], mv.cast('H'), mv.toreadonly(), memoryview(mv)]\n"
    "refused(ba.append, 1); refused(mv.cast, 'x'); refused(memoryview, 3); refused(io.BytesIO().readinto, b'x')\n"
    "refused(io.BytesIO().write, mv[::2]); refused(Derived(3).__buffer__, 0x200)\n"
    "pb = pickle.PickleBuffer(mv); refused(mv.release); memoryview(pb).release(); refused(pickle.PickleBuffer(mv[::2]).raw)\n"
    "for lender in (Lends(), Derived(4)): memoryview(lender).release()\n"
    "bytearray(b',').join([b'a', ba]); codecs.readbuffer_encode('text'); memoryview(ba.__buffer__(0)).release()\n"
    "for held, what in ((array.array('i', [1]), 'append'), (mmap.mmap(-1, 4096), 'resize')):\n"
    "    with memoryview(held): refused(getattr(held, what), 1)\n"
    "bio = io.BytesIO(b'abc'); got = bio.getbuffer(); refused(bio.close); got.release()\n"
    "io.BufferedReader(Raw()).read1(3)\n"
    "track, untrack = ctypes.pythonapi.PyTraceMalloc_Track, ctypes.pythonapi.PyTraceMalloc_Untrack\n"
    "track(7, ctypes.c_void_p(4096), ctypes.c_size_t(8)); untrack(7, ctypes.c_void_p(4096))\n"
    "old = ctypes.pythonapi.PyObject_CheckReadBuffer; old(ctypes.py_object(ba))\n"
    "def spins():\n"                  /* two of them have to hand the lock to each other */
    "    end = time.monotonic() + 0.05\n"
    "    while time.monotonic() < end: pass\n"
    "ts = [threading.Thread(target=spins) for i in range(2)]\n"
    "for t in ts: t.start()\n"
    "for t in ts: t.join()\n"
    "def sleeper():\n"
    "    while True: time.sleep(0.0005)\n"
    "for i in range(3): threading.Thread(target=sleeper, daemon=True).start()\n"
    "class Last:\n"                   /* while the modules end, they wake, and have to give up */
    "    def __del__(self): sum(range(3000000))\n"
    "last = Last()\n";

/* A recording that begins in the middle is told what is there. */
static const char late[] =
    "import glassbox, sys\n"
    "lists = [[] for i in range(99)]; del lists; d = 1.5 * len(sys.argv)\n"
    "glassbox.start(sys.argv[1] + ':events=all')\n"
    "glassbox.select('mark'); glassbox.select('mark+frame'); glassbox.mark('m', 1)\n"
    "glassbox.stop()\n";

/* The line that is named uses the macro that it is said to use. */
static void
assert_line_has_its_hook(gbx_source *tree, size_t at)
{
    char text[200];
    for (size_t i = 0; i < emitter.count && i < GBX_EMITTER_LINES; i++) {
        const gbx_emitter_line *line = &emitter.lines[i];
        const char *word = line->through == NULL ? line->hook : line->through;
        assert_true(gbx_source_line_text(tree, line->file, line->line, text, sizeof(text)));
        bool is_guard = strcmp(word, "DEOPT_IF") == 0 && strstr(text, "EXIT_IF(") != NULL;
        if (!is_guard && strstr(text, word) == NULL) {
            fail_msg("event %zu: '%s' is not in %s:%d", at, word, line->file, line->line);
        }
    }
}

/* What some events' first line must be, whatever else can have emitted them. */
static void
assert_function(const gbx_trace *trace, size_t at, bool halves)
{
    static const struct { uint8_t event; const char *function; size_t most; } expected[] = {
        { GBX_EV_OBJ_CREATE, "new_reference", 1 }, { GBX_EV_OBJ_DESTROY, "_Py_Dealloc", 5 },
        { GBX_EV_ARENA_NEW, "new_arena", 1 }, { GBX_EV_POOL_EMPTY, "pymalloc_free", 1 },
        { GBX_EV_LARGE_FREE, "_PyMem_RawFree", 1 }, { GBX_EV_FREE_DELAYED, "free_delayed", 1 },
        { GBX_EV_FREELIST_HIT, NULL, 1 }, { GBX_EV_HEAP_PAGE_NEW, "mi_page_init", 1 },
        { GBX_EV_REF_OWNER, "_PyGlassbox_RefOwner", 1 }, { GBX_EV_BLOCK_ALLOC, NULL, 3 },
        { GBX_EV_REF_INC, NULL, 5 }, { GBX_EV_REF_QUEUE, "_Py_DecRefSharedIsDead", 1 },
        { GBX_EV_BUF_GET, NULL, 1 }, { GBX_EV_BUF_RELEASE, NULL, 1 }, { GBX_EV_BUF_REFUSED, NULL, 2 },
        { GBX_EV_BUF_AXIS, "record_axes", 1 }, { GBX_EV_BUF_ERROR, NULL, 3 }, { GBX_EV_BUF_PIN, "bytearray_join", 1 },
        { GBX_EV_VIEW_NEW, NULL, 2 }, { GBX_EV_VIEW_LAYOUT, NULL, 1 }, { GBX_EV_VIEW_RELEASE, "_memory_release", 1 },
        { GBX_EV_BUF_PYTHON_GET, "slot_bf_getbuffer", 1 },
        { GBX_EV_BUF_PYTHON_RELEASE, "releasebuffer_call_python", 1 },
        { GBX_EV_MEMORY_NEW, "PyTraceMalloc_Track", 1 }, { GBX_EV_MEMORY_FREE, "PyTraceMalloc_Untrack", 1 },
    };
    const gbx_emitter_line *line = &emitter.lines[0];
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        if (expected[i].event != gbx_trace_event(trace, at)) {
            continue;
        }
        if (expected[i].function != NULL && strcmp(line->function, expected[i].function) != 0) {
            fail_msg("event %zu: in '%s', not '%s'", at, line->function, expected[i].function);
        }
        if (emitter.count > expected[i].most) {
            fail_msg("event %zu, %s: %zu lines", at, gbx_event_name(gbx_trace_event(trace, at)), emitter.count);
        }
    }
    if (gbx_trace_event(trace, at) == GBX_EV_BLOCK_ALLOC) {
        assert_string_equal(line->hook, halves ? "GLASSBOX_HEAP_BLOCK_ALLOC" : "GLASSBOX_BLOCK_ALLOC");
    }
}

/* A failure's line is the one that notes the reason, and not the one where all failures meet. */
static void
assert_reason(const gbx_trace *trace, size_t at)
{
    const gbx_spec *spec = (const gbx_spec *)(const void *)gbx_trace_record(trace, at);
    if (spec->reason != 0) {
        assert_string_equal(emitter.lines[0].through, "SPECIALIZATION_FAIL");
    }
}

static void
walk(gbx_source *tree, const char *path)
{
    gbx_trace *trace = NULL;
    size_t without = 0, here[256] = { 0 };
    assert_int_equal(gbx_trace_open(&trace, path, NULL, &error), 0);
    bool halves = (gbx_trace_process(trace, 0)->header->build & GBX_BUILD_FREE_THREADED) != 0;
    for (size_t at = 0; at < gbx_trace_count(trace); at++) {
        uint8_t event = gbx_trace_event(trace, at);
        seen[event]++;
        if (here[event]++ > EACH) {
            continue;            /* enough of these */
        }
        if (gbx_source_emitter(tree, trace, at, &emitter, &error) != 0) {
            print_error("event %zu: %s, flags %u\n", at, error.message, gbx_trace_record(trace, at)->flags);
            without++;
            continue;
        }
        assert_line_has_its_hook(tree, at);
        assert_function(trace, at, halves);
        if (event == GBX_EV_SPEC_FAIL) {
            assert_reason(trace, at);
        }
    }
    assert_int_equal(without, 0);
    gbx_trace_close(trace);
}

static void
record(const char *python, const char *name, const char *code)
{
    char setting[600];
    const char *path = test_path(name);
    bool from_outside = code == program;
    gbx_driver_result result;
    gbx_source *tree = NULL;
    if (access(python, X_OK) != 0 || gbx_source_open(&tree, CHECKOUT, &error) != 0) {
        print_message("cannot run here: '%s' or '%s' is not there\n", python, CHECKOUT);
        skip();
    }
    snprintf(setting, sizeof(setting), "PYTHONGLASSBOX=%s:events=all+alloc:churn=yes", path);
    gbx_driver_options options = {
        .argv = (const char *const []){ python, "-W", "ignore", "-c", code, path, NULL },
        .clean_environment = true,
        .environment = (const char *const []){ from_outside ? setting : "LC_ALL=C", NULL },
        .timeout_ms = 60000,
    };
    assert_int_equal(gbx_driver_run(&options, &result, &error), 0);
    if (!gbx_driver_succeeded(&result, 0)) {
        fail_msg("the program failed: %s", result.err);
    }
    gbx_driver_result_clear(&result);
    walk(tree, path);
    gbx_source_close(tree);
}

static void
every_event_of_the_default_build_has_a_line_in_its_tree(void **state)
{
    (void)state;
    record("cpython/build/gil/python", "real.gbx", program);
    assert_true(seen[GBX_EV_SPEC_MISS] > 0 && seen[GBX_EV_SPEC_INSTRUMENT] > 0 && seen[GBX_EV_MARK] > 0);
    assert_true(seen[GBX_EV_FRAME_RESUME] > 0 && seen[GBX_EV_FRAME_DISCARD] > 0);
}

static void
every_event_of_a_recording_that_begins_late_has_one(void **state)
{
    (void)state;
    record("cpython/build/gil/python", "late.gbx", late);
    assert_true(seen[GBX_EV_FREELIST_FOUND] > 0 && seen[GBX_EV_POOL_FOUND] > 0);
}

static void
every_event_of_the_free_threaded_build_has_one(void **state)
{
    (void)state;
    record("cpython/build/ft/python", "free.gbx", program);
    assert_true(seen[GBX_EV_REF_QUEUE] > 0 && seen[GBX_EV_REF_MERGE] > 0);
}

static void
every_event_of_a_late_recording_of_the_free_threaded_build_has_one(void **state)
{
    (void)state;
    record("cpython/build/ft/python", "late-free.gbx", late);
    assert_true(seen[GBX_EV_BLOCK_FOUND] > 0 && seen[GBX_EV_HEAP_PAGE_FOUND] > 0 && seen[GBX_EV_OBJ_FOUND] > 0);
}

/* Those that only happen when something is missing, or by chance. */
static bool
is_rare(uint8_t event)
{
    static const uint8_t rare[] = {
        GBX_EV_STREAM_TIME,              /* the reader takes it, and hands it to nobody */
        GBX_EV_STREAM_LOST,              /* a full disk */
        GBX_EV_STREAM_INTERP,            /* a second interpreter */
        GBX_EV_OBJ_CREATE_PACKED, GBX_EV_OBJ_DESTROY_PACKED, GBX_EV_BLOCK_ALLOC_PACKED,    /* unpacked */
        GBX_EV_REF_RETRY,                /* two threads at the same instant */
        GBX_EV_HEAP_PAGE_ABANDON, GBX_EV_HEAP_PAGE_RECLAIM, GBX_EV_HEAP_SEGMENT_FREE,
        GBX_EV_HEAP_SEGMENT_ABANDON, GBX_EV_HEAP_SEGMENT_RECLAIM,
    };
    for (size_t i = 0; i < sizeof(rare); i++) {
        if (rare[i] == event) {
            return true;
        }
    }
    return false;
}

static void
no_event_of_the_format_was_left_out(void **state)
{
    size_t missing = 0;
    (void)state;
    if (seen[GBX_EV_FRAME_PUSH] == 0 || seen[GBX_EV_REF_OWNER] == 0) {
        print_message("cannot run here: not both builds were looked at\n");
        skip();
    }
#define X(NAME, id, CLASS, text, record, timed) \
    if (seen[id] == 0 && !is_rare(id)) { \
        print_error("%s was not seen\n", text); \
        missing++; \
    }
    GBX_EVENTS(X)
#undef X
    assert_int_equal(missing, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_event_of_the_default_build_has_a_line_in_its_tree),
        TEST(every_event_of_a_recording_that_begins_late_has_one),
        TEST(every_event_of_the_free_threaded_build_has_one),
        TEST(every_event_of_a_late_recording_of_the_free_threaded_build_has_one),
        TEST(no_event_of_the_format_was_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
