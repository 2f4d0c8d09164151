"""Children of all kinds: forked, of another program, of the same one, of a pool."""

import multiprocessing
import os
import subprocess
import sys

import glassbox

glassbox.start(sys.argv[1])


def square(x):
    return x * x


for status in range(2):
    pid = os.fork()
    if pid == 0:
        [square(i) for i in range(50)]
        os._exit(status)
    print(os.waitpid(pid, 0)[1])
print(subprocess.run([sys.executable, "-c", "print(sum(range(10)))"], capture_output=True, check=True).stdout)
print(subprocess.run(["/bin/echo", "here"], capture_output=True, close_fds=False, check=True).stdout)
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(square, range(5)))
