/* Streams: the records of one thread of one file, front to back.

   A thread's segments are one sequence of records; the time of a record is its segment's base plus the
   record's dt, moved by STREAM_TIME records on the way.  This module turns ticks into nanoseconds and
   sees to it that time does not run backwards within a stream (and says where it would have).  It must
   not know of other streams: see merge.c. */

#include "trace_internal.h"

#include <string.h>
#include <sys/mman.h>

#define ENTRY_PRESENT 255u       /* frame.push: the frame was there before the recording */

/* The eight bytes of a head in one load, so that what is checked is what is used. */
static inline uint64_t
load_head(const uint8_t *at)
{
    return __atomic_load_n((const uint64_t *)(const void *)at, __ATOMIC_RELAXED);
}

/* at + size.  The next record cannot be looked at before this one's size is known: three loads one after
   the other, a record at a time.  Most records have the one size, so let the processor guess a branch
   and go on, where it would wait for a sum; the empty asm keeps the compiler from making it a sum again.
   Scanning a trace of calls takes less than half the time. */
static inline const uint8_t *
step(const uint8_t *at, uint32_t size)
{
    if (__builtin_expect(size == 16, 1)) {
        at += 16;
        __asm__ ("" : "+r" (at));
        return at;
    }
    return at + size;
}

/* Take the pages of a piece out of this process, though not out of the machine's memory: what reads
   them again finds them there. */
static void
give_back(const gbx_file *file, const gbx_piece *piece)
{
    if (file->frugal) {
        (void)madvise((void *)(uintptr_t)piece->base, piece->end, MADV_DONTNEED);
    }
}

/* ------------------------------------------------------------------ scanning */

static void
note_state(gbx_feed *source, const uint8_t *at, uint8_t event)
{
    if (event == GBX_EV_STREAM_MASK) {
        source->file->info.mask &= ((const gbx_stream_mask *)(const void *)at)->new_mask;
    }
}

static void
scan_piece(gbx_feed *source, gbx_piece *piece)
{
    const uint16_t *shapes = source->file->shape;
    const uint8_t *at = piece->base + sizeof(gbx_segment), *end = piece->base + piece->end;
    uint64_t events = 0, unknown = 0;
    piece->whole = sizeof(gbx_segment);
    while (at < end && (size_t)(end - at) >= sizeof(gbx_head)) {
        uint8_t event = (uint8_t)load_head(at);
        uint32_t shape = shapes[event], size = shape & 255;
        if (size == 0 || size > (size_t)(end - at)) {
            break;                               /* torn or alien: nothing after it can be found */
        }
        if (shape & GBX_SHAPE_STATE) {
            note_state(source, at, event);
        }
        events += shape / GBX_SHAPE_EVENT & 1;
        unknown += (shape & (GBX_SHAPE_EVENT | GBX_SHAPE_STATE)) == 0;
        at = step(at, size);
    }
    if (piece->end > sizeof(gbx_segment)) {
        piece->whole = (uint64_t)(at - piece->base);
    }
    source->info.records += events;
    source->info.bytes += piece->whole - sizeof(gbx_segment);
    source->file->info.unknown += unknown;
}

/* Does the stream begin with a frame that was there before it? */
static bool
begins_midway(const gbx_feed *source)
{
    gbx_reader reader;
    if (!gbx_reader_begin(&reader, source)) {
        return false;
    }
    const gbx_head *head = (const gbx_head *)(const void *)reader.record;
    return head->event == GBX_EV_FRAME_PUSH && head->flags == ENTRY_PRESENT;
}

void
gbx_feed_scan(gbx_feed *source)
{
    gbx_stream_info *info = &source->info;
    info->whole = true;
    for (uint32_t i = 0; i < source->piece_count; i++) {
        gbx_piece *piece = &source->file->pieces[source->first_piece + i];
        scan_piece(source, piece);
        give_back(source->file, piece);
        info->lost += piece->lost;
        if (piece->overwritten > info->overwritten) {
            info->overwritten = piece->overwritten;
        }
        info->whole = info->whole && piece->sequence == i && piece->overwritten == 0;
    }
    info->midway = info->whole && begins_midway(source);
}

/* ------------------------------------------------------------------- reading */

static void
enter_piece(gbx_reader *reader, uint32_t index)
{
    const gbx_feed *source = reader->source;
    const gbx_piece *piece = &source->file->pieces[source->first_piece + index];
    reader->piece = index;
    reader->next = piece->base + sizeof(gbx_segment);
    reader->end = piece->base + piece->whole;
    reader->base_ticks = piece->start.ticks;
    memset(reader->sites, 0, sizeof(reader->sites));
    reader->sites[0].offset = reader->sites[1].offset = GBX_NO_OFFSET;
}

