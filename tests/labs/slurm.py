"""A real Slurm of one node, for a test: private, on loopback, gone when the test ends, however it ends.

    with Slurm(folder, cpus=2) as slurm:
        slurm.run(["./plan/submit"])
        slurm.wait()

Needs the programs of Debian's slurm-wlm and munge, and neither root nor cgroups nor systemd. munged, slurmctld and
slurmd run in the foreground as children of this process, with a key, a socket, ports and folders of their own; the
kernel kills them when this process dies. This module must not know what a job is for.
"""

import ctypes
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel", "setpriv")

PR_SET_CHILD_SUBREAPER = 36

CONFIG = """\
ClusterName=glassbox-test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
SlurmdPort={daemon}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=bf_interval=1,sched_min_interval=100000,batch_sched_delay=0
ReturnToService=2
KillWait=2
MpiDefault=none
MailProg=/bin/true
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


class CannotRun(Exception):
    """What this machine lacks for it."""


def programs() -> dict[str, str]:
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    found = {name: shutil.which(name, path=path) for name in PROGRAMS}
    missing = [name for name, place in found.items() if place is None]
    if missing:
        raise CannotRun(f"there is no {', '.join(missing)} (packages slurm-wlm, munge)")
    return found


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


# slurmd's step daemons leave it, and nobody waits for them where there is no init: so we do.

def adopt_orphans(really: bool) -> None:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, int(really), 0, 0, 0)


def reap_orphans() -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        children = pathlib.Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        steps = [int(child) for child in children if pathlib.Path(f"/proc/{child}/comm").read_text() == "slurmstepd\n"]
        for step in steps:
            os.waitpid(step, os.WNOHANG)
        if not steps:
            return
        time.sleep(0.1)


class Slurm:
    def __init__(self, folder: pathlib.Path, cpus: int = 2, environment: dict[str, str] | None = None) -> None:
        self.folder, self.cpus, self.daemons = folder, cpus, []
        self.programs = programs()
        self.environment = dict(os.environ if environment is None else environment)
        self.environment |= {"SLURM_CONF": str(folder / "slurm.conf"), "LC_ALL": "C.UTF-8"}

    # ------------------------------------------------------------------- start and end

    def __enter__(self) -> "Slurm":
        adopt_orphans(True)
        try:
            self.configure()
            self.start("munged", "--foreground", f"--key-file={self.folder}/munge.key", f"--socket={self.folder}/munge.socket",
                       f"--pid-file={self.folder}/munged.pid", f"--log-file={self.folder}/munged.log",
                       f"--seed-file={self.folder}/munged.seed", "--force", "--num-threads=2")
            self.until(lambda: (self.folder / "munge.socket").exists(), "munged has no socket")
            self.start("slurmctld", "-D")
            self.start("slurmd", "-D")
            self.until(self.is_idle, "the node does not come up")
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_unused) -> None:
        self.end()

    def configure(self) -> None:
        for name in ("state", "spool"):
            (self.folder / name).mkdir(mode=0o700)
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        control, daemon = free_ports(2)
        text = CONFIG.format(host=socket.gethostname().split(".")[0], control=control, daemon=daemon, folder=self.folder,
                             user=pwd.getpwuid(os.geteuid()).pw_name, cpus=self.cpus)
        (self.folder / "slurm.conf").write_text(text, encoding="utf-8")

    def start(self, name: str, *arguments: str) -> None:
        with open(self.folder / f"{name}.out", "wb") as out:
            self.daemons.append(subprocess.Popen(
                [self.programs["setpriv"], "--pdeathsig", "KILL", self.programs[name], *arguments], stdin=subprocess.DEVNULL,
                stdout=out, stderr=out, env=self.environment, start_new_session=True))

    def end(self) -> None:
        if len(self.daemons) == 3:
            self.run([self.programs["scancel"], "--quiet", "--state=PENDING", f"--user={os.geteuid()}"], check=False)
            self.run([self.programs["scancel"], "--quiet", f"--user={os.geteuid()}"], check=False)
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and self.jobs():
                time.sleep(0.2)
        for daemon in reversed(self.daemons):
            daemon.send_signal(signal.SIGTERM)
        for daemon in reversed(self.daemons):
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self.daemons = []
        reap_orphans()
        adopt_orphans(False)

    def until(self, what, why: str, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not what():
            dead = [daemon.args[3] for daemon in self.daemons if daemon.poll() is not None]
            if dead or time.monotonic() > deadline:
                raise CannotRun(f"{why}{': it ended: ' + dead[0] if dead else ''}\n{self.logs()}")
            time.sleep(0.1)

    def logs(self) -> str:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace")[-1500:] for path in self.folder.glob("*.out"))

    # ---------------------------------------------------------------------------- use

    def run(self, command: list, check: bool = True) -> str:
        done = subprocess.run([str(word) for word in command], env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)
        if check and done.returncode != 0:
            raise AssertionError(f"{command[0]} ended with {done.returncode}: {done.stderr}{done.stdout}")
        return done.stdout

    def is_idle(self) -> bool:
        said = self.run([self.programs["scontrol"], "--oneliner", "show", "node"], check=False)
        return "State=IDLE" in said.replace("*", "?")

    def jobs(self) -> list[str]:
        return self.run([self.programs["squeue"], "--noheader", "--format=%i %T %r"], check=False).splitlines()

    def wait(self, seconds: float) -> None:
        """Until there is no job any more."""
        deadline = time.monotonic() + seconds
        while self.jobs():
            if time.monotonic() > deadline:
                raise AssertionError(f"still there after {seconds:.0f} s: {self.jobs()}\n{self.logs()}")
            time.sleep(0.3)
