/* Glassbox recorder: how a record reaches its thread's segment.

   Every thread owns the segment it writes to and alone publishes its records, so the hot path
   (gbx_reserve() and gbx_commit() in the header) shares nothing.  Here is what lies off that path: a
   thread's first event, the next segment when one is full (a larger one in full mode; in ring mode the
   oldest again), what is lost when there is none, and the end of a thread.  Where segments come from is
   glassbox_file.c's affair.

   This file must not know what an event means, and must never call into Python: it runs without the
   GIL, inside the allocator, during finalization and after fork. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"

#if Py_GLASSBOX

#include <errno.h>
#include <pthread.h>               // pthread_key_create(): a thread's end
#include <sys/mman.h>              // munmap()

#define FIRST_SEGMENT   GBX_GRANULE        /* a thread that does little costs little */
#define IDLE_SEGMENTS   512

uint32_t _PyGlassbox_mask = 0;
gbx_recorder _PyGlassbox_recorder;
_Py_thread_local gbx_stream _PyGlassbox_stream;

/* Under the recorder's lock: */
static gbx_stream *streams;                /* all that have a segment */
static gbx_segment *idle[IDLE_SEGMENTS];   /* ring: of threads that have ended, the oldest first */
static int idle_count;

static pthread_key_t exit_key;             /* its destructor runs as a thread ends */
static bool exit_key_made;

/* ---------------------------------------------------- segments of a thread */

static uint32_t
tail_of(const gbx_segment *segment)
{
    return segment->size - GBX_SEGMENT_TAIL;
}

static void
begin_segment(gbx_stream *stream, gbx_segment *segment)
{
    segment->kind = GBX_SEGMENT_EVENTS;
    segment->thread = stream->thread;
    segment->sequence = stream->sequence++;
    segment->interp = stream->interp;
    segment->lost = 0;
    segment->base = _PyGlassbox_Instant();
    _PyGlassbox_recorder.header->latest = segment->base;
    stream->segment = segment;
    stream->base_ticks = segment->base.ticks;
    memset(stream->sites, 0, sizeof(stream->sites));
    stream->limit = tail_of(segment);
    _PyGlassbox_SegmentPublish(segment);
}

static uint32_t
segment_size(uint32_t sequence)
{
    uint32_t size = FIRST_SEGMENT;
    while (sequence-- > 0 && size < GBX_LARGEST_SEGMENT) {
        size *= 4;
    }
    return size < GBX_LARGEST_SEGMENT ? size : GBX_LARGEST_SEGMENT;
}

static const uint8_t record_size[256] = {  /* by event */
#define X(NAME, id, CLASS, text, record, timed) [id] = sizeof(record),
    GBX_EVENTS(X)
#undef X
};

static uint64_t
count_records(const gbx_segment *segment)
{
    uint64_t count = 0;
    for (uint64_t at = sizeof(gbx_segment); at < segment->committed; count++) {
        uint32_t size = record_size[((const gbx_head *)((const char *)segment + at))->event];
        if (size == 0) {
            break;
        }
        at += size;
    }
    return count;
}

/* Ring: use a full segment again.  `committed` goes first, so that no reader takes the old records
   for new ones. */
static void
reuse_segment(gbx_stream *stream, gbx_segment *segment, uint64_t overwritten)
{
    overwritten += count_records(segment);
    __atomic_store_n(&segment->committed, 0, __ATOMIC_RELEASE);
    segment->overwritten = overwritten;
    begin_segment(stream, segment);
}

static bool
take_from_idle(gbx_stream *stream)
{
    _PyGlassbox_Lock();
    gbx_segment *segment = idle_count > 0 ? idle[0] : NULL;
    if (segment != NULL) {
        memmove(idle, idle + 1, (size_t)--idle_count * sizeof(idle[0]));
    }
    _PyGlassbox_Unlock();
    if (segment == NULL) {
        return false;
    }
    stream->ring[stream->held++] = segment;
    reuse_segment(stream, segment, 0);
    return true;
}


/* Full mode: the file grows to its limit, and then it is full. */
static bool
next_in_full(gbx_stream *stream)
{
    int error;
    gbx_segment *full = stream->segment;
    gbx_segment *segment = _PyGlassbox_SegmentNew(segment_size(stream->sequence), _PyGlassbox_EventRoom(), &error);
    if (segment == NULL) {
        _PyGlassbox_FileNote(error == 0 ? GBX_STATE_FULL : GBX_STATE_ERROR, error);
        return false;
    }
    if (full != NULL) {
        munmap(full, full->size);
    }
    begin_segment(stream, segment);
    return true;
}

/* Ring mode, a further segment.  The busiest thread must not take the whole file: the first two of each
   thread are small and may come from anywhere in it, larger ones from its first half alone. */
