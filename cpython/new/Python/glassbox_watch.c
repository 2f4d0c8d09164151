/* Glassbox watch: the objects that a program asked to follow.

   A small hash table from address to watch id, read by hooks at every reference operation and by the
   collector, written by watch(), unwatch() and by the death of what is watched.  Writers hold the
   recorder's lock.  Readers take none: a slot's object changes from NULL to an address while the
   caller of watch() holds a reference, and back only by the object's death or by unwatch(); a reader
   that misses a slot in between misses an operation of another thread that had no order with watch().
   Nothing here may allocate, raise, or touch a refcount.

   The id is given once and never used again; its name, type and address are written as a definition
   (GBX_NAME_WATCH) before the first record that holds it. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_pystate.h"        // _PyThreadState_GET()

#if Py_GLASSBOX

#define USED ((const PyObject *)16)          /* held an object once; 16 is the address of none */

static const PyObject *objects[GBX_WATCH_SLOTS];
static struct { uint32_t id; bool dead; } about[GBX_WATCH_SLOTS];
static uint32_t last_id;
static uint32_t dead_count;

uint32_t _PyGlassbox_watched;      /* how many, the dead included */
unsigned int _PyGlassbox_refs;
uint32_t _PyGlassbox_lives;

void
_PyGlassbox_RefsSwitch(void)
{
    _PyGlassbox_refs = GLASSBOX_ON(REF) && (_PyGlassbox_watched != 0 || _PyGlassbox_recorder.churn);
    _PyGlassbox_lives = _PyGlassbox_refs != 0 || GLASSBOX_ON(OBJ);
}

static size_t
home_of(const PyObject *op)
{
    return (size_t)(((uintptr_t)op >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 54);
}

/* The slot of a watched object, or GBX_WATCH_SLOTS.  A probe ends at a slot that was never used. */
static inline size_t
find(const PyObject *op)
{
    size_t slot = home_of(op);
    for (size_t probe = 0; probe < GBX_WATCH_SLOTS; probe++, slot = (slot + 1) % GBX_WATCH_SLOTS) {
        const PyObject *here = __atomic_load_n(&objects[slot], __ATOMIC_ACQUIRE);
        if (here == NULL) {
            break;
        }
        if (here == op) {
            return slot;
        }
    }
    return GBX_WATCH_SLOTS;
}

uint32_t
_PyGlassbox_WatchFind(const PyObject *op)
{
    size_t slot = find(op);
    return slot == GBX_WATCH_SLOTS ? 0 : about[slot].id;
}

/* A new recording watches nothing: the names of the old one are not in its file, and objects that
   died between the two were not seen to.  The child of a fork begins anew for the same reason. */
void
_PyGlassbox_WatchReset(void)
{
    _PyGlassbox_Lock();
    memset(objects, 0, sizeof(objects));
    _PyGlassbox_watched = dead_count = 0;
    _PyGlassbox_RefsSwitch();
    _PyGlassbox_Unlock();
}

/* Empty a slot.  Probes go on past it while the next is in use; else it, and the emptied ones before it,
   are as if never used, or a table of short lives would come to be probed from end to end. */
static void
empty(size_t slot)
{
    dead_count -= about[slot].dead;
    __atomic_store_n(&objects[slot], USED, __ATOMIC_RELEASE);
    if (objects[(slot + 1) % GBX_WATCH_SLOTS] == NULL) {
        for (; objects[slot] == USED; slot = (slot - 1) % GBX_WATCH_SLOTS) {
            __atomic_store_n(&objects[slot], NULL, __ATOMIC_RELEASE);
        }
    }
    _PyGlassbox_watched--;
    _PyGlassbox_RefsSwitch();
}

static void
watch_event(uint8_t event, PyObject *op, uint32_t id, uint32_t name)
{
    uint32_t dt;
    gbx_watch *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        record->watch = id;
        record->name = name;
        record->address = (uint64_t)(uintptr_t)op;
        record->type = gbx_type_id(Py_TYPE(op));
        record->refs = (uint32_t)Py_REFCNT(op);
        gbx_commit(record, sizeof(*record), event, 0, 0, dt);
    }
}

static void
empty_dead(void)
{
    for (size_t slot = 0; slot < GBX_WATCH_SLOTS; slot++) {
        if (objects[slot] != NULL && objects[slot] != USED && about[slot].dead) {
            empty(slot);
        }
    }
}

