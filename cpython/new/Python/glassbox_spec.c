/* Glassbox hooks of class spec: how a site specializes, and why it stops being what it was.

   The hooks of an attempt stand in Python/specialize.c and read the instruction before and after.
   A miss stands in DEOPT_IF (its record is made at the landing that this jumps to), which does not
   say which of a form's guards failed: describe_*() looks at what the guards look at, once more, and
   names the first that does not hold.  The rules for hooks (glassbox_hooks.c) hold here too. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_glassbox_where.h" // running_code()
#include "pycore_dict.h"           // dk_version
#include "pycore_interp.h"         // PyInterpreterState
#include "pycore_moduleobject.h"   // PyModuleObject
#include "pycore_opcode_metadata.h"// _PyOpcode_Deopt
#include "pycore_pystate.h"        // _PyThreadState_GET()

#if Py_GLASSBOX

/* The inline cache of an instruction begins with its adaptive counter. */
static inline uint16_t
counter_of(const _Py_CODEUNIT *instr)
{
    return instr[1].counter.as_counter;
}

/* Where an opcode's inline cache keeps the version that its guard compares: in code units after the
   instruction; 0: it keeps none. */
static int
version_slot(uint8_t opcode)
{
    switch (opcode) {
        case LOAD_ATTR_INSTANCE_VALUE: case LOAD_ATTR_MODULE: case LOAD_ATTR_WITH_HINT:
        case LOAD_ATTR_SLOT: case LOAD_ATTR_CLASS: case LOAD_ATTR_PROPERTY:
        case LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN: case LOAD_ATTR_METHOD_WITH_VALUES:
        case LOAD_ATTR_METHOD_NO_DICT: case LOAD_ATTR_METHOD_LAZY_DICT:
        case LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES: case LOAD_ATTR_NONDESCRIPTOR_NO_DICT:
        case STORE_ATTR_INSTANCE_VALUE: case STORE_ATTR_SLOT: case STORE_ATTR_WITH_HINT:
        case CALL_PY_EXACT_ARGS: case CALL_PY_GENERAL: case CALL_BOUND_METHOD_EXACT_ARGS:
        case CALL_BOUND_METHOD_GENERAL: case CALL_ALLOC_AND_ENTER_INIT: case TO_BOOL_ALWAYS_TRUE:
            return 2;
        default:
            return 0;
    }
}

static uint32_t
cached_version(const _Py_CODEUNIT *instr, uint8_t opcode)
{
    if (opcode == LOAD_GLOBAL_MODULE || opcode == LOAD_GLOBAL_BUILTIN) {
        return ((const _PyLoadGlobalCache *)(instr + 1))->module_keys_version;
    }
    int slot = version_slot(opcode);
    return slot == 0 ? 0 : read_u32((uint16_t *)(uintptr_t)&instr[slot].cache);
}

static gbx_spec *
begin_spec(PyThreadState *tstate, PyCodeObject *code, uint32_t *dt)
{
    gbx_spec *record = gbx_begin(sizeof(*record), tstate, false, dt);
    if (record != NULL) {
        memset((char *)record + sizeof(gbx_head), 0, sizeof(*record) - sizeof(gbx_head));
        record->code = code == NULL ? 0 : gbx_code_id(code);
    }
    return record;
}

void
_PyGlassbox_SpecAttempt(const void *instruction, int family)
{
    const _Py_CODEUNIT *instr = instruction;
    PyThreadState *tstate = _PyThreadState_GET();
    PyCodeObject *code = running_code(tstate);
    gbx_stream *stream = &_PyGlassbox_stream;
    stream->spec_opcode = instr->op.code;
    stream->spec_counter = counter_of(instr);
    stream->spec_reason = 0;
    uint32_t dt;
    gbx_spec *record = begin_spec(tstate, code, &dt);
    if (record == NULL) {
        return;
    }
    record->counter_before = record->counter_after = stream->spec_counter;
    record->opcode_after = stream->spec_opcode;
    record->family = (uint8_t)family;
    gbx_commit(record, sizeof(*record), GBX_EV_SPEC_ATTEMPT, stream->spec_opcode,
               code == NULL ? GBX_NO_OFFSET : offset_in(code, instr), dt);
}

