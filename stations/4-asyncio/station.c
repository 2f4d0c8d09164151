/* Station 4: asyncio, a loop and its tasks.

   The contents page: what there is to read, to run, to explain, and to go on with.  Claims and their
   checks are in claims_*.c; what a learner reads first is guide.md. */

#include "claims.h"
#include "station.h"

#include <stddef.h>

static const gbx_claim *const claims[] = {
    &gbx_s4_order, &gbx_s4_same,
    &gbx_s4_lands, &gbx_s4_shield, &gbx_s4_swallowed,
    &gbx_s4_frames, &gbx_s4_calls, &gbx_s4_rates,
    &gbx_s4_queue, &gbx_s4_turns,
    &gbx_s4_warning, &gbx_s4_late,
    &gbx_s4_computes, &gbx_s4_sequence, &gbx_s4_pieces, &gbx_s4_blocks,
    NULL,
};

const gbx_station gbx_station_4 = {
    .number = 4,
    .name = "asyncio",
    .folder = "4-asyncio",
    .title = "asyncio: a loop, its tasks, and who wakes whom",
    .minutes = 75,
    .readings = {
        { "Lib/asyncio/base_events.py#BaseEventLoop.run_forever", "the loop: run_once until somebody stops it" },
        { "Lib/asyncio/base_events.py#BaseEventLoop._run_once", "a round: timers, select, and the queue" },
        { "Lib/asyncio/tasks.py#Task.__step_run_and_handle_result", "a step of a task, in Python" },
        { "Lib/asyncio/tasks.py#Task.cancel", "what a request to cancel does, and what not" },
        { "Modules/_asynciomodule.c#task_step_impl", "the C accelerator: the same step" },
        { "Modules/_asynciomodule.c#task_step_handle_result_impl", "and what it does with what was yielded" },
        { "Lib/selectors.py#EpollSelector.select", "the selector: which files are ready" },
        { "Modules/selectmodule.c#select_epoll_poll_impl", "epoll_wait(), and the lock let go around it" },
    },
    .shows = {
        { .title = "The stalled loop",
          .lead = "The course's program: a task calls time.sleep() while another one wants to tick. Not a word of it is "
                  "printed.",
          .experiment = &gbx_s4_stalled, .tell = gbx_s4_tell_stall },
        { .title = "The same program in debug mode",
          .lead = "Now the loop reads the clock around each turn, and complains.",
          .experiment = &gbx_s4_stalled_debug, .tell = gbx_s4_tell_stall },
    },
    .topics = {
        { "4.1", "From await to a callback on the loop" },
        { "4.2", "Cancellation lands at the next await" },
        { "4.3", "Why uvloop is faster" },
        { "4.4", "Whose turn it is" },
        { "4.5", "The stalled loop" },
        { "4.6", "Why is my async code slower than my sync code?" },
    },
    .claims = claims,
    .go_on = {
        "In awaits.py set the result before the waiter's first step. What is missing in the diagram?",
        "In awaits.py let a hundred callbacks be in the queue when the result is set. How long does the waiter wait?",
        "In cancel.py cancel a task twice. How often does it throw, and what does cancelling() say?",
        "In echo.py make a hundred connections. How many messages has a round now, and how many frames a message?",
        "In waiting.py let each task give way in the middle, by asyncio.sleep(0). Who waits less, and who more?",
        "In stalled.py put await asyncio.to_thread(time.sleep, STALL) in place of the sleep. Where is the time now?",
        "In slow_pieces.py make PIECE larger step by step. From which size on does the loop not matter?",
        "Record a program of your own: glassbox trace -e aio, then glassbox aio. Which turn is its longest?",
    },
};
