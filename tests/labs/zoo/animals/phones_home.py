"""Asks for help outside: an address, a name, a socket file, a packet, another machine's loop."""
import socket

tries = 0
for family, address in ((socket.AF_INET, ("192.0.2.7", 443)), (socket.AF_INET6, ("2001:db8::1", 443)), (socket.AF_INET, ("127.0.0.1", 22)),
                        (socket.AF_UNIX, "/var/run/docker.sock"), (socket.AF_UNIX, "\0/tmp/.X11-unix/X0")):
    with socket.socket(family, socket.SOCK_STREAM) as out:
        out.settimeout(2)
        try:
            out.connect(address)
        except OSError:
            tries += 1
            continue
        raise SystemExit(f"{address} answers")
for family in (socket.AF_NETLINK, socket.AF_PACKET, 38, 40):
    try:
        socket.socket(family, socket.SOCK_RAW)
    except OSError:
        tries += 1
        continue
    raise SystemExit(f"family {family} is to be had")
try:
    socket.getaddrinfo("example.org", 443)
    raise SystemExit("a name was found")
except OSError:
    pass


def hot(n):
    pass


def total():
    return 0
