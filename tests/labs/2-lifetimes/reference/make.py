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
