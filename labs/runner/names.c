/* Names: the definitions of a file, checked and sorted by id, and the lines of code objects.

   Text is copied as it is cleaned: whatever bytes a file holds, what leaves this module is valid UTF-8
   without control characters, fit for a terminal.  It must not know what an event is. */

#include "trace_internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- clean text */

/* Length of the valid UTF-8 sequence at `at`, or 0. */
static size_t
sequence_length(const uint8_t *at, size_t left)
{
    uint8_t c = at[0];
    size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3
        : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    if (n == 0 || n > left) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if ((c == 0xe0 && at[1] < 0xa0) || (c == 0xed && at[1] >= 0xa0) ||
        (c == 0xf0 && at[1] < 0x90) || (c == 0xf4 && at[1] >= 0x90)) {
        return 0;                                /* overlong, surrogate, beyond U+10FFFF */
    }
    return n;
}

char *
gbx_names_clean(const uint8_t *text, size_t length)
{
    char *copy = malloc(length + 1);
    if (copy == NULL) {
        return NULL;
    }
    size_t used = 0;
    for (size_t i = 0; i < length;) {
        size_t n = sequence_length(text + i, length - i);
        bool control = n == 1 ? text[i] < 0x20 || text[i] == 0x7f
            : n == 2 && text[i] == 0xc2 && text[i + 1] < 0xa0;
        if (n == 0 || control) {
            copy[used++] = '?';
            i += n == 0 ? 1 : n;
            continue;
        }
        memcpy(copy + used, text + i, n);
        used += n;
        i += n;
    }
    copy[used] = '\0';
    return copy;
}

/* ----------------------------------------------------------------- tables */

static bool
add_text(gbx_texts *texts, uint32_t id, const uint8_t *text, size_t length)
{
    if (texts->count == texts->room) {
        size_t room = texts->room == 0 ? 64 : texts->room * 2;
        gbx_text *more = realloc(texts->items, room * sizeof(*more));
        if (more == NULL) {
            return false;
        }
        texts->items = more;
        texts->room = room;
    }
    char *copy = gbx_names_clean(text, length);
    if (copy == NULL) {
        return false;
    }
    texts->items[texts->count++] = (gbx_text){ .id = id, .length = (uint32_t)length, .text = copy };
    return true;
}

static int
by_text_id(const void *a, const void *b)
{
    uint32_t x = ((const gbx_text *)a)->id, y = ((const gbx_text *)b)->id;
    return x < y ? -1 : x > y;
}

static int
by_code_id(const void *a, const void *b)
{
    uint32_t x = ((const gbx_code_entry *)a)->id, y = ((const gbx_code_entry *)b)->id;
    return x < y ? -1 : x > y;
}

static int
by_thread_id(const void *a, const void *b)
{
    const gbx_thread_entry *x = a, *y = b;
    return x->id != y->id ? (x->id < y->id ? -1 : 1) : (x->order < y->order ? -1 : x->order > y->order);
}

/* The last definition of the id; NULL. */
const gbx_thread_entry *
gbx_threads_find(const gbx_file *file, uint32_t id)
{
    size_t low = 0, high = file->thread_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (file->threads[middle].id <= id) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return low > 0 && file->threads[low - 1].id == id ? &file->threads[low - 1] : NULL;
}

const gbx_text *
gbx_texts_find(const gbx_texts *texts, uint32_t id)
{
    gbx_text key = { .id = id };
    return texts->count == 0
        ? NULL : bsearch(&key, texts->items, texts->count, sizeof(key), by_text_id);
}

static bool
add_code(gbx_file *file, uint32_t id, const uint8_t *payload, uint32_t length)
{
    gbx_name_code code;
    if (length < sizeof(code)) {
        return true;                             /* too short to be one: passed over */
    }
    memcpy(&code, payload, sizeof(code));
    uint64_t need = (uint64_t)code.name_length + code.file_length + code.table_length;
    if (need > length - sizeof(code)) {
        return true;
    }
    if (file->code_count == file->code_room) {
        size_t room = file->code_room == 0 ? 256 : file->code_room * 2;
        gbx_code_entry *more = realloc(file->codes, room * sizeof(*more));
        if (more == NULL) {
            return false;
        }
        file->codes = more;
        file->code_room = room;
    }
    const uint8_t *name = payload + sizeof(code);
    const uint8_t *path = name + code.name_length;
    gbx_code_entry *entry = &file->codes[file->code_count];
    *entry = (gbx_code_entry){ .id = id, .info = {
        .name = gbx_names_clean(name, code.name_length), .file = gbx_names_clean(path, code.file_length),
        .first_line = code.first_line, .units = code.units, .flags = code.co_flags,
        .table = path + code.file_length, .table_length = code.table_length,
    } };
    file->code_count++;
    return entry->info.name != NULL && entry->info.file != NULL;
}

static bool
add_thread(gbx_file *file, uint32_t id, const uint8_t *payload, uint32_t length)
{
    gbx_name_thread thread;
    if (length < sizeof(thread)) {
        return true;
    }
    memcpy(&thread, payload, sizeof(thread));
    if (file->thread_count == file->thread_room) {
        size_t room = file->thread_room == 0 ? 64 : file->thread_room * 2;
        gbx_thread_entry *more = realloc(file->threads, room * sizeof(*more));
        if (more == NULL) {
            return false;
        }
        file->threads = more;
        file->thread_room = room;
    }
    gbx_thread_entry *entry = &file->threads[file->thread_count];
    *entry = (gbx_thread_entry){
        .id = id, .order = (uint32_t)file->thread_count, .native_id = thread.native_id,
        .name = gbx_names_clean(payload + sizeof(thread), length - sizeof(thread)),
    };
    file->thread_count++;
    return entry->name != NULL;
}

