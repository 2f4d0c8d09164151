/* Glassbox names: what the ids in records stand for.

   Records hold small numbers; this file writes, once each, the definitions they refer to: code
   objects (when they are first met), strings, threads, and at the start the opcodes and the reasons
   why a specialization can fail.  A code object carries its id in four bytes that were padding; the
   id is unique in the process and never used again, so an address that is used again misleads
   nobody.  Nothing here may allocate, raise, or touch a refcount: text is read where it lies. */

#include "Python.h"
#include "pycore_glassbox_aio.h"   // _PyGlassbox_RoleNote()
#include "pycore_glassbox_recorder.h"
#include "pycore_code.h"           // _PyCode_CODE
#include "pycore_dict.h"           // DK_UNICODE_ENTRIES, inline values
#include "pycore_interp.h"         // PyInterpreterState
#include "pycore_opcode_metadata.h"// _PyOpcode_OpName
#include "pycore_object.h"         // _PyObject_InlineValues()
#include "pycore_pystate.h"        // _PyThreadState_GET()

#if Py_GLASSBOX

#include <errno.h>                 // program_invocation_short_name
#include <fcntl.h>                 // open()
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TEXT_LIMIT   1024          // bytes kept of a name
#define TABLE_LIMIT  (256u * 1024) // bytes kept of a location table

/* Ids go on across recordings: an id below the recording's first was given in an earlier one, so
   its code object is defined anew.  Atomic: in the free-threaded build two threads may meet a new
   code object at once. */
static uint32_t next_code_id = GBX_FIRST_CODE_ID;
static uint32_t next_string_id = 1;
static uint32_t next_type_id = 1;

/* Strings already defined in this recording, by 64-bit hash; under its own lock bit.  A full table
   only means that a text is defined twice. */
#define INTERN_SLOTS 4096
static struct { uint64_t hash; uint32_t id; uint32_t length; } interned[INTERN_SLOTS];
static char intern_lock;

static void
lock_strings(void)
{
    while (__atomic_test_and_set(&intern_lock, __ATOMIC_ACQUIRE)) {
        /* held for a probe of a small table and the writing of one definition */
    }
}

static void
unlock_strings(void)
{
    __atomic_clear(&intern_lock, __ATOMIC_RELEASE);
}

/* Under the lock: a thread that is still defining a string for the recording before must have put
   it into the table before the table is cleared, or this recording would believe it defined. */
void
_PyGlassbox_NamesReset(void)
{
    _PyGlassbox_recorder.first_code_id = __atomic_load_n(&next_code_id, __ATOMIC_RELAXED);
    _PyGlassbox_recorder.first_type_id = __atomic_load_n(&next_type_id, __ATOMIC_RELAXED);
    lock_strings();
    memset(interned, 0, sizeof(interned));
    unlock_strings();
    _PyGlassbox_ImagesReset();
    _PyGlassbox_RolesReset();
}

/* In the child of a fork the thread that held the lock may be gone. */
void
_PyGlassbox_NamesForget(void)
{
    unlock_strings();
}

/* ------------------------------------------------------------------ strings */

static size_t
put_utf8(char *to, size_t room, Py_UCS4 c)
{
    unsigned char bytes[4];
    size_t n = 0;
    if (c < 0x80) {
        bytes[n++] = (unsigned char)c;
    }
    else if (c < 0x800) {
        bytes[n++] = (unsigned char)(0xc0 | c >> 6);
        bytes[n++] = (unsigned char)(0x80 | (c & 0x3f));
    }
    else if (c >= 0xd800 && c < 0xe000) {  /* a lone surrogate has no UTF-8: U+FFFD */
        return put_utf8(to, room, 0xfffd);
    }
    else if (c < 0x10000) {
        bytes[n++] = (unsigned char)(0xe0 | c >> 12);
        bytes[n++] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
        bytes[n++] = (unsigned char)(0x80 | (c & 0x3f));
    }
    else {
        bytes[n++] = (unsigned char)(0xf0 | c >> 18);
        bytes[n++] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
        bytes[n++] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
        bytes[n++] = (unsigned char)(0x80 | (c & 0x3f));
    }
    if (n > room) {
        return 0;
    }
    memcpy(to, bytes, n);
    return n;
}

