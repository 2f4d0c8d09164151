"""Write the explanations down, whose events lie in lines that depend on the student: run in the folder of the finished files."""
with open("work.py", encoding="utf-8") as file:
    LINES = [line.strip() for line in file]


def line_of(text, number=0):
    """The line with this text; of several, that of this number."""
    return [at for at, line in enumerate(LINES, 1) if line.startswith(text)][number]


SITE = line_of("return a + b", 1)
# A frame is taken over once its call has been left: the line is that of the caller.
FAILED = line_of({"order": "accept(take)", "stock": "reserve(take)", "card": "charge(take)"}["{{secret}}"])
CLEARED = line_of("entry.tb_frame.clear()")

with open("explain.toml", "w", encoding="utf-8") as file:
    file.write(f'''[explain.why-it-turned]
mechanism = "counter"
anchor = "Include/internal/pycore_code.h#adaptive_counter_cooldown"
events = ["spec.miss@work.py:{SITE}#1", "spec.miss@work.py:{SITE}#2", "spec.respecialize@work.py:{SITE}#1"]
prose = """
The guard of the special form compares types. A call with another type misses: it is done the long way and takes one
from the counter that the success had set. The miss that finds nothing left asks again, and by then the other type is
what it sees.
"""

[explain.why-it-died]
mechanism = "frame-cleared"
anchor = "Objects/frameobject.c#frame_clear"
events = ["frame.take_ownership@work.py:{FAILED}#1", "ref.dealloc@work.py:{CLEARED}#1"]
prose = """
The traceback holds a frame object for each step, and each frame its locals. Clearing the one frame let go of the local,
and left the frame object in the chain.
"""
''')
