"""How much memory the C library has given out, and has not got back: PyTorch's tensors lie there."""
import ctypes


class Allocator(ctypes.Structure):
    """What the C library says of its allocator: see `man mallinfo2`."""

    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "mapped", "usmblks", "fsmblks", "used", "free", "keepcost",
    )]


def taken() -> int:
    """Bytes that are in use, whoever asked for them."""
    ask = ctypes.CDLL(None).mallinfo2
    ask.restype = Allocator
    about = ask()
    return about.used + about.mapped