static gbx_segment *
next_of_ring(const gbx_stream *stream)
{
    int error;
    bool first = stream->held < 2;
    uint64_t room = first ? _PyGlassbox_EventRoom() : _PyGlassbox_EventRoom() / 2;
    uint64_t most = _PyGlassbox_EventRoom() / (first ? 128 : 32) / GBX_GRANULE * GBX_GRANULE;
    uint32_t size = segment_size(stream->sequence);
    size = most < GBX_GRANULE ? GBX_GRANULE : size > most ? (uint32_t)most : size;
    return stream->held < GBX_RING_SEGMENTS ? _PyGlassbox_SegmentNew(size, room, &error) : NULL;
}

static bool
next_in_ring(gbx_stream *stream)
{
    gbx_segment *full = stream->segment;
    gbx_segment *segment = next_of_ring(stream);
    if (segment != NULL) {
        segment->overwritten = full == NULL ? 0 : full->overwritten;
        stream->ring[stream->held++] = segment;
        begin_segment(stream, segment);
        return true;
    }
    if (stream->held == 0) {
        return take_from_idle(stream);
    }
    gbx_segment *oldest = stream->ring[stream->next_reuse % stream->held];
    stream->next_reuse = (stream->next_reuse + 1) % stream->held;
    reuse_segment(stream, oldest, full->overwritten);
    return true;
}

/* A segment for the calling thread, new or used; false where there is none to be had. */
static bool
next_segment(gbx_stream *stream)
{
    return _PyGlassbox_recorder.mode == GBX_MODE_RING ? next_in_ring(stream) : next_in_full(stream);
}

/* Note one more lost event where a reader finds it.  The tail of each segment is kept free for the
   one LOST record this writes; after that, only its count changes. */
static void
count_loss(gbx_stream *stream)
{
    gbx_segment *segment = stream->segment;
    if (segment == NULL) {
        gbx_header *header = _PyGlassbox_recorder.header;
        __atomic_fetch_add(&header->lost_unattached, 1, __ATOMIC_RELAXED);
        GBX_PROBE(LOST_UNATTACHED, header);
        return;
    }
    if (segment->lost == 0) {
        gbx_stream_lost *record = (gbx_stream_lost *)((char *)segment + segment->committed);
        record->count = 0;
        gbx_commit(record, sizeof(*record), GBX_EV_STREAM_LOST, 0, 0, 0);
        stream->limit = 0;                 /* every later event comes straight here */
    }
    segment->lost++;
    gbx_stream_lost *record =
        (gbx_stream_lost *)((char *)segment + segment->committed - sizeof(gbx_stream_lost));
    record->count = segment->lost;
    GBX_PROBE(LOST, segment);
}

static void
stream_forget(gbx_stream *stream)
{
    if (_PyGlassbox_recorder.mode != GBX_MODE_RING && stream->segment != NULL) {
        munmap(stream->segment, stream->segment->size);
    }
    stream->segment = NULL;
    stream->limit = 0;
    stream->held = 0;
    stream->next_reuse = 0;
    stream->sequence = 0;
}

static void
unregister_stream(gbx_stream *stream)
{
    if (stream->registered) {
        *(stream->prev ? &stream->prev->next : &streams) = stream->next;
        if (stream->next) {
            stream->next->prev = stream->prev;
        }
        stream->registered = false;
    }
}

/* A thread ends: give its ring segments to whoever comes next, and unmap the rest. */
static void
thread_ends(void *arg)
{
    gbx_stream *stream = (gbx_stream *)arg;
    _PyGlassbox_ChurnThreadEnd(stream);
    _PyGlassbox_Lock();
    unregister_stream(stream);
    if (_PyGlassbox_recorder.mode == GBX_MODE_RING &&
        stream->session == _PyGlassbox_recorder.session) {
        for (uint32_t i = 0; i < stream->held && idle_count < IDLE_SEGMENTS; i++) {
            idle[idle_count++] = stream->ring[(stream->next_reuse + i) % stream->held];
        }
    }
    _PyGlassbox_Unlock();
    stream_forget(stream);
}

static void
register_stream(gbx_stream *stream)
{
    _PyGlassbox_Lock();
    if (!stream->registered) {
        stream->prev = NULL;
        stream->next = streams;
        if (streams) {
            streams->prev = stream;
        }
        streams = stream;
        stream->registered = true;
    }
    if (!exit_key_made) {
        exit_key_made = pthread_key_create(&exit_key, thread_ends) == 0;
    }
    if (exit_key_made) {
        pthread_setspecific(exit_key, stream);
    }
    _PyGlassbox_Unlock();
}

