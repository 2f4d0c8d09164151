"""Float arithmetic in tight loops: five bodies under gravity, their state in lists."""

BODIES = (
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 40.0),
    (5.0, -1.0, 0.1, 0.6, 2.8, 0.0, 0.04),
    (8.3, 4.1, -0.4, -1.0, 1.8, 0.01, 0.01),
    (12.9, -15.1, -0.2, 1.1, 0.9, -0.01, 0.002),
    (15.4, -25.9, 0.2, 1.0, 0.6, -0.03, 0.002),
)


def energy(bodies):
    total = 0.0
    for i, (x, y, z, vx, vy, vz, mass) in enumerate(bodies):
        total += 0.5 * mass * (vx * vx + vy * vy + vz * vz)
        for other in bodies[i + 1:]:
            dx, dy, dz = x - other[0], y - other[1], z - other[2]
            total -= mass * other[6] / (dx * dx + dy * dy + dz * dz) ** 0.5
    return total


def advance(bodies, dt):
    for i, a in enumerate(bodies):
        for j in range(i + 1, len(bodies)):
            b = bodies[j]
            dx, dy, dz = a[0] - b[0], a[1] - b[1], a[2] - b[2]
            pull = dt / ((dx * dx + dy * dy + dz * dz) ** 1.5)
            pa, pb = b[6] * pull, a[6] * pull
            a[3] -= dx * pa
            a[4] -= dy * pa
            a[5] -= dz * pa
            b[3] += dx * pb
            b[4] += dy * pb
            b[5] += dz * pb
    for body in bodies:
        body[0] += dt * body[3]
        body[1] += dt * body[4]
        body[2] += dt * body[5]


def run():
    bodies = [list(body) for body in BODIES]
    for _ in range(3000):
        advance(bodies, 0.001)
    return round(energy(bodies), 6)
