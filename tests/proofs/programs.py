"""The programs of test_pystats.py: each goes by many ways through the hooks, and does the same in every run
(but for those in which time decides).  They are run as they stand, by `python -c`; what they compute
does not matter.
"""

CALLS = '''
import functools, operator
class Point:
    def __init__(self, x, y): self.x, self.y = x, y
    @property
    def sum(self): return self.x + self.y
    def __getitem__(self, i): return self.x if i else self.y
    def __getattr__(self, name): return 1
    def method(self, a, b=2, *rest, **more): return a
class Varied:
    def __init__(self, *args): self.args = args
class Slotted:
    __slots__ = ("a",)
    def __init__(self, a): self.a = a
class Child(Point):
    def __init__(self, x): super().__init__(x, x)
class Called:
    def __call__(self, a): return a
class Every:
    def __getattribute__(self, name): return 5
class Meta(type):
    def __call__(cls, *args): return super().__call__(*args)
class Made(metaclass=Meta): pass
def one(a): return a
def many(a, b=1, *c, d=2, **e): return a
def deep(n): return n and deep(n - 1)
def forever(): return forever()
def work(i):
    p = Point(i, 2)
    p.sum, p[0], p[1], p.missing, p.method(1), p.method(1, 2, 3, k=4)
    Varied(1, 2), Slotted(1).a, Child(3).sum, Called()(1), Every().any, Made(), object(), str(i), [].append(i)
    one(i), many(i), many(i, 2, 3, d=4, e=5), many(*(1, 2)), many(**{"a": 1}), one(a=i)
    sorted([3, 1, 2], key=one), functools.partial(many, 1)(2), list(map(one, range(3))), max([1, 2], key=one)
    for wrong in one, many, Point, p.method:
        try: wrong()
        except TypeError: pass
    try: one(1, 2)
    except TypeError: pass
for i in range(80): work(i)
deep(900)
for i in range(3):
    try: forever()
    except RecursionError: pass
'''

GENERATORS = '''
import contextlib
def count(n):
    for i in range(n): got = yield i
    return n
def outer(n):
    try: return (yield from count(n))
    except ValueError: yield -1
def outermost(n): return (yield from outer(n))
class Awaitable:
    def __await__(self): return (yield)
async def waits(): return await Awaitable(), await nested()
async def nested(): return await Awaitable()
async def agen(n):
    for i in range(n):
        await Awaitable()
        yield i
async def loops(): return [i async for i in agen(3)]
@contextlib.contextmanager
def context():
    try: yield 1
    except KeyError: pass
def drive(coroutine):
    try:
        while True: coroutine.send(None)
    except StopIteration: pass
for i in range(40):
    for _ in count(5): pass
    list(count(5)), list(outermost(5)), sum(x * x for x in range(9)), {k: v for k, v in zip("ab", count(2))}
    g = outermost(3); next(g); g.send(5)
    try: g.throw(ValueError)
    except StopIteration: pass
    g = outermost(3); next(g)
    try: g.throw(KeyError)
    except KeyError: pass
    g = outermost(3); next(g); g.close()
    g = outermost(3); del g
    c = waits(); c.close()
    drive(waits()), drive(loops())
    with context(): raise KeyError
'''

TASKS = '''
import asyncio, contextlib
async def inner(i):
    await asyncio.sleep(0)
    return i
async def agen(n):
    for i in range(n): yield await inner(i)
async def main():
    total = sum([i async for i in agen(4)])
    async for i in agen(5): total += i
    await asyncio.gather(*(inner(i) for i in range(6)), return_exceptions=True)
    task = asyncio.create_task(asyncio.sleep(10))
    await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError): await task
    return total
for i in range(3): asyncio.run(main())
'''

