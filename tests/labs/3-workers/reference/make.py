"""Write the answers of this student's two loads down: run in the folder of the finished files."""
wait, compute = (int(part) for part in "{{north}}".split("+"))
TEXT = """[predict.convoy]
answer = "five times as long, or more"
confidence = 4

[predict.interval]
answer = "in most of them"
confidence = 4
"""

with open("answers.toml", "w", encoding="utf-8") as file:
    file.write(TEXT)
    for name, waits, computes in (("north", wait, compute), ("south", compute, wait)):
        kind = "thread" if waits > computes else "process"
        file.write(f'\n[{name}]\nkind = "{kind}"\nshare = {waits / (waits + computes):.2f}\n')

with open("work.py", encoding="utf-8") as file:
    SENDS = [at for at, line in enumerate(file, 1) if "pickle.dumps(" in line][0]
LAST = 2 * int("{{turns}}")  # of the turns alone and behind the thread
with open("load.py", encoding="utf-8") as file:
    WAITS = [at for at, line in enumerate(file, 1) if "time.sleep(0.001)" in line][0]

with open("explain.toml", "w", encoding="utf-8") as file:
    file.write(f'''[explain.why-it-waits]
mechanism = "patience"
anchor = "Python/ceval_gil.c#take_gil"
events = ["gil.request@/lab/load.py:{WAITS}#1", "gil.timeout@/lab/load.py:{WAITS}#1", "gil.acquire@/lab/load.py:{WAITS}#{LAST}"]
prose = """
After each answer the talking thread wants the lock back. The other one has it, and lets go only when it is asked to,
which happens once somebody has waited for a switch interval. So a turn costs its millisecond and an interval.
"""

[explain.why-it-ended]
mechanism = "own-lock"
anchor = "Python/ceval_gil.c#_PyEval_ReInitThreads"
events = ["gil.acquire@/lab/load.py:{WAITS}#1", "gil.acquire@work.py:{SENDS}#1", "gil.release@work.py:{SENDS}#1"]
prose = """
Each worker is a process, with an interpreter and a lock of its own. Whoever talks and whoever crunches hold two locks.
"""
''')
