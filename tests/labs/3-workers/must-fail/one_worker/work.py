"""One process does both jobs."""
import os
import pickle
import threading

import load


def in_process(function, jobs):
    """A process that is about to work on these jobs; and the end of a pipe where the results come out."""
    outlet, inlet = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(inlet, b"!")  # it is there
        os.write(inlet, pickle.dumps([function(*job) for job in jobs]))
        os._exit(0)
    os.close(inlet)
    return child, outlet


def results_of(worker):
    """Wait for a process that is there, and take what it says."""
    child, outlet = worker
    with open(outlet, "rb") as file:
        results = pickle.load(file)
    os.waitpid(child, 0)
    return results


def begin(jobs):
    handle = [in_process(load.crunch, jobs)]
    for _, outlet in handle:
        os.read(outlet, 1)
    return handle


def finish(handle):
    results = []
    for worker in handle:
        results += results_of(worker)
    return results


def by_processes(requests):
    """Every other request to one of two processes."""
    workers = [in_process(load.serve, requests[half::2]) for half in (0, 1)]
    for _, outlet in workers:
        os.read(outlet, 1)
    return in_order([results_of(worker) for worker in workers])


def by_threads(requests):
    """Every other request to one of two threads."""
    parts = [[], []]

    def work(half):
        parts[half] += [load.serve(*request) for request in requests[half::2]]

    threads = [threading.Thread(target=work, args=(half,)) for half in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return in_order(parts)


def in_order(parts):
    results = [None] * sum(len(part) for part in parts)
    results[0::2], results[1::2] = parts
    return results


WAIT, COMPUTE = (int(part) for part in "{{north}}".split("+"))
serve_north = by_threads if WAIT > COMPUTE else by_processes
serve_south = by_processes if WAIT > COMPUTE else by_threads
