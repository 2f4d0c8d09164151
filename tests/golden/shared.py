"""An immortal object, a finalizer that keeps its object once, and a loop that takes references."""
# record: events=ref+gc+mark
# life: it
import glassbox


class Cat:
    lives = 2

    def __del__(self):
        self.lives -= 1
        if self.lives:
            saved.append(self)


saved = []
it = Cat()
glassbox.watch(it, "it")
for _ in range(20):
    saved.append(it)
saved.clear()
del it
saved.clear()