static bool
enter_next_piece(gbx_reader *reader)
{
    const gbx_feed *source = reader->source;
    give_back(source->file, &source->file->pieces[source->first_piece + reader->piece]);
    if (reader->piece + 1 >= source->piece_count) {
        reader->record = NULL;
        return false;
    }
    enter_piece(reader, reader->piece + 1);
    return true;
}

static void
take_event(gbx_reader *reader, const uint8_t *at, uint32_t shape, uint32_t dt)
{
    const gbx_feed *source = reader->source;
    const gbx_file *file = source->file;
    uint64_t since_base = shape & GBX_SHAPE_TIMED ? dt : 0;
    uint64_t ns = file->untimed
        ? file->pieces[source->first_piece + reader->piece].start.monotonic_ns
        : gbx_ticks_to_ns(file, reader->base_ticks + since_base);
    reader->backward = ns < reader->t_ns && (shape & GBX_SHAPE_TIMED) && !file->untimed;
    reader->t_ns = ns > reader->t_ns ? ns : reader->t_ns;
    reader->record = at;
}

bool
gbx_reader_next(gbx_reader *reader)
{
    const uint16_t *shapes = reader->source->file->shape;
    for (;;) {
        while ((size_t)(reader->end - reader->next) >= sizeof(gbx_head)) {
            const uint8_t *at = reader->next;
            uint64_t head = load_head(at);
            uint32_t shape = shapes[(uint8_t)head], size = shape & 255;
            if (size == 0 || size > (size_t)(reader->end - at)) {
                break;                           /* changed since it was scanned */
            }
            reader->next = at + size;
            if (shape & GBX_SHAPE_STATE && (uint8_t)head == GBX_EV_STREAM_TIME) {
                reader->base_ticks = ((const gbx_stream_time *)(const void *)at)->ticks;
            }
            else if (shape & GBX_SHAPE_STATE && (uint8_t)head == GBX_EV_STREAM_INTERP) {
                reader->interp = ((const gbx_stream_interp *)(const void *)at)->interp;
            }
            else if (shape & GBX_SHAPE_STATE && (uint8_t)head == GBX_EV_BLOCK_ALLOC) {
                reader->sites[1] = reader->sites[0];
                reader->sites[0] = (gbx_block_site){ .code = (uint32_t)(head >> 32),
                                                     .offset = ((const gbx_block *)(const void *)at)->offset };
            }
            if (shape & GBX_SHAPE_EVENT) {
                take_event(reader, at, shape, (uint32_t)(head >> 32));
                return true;
            }
        }
        if (!enter_next_piece(reader)) {
            return false;
        }
    }
}

bool
gbx_reader_begin(gbx_reader *reader, const gbx_feed *source)
{
    const gbx_piece *first = &source->file->pieces[source->first_piece];
    *reader = (gbx_reader){ .source = source, .interp = first->interp };
    enter_piece(reader, 0);
    return gbx_reader_next(reader);
}

static inline uint64_t
since(uint64_t start_ns, uint64_t t_ns)
{
    return t_ns > start_ns ? t_ns - start_ns : 0;
}

/* ------------------------------------------------------------------ unpacking */

_Static_assert(sizeof(gbx_obj) == 16 && sizeof(gbx_block) == 16, "they have room in a gbx_full");

static void
unpack_block(gbx_full *full, const gbx_reader *reader, uint8_t what, uint64_t where)
{
    const gbx_block_site *site = &reader->sites[(where & GBX_PACKED_OTHER) != 0];
    uint64_t domain = where & GBX_PACKED_OBJ ? GBX_DOMAIN_OBJ : GBX_DOMAIN_MEM, size = what | (where & 3) << 8;
    full->word[0] = GBX_EV_BLOCK_ALLOC | domain << 8 | size << 16 | (uint64_t)site->code << 32;
    full->word[1] = (where & ~(uint64_t)GBX_PACKED_BITS) | (uint64_t)site->offset << 48;
}

static void
unpack_object(gbx_full *full, const gbx_file *file, uint8_t event, uint8_t type, uint64_t where)
{
    uint64_t items = where & GBX_PACKED_BITS;
    uint64_t size = event == GBX_EV_OBJ_CREATE ? file->sizes[type].basic + items * file->sizes[type].item : 0;
    size = size > UINT32_MAX ? UINT32_MAX : size;        /* a hostile type is huge */
    full->word[0] = event | (uint64_t)type << 8 | size << 32;
    full->word[1] = where - items;
}

