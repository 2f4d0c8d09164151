/* Claims 5.3e and f: a tensor of PyTorch's on somebody's memory.

   Experiment: tensors.py.  A tensor has no buffer protocol, so that the program says where its memory is; that
   it is the exporter's, and who holds an export, the events say. */

#include "claims.h"
#include "seen.h"
#include "trace.h"

#include <inttypes.h>
#include <stdio.h>

#define WITH_TORCH(VARIABLE, FOLDER, FILE)                                                              \
    const gbx_experiment VARIABLE = {                                                                   \
        .name = FILE, .program = FOLDER "/" FILE ".py", .events = BUFFERS, .packages = "torch",         \
        .timeout_ms = 120000,                                                                           \
    }

static WITH_TORCH(tensors, "experiments", "tensors");
static WITH_TORCH(tensor_of_its_own, "must-fail", "tensor_of_its_own");
static WITH_TORCH(lent_for_good, "must-fail", "lent_for_good");

static bool
pointer(const gbx_look *look, gbx_finding *finding, const char *name, uint64_t *address)
{
    gbx_part whole;
    double value;
    if (!gbx_part_whole(look, &whole) || !gbx_part_number(&whole, name, &value)) {
        gbx_finding_insufficient(finding, "the program does not say where the memory of '%s' is", name);
        return false;
    }
    *address = (uint64_t)value;
    return true;
}

/* ----------------------------------------------------------------- 5.3e: one address */

enum { EXPORTER, VIEW, ARRAY, TYPES };

static const char *const types[TYPES] = { "array.array", "memoryview", "numpy.ndarray" };

static void
quote_table(gbx_finding *finding, const gbx_seen *seen, uint64_t tensor, uint64_t exchanged)
{
    char table[400];
    size_t used = 0;
    for (size_t i = 0; i < TYPES; i++) {
        used += gbx_seen_put(table + used, sizeof(table) - used, &seen[i]);
    }
    int last = snprintf(table + used, sizeof(table) - used, "%-14s %#14" PRIx64 "  by data_ptr()\n%-14s %#14" PRIx64
                        "  by data_ptr(), exchanged by DLPack\n", "torch.Tensor", tensor, "torch.Tensor", exchanged);
    gbx_finding_quote(finding, table, last > 0 ? used + (size_t)last : used);
}

