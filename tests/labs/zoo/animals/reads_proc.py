"""Tries what /proc would give: memory, maps, other processes' words, descriptors."""
import glob
import os

for name in ("/proc/self/mem", "/proc/self/maps", "/proc/1/environ", "/proc/1/cmdline", f"/proc/{os.getppid()}/mem", "/proc/mounts",
             "/proc/kcore", "/proc/sys/kernel/core_pattern", "/sys/kernel/debug"):
    for mode in ("rb", "r+b"):
        try:
            with open(name, mode) as file:
                file.read(1)
        except OSError:
            continue
        raise SystemExit(f"{name} can be opened, {mode}")
if glob.glob("/proc/*"):
    raise SystemExit("there is something in /proc")


def hot(n):
    pass


def total():
    return 0