static bool
add_name(gbx_file *file, const gbx_name *name, const uint8_t *payload)
{
    switch (name->kind) {
        case GBX_NAME_STRING: return add_text(&file->strings, name->id, payload, name->length);
        case GBX_NAME_OPCODE: return add_text(&file->opcodes, name->id, payload, name->length);
        case GBX_NAME_REASON: return add_text(&file->reasons, name->id, payload, name->length);
        case GBX_NAME_META:   return add_text(&file->metas, name->id, payload, name->length);
        case GBX_NAME_CODE:   return add_code(file, name->id, payload, name->length);
        case GBX_NAME_THREAD: return add_thread(file, name->id, payload, name->length);
        case GBX_NAME_TYPE: case GBX_NAME_WATCH: return gbx_objects_add(file, name, payload);
        default:              return true;
    }
}

/* A definition that does not fit its segment ends the segment: what follows cannot be found. */
static bool
read_piece_names(gbx_file *file, const gbx_piece *piece)
{
    for (uint64_t at = sizeof(gbx_segment); at + sizeof(gbx_name) <= piece->end;) {
        gbx_name name;
        memcpy(&name, piece->base + at, sizeof(name));
        if (name.size < sizeof(name) || name.size % 8 != 0 || name.size > piece->end - at ||
            name.length > name.size - sizeof(name)) {
            break;
        }
        if (!add_name(file, &name, piece->base + at + sizeof(name))) {
            return false;
        }
        at += name.size;
    }
    return true;
}

static void
sort_texts(gbx_texts *texts)
{
    if (texts->count > 0) {
        qsort(texts->items, texts->count, sizeof(*texts->items), by_text_id);
    }
}

int
gbx_names_read(gbx_file *file, gbx_error *error)
{
    for (size_t i = 0; i < file->piece_count; i++) {
        if (file->pieces[i].kind == GBX_SEGMENT_NAMES && !read_piece_names(file, &file->pieces[i])) {
            return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        }
    }
    sort_texts(&file->strings);
    sort_texts(&file->opcodes);
    sort_texts(&file->reasons);
    if (file->thread_count > 0) {
        qsort(file->threads, file->thread_count, sizeof(*file->threads), by_thread_id);
    }
    if (file->code_count > 0) {
        qsort(file->codes, file->code_count, sizeof(*file->codes), by_code_id);
    }
    gbx_objects_sort(file);
    return 0;
}

static void
clear_texts(gbx_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++) {
        free((char *)(uintptr_t)texts->items[i].text);
    }
    free(texts->items);
}

void
gbx_names_clear(gbx_file *file)
{
    clear_texts(&file->strings);
    clear_texts(&file->opcodes);
    clear_texts(&file->reasons);
    clear_texts(&file->metas);
    for (size_t i = 0; i < file->code_count; i++) {
        free((char *)(uintptr_t)file->codes[i].info.name);
        free((char *)(uintptr_t)file->codes[i].info.file);
    }
    free(file->codes);
    for (size_t i = 0; i < file->thread_count; i++) {
        free((char *)(uintptr_t)file->threads[i].name);
    }
    free(file->threads);
    gbx_objects_clear(file);
}

/* ------------------------------------------------------------ the location table */

/* Entries of 1 + n bytes; the first has bit 7 set, a code in bits 3-6 and the number of code units less
   one in bits 0-2.  Numbers are in groups of six bits, the lowest first; signed ones have the sign in
   bit 0.  See Objects/locations.md. */
typedef struct {
    const uint8_t *at, *end;
} bytes;

static uint32_t
read_varint(bytes *in)
{
    uint32_t value = 0;
    for (unsigned shift = 0; in->at < in->end && shift < 32; shift += 6) {
        uint8_t byte = *in->at++;
        value |= (uint32_t)(byte & 63) << shift;
        if ((byte & 64) == 0) {
            break;
        }
    }
    return value;
}

static int
read_signed(bytes *in)
{
    uint32_t value = read_varint(in);
    int half = (int)(value >> 1);
    return value & 1 ? -half : half;
}

static int
next_byte(bytes *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

bool
gbx_code_line(const gbx_code_info *code, uint32_t offset, int *line, int *column)
{
    bytes in = { code->table, code->table + code->table_length };
    int64_t now = code->first_line;
    uint64_t at = 0;
    while (in.at < in.end) {
        uint8_t first = *in.at++;
        unsigned form = first >> 3 & 15;
        int start = -1;
        bool has_line = form != 15;
        if (form < 10) {                         /* short: same line */
            start = (int)(form << 3) | (next_byte(&in) >> 4);
        }
        else if (form < 13) {                    /* 0 to 2 lines on */
            now += (int)form - 10;
            start = next_byte(&in);
            (void)next_byte(&in);
        }
        else if (form == 13) {                   /* no columns */
            now += read_signed(&in);
        }
        else if (form == 14) {                   /* long */
            now += read_signed(&in);
            (void)read_varint(&in);
            start = (int)(read_varint(&in) & INT_MAX) - 1;
            (void)read_varint(&in);
        }
        at += (first & 7u) + 1;
        if (offset < at) {
            *line = has_line && now > 0 && now < INT32_MAX ? (int)now : 0;
            *column = start;
            return *line != 0;
        }
    }
    return false;
}