static gbx_verdict
check_tensor(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part, exchange;
    gbx_seen seen[TYPES];
    uint64_t tensor, exchanged;
    uint32_t pieces;
    size_t first;
    if (!gbx_part_find(look, finding, "seen from a tensor", "begin", &part)
        || !gbx_part_find(look, finding, "exchange with a tensor", "begin", &exchange)
        || !pointer(look, finding, "tensor", &tensor) || !pointer(look, finding, "exchanged", &exchanged)) {
        return GBX_INSUFFICIENT;
    }
    for (size_t i = 0; i < TYPES; i++) {
        if (!gbx_seen_of(&part, types[i], &seen[i])) {
            return gbx_finding_failf(finding, "each of them exports its memory", NULL, "no '%s' does", types[i]);
        }
    }
    quote_table(finding, seen, tensor, exchanged);
    uint64_t address = seen[EXPORTER].get->address;
    if (seen[VIEW].get->address != address || seen[ARRAY].get->address != address || tensor != address
        || exchanged != address || gbx_seen_memory(&part, &pieces, &first) > 0) {
        return gbx_finding_fail(finding, "all of them have one address", "they have not", "the numbers were copied");
    }
    uint32_t asked = gbx_part_count(&exchange, GBX_EV_BUF_GET, 0);
    if (asked > 0) {
        return gbx_finding_failf(finding, "DLPack asks for no buffer", NULL, "%u are asked for", asked);
    }
    gbx_finding_event(finding, look, seen[EXPORTER].at, "the array lends its memory");
    gbx_finding_event(finding, look, seen[ARRAY].at, "what the tensor became again, a NumPy array, is at that address");
    gbx_finding_number(finding, "bytes that were copied", 0, "bytes");
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s5_tensor = {
    .id = "5.3e",
    .title = "a tensor has that address, too",
    .sentence = "A tensor that is made of a NumPy array, which is made of a memoryview of an array.array, lies at the address "
                "of that array, whether it was made directly or by DLPack: four types, one memory.",
    .experiments = { &tensors },
    .check = check_tensor,
    .must_fail = {
        { &tensors, &tensor_of_its_own, "the tensor is made of the numbers, not of the memory" },
    },
    .readings = {
        { "Modules/arraymodule.c#array_buffer_getbuf", "the memory that all the others have" },
        { "numpy:numpy/_core/src/multiarray/dlpack.c#array_dlpack", "what NumPy writes down for DLPack" },
    },
    .prediction = {
        .question = "How does torch.from_dlpack() come to the memory of a NumPy array?",
        .choices = {
            { "it asks for a buffer, as np.frombuffer() does", "everything shares memory by the buffer protocol",
              "no buffer is asked for in the exchange" },
            { "it copies the numbers: tensors have memory of their own", "PyTorch keeps its own memory",
              "data_ptr() is the address of the array" },
            { "it is handed the address, in a capsule", NULL, NULL },
        },
    },
};

/* ------------------------------------------------- 5.3f: a reference is not an export */

static gbx_verdict
judge_moved(const gbx_look *look, gbx_finding *finding, const gbx_part *lent, const gbx_seen *got)
{
    uint64_t borrower;
    gbx_part after;
    gbx_seen now;
    size_t given = gbx_part_next(lent, got->at, GBX_EV_BUF_RELEASE, 0);
    if (!gbx_part_find(look, finding, "borrowed by a tensor", "look", &after)
        || !pointer(look, finding, "borrower", &borrower)) {
        return GBX_INSUFFICIENT;
    }
    if (given == GBX_NO_EVENT || !gbx_seen_next(&after, after.begin, &now)) {
        return gbx_finding_fail(finding, "the export is given back in the same call", "it is not", "it is held on to");
    }
    if (borrower != got->get->address || now.get->address == borrower) {
        return gbx_finding_failf(finding, "the tensor stays where the memory was, and the memory moves", NULL,
                                 "the tensor is at %#" PRIx64 ", the memory now at %#" PRIx64, borrower, now.get->address);
    }
    gbx_finding_event(finding, look, got->at, "lent to torch.frombuffer(): %" PRIu64 " bytes at %#" PRIx64,
                      got->get->length, got->get->address);
    gbx_finding_event(finding, look, given, "and given back, before the call returns");
    gbx_finding_refute(finding, look, now.at, "grown to %" PRIu64 " bytes, at %#" PRIx64, now.get->length,
                       now.get->address);
    gbx_finding_fact(finding, "the tensor still says %#" PRIx64 ": that memory is no longer the bytearray's", borrower);
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

static gbx_verdict
check_given_back(const gbx_look *look, gbx_finding *finding)
{
    gbx_part lent, grow;
    gbx_seen got;
    if (!gbx_part_find(look, finding, "borrowed by a tensor", "begin", &lent)
        || !gbx_part_find(look, finding, "borrowed by a tensor", "grow", &grow)) {
        return GBX_INSUFFICIENT;
    }
    if (!gbx_seen_of(&lent, "bytearray", &got)) {
        return gbx_finding_fail(finding, "the bytearray is asked for its memory", "it is not", NULL);
    }
    size_t error = gbx_part_next(&grow, grow.begin, GBX_EV_BUF_ERROR, 0);
    if (error != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, error, "it refuses to grow");
        return gbx_finding_fail(finding, "nothing keeps it from growing", "an export is out",
                                "who made the tensor holds on to the export");
    }
    return judge_moved(look, finding, &lent, &got);
}

const gbx_claim gbx_s5_given_back = {
    .id = "5.3f",
    .title = "a reference is not an export",
    .sentence = "torch.frombuffer() gives the export back before it returns, and keeps a reference alone: so a bytearray "
                "may grow under its tensor, and its memory moves away.",
    .experiments = { &tensors },
    .check = check_given_back,
    .must_fail = {
        { &tensors, &lent_for_good, "the tensor is made of an array that holds an export" },
    },
    .readings = {
        { "Objects/bytearrayobject.c#_canresize", "what a bytearray asks before it grows: its exports, not its references" },
        { "Objects/abstract.c#PyBuffer_Release", "after this the exporter owes nothing" },
    },
    .prediction = {
        .question = "t = torch.frombuffer(b) makes a tensor of a bytearray. Then b.extend() makes the bytearray a thousand "
                    "times larger. What happens?",
        .choices = {
            { "BufferError: its memory is lent", "whoever uses a memory holds an export",
              "the export was given back in the same call" },
            { "the bytearray grows elsewhere, and the tensor points to what is no longer its memory", NULL, NULL },
            { "both grow: they share their memory", "a view follows its memory", "an address was copied, once" },
        },
    },
};
