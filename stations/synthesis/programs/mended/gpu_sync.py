"""A small model is trained, and its losses are added up on the device. Needs a CUDA device and PyTorch."""

import torch

STEPS = 3_000
WIDTH = 64


def train(device: torch.device) -> float:
    torch.manual_seed(1)
    weights = torch.randn(WIDTH, WIDTH, device=device)
    batch = torch.randn(WIDTH, WIDTH, device=device)
    total = torch.zeros((), dtype=torch.float64, device=device)
    for _ in range(STEPS):
        out = torch.tanh(batch @ weights)
        weights = weights - 0.001 * (batch.T @ out)
        loss = out.square().mean()
        total += loss
    return total.item()


def main() -> None:
    print(f"{train(torch.device('cuda')):.1f}")


main()
