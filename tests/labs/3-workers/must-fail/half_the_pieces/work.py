"""Each job is done by halves, and the rest is looked up in another place."""
import multiprocessing
import threading

import load

FORK = multiprocessing.get_context("fork")


def answer(connection, function, jobs):
    """What a worker's process does: it says that it is there, and then works."""
    connection.send("here")
    connection.send([function(*job) for job in jobs])
    connection.close()


def in_process(function, jobs):
    """A process that is about to work on these jobs; and the end of a pipe where the results come out."""
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=answer, args=(theirs, function, jobs))
    process.start()
    theirs.close()
    return process, ours


def begin(jobs):
    handle = [in_process(load.crunch, [(first, count // 2)]) for first, count in jobs]
    for _, connection in handle:
        connection.recv()
    return handle


def finish(handle):
    results = []
    for process, connection in handle:
        results += connection.recv()
        process.join()
    return results


def by_processes(requests):
    """Every other request to one of two processes."""
    workers, parts = [in_process(load.serve, requests[half::2]) for half in (0, 1)], []
    for process, connection in workers:
        connection.recv()
        parts.append(connection.recv())
        process.join()
    return in_order(parts)


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
