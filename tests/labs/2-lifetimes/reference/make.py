"""Work out the answers of this student's six, and write them down: run in the folder of the finished files."""
FATES = {
    "alone": "freed by counting",
    "vain": "freed by counting",
    "known": "freed by counting",
    "enclosed": "freed by counting",
    "couple": "freed by the collector",
    "polite": "freed by the collector",
    "regretted": "freed by the collector",
    "stubborn": "brought back by its finalizer",
    "number": "immortal",
    "waiting": "kept by a frame",
    "failed": "kept by a frame",
    "remembered": "kept by a cache",
}

with open("answers.toml", "w", encoding="utf-8") as file:
    for name, life in zip("abcdef", "{{lives}}".split()):
        file.write(f'[predict."fate.{name}"]\nanswer = "{FATES[life]}"\nconfidence = 4\n\n')

with open("work.py", encoding="utf-8") as file:
    JOINED = [at for at, line in enumerate(file, 1) if "join(taken)" in line][0]

with open("explain.toml", "w", encoding="utf-8") as file:
    file.write(f'''[explain.why-they-die]
mechanism = "owner-goes-first"
anchor = "Objects/typeobject.c#subtype_dealloc"
events = ["ref.dealloc@/lab/harness.py:52#1", "ref.dealloc@/lab/harness.py:52#2"]
prose = """
Only the ring's list holds the members; what they know of each other and of the ring they ask by a weak reference, which
is not counted. The ring's last reference goes, it dies, its list goes with it, and with the list the members.
"""

[explain.why-it-goes-back]
mechanism = "not-in-arenas"
anchor = "Objects/obmalloc.c#pymalloc_alloc"
events = ["alloc.large_alloc@work.py:{JOINED}#1"]
prose = """
An arena goes back when its last pool is empty. What is kept is one piece of memory that is far larger than 512 bytes: it
was asked of malloc, and lies in no arena. The small pieces that it was made of are all gone at once.
"""
''')