/* At most `room` bytes of UTF-8; whole characters. */
static uint32_t
copy_utf8(char *to, size_t room, PyObject *text)
{
    if (text == NULL || !PyUnicode_Check(text)) {
        return 0;
    }
    size_t used = 0;
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    for (Py_ssize_t i = 0; i < length; i++) {
        size_t n = put_utf8(to + used, room - used, PyUnicode_READ(kind, data, i));
        if (n == 0) {
            break;
        }
        used += n;
    }
    return (uint32_t)used;
}

static uint64_t
hash_bytes(const char *text, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);      /* FNV-1a */
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

uint32_t
_PyGlassbox_InternBytes(const char *text, size_t length)
{
    uint64_t hash = hash_bytes(text, length);
    uint32_t id = 0;
    lock_strings();
    size_t slot = hash % INTERN_SLOTS;
    for (size_t probe = 0; probe < 16; probe++, slot = (slot + 1) % INTERN_SLOTS) {
        if (interned[slot].id == 0 || (interned[slot].hash == hash &&
                                       interned[slot].length == (uint32_t)length)) {
            id = interned[slot].id;
            break;
        }
    }
    if (id == 0) {
        id = next_string_id++;
        gbx_part part = { text, (uint32_t)length };
        if (!_PyGlassbox_Define(GBX_NAME_STRING, id, &part, 1)) {
            id = 0;
        }
        else if (interned[slot].id == 0) {
            interned[slot].hash = hash;
            interned[slot].length = (uint32_t)length;
            interned[slot].id = id;
        }
    }
    unlock_strings();
    return id;
}

uint32_t
_PyGlassbox_InternUnicode(PyObject *text)
{
    char bytes[TEXT_LIMIT];
    uint32_t length = copy_utf8(bytes, sizeof(bytes), text);
    return _PyGlassbox_InternBytes(bytes, length);
}

/* ------------------------------------------------------------- code objects */

static bool
define_code(uint32_t id, PyCodeObject *code)
{
    char name[TEXT_LIMIT], path[TEXT_LIMIT];
    PyThreadState *tstate = _PyThreadState_GET();
    gbx_name_code entry = {
        .first_line = (uint32_t)code->co_firstlineno,
        .units = (uint32_t)Py_SIZE(code),
        .co_flags = (uint32_t)code->co_flags,
        .interp = tstate == NULL ? 0 : (uint32_t)PyInterpreterState_GetID(tstate->interp),
        .name_length = copy_utf8(name, sizeof(name), code->co_qualname),
        .file_length = copy_utf8(path, sizeof(path), code->co_filename),
        .nlocals = (uint32_t)code->co_nlocals,
        .address = (uint64_t)(uintptr_t)code,
    };
    const char *table = "";
    if (code->co_linetable != NULL && PyBytes_Check(code->co_linetable)) {
        Py_ssize_t size = PyBytes_GET_SIZE(code->co_linetable);
        table = PyBytes_AS_STRING(code->co_linetable);
        entry.table_length = size > TABLE_LIMIT ? TABLE_LIMIT : (uint32_t)size;
    }
    gbx_part parts[] = {
        { &entry, sizeof(entry) }, { name, entry.name_length }, { path, entry.file_length },
        { table, entry.table_length },
    };
    return _PyGlassbox_Define(GBX_NAME_CODE, id, parts, 4);
}

/* Give a code object its id, and define it.  Where two threads race, both write a definition and
   one id wins; the other is never used. */
uint32_t
_PyGlassbox_CodeIdSlow(PyCodeObject *code)
{
    uint32_t old = __atomic_load_n(&code->_co_glassbox_id, __ATOMIC_ACQUIRE);
    if (old == GBX_CODE_INIT_SHIM) {
        return old;                        /* lives in read-only memory, defined at the start */
    }
    if (old >= _PyGlassbox_recorder.first_code_id) {
        return old;
    }
    uint32_t id = __atomic_fetch_add(&next_code_id, 1, __ATOMIC_RELAXED);
    if (!define_code(id, code)) {
        return 0;
    }
    _PyGlassbox_RoleNote(id, code);
    if (!__atomic_compare_exchange_n(&code->_co_glassbox_id, &old, id, false,
                                     __ATOMIC_RELEASE, __ATOMIC_ACQUIRE)) {
        return old;
    }
    return id;
}

/* ------------------------------------------------- types and watched objects */

