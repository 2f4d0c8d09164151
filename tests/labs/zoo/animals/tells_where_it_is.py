"""Says in its error all that it sees of the place that it runs in: the same for whoever checks and whoever grades."""
import hashlib
import os
import socket
import sys

seen = [sorted(os.environ.items()), os.getuid(), os.getgid(), os.getgroups(), os.getpid(), os.getppid(), os.getcwd(), sys.argv,
        sys.executable, sys.path, socket.gethostname(), os.umask(0), sorted(os.listdir("/lab")), sorted(os.listdir("/learner")),
        sorted(os.listdir("/tmp")), os.path.exists("/proc"), os.isatty(0), os.uname().release, os.nice(0)]
for name in sorted(os.listdir("/lab")):
    with open(f"/lab/{name}", "rb") as file:
        seen.append(file.read())
raise RuntimeError("seen " + hashlib.sha256(repr(seen).encode()).hexdigest()[:16])
