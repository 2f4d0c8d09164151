/* Station 6: PyTorch's tape, a device's streams, and a cache in pages.

   The contents page: what there is to read, to run, to explain, and to go on with.  Claims and their
   checks are in claims_*.c; what a learner reads first is guide.md. */

#include "claims.h"
#include "station.h"

#include <stddef.h>

static const gbx_claim *const claims[] = {
    &gbx_s6_built, &gbx_s6_order, &gbx_s6_without, &gbx_s6_gradient, &gbx_s6_used_up,
    &gbx_s6_nodes, &gbx_s6_bytes, &gbx_s6_latency, &gbx_s6_shared,
    &gbx_s6_launch, &gbx_s6_waits, &gbx_s6_streams, &gbx_s6_device_lock,
    &gbx_s6_reservations, &gbx_s6_blocks, &gbx_s6_throughput, &gbx_s6_equal, &gbx_s6_computed, &gbx_s6_sizes,
    &gbx_s6_reading, &gbx_s6_copy_on_write,
    NULL,
};

const gbx_station gbx_station_6 = {
    .number = 6,
    .name = "torch",
    .folder = "6-torch",
    .title = "torch: autograd, streams, and a cache in pages",
    .minutes = 90,
    .readings = {
        { "torch:torch/include/torch/csrc/autograd/node.h#sequence_nr", "a node of the tape: the comment, and the class" },
        { "torch:torch/include/torch/csrc/autograd/edge.h#Edge", "where a gradient goes on to" },
        { "torch:torch/include/torch/csrc/autograd/engine.h#Engine", "who walks it: execute(), evaluate_function()" },
        { "torch:torch/include/torch/csrc/autograd/saved_variable.h#SavedVariable", "what forward keeps for backward" },
        { "torch:torch/autograd/graph.py#_engine_run_backward", "the last Python before the engine" },
        { "torch:torch/autograd/grad_mode.py#no_grad", "a switch of this thread, no more" },
        { "torch:torch/include/pybind11/gil.h", "how C++ lets go of the lock" },
        { "Python/ceval_gil.c#PyEval_SaveThread", "and what that calls: station 3's way to let go" },
        { "torch:torch/cuda/streams.py#Stream", "a device's queue of work" },
    },
    .shows = {
        { .title = "The course's program",
          .lead = "A square, a sum, and back; and whether there is a device.",
          .experiment = &gbx_s6_course, .tell = gbx_s6_tell_course },
    },
    .topics = {
        { "6.1", "The tape" },
        { "6.2", "detach and no_grad" },
        { "6.3", "The processor and the device" },
        { "6.4", "PagedAttention" },
    },
    .claims = claims,
    .go_on = {
        "In tape.py use a three times in the function. How many edges lead to its node, and how often is it visited?",
        "In tape.py make SIZE 100. What share of the time has the engine the lock, and what for?",
        "In modes.py put torch.inference_mode() in place of no_grad. What else is saved?",
        "In modes.py let one weight of the eight want a gradient. Which nodes are built, and which tensors kept?",
        "In tape.py write a function of your own, and how many OPERATIONS it has. ./glassbox explain 6.1a draws its "
        "tape. Where does it end?",
        "In lengths.py draw round(source.lognormvariate(math.log(mean) - 0.845, 1.3)) + 1, which has a longer tail. What of 6.4 "
        "changes, and what comes closer to the paper?",
        "In kvcache.py keep a tenth of the blocks free, or none. How often is somebody sent away, and what is its price?",
        "In kvcache.py let two requests share the blocks of a prompt that begins alike. How would you find them?",
        "On a machine with a CUDA device: PYTHON=python3 ./glassbox explain 6.3. Then with CUDA_LAUNCH_BLOCKING=1.",
    },
};