/* The record at `at` in its full form; as it is, if it has no other. */
static const gbx_head *
unpack(const gbx_reader *reader, const uint8_t *at, gbx_full *full)
{
    uint64_t head = load_head(at), where = head >> 16;
    uint8_t what = (uint8_t)(head >> 8);
    full->packed = at;
    switch ((uint8_t)head) {
        case GBX_EV_OBJ_CREATE_PACKED:
            unpack_object(full, reader->source->file, GBX_EV_OBJ_CREATE, what, where);
            break;
        case GBX_EV_OBJ_DESTROY_PACKED:
            unpack_object(full, reader->source->file, GBX_EV_OBJ_DESTROY, what, where);
            break;
        case GBX_EV_BLOCK_ALLOC_PACKED:
            unpack_block(full, reader, what, where);
            break;
        default:                                 /* changed since it was scanned */
            return (const gbx_head *)(const void *)at;
    }
    return (const gbx_head *)(const void *)full->word;
}

/* The common case, where the next record is an event of the same piece, keeps in registers what a call
   would have to store; all else is left to gbx_reader_next(). */
size_t
gbx_reader_run(gbx_reader *reader, gbx_entry *to, gbx_full *full, size_t room, uint64_t start_ns,
               uint64_t bound_ns)
{
    const gbx_feed *source = reader->source;
    const gbx_file *file = source->file;
    const uint16_t *shapes = file->shape;
    const uint8_t *record = reader->record, *at = reader->next, *end = reader->end;
    uint64_t base = reader->base_ticks, t_ns = reader->t_ns;
    bool backward = reader->backward;
    size_t n = 0;
    uint32_t current = shapes[(uint8_t)load_head(record)];
    while (n < room && t_ns <= bound_ns) {
        to[n] = (gbx_entry){
            .record = (const gbx_head *)(const void *)record, .t_ns = since(start_ns, t_ns),
            .stream = source->index, .interp = reader->interp, .backward = backward, .bytes = (uint8_t)current,
        };
        if (current & GBX_SHAPE_PACKED) {
            to[n].record = unpack(reader, record, &full[n]);
        }
        n++;
        uint64_t head = (size_t)(end - at) >= sizeof(gbx_head) ? load_head(at) : 0;
        uint32_t shape = shapes[(uint8_t)head], size = shape & 255;
        if ((shape & (GBX_SHAPE_EVENT | GBX_SHAPE_STATE)) != GBX_SHAPE_EVENT || file->untimed ||
            size > (size_t)(end - at)) {
            reader->record = record;
            reader->next = at;
            reader->t_ns = t_ns;
            if (!gbx_reader_next(reader)) {
                return n;
            }
            record = reader->record;
            at = reader->next;
            end = reader->end;
            base = reader->base_ticks;
            t_ns = reader->t_ns;
            backward = reader->backward;
            current = shapes[(uint8_t)load_head(record)];
            continue;
        }
        backward = false;
        current = shape;
        if (shape & GBX_SHAPE_TIMED) {           /* else the bytes of dt are no time */
            uint64_t ns = gbx_ticks_to_ns(file, base + (head >> 32));
            backward = ns < t_ns;
            t_ns = backward ? t_ns : ns;
        }
        record = at;
        at = step(at, size);
    }
    reader->record = record;
    reader->next = at;
    reader->t_ns = t_ns;
    reader->backward = backward;
    return n;
}

gbx_reader_mark
gbx_reader_note(const gbx_reader *reader)
{
    const gbx_feed *source = reader->source;
    const uint8_t *base = source->file->pieces[source->first_piece + reader->piece].base;
    return (gbx_reader_mark){
        .base_ticks = reader->base_ticks, .t_ns = reader->t_ns, .piece = reader->piece,
        .record = reader->record == NULL ? 0 : (uint32_t)(reader->record - base),
        .next = (uint32_t)(reader->next - base),
        .interp = reader->interp, .sites = { reader->sites[0], reader->sites[1] },
        .backward = reader->backward,
    };
}

void
gbx_reader_return(gbx_reader *reader, const gbx_feed *source, gbx_reader_mark place)
{
    const gbx_piece *piece = &source->file->pieces[source->first_piece + place.piece];
    *reader = (gbx_reader){
        .record = place.record == 0 ? NULL : piece->base + place.record,
        .next = piece->base + place.next, .end = piece->base + piece->whole,
        .base_ticks = place.base_ticks, .t_ns = place.t_ns, .source = source,
        .piece = place.piece, .interp = place.interp, .sites = { place.sites[0], place.sites[1] },
        .backward = place.backward,
    };
}
