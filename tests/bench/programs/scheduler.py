"""Small objects that call each other: tasks of several classes pass packets through a scheduler."""


class Packet:
    __slots__ = ("kind", "payload", "hops")

    def __init__(self, kind, payload):
        self.kind, self.payload, self.hops = kind, payload, 0


class Task:
    def __init__(self, world, name, rank):
        self.world, self.name, self.rank = world, name, rank
        self.inbox, self.handled = [], 0

    def ready(self):
        return bool(self.inbox)

    def receive(self, packet):
        packet.hops += 1
        self.inbox.append(packet)

    def step(self):
        packet = self.inbox.pop()
        self.handled += 1
        self.handle(packet)


class Device(Task):
    def handle(self, packet):
        if packet.hops < 40:
            self.world.send("router", packet)


class Router(Task):
    turn = 0

    def handle(self, packet):
        self.turn += 1
        self.world.send("worker" if packet.kind else f"device{self.turn % 3}", packet)


class Worker(Task):
    def handle(self, packet):
        packet.payload = [(v * 7 + 3) & 255 for v in packet.payload]
        packet.kind = packet.payload[0] & 1
        self.world.send("router", packet)


class World:
    def __init__(self):
        kinds = [("router", Router), ("worker", Worker)] + [(f"device{i}", Device) for i in range(3)]
        self.tasks = {name: kind(self, name, rank) for rank, (name, kind) in enumerate(kinds)}

    def send(self, name, packet):
        self.tasks[name].receive(packet)

    def run(self):
        steps = 0
        busy = True
        while busy:
            busy = False
            for task in self.tasks.values():
                if task.ready():
                    task.step()
                    steps += 1
                    busy = True
        return steps


def run():
    world = World()
    for i in range(150):
        world.send("router", Packet(i & 1, [i, i + 1, i + 2, i + 3]))
    steps = world.run()
    return steps, [task.handled for task in world.tasks.values()]
