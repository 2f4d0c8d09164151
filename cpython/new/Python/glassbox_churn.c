/* Glassbox churn: how many reference operations each instruction of the program makes, on all objects.

   Every thread counts into a table of its own, by code and offset.  A slot that another instruction
   needs is written out as a ref.churn record and given over; the rest is written out when the thread
   ends, when the recording stops, and after each ROUND operations, so that a process that is killed
   takes no more than a round with it.  The sum over all records of an instruction is its count.

   Without the GIL each thread also counts its atomic operations by object, so that one sees which objects
   threads meet at: ref.sharing, written out in the same way.  An object is known by its address and type;
   it may be gone when its slot is written.

   Tables come from mmap (a hook must not use Python's memory) and are never given back: whoever stops
   the recording reads the tables of threads that may still be counting.  It moves counts out by an
   atomic exchange; an owner's increment that crosses it is of the instant of the stop, and lost. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_pystate.h"        // _PyThreadState_GET()

#if Py_GLASSBOX

#include <errno.h>
#include <sys/mman.h>

#define SLOTS  4096u               /* a power of two, as slot_of() has it */
#define ROUND  (1u << 20)
#define SHARED_SLOTS  1024u        /* objects; a power of two */

typedef struct {
    uint32_t code;                 /* owner's; 0 and no counts: free */
    uint32_t offset;
    uint32_t incs, decs, shared;   /* the owner adds, whoever drains exchanges for 0 */
} site;

typedef struct {
    uint64_t address;              /* owner's; 0: free */
    const PyTypeObject *type;      /* not to be looked into: it may be gone */
    uint32_t type_id;
    uint32_t code, offset;         /* of the first operation counted */
    uint32_t operations;           /* the owner adds, whoever drains exchanges for 0 */
} shared_object;

struct _gbx_churn {
    struct _gbx_churn *next;       /* constant once linked */
    bool taken;                    /* a thread counts here; under the recorder's lock */
    uint32_t until;                /* operations until the next round; the owner's */
    site sites[SLOTS];
#ifdef Py_GIL_DISABLED
    shared_object objects[SHARED_SLOTS];
#endif
};

static gbx_churn *tables;          /* all there are; only ever grows, at its head */

static gbx_churn *
new_table(void)
{
    int saved = errno;
    void *memory = mmap(NULL, sizeof(gbx_churn), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    errno = saved;
    return memory == MAP_FAILED ? NULL : (gbx_churn *)memory;
}

/* A table for this thread: one that an ended thread left, or a new one; NULL where there is no memory. */
static gbx_churn *
take_table(void)
{
    _PyGlassbox_Lock();
    gbx_churn *table = tables;
    while (table != NULL && table->taken) {
        table = table->next;
    }
    if (table == NULL) {
        table = new_table();
        if (table != NULL) {
            table->next = tables;
            __atomic_store_n(&tables, table, __ATOMIC_RELEASE);
        }
    }
    if (table != NULL) {
        table->taken = true;
        table->until = ROUND;
    }
    _PyGlassbox_Unlock();
    return table;
}

static void
write_record(uint32_t code, uint32_t offset, uint32_t incs, uint32_t decs, uint32_t shared)
{
    gbx_ref_churn *record = gbx_reserve(sizeof(*record), _PyThreadState_GET(), false);
    if (record != NULL) {
        record->code = code;
        record->incs = incs;
        record->decs = decs;
        record->shared = shared;
        gbx_commit(record, sizeof(*record), GBX_EV_REF_CHURN, 0, (uint16_t)offset, 0);
    }
}

static void
drain_site(site *it)
{
    uint32_t incs = __atomic_exchange_n(&it->incs, 0, __ATOMIC_RELAXED);
    uint32_t decs = __atomic_exchange_n(&it->decs, 0, __ATOMIC_RELAXED);
    uint32_t shared = __atomic_exchange_n(&it->shared, 0, __ATOMIC_RELAXED);
    if ((incs | decs) != 0) {
        write_record(it->code, it->offset, incs, decs, shared);
    }
}

#ifdef Py_GIL_DISABLED

static void
drain_object(shared_object *it)
{
    uint32_t operations = __atomic_exchange_n(&it->operations, 0, __ATOMIC_RELAXED);
    gbx_ref_sharing *record = operations == 0 ? NULL
        : gbx_reserve(sizeof(*record), _PyThreadState_GET(), false);
    if (record != NULL) {
        record->type = it->type_id;
        record->code = it->code;
        record->address = it->address;
        gbx_commit(record, sizeof(*record), GBX_EV_REF_SHARING, 0, (uint16_t)it->offset, operations);
    }
}

/* One more operation on this object, which the caller has a reference to; those that are atomic count. */
static void
count_object(gbx_churn *table, const PyObject *op, uint32_t code, uint32_t offset, uint32_t shared)
{
    if (shared == 0) {
        return;
    }
    uint64_t address = (uint64_t)(uintptr_t)op;
    PyTypeObject *type = Py_TYPE(op);
    uint32_t slot = (uint32_t)(address >> 4) * 2654435761u >> 16 & (SHARED_SLOTS - 1);
    shared_object *it = &table->objects[slot], *other = &table->objects[slot ^ 1];
    if (it->address != address) {
        it = other->address == address || (other->operations < it->operations) ? other : it;
    }
    if (it->address != address || it->type != type) {
        drain_object(it);
        it->address = address;
        it->type = type;
        it->type_id = gbx_type_id(type);
        it->operations = 0;
    }
    if (it->operations == 0) {
        it->code = code;
        it->offset = offset;
    }
    __atomic_store_n(&it->operations, it->operations + 1, __ATOMIC_RELAXED);
}

#else

static inline void
count_object(gbx_churn *Py_UNUSED(table), const PyObject *Py_UNUSED(op), uint32_t Py_UNUSED(code),
             uint32_t Py_UNUSED(offset), uint32_t Py_UNUSED(shared))
{
}

#endif /* Py_GIL_DISABLED */

static void
drain(gbx_churn *table)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        drain_site(&table->sites[i]);
    }
