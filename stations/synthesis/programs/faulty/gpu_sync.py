"""A small model is trained, and after each step its loss is added up. Needs a CUDA device and PyTorch."""

import torch

STEPS = 3_000
WIDTH = 64


def train(device: torch.device) -> float:
    torch.manual_seed(1)
    weights = torch.randn(WIDTH, WIDTH, device=device)
    batch = torch.randn(WIDTH, WIDTH, device=device)
    total = 0.0
    for _ in range(STEPS):
        out = torch.tanh(batch @ weights)
        weights = weights - 0.001 * (batch.T @ out)
        loss = out.square().mean()
        total += loss.item()  # fault: each step waits for the device, which then waits for the next step
    return total


def main() -> None:
    print(f"{train(torch.device('cuda')):.1f}")


main()