/* As for code objects; a type's name is read where it lies, and may be cut. */
uint32_t
_PyGlassbox_TypeIdSlow(PyTypeObject *type)
{
    uint32_t old = __atomic_load_n(&type->_tp_glassbox_id, __ATOMIC_ACQUIRE);
    if (old >= _PyGlassbox_recorder.first_type_id) {
        return old;
    }
    uint32_t id = __atomic_fetch_add(&next_type_id, 1, __ATOMIC_RELAXED);
    gbx_name_type entry = {
        .basic_size = (uint64_t)type->tp_basicsize, .item_size = (uint64_t)type->tp_itemsize,
        .tp_flags = type->tp_flags, .address = (uint64_t)(uintptr_t)type,
    };
    const char *name = type->tp_name == NULL ? "" : type->tp_name;
    gbx_part parts[] = {
        { &entry, sizeof(entry) }, { name, (uint32_t)strnlen(name, TEXT_LIMIT) },
    };
    if (!_PyGlassbox_Define(GBX_NAME_TYPE, id, parts, 2)) {
        return 0;
    }
    if (!__atomic_compare_exchange_n(&type->_tp_glassbox_id, &old, id, false,
                                     __ATOMIC_RELEASE, __ATOMIC_ACQUIRE)) {
        return old;
    }
    return id;
}

bool
_PyGlassbox_DefineWatch(uint32_t id, uint32_t type, PyObject *op, PyObject *name)
{
    char text[TEXT_LIMIT];
    gbx_name_watch entry = { .address = (uint64_t)(uintptr_t)op, .type = type };
    gbx_part parts[] = {
        { &entry, sizeof(entry) }, { text, copy_utf8(text, sizeof(text), name) },
    };
    return _PyGlassbox_Define(GBX_NAME_WATCH, id, parts, 2);
}

/* ------------------------------------------------------------------ threads */

static bool
copy_name(PyObject *text, char *name)
{
    if (text == NULL || !PyUnicode_CheckExact(text)) {
        return false;
    }
    name[copy_utf8(name, GBX_THREAD_NAME_SIZE - 1, text)] = '\0';
    return true;
}

/* Where `keys` holds the string `_name`; -1: nowhere.  The keys are compared one by one, since no
   string object of that text is at hand for a lookup. */
static Py_ssize_t
index_of_name(PyDictKeysObject *keys)
{
    if (keys == NULL || !DK_IS_UNICODE(keys)) {
        return -1;
    }
    Py_ssize_t count = __atomic_load_n(&keys->dk_nentries, __ATOMIC_ACQUIRE);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *key = __atomic_load_n(&DK_UNICODE_ENTRIES(keys)[i].me_key, __ATOMIC_ACQUIRE);
        if (key != NULL && _PyUnicode_EqualToASCIIString(key, "_name")) {
            return i;
        }
    }
    return -1;
}

static void
read_inline_name(PyObject *self, char *name)
{
    PyDictValues *values = _PyObject_InlineValues(self);
    Py_ssize_t i = index_of_name(((PyHeapTypeObject *)Py_TYPE(self))->ht_cached_keys);
    if (i < 0) {
        return;
    }
#ifdef Py_GIL_DISABLED
    /* Somebody may be renaming the thread at this instant: hold the old name while it is copied. */
    PyObject *text = _Py_atomic_load_ptr(&values->values[i]);
    if (text != NULL && _Py_TryIncrefCompare(&values->values[i], text)) {
        copy_name(text, name);
        Py_DECREF(text);
    }
#else
    copy_name(values->values[i], name);
#endif
}

/* The `_name` of the Thread object whose _bootstrap() a new thread is about to call; empty for any
   other function.  The object's storage is read as it lies: no attribute is looked up, no Python
   code runs.  In the free-threaded build an object that has left its inline values is passed over:
   its dict could not be read without a lock. */
void
_PyGlassbox_ThreadNameRead(PyObject *function, char *name)
{
    name[0] = '\0';
    if (!PyMethod_Check(function) || !PyFunction_Check(PyMethod_GET_FUNCTION(function))) {
        return;
    }
    PyObject *self = PyMethod_GET_SELF(function);
    PyObject *called = ((PyFunctionObject *)PyMethod_GET_FUNCTION(function))->func_qualname;
    if (!_PyUnicode_EqualToASCIIString(called, "Thread._bootstrap") ||
        !(Py_TYPE(self)->tp_flags & Py_TPFLAGS_MANAGED_DICT)) {
        return;
    }
    if ((Py_TYPE(self)->tp_flags & Py_TPFLAGS_INLINE_VALUES) &&
        __atomic_load_n(&_PyObject_InlineValues(self)->valid, __ATOMIC_ACQUIRE)) {
        read_inline_name(self, name);
        return;
    }
#ifndef Py_GIL_DISABLED
    PyDictObject *dict = _PyObject_GetManagedDict(self);
    Py_ssize_t i = dict == NULL || dict->ma_values != NULL ? -1 : index_of_name(dict->ma_keys);
    if (i >= 0) {
        copy_name(DK_UNICODE_ENTRIES(dict->ma_keys)[i].me_value, name);
    }
#endif
}