FAMILIES = '''
import types, collections
class A:
    x = 1
    def m(self): return 1
class B(A): pass
class C:
    __slots__ = ("x",)
    def __init__(self): self.x = 2
class D(dict):
    def __bool__(self): return True
    def __contains__(self, k): return True
    def __getattr__(self, k): return 3
def attr(o): return o.x
def store(o): o.x = 4
def load(): return later, len
def sub(o, k): return o[k]
def put(o, k, v): o[k] = v
def add(a, b):
    try: return a + b, a - b
    except TypeError: return None
def less(a, b):
    try: return a < b
    except TypeError: return None
def within(a, b): return a in b
def truth(a): return 1 if a else 2
def unpack(s):
    a, b = s
    return a
def loop(o):
    n = 0
    for _ in o: n += 1
    return n
def call(f, *a):
    try: return f(a[0])
    except (TypeError, ValueError, AttributeError): return None
def method(o): return o.m()
def delegate(it): return (yield from it)
class S(A):
    def m(self): return super().m(), super(S, self).x
later = 0
module = types.ModuleType("m"); module.x = 1
inst = [A(), B(), C(), D(), module, types.SimpleNamespace(x=1), A, collections.Counter]
for o in inst[5:7]: o.x = 1
collections.Counter.x = 1
numbers = [1, 2.5, "s", b"b", [1], (1, 2), 1 << 90, None, True, 1j, {1: 2}, {1}, D(), range(3)]
for rounds in (2, 60, 3):
    for o in inst:
        for _ in range(rounds):
            attr(o), store(o)
    for a in numbers:
        for _ in range(rounds):
            for b in numbers[:5]: add(a, b), less(a, b)
            truth(a), within(1, [1]), within("a", "abc"), within(1, {1}), within(1, {1: 1}), within(1, D())
    for seq in [1, 2], (1, 2), "ab", {1: 1, 2: 2}, range(2), b"ab":
        for _ in range(rounds): unpack(seq), loop(seq), loop(iter(seq))
    for o, k in (([1, 2], 0), ((1, 2), 0), ("ab", 0), ({0: 1}, 0), (b"a", 0), ([1, 2], -1),
                 ([1, 2], slice(1)), (D({0: 1}), 0)):
        for _ in range(rounds): sub(o, k)
    for o, k in ([1, 2], 0), ({0: 1}, 0), (D(), 0), (bytearray(2), 0), ([1, 2], -1), (memoryview(bytearray(1)), 0):
        for _ in range(rounds): put(o, k, 1)
    for f in (len, str, int, type, tuple, abs, ord, print.__class__, A, C, attr, truth, lambda x: x,
              [].append, "".join, dict.get, isinstance, list, set, D):
        for _ in range(rounds): call(f, "a"), call(f, A())
    for o in S(), A(), S(), B():
        for _ in range(rounds): method(o)
    for it in [1, 2], range(3), "ab":
        for _ in range(rounds): list(delegate(it)), list(delegate(delegate(it)))
    for n in range(rounds):
        globals()[f"new{rounds}_{n}"] = n
        load()
    A.x = rounds
    for _ in range(rounds): attr(inst[0]), method(S())
'''

LIBRARY = '''
import json, re, collections, dataclasses, textwrap, ast, dis
def work():
    tree = ast.parse(textwrap.dedent(open(dis.__file__).read()))
    names = collections.Counter(type(n).__name__ for n in ast.walk(tree))
    text = json.dumps(names, indent=1)
    return len(re.findall(r"\\w+", text)), json.loads(text)
work(); work()
@dataclasses.dataclass(order=True)
class Row: a: int; b: str = ""
sorted(Row(i % 7, str(i)) for i in range(300))
'''

OBSERVED = '''
import sys
def f(n): return [g(i) for i in range(n)]
def g(i): return i + 1
def gen(n): yield from range(n)
def run(): f(5), list(gen(5))
for _ in range(9): run()
seen = []
sys.setprofile(lambda *a: seen.append(a[1])); run(); sys.setprofile(None)
sys.settrace(lambda *a: None); run(); sys.settrace(None)
M = sys.monitoring; M.use_tool_id(3, "t")
M.register_callback(3, M.events.CALL, lambda *a: None)
M.register_callback(3, M.events.LINE, lambda *a: M.DISABLE)
M.set_events(3, M.events.CALL | M.events.LINE); run(); M.set_events(3, 0)
for _ in range(99): run()
def fails(n):
    if n: fails(n - 1)
    raise KeyError(n)
kept = []
for i in range(20):
    try: fails(5)
    except KeyError as e: kept.append(e.__traceback__)
def frames(): return sys._getframe(), sys._getframe(1)
for i in range(20): kept.append(frames())
print(len(kept), len(seen) > 0)
'''

THREADS = '''
import threading, queue
q = queue.Queue()
def work(k):
    for i in range(400):
        q.put(len(str(i * k)))
        if i % 3 == 0: q.get()
threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
for t in threads: t.start()
for t in threads: t.join()
'''

BUFFERS = '''
import array, io, pickle, struct
class Lender:
    def __init__(self): self.memory = bytearray(16)
    def __buffer__(self, flags): return memoryview(self.memory)
    def __release_buffer__(self, view): view.release()
def work(i):
    memory = bytearray(range(24))
    view = memoryview(memory)
    table = view.cast("H", [3, 4])
    table[1, 2], view[2::3].tolist(), table.tolist(), bytes(view), view == memory, view.toreadonly()
    struct.pack_into("i", memory, 4, i), struct.unpack_from("i", view, 4), b"-".join([b"a", view, memory])
    io.BytesIO(view).readinto(memory), array.array("i", range(i)).tobytes(), pickle.PickleBuffer(view).raw()
    for refused in lambda: memory.append(1), lambda: io.BytesIO(b"abc").readinto(b"abc"), lambda: b"".join([i]):
        try: refused()
        except (BufferError, TypeError): pass
    with memoryview(Lender()) as lent: lent[3]
    table.release(), view.release(), memory.append(i)
for i in range(80): work(i)
'''

PROGRAMS = {"buffers": BUFFERS, "calls": CALLS, "generators": GENERATORS, "families": FAMILIES, "library": LIBRARY,
            "observed": OBSERVED, "tasks": TASKS, "threads": THREADS}
DETERMINISTIC = PROGRAMS.keys() - {"tasks", "threads"}      # these depend on time