void
_PyGlassbox_SpecReason(int reason)
{
    _PyGlassbox_stream.spec_reason = (uint8_t)reason;
}

void
_PyGlassbox_SpecResult(const void *instruction, int family, int success)
{
    const _Py_CODEUNIT *instr = instruction;
    PyThreadState *tstate = _PyThreadState_GET();
    PyCodeObject *code = running_code(tstate);
    gbx_stream *stream = &_PyGlassbox_stream;
    uint32_t dt;
    gbx_spec *record = begin_spec(tstate, code, &dt);
    if (record == NULL) {
        return;
    }
    uint8_t before = stream->spec_opcode;
    record->counter_before = stream->spec_counter;
    record->counter_after = counter_of(instr);
    record->opcode_after = instr->op.code;
    record->family = (uint8_t)family;
    /* A success can have a reason, too: why it had to be the second best (a class whose __init__
       cannot be inlined is still called by CALL_NON_PY_GENERAL). */
    record->reason = stream->spec_reason;
    uint8_t event = GBX_EV_SPEC_FAIL;
    if (success) {
        record->expected = cached_version(instr, instr->op.code);
        event = before == family ? GBX_EV_SPEC_SUCCESS : GBX_EV_SPEC_RESPECIALIZE;
    }
    gbx_commit(record, sizeof(*record), event, before,
               code == NULL ? GBX_NO_OFFSET : offset_in(code, instr), dt);
}

/* How deep below the top of the stack lies the object that the form's guards look at. */
static int
guarded_depth(int family, int oparg)
{
    switch (family) {
        case BINARY_OP: case BINARY_SUBSCR: case COMPARE_OP: case STORE_SUBSCR: case SEND:
            return 2;
        case LOAD_SUPER_ATTR:
            return 3;                      /* whatever the name `super` stands for */
        case CALL:
            return oparg + 2;              /* callable, self or NULL, arguments */
        default:
            return 1;
    }
}

/* The exact type that a form was made for; NULL where it is made for something else. */
static PyTypeObject *
wanted_type(uint8_t opcode)
{
    switch (opcode) {
        case BINARY_OP_ADD_INT: case BINARY_OP_MULTIPLY_INT: case BINARY_OP_SUBTRACT_INT:
        case COMPARE_OP_INT: case TO_BOOL_INT:
            return &PyLong_Type;
        case BINARY_OP_ADD_FLOAT: case BINARY_OP_MULTIPLY_FLOAT: case BINARY_OP_SUBTRACT_FLOAT:
        case COMPARE_OP_FLOAT:
            return &PyFloat_Type;
        case BINARY_OP_ADD_UNICODE: case COMPARE_OP_STR: case BINARY_SUBSCR_STR_INT: case TO_BOOL_STR:
            return &PyUnicode_Type;
        case BINARY_SUBSCR_LIST_INT: case STORE_SUBSCR_LIST_INT: case UNPACK_SEQUENCE_LIST:
        case TO_BOOL_LIST:
            return &PyList_Type;
        case BINARY_SUBSCR_TUPLE_INT: case UNPACK_SEQUENCE_TUPLE: case UNPACK_SEQUENCE_TWO_TUPLE:
            return &PyTuple_Type;
        case BINARY_SUBSCR_DICT: case STORE_SUBSCR_DICT: case CONTAINS_OP_DICT:
            return &PyDict_Type;
        case CONTAINS_OP_SET:
            return &PySet_Type;
        case FOR_ITER_LIST:
            return &PyListIter_Type;
        case FOR_ITER_TUPLE:
            return &PyTupleIter_Type;
        case FOR_ITER_RANGE:
            return &PyRangeIter_Type;
        case FOR_ITER_GEN:
            return &PyGen_Type;
        case TO_BOOL_BOOL:
            return &PyBool_Type;
        case TO_BOOL_NONE:
            return &_PyNone_Type;
        default:
            return NULL;
    }
}