void
_PyGlassbox_ThreadNameTake(const char *name)
{
    memcpy(_PyGlassbox_stream.name, name, GBX_THREAD_NAME_SIZE);
}

/* What the thread is called: by threading, else by the system, where somebody has given it a name
   other than the program's, which every thread inherits. */
static void
name_thread(const gbx_name_thread *entry, char *name)
{
    if (_PyGlassbox_stream.name[0] != '\0') {
        memcpy(name, _PyGlassbox_stream.name, GBX_THREAD_NAME_SIZE);
    }
    else if (entry->native_id == (uint64_t)getpid()) {
        memcpy(name, "MainThread", sizeof("MainThread"));
    }
    else {
        char system[16] = "";
        (void)prctl(PR_GET_NAME, system);
        if (strncmp(system, program_invocation_short_name, sizeof(system) - 1) != 0) {
            memcpy(name, system, sizeof(system));
        }
    }
}

void
_PyGlassbox_DefineThread(uint32_t id)
{
    char name[GBX_THREAD_NAME_SIZE] = "";
    gbx_name_thread entry = {
        .native_id = (uint64_t)syscall(SYS_gettid),
        .ident = (uint64_t)PyThread_get_thread_ident(),
    };
    name_thread(&entry, name);
    gbx_part parts[] = { { &entry, sizeof(entry) }, { name, (uint32_t)strlen(name) } };
    _PyGlassbox_Define(GBX_NAME_THREAD, id, parts, 2);
}

/* --------------------------------------------------------- what never changes */

static void
define_text(int kind, uint32_t id, const char *text)
{
    gbx_part part = { text, (uint32_t)strlen(text) };
    _PyGlassbox_Define(kind, id, &part, 1);
}

static void
define_meta(const char *key, const char *value)
{
    gbx_part parts[] = {
        { key, (uint32_t)strlen(key) }, { "=", 1 }, { value, (uint32_t)strlen(value) },
    };
    _PyGlassbox_Define(GBX_NAME_META, 0, parts, 3);
}

/* The command line, as the kernel has it: the interpreter may not have read its own yet. */
static void
define_program(void)
{
    char line[TEXT_LIMIT + 1];
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, line, TEXT_LIMIT);
    if (fd >= 0) {
        close(fd);
    }
    if (length <= 0) {
        return;
    }
    for (ssize_t i = 0; i < length; i++) {
        line[i] = line[i] == '\0' ? ' ' : line[i];
    }
    line[line[length - 1] == ' ' ? length - 1 : length] = '\0';
    define_meta("program", line);
}

extern void _PyGlassbox_DefineReasons(void (*define)(int kind, uint32_t id, const char *text));
extern const struct _PyCode_DEF(8) _Py_InitCleanup;

void
_PyGlassbox_NamesDefineStatic(void)
{
    for (uint32_t opcode = 0; opcode < 256; opcode++) {
        if (_PyOpcode_OpName[opcode] != NULL) {
            define_text(GBX_NAME_OPCODE, opcode, _PyOpcode_OpName[opcode]);
        }
    }
    _PyGlassbox_DefineReasons(define_text);
    define_program();
    define_meta("version", Py_GetVersion());
    define_meta("platform", Py_GetPlatform());
    gbx_name_code shim = { .first_line = 0, .units = 3, .file_length = 9 };
    gbx_part parts[] = { { &shim, sizeof(shim) }, { "<inlined __init__>", 0 }, { "<builtin>", 9 } };
    parts[1].length = shim.name_length = (uint32_t)strlen("<inlined __init__>");
    _PyGlassbox_Define(GBX_NAME_CODE, GBX_CODE_INIT_SHIM, parts, 3);
}

#endif /* Py_GLASSBOX */
