"""Questions go to another program, one after the other, while this one computes in a thread."""

import subprocess
import threading

QUESTIONS = [b"%d\n" % number for number in range(90)]
SLOW_ECHO = ["sh", "-c", 'while read -r line; do sleep 0.001; echo "$line"; done']


def compute(is_over) -> None:
    while not is_over():
        total = 0
        for number in range(10_000):
            total += number * number


def ask(program: subprocess.Popen) -> int:
    total = 0
    for question in QUESTIONS:
        program.stdin.write(question)
        program.stdin.flush()
        total += int(program.stdout.readline())  # fault: the answer is there, and the lock comes 5 ms later
    return total


def main() -> None:
    over = threading.Event()
    worker = threading.Thread(target=compute, args=(over.is_set,))
    worker.start()
    with subprocess.Popen(SLOW_ECHO, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        print(ask(program))
    over.set()
    worker.join()


main()