static uint32_t
keys_version(PyObject *dict)
{
    return dict != NULL && PyDict_CheckExact(dict)
        ? ((PyDictObject *)dict)->ma_keys->dk_version : 0;
}

/* A miss of LOAD_GLOBAL: which of the two dicts has other keys than the cache noted. */
static void
describe_global(gbx_spec *record, const _PyInterpreterFrame *frame, uint8_t opcode)
{
    const _PyLoadGlobalCache *cache = (const _PyLoadGlobalCache *)(frame->instr_ptr + 1);
    record->expected = cache->module_keys_version;
    record->found = keys_version(frame->f_globals);
    record->guard = GBX_GUARD_GLOBALS_KEYS;
    if (opcode == LOAD_GLOBAL_BUILTIN && record->expected == record->found) {
        record->expected = cache->builtin_keys_version;
        record->found = keys_version(frame->f_builtins);
        record->guard = GBX_GUARD_BUILTINS_KEYS;
    }
}

/* Two versions were compared; where they are equal, something further on did not hold. */
static void
compare_versions(gbx_spec *record, uint32_t found, uint8_t guard, uint8_t otherwise)
{
    record->found = found;
    record->guard = found != record->expected ? guard : otherwise;
}

/* A miss of a call of Python code: not such a callable, another one, or no room for its frame. */
static void
describe_call(gbx_spec *record, PyThreadState *tstate, PyObject **object, uint8_t opcode)
{
    PyObject *callable = object[0];
    uint8_t room = tstate->py_recursion_remaining <= 1 ? GBX_GUARD_RECURSION : GBX_GUARD_STACK_SPACE;
    record->guard = GBX_GUARD_TYPE;
    if (opcode == CALL_ALLOC_AND_ENTER_INIT) {
        if (PyType_Check(callable)) {
            compare_versions(record, ((PyTypeObject *)callable)->tp_version_tag,
                             GBX_GUARD_TYPE_VERSION, room);
        }
        return;
    }
    if (opcode == CALL_BOUND_METHOD_EXACT_ARGS || opcode == CALL_BOUND_METHOD_GENERAL) {
        if (PyMethod_Check(callable)) {
            callable = PyMethod_GET_FUNCTION(callable);
        }
        else if (object[1] == NULL) {      /* else the form has already taken the method apart */
            return;
        }
    }
    if (PyFunction_Check(callable)) {
        compare_versions(record, ((PyFunctionObject *)callable)->func_version,
                         GBX_GUARD_FUNCTION_VERSION, room);
    }
}

/* A miss of LOAD_ATTR or STORE_ATTR: the version of what the form looks at. */
static void
describe_attribute(gbx_spec *record, PyObject *owner, uint8_t opcode)
{
    if (opcode == LOAD_ATTR_MODULE || opcode == LOAD_ATTR_CLASS) {
        record->guard = GBX_GUARD_TYPE;
        if (opcode == LOAD_ATTR_MODULE && PyModule_CheckExact(owner)) {
            compare_versions(record, keys_version(((PyModuleObject *)owner)->md_dict),
                             GBX_GUARD_KEYS_VERSION, GBX_GUARD_OTHER);
        }
        else if (opcode == LOAD_ATTR_CLASS && PyType_Check(owner)) {
            compare_versions(record, ((PyTypeObject *)owner)->tp_version_tag,
                             GBX_GUARD_TYPE_VERSION, GBX_GUARD_OTHER);
        }
        return;
    }
    compare_versions(record, Py_TYPE(owner)->tp_version_tag, GBX_GUARD_TYPE_VERSION,
                     GBX_GUARD_OTHER);
}

/* A miss anywhere but in LOAD_GLOBAL: the object that the guards look at, its type, and the first
   guard that does not hold for it.  `object` lies on the stack, `object[1]` above it. */