#ifdef Py_GIL_DISABLED
    for (uint32_t i = 0; i < SHARED_SLOTS; i++) {
        drain_object(&table->objects[i]);
    }
#endif
}

static inline site *
slot_of(gbx_churn *table, uint32_t code, uint32_t offset)
{
    uint32_t slot = (code * 2654435761u ^ offset * 40503u) & (SLOTS - 1);
    site *it = &table->sites[slot], *other = &table->sites[slot ^ 1];
    if (it->code == code && it->offset == offset) {
        return it;
    }
    if (other->code == code && other->offset == offset) {
        return other;
    }
    it = (it->incs | it->decs) == 0 || (other->incs | other->decs) != 0 ? it : other;
    drain_site(it);
    it->code = code;
    it->offset = offset;
    return it;
}

/* Count operations of this thread's current instruction on an object; `shared` of them were atomic ones on
   the half of the count that threads share. */
void
_PyGlassbox_ChurnCount(const PyObject *op, uint32_t incs, uint32_t decs, uint32_t shared)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    uint16_t offset;
    uint32_t code = _PyGlassbox_Running(_PyThreadState_GET(), &offset);
    if (stream->churn == NULL) {
        /* The first one is written at once: a thread that wrote nothing would end unnoticed, and leave its
           table to be drained, and told of, by somebody else. */
        stream->churn = take_table();
        write_record(code, offset, incs, decs, shared);
        incs = decs = 0;
    }
    if (stream->churn == NULL) {
        return;
    }
    count_object(stream->churn, op, code, offset, shared);
    if ((incs | decs) == 0) {
        return;
    }
    site *it = slot_of(stream->churn, code, offset);
    __atomic_store_n(&it->incs, it->incs + incs, __ATOMIC_RELAXED);
    __atomic_store_n(&it->decs, it->decs + decs, __ATOMIC_RELAXED);
    __atomic_store_n(&it->shared, it->shared + shared, __ATOMIC_RELAXED);
    if (--stream->churn->until == 0) {
        stream->churn->until = ROUND;
        drain(stream->churn);
    }
}

/* The recording is about to stop: write out what all threads counted, as this thread's records. */
void
_PyGlassbox_ChurnStop(void)
{
    for (gbx_churn *table = __atomic_load_n(&tables, __ATOMIC_ACQUIRE); table != NULL; table = table->next) {
        drain(table);
    }
}

/* This thread ends. */
void
_PyGlassbox_ChurnThreadEnd(gbx_stream *stream)
{
    gbx_churn *table = stream->churn;
    if (table == NULL) {
        return;
    }
    if (_PyGlassbox_recorder.churn && stream->session == _PyGlassbox_recorder.session) {
        drain(table);
    }
    stream->churn = NULL;
    _PyGlassbox_Lock();
    table->taken = false;
    _PyGlassbox_Unlock();
}

/* Nothing is counted yet: at the start of each recording, and in the child of a fork, where `alone` says
   that the threads of the other tables are not there. */
void
_PyGlassbox_ChurnReset(bool alone)
{
    for (gbx_churn *table = tables; table != NULL; table = table->next) {
        memset(table->sites, 0, sizeof(table->sites));
#ifdef Py_GIL_DISABLED
        memset(table->objects, 0, sizeof(table->objects));
#endif
        if (alone) {
            table->taken = table == _PyGlassbox_stream.churn;
        }
    }
}

#endif /* Py_GLASSBOX */
