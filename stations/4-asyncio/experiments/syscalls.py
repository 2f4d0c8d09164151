"""Count the system calls of echo.py's two sides, without privileges and without other programs.

A process may trace its own child (ptrace): the kernel stops the child at each system call and tells which
one. The child runs echo.py's server; by calling getppid() it says where the counted part begins and ends.
"""
import collections
import ctypes
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import echo  # noqa: E402

TRACEME, SYSCALL, SETOPTIONS, GET_SYSCALL_INFO = 0, 24, 0x4200, 0x420E
STOPS_MARKED = 1  # PTRACE_O_TRACESYSGOOD: a stop at a system call is told from a signal
ENTERED = 1
NAMES = {
    0: "read", 1: "write", 9: "mmap", 11: "munmap", 20: "writev", 25: "mremap", 44: "sendto",
    45: "recvfrom", 46: "sendmsg", 47: "recvmsg", 110: "getppid", 202: "futex", 228: "clock_gettime",
    232: "epoll_wait", 233: "epoll_ctl", 281: "epoll_pwait", 288: "accept4", 426: "io_uring_enter",
}
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


class Info(ctypes.Structure):
    """The beginning of struct ptrace_syscall_info, of a stop where a call is entered."""

    _fields_ = [("op", ctypes.c_uint8), ("arch", ctypes.c_uint32), ("at", ctypes.c_uint64),
                ("stack", ctypes.c_uint64), ("number", ctypes.c_uint64), ("args", ctypes.c_uint64 * 6)]


def ptrace(what: int, pid: int, address: int = 0, data=None) -> int:
    result = libc.ptrace(what, pid, address, data)
    if result < 0:
        raise PermissionError("no tracing: this machine lets nobody look at a child")
    return result


def say(name: str, side: str) -> None:
    """For the parent to see: the counted part begins, or ends."""
    os.getppid()


def start(side: str, part) -> int:
    """A child that runs one part, stopped before it does."""
    child = os.fork()
    if child == 0:
        if libc.ptrace(TRACEME, 0, None, None) < 0:
            os._exit(1)
        os.kill(os.getpid(), signal.SIGSTOP)
        loop = echo.new_loop(side)
        loop.run_until_complete(part(side, say))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSTOPPED(status):
        raise PermissionError("no tracing: this machine lets nobody trace a child")
    ptrace(SETOPTIONS, child, 0, STOPS_MARKED)
    return child


def count(child: int) -> collections.Counter:
    """Its system calls between two calls of getppid()."""
    found, counting, info = collections.Counter(), False, Info()
    signals = 0
    while True:
        ptrace(SYSCALL, child, 0, signals)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            return found
        stop = os.WSTOPSIG(status)
        signals = 0 if stop in (signal.SIGTRAP | 0x80, signal.SIGTRAP) else stop
        if stop != signal.SIGTRAP | 0x80:
            continue
        ptrace(GET_SYSCALL_INFO, child, ctypes.sizeof(info), ctypes.addressof(info))
        if info.op != ENTERED:
            continue
        name = NAMES.get(info.number, f"call {info.number}")
        if name == "getppid":
            counting = not counting
        elif counting:
            found[name] += 1


def main() -> None:
    for side in sys.argv[1:] or echo.SIDES:
        echo.new_loop(side).close()  # is it there at all?
        for name, part in ("echo", echo.serve), ("timers", echo.wait_for_timers):
            for call, times in sorted(count(start(side, part)).items()):
                print(name, side, call.replace(" ", "_"), times)
    print("messages", echo.MESSAGES)
    print("timers", echo.TIMERS)


if __name__ == "__main__":
    try:
        main()
    except PermissionError as error:
        print(error)