static void
describe_object(gbx_spec *record, PyThreadState *tstate, _PyInterpreterFrame *frame,
                PyObject **object, int family, uint8_t opcode)
{
    PyTypeObject *wanted = wanted_type(opcode);
    PyObject *looked_at = *object;
    if (wanted != NULL && Py_IS_TYPE(looked_at, wanted) &&
        (family == BINARY_OP || family == COMPARE_OP)) {
        looked_at = object[1];             /* then it is the right operand */
    }
    PyTypeObject *type = Py_TYPE(looked_at);
    record->type = _PyGlassbox_InternBytes(type->tp_name, strlen(type->tp_name));
    record->expected = cached_version(frame->instr_ptr, opcode);
    if (wanted != NULL) {
        record->guard = type == wanted ? GBX_GUARD_OTHER : GBX_GUARD_TYPE;
    }
    else if (family == LOAD_SUPER_ATTR) {
        record->guard = GBX_GUARD_OTHER;   /* `super` stands for something else now */
    }
    else if (record->expected == 0) {
        record->guard = GBX_GUARD_TYPE;
    }
    else if (family == CALL) {
        describe_call(record, tstate, object, opcode);
    }
    else {
        describe_attribute(record, looked_at, opcode);
    }
}

/* A specialized instruction met what it was not made for and does the general thing.  The counter
   is the one the general form will look at next: at zero it asks the specializer again, and only
   then is the site given up (spec.deopt). */
void
_PyGlassbox_SpecMiss(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **stack_pointer,
                     int family)
{
    PyCodeObject *code = (PyCodeObject *)frame->f_executable;
    const _Py_CODEUNIT *instr = frame->instr_ptr;
    uint8_t opcode = instr->op.code;
    uint32_t dt;
    gbx_spec *record = begin_spec(tstate, code, &dt);
    if (record == NULL) {
        return;
    }
    bool counted = _PyOpcode_Caches[family] != 0;  /* RESUME keeps no counter: it is never given up */
    uint16_t counter = counted ? counter_of(instr) : 0;
    bool exhausted = counted && backoff_counter_triggers(forge_backoff_counter(counter));
    record->counter_before = counter;
    record->counter_after = exhausted || !counted
        ? counter : advance_backoff_counter(forge_backoff_counter(counter)).as_counter;
    record->opcode_after = opcode;
    record->family = (uint8_t)family;
    if (family == LOAD_GLOBAL) {
        describe_global(record, frame, opcode);
    }
    else if (family == RESUME) {
        record->guard = GBX_GUARD_EVAL_BREAKER;
    }
    else {
        PyObject **object = stack_pointer - guarded_depth(family, instr->op.arg);
        if (object >= _PyFrame_Stackbase(frame) && *object != NULL) {
            describe_object(record, tstate, frame, object, family, opcode);
        }
    }
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), GBX_EV_SPEC_MISS, opcode, offset_in(code, instr), dt);
    }
    if (!exhausted) {
        return;
    }
    gbx_spec *deopt = begin_spec(tstate, code, &dt);
    if (deopt != NULL) {
        deopt->counter_before = deopt->counter_after = counter;
        deopt->opcode_after = opcode;
        deopt->family = (uint8_t)family;
        gbx_commit(deopt, sizeof(*deopt), GBX_EV_SPEC_DEOPT, opcode, offset_in(code, instr), dt);
    }
}

void
_PyGlassbox_SpecInstrument(PyCodeObject *code, int offset, int before, int after)
{
    uint32_t dt;
    gbx_spec *record = begin_spec(_PyThreadState_GET(), code, &dt);
    if (record == NULL) {
        return;
    }
    record->opcode_after = (uint8_t)after;
    /* A marker stands where the instruction was: what it covers is known from the other side. */
    record->family = _PyOpcode_Deopt[before >= MIN_INSTRUMENTED_OPCODE ? after : before];
    gbx_commit(record, sizeof(*record), GBX_EV_SPEC_INSTRUMENT, (uint8_t)before,
               offset >= 0 && offset < (int)GBX_NO_OFFSET ? (uint16_t)offset : GBX_NO_OFFSET, dt);
}

#endif /* Py_GLASSBOX */