/* The first event of this thread in this recording. */
static bool
attach(gbx_stream *stream, PyThreadState *tstate, bool entering)
{
    stream_forget(stream);
    stream->session = _PyGlassbox_recorder.session;
    stream->thread = __atomic_fetch_add(&_PyGlassbox_recorder.header->threads, 1, __ATOMIC_RELAXED);
    stream->interp = tstate == NULL ? 0 : (uint32_t)PyInterpreterState_GetID(tstate->interp);
    register_stream(stream);
    stream->epoch = _PyGlassbox_recorder.epoch;
    _PyGlassbox_DefineThread(stream->thread);
    if (!next_segment(stream)) {
        return false;
    }
    if (tstate != NULL && (_PyGlassbox_mask & (1u << GBX_CLASS_FRAME))) {
        _PyGlassbox_Snapshot(tstate, entering);
    }
    return true;
}

/* Class frame came on since this thread's last event: what follows are frames that were there.  While it
   is only about to, every event comes here. */
static void *
renew(gbx_stream *stream, uint32_t size, PyThreadState *tstate, bool entering)
{
    gbx_segment *segment = stream->segment;
    uint32_t epoch = __atomic_load_n(&_PyGlassbox_recorder.epoch, __ATOMIC_ACQUIRE);
    stream->limit = tail_of(segment);
    if (!(_PyGlassbox_mask & (1u << GBX_CLASS_FRAME))) {
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (_PyGlassbox_recorder.renewing) {
            stream->limit = 0;
        }
        return (char *)segment + segment->committed;
    }
    stream->epoch = epoch;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (_PyGlassbox_recorder.epoch != epoch) {
        stream->limit = 0;
    }
    if (tstate != NULL) {
        _PyGlassbox_Snapshot(tstate, entering);
    }
    return gbx_reserve(size, tstate, entering);
}

static void *
reserve_slowly(uint32_t size, PyThreadState *tstate, bool entering)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    if (_PyGlassbox_mask == 0 || !_PyGlassbox_recorder.open) {
        GBX_PROBE(DROPPED, stream);
        return NULL;                       /* stopped since the hook looked */
    }
    if (stream->session != _PyGlassbox_recorder.session) {
        if (!attach(stream, tstate, entering)) {
            count_loss(stream);
            return NULL;
        }
    }
    gbx_segment *segment = stream->segment;
    if (segment == NULL || segment->lost > 0) {
        count_loss(stream);
        return NULL;
    }
    uint64_t at = segment->committed;
    if (at + size > tail_of(segment)) {
        if (!next_segment(stream)) {
            count_loss(stream);
            return NULL;
        }
        segment = stream->segment;
        at = segment->committed;
    }
    /* If the recording was stopped meanwhile, the limit must not stay where a new segment put it:
       partner of the fence in _PyGlassbox_StreamsInvalidate(). */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (_PyGlassbox_mask == 0 || stream->session != _PyGlassbox_recorder.session) {
        stream->limit = 0;
        GBX_PROBE(DROPPED, stream);
        return NULL;
    }
    if (stream->epoch != _PyGlassbox_recorder.epoch) {
        return renew(stream, size, tstate, entering);
    }
    return (char *)segment + at;
}

void *
_PyGlassbox_Reserve(uint32_t size, PyThreadState *tstate, bool entering)
{
    int saved = errno;
    void *record = reserve_slowly(size, tstate, entering);
    errno = saved;
    return record;
}

bool
_PyGlassbox_Rebase(uint64_t ticks)
{
    gbx_stream_time *record = gbx_reserve(sizeof(*record), NULL, false);
    if (record == NULL) {
        return false;
    }
    record->ticks = ticks;
    gbx_commit(record, sizeof(*record), GBX_EV_STREAM_TIME, 0, 0, 0);
    _PyGlassbox_stream.base_ticks = ticks;
    return true;
}

/* ----------------------------------------------------------- all of them */

/* Let every thread's next event take the slow path, where it sees that the recording is over. */
void
_PyGlassbox_StreamsInvalidate(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);  /* the mask is 0 before any limit is */
    for (gbx_stream *stream = streams; stream != NULL; stream = stream->next) {
        stream->limit = 0;
    }
    idle_count = 0;
}

void
_PyGlassbox_StreamsRenew(bool begin)
{
    _PyGlassbox_Lock();
    if (begin) {
        _PyGlassbox_recorder.epoch++;
    }
    _PyGlassbox_recorder.renewing = begin;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    for (gbx_stream *stream = streams; stream != NULL; stream = stream->next) {
        stream->limit = 0;
    }
    _PyGlassbox_Unlock();
}

void
_PyGlassbox_StreamsForget(void)
{
    for (gbx_stream *stream = streams; stream != NULL; stream = stream->next) {
        if (stream->segment != NULL && _PyGlassbox_recorder.mode != GBX_MODE_RING) {
            munmap(stream->segment, stream->segment->size);
        }
    }
    gbx_stream *mine = &_PyGlassbox_stream;
    mine->segment = NULL;
    stream_forget(mine);
    mine->registered = false;
    streams = NULL;
    idle_count = 0;
}

#endif /* Py_GLASSBOX */
