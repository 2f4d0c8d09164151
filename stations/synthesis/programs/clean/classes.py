"""Bodies move around each other: objects, attributes, methods and floats."""

import math

STEPS = 45_000


class Body:
    def __init__(self, x: float, y: float, vx: float, vy: float, mass: float) -> None:
        self.x, self.y = x, y
        self.vx, self.vy = vx, vy
        self.mass = mass

    def pull(self, other: "Body", dt: float) -> None:
        dx, dy = other.x - self.x, other.y - self.y
        distance = math.hypot(dx, dy) + 0.01
        force = other.mass / distance**3 * dt
        self.vx += dx * force
        self.vy += dy * force

    def move(self, dt: float) -> None:
        self.x += self.vx * dt
        self.y += self.vy * dt


def main() -> None:
    bodies = [Body(0.0, 0.0, 0.0, 0.0, 10.0), Body(1.0, 0.0, 0.0, 3.0, 0.1), Body(2.0, 0.0, 0.0, 2.2, 0.1)]
    for _ in range(STEPS):
        for body in bodies:
            for other in bodies:
                if other is not body:
                    body.pull(other, 0.001)
        for body in bodies:
            body.move(0.001)
    print(*(f"{body.x:.3f},{body.y:.3f}" for body in bodies))


main()
