from __future__ import annotations

from xml.etree import ElementTree

from profiles.report.arena_plot import arena_of, arena_plot
from tests.profiles.report.reports import shipped_model


def test_every_buffer_is_a_rectangle_that_tells_of_itself() -> None:
    model = shipped_model()
    plan = arena_of(model)
    root = ElementTree.fromstring(arena_plot(model, plan))
    _, *titles = [str(each.text) for each in root.iter("title")]
    assert len(titles) == len(plan.buffers)
    first = next(each for each in plan.buffers if each.tensor in model.inputs)
    tensor = model.tensors[model.inputs[0]]
    assert any(
        title.startswith(f"tensor {tensor.index} ")
        and f"{first.size:,} bytes at {first.offset:,} to {first.offset + first.size:,}" in title
        and title.endswith("layers in to 0")
        for title in titles
    )
    texts = ["".join(each.itertext()) for each in root.iter("text")]
    assert {"in", "out", "input", "output", "most that is live at once"} <= set(texts)
