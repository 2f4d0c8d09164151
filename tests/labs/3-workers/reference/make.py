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
