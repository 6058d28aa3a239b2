"""Writes test/golden/engine-network.json: a small network trained by PyTorch, which src/engine/optimizer/trainer.ts is held to.

Two layers over batches of changing size, cross entropy, torch.optim.AdamW with a learning rate of its own in each step, no decay
of the biases, and clip_grad_norm_ over all gradients.

Run: python scripts/golden/engine_network.py
"""

from pathlib import Path

import torch
from golden_files import versions, write_json

STEPS = 20
SETTINGS = {"beta1": 0.9, "beta2": 0.98, "epsilon": 1e-6, "weightDecay": 0.1, "maxNorm": 1.0}
SHAPES = {"w1": [5, 3], "b1": [5], "w2": [4, 5], "b2": [4]}


def flat(tensor):
    return tensor.detach().flatten().tolist()


torch.set_num_threads(1)
generator = torch.Generator().manual_seed(11)
parameters = {
    name: torch.nn.Parameter(0.7 * torch.randn(shape, generator=generator)) for name, shape in SHAPES.items()
}
initial = {name: flat(value) for name, value in parameters.items()}
optimizer = torch.optim.AdamW(
    [
        {"params": [parameters["w1"], parameters["w2"]], "weight_decay": SETTINGS["weightDecay"]},
        {"params": [parameters["b1"], parameters["b2"]], "weight_decay": 0.0},
    ],
    betas=(SETTINGS["beta1"], SETTINGS["beta2"]),
    eps=SETTINGS["epsilon"],
)
steps = []
for step in range(STEPS):
    rows = 3 + step % 4
    # Large inputs at first, so that both branches of clipping are taken.
    x = torch.randn(rows, 3, generator=generator) * 6 * 0.85**step
    labels = torch.randint(0, 4, (rows,), generator=generator)
    rate = 0.05 * (1 - step / STEPS)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    hidden = torch.tanh(torch.nn.functional.linear(x, parameters["w1"], parameters["b1"]))
    loss = torch.nn.functional.cross_entropy(
        torch.nn.functional.linear(hidden, parameters["w2"], parameters["b2"]), labels
    )
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(parameters.values(), SETTINGS["maxNorm"]).item()
    optimizer.step()
    steps.append(
        {"x": flat(x), "labels": labels.tolist(), "rate": rate, "loss": loss.item(), "norm": norm}
    )

write_json(
    Path(__file__).resolve().parents[2] / "test" / "golden" / "engine-network.json",
    {
        "generator": versions("scripts/golden/engine_network.py"),
        "settings": SETTINGS,
        "shapes": SHAPES,
        "initial": initial,
        "steps": steps,
        "trained": {name: flat(value) for name, value in parameters.items()},
    },
)
