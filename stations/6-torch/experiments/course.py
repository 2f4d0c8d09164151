"""The course's own program: x times x, a sum, and back; and what there is of a device.

The program is the course's.  Marks cut it into parts, so that what happened inside can be shown beside it.
"""
import torch

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

torch.manual_seed(0)
torch.ones(1, requires_grad=True).sum().backward()  # the first of all imports what it needs

mark("course", "forward")
x = torch.randn(4, 4, requires_grad=True)
y = (x * x).sum()
mark("course", "backward")
y.backward()
mark("course", "end")
print(x.grad)
print(torch.cuda.is_available(), torch.cuda.current_stream() if torch.cuda.is_available() else None)
print("built for CUDA", torch.version.cuda, "and run with PyTorch", torch.__version__)