/* The slot to put an object into, or GBX_WATCH_SLOTS where half of them are taken. */
static size_t
free_slot(const PyObject *op)
{
    if (_PyGlassbox_watched >= GBX_WATCH_MOST) {
        empty_dead();
    }
    if (_PyGlassbox_watched >= GBX_WATCH_MOST) {
        return GBX_WATCH_SLOTS;
    }
    size_t slot = home_of(op);
    while (objects[slot] != NULL && objects[slot] != USED) {
        slot = (slot + 1) % GBX_WATCH_SLOTS;
    }
    return slot;
}

/* Put the object into the table; false where the recording that defined the id is over, or the table is
   full by now. */
static bool
insert(const PyObject *op, uint32_t id, uint32_t session)
{
    bool done = false;
    _PyGlassbox_Lock();
    size_t slot = find(op);
    bool again = slot < GBX_WATCH_SLOTS;
    slot = again ? slot : free_slot(op);
    if (slot < GBX_WATCH_SLOTS && _PyGlassbox_recorder.open && _PyGlassbox_recorder.session == session) {
        dead_count -= again && about[slot].dead;
        about[slot].id = id;
        about[slot].dead = false;
        __atomic_store_n(&objects[slot], op, __ATOMIC_RELEASE);
        _PyGlassbox_watched += !again;
        _PyGlassbox_RefsSwitch();
        done = true;
    }
    _PyGlassbox_Unlock();
    return done;
}

/* An id for the object; 0 where there is no room for one more. */
static uint32_t
new_id(const PyObject *op)
{
    _PyGlassbox_Lock();
    bool room = find(op) < GBX_WATCH_SLOTS || free_slot(op) < GBX_WATCH_SLOTS;
    uint32_t id = room ? ++last_id : 0;
    _PyGlassbox_Unlock();
    return id;
}

/* 0, also where none of the classes that follow objects is on, or the file is full: a record that nobody
   can name says nothing.  -1 where too many are watched; else an errno value. */
int
_PyGlassbox_Watch(PyObject *op, PyObject *name)
{
    if (!GLASSBOX_ON(REF) && !GLASSBOX_ON(GC)) {
        return 0;
    }
    int error = GLASSBOX_ON(REF) ? _PyGlassbox_RefsPatch(true) : 0;
    if (error != 0) {
        return error;
    }
    uint32_t session = _PyGlassbox_recorder.session;
    uint32_t type = gbx_type_id(Py_TYPE(op));
    uint32_t name_id = _PyGlassbox_InternUnicode(name);
    uint32_t id = new_id(op);
    if (id == 0) {
        return -1;
    }
    if (!_PyGlassbox_DefineWatch(id, type, op, name)) {
        return 0;
    }
    if (GLASSBOX_ON(MARK)) {
        watch_event(GBX_EV_WATCH, op, id, name_id);
    }
    if (insert(op, id, session) && GLASSBOX_ON(REF)) {
        _PyGlassbox_RefOwner(op);
    }
    return 0;
}

/* It began to die, or was saved.  It stays watched: its finalizer sees it with a count of one, and may
   let it live.  What comes to be at its address ends the watch (or many others that are to be watched:
   see free_slot). */
void
_PyGlassbox_WatchDead(const PyObject *op, bool dead)
{
    _PyGlassbox_Lock();
    size_t slot = find(op);
    if (slot < GBX_WATCH_SLOTS) {
        dead_count += (uint32_t)dead - about[slot].dead;
        about[slot].dead = dead;
    }
    _PyGlassbox_Unlock();
}

bool
_PyGlassbox_WatchIsDead(const PyObject *op)
{
    size_t slot = find(op);
    return slot < GBX_WATCH_SLOTS && about[slot].dead;
}

void
_PyGlassbox_WatchForget(const PyObject *op)
{
    _PyGlassbox_Lock();
    size_t slot = find(op);
    if (slot < GBX_WATCH_SLOTS) {
        empty(slot);
    }
    _PyGlassbox_Unlock();
}

/* 0, also where nothing is followed; -1 where the object is not watched. */
int
_PyGlassbox_Unwatch(PyObject *op)
{
    if (!GLASSBOX_ON(REF) && !GLASSBOX_ON(GC)) {
        return 0;
    }
    uint32_t id = _PyGlassbox_WatchFind(op);
    if (id == 0) {
        return -1;
    }
    if (GLASSBOX_ON(MARK)) {
        watch_event(GBX_EV_UNWATCH, op, id, 0);
    }
    _PyGlassbox_WatchForget(op);
    return 0;
}

#endif /* Py_GLASSBOX */
