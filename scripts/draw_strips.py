"""Draw notebooks/figures/strip_NN.svg, the pipeline with one stage lit, one file a chapter.

Run: python scripts/draw_strips.py
"""

from pathlib import Path

from llmutils.formats.files import replacing

STAGES = [
    ("1", "Embeddings"),
    ("2", "Attention"),
    ("3", "GPT model"),
    ("4", "Pretraining"),
    ("5", "Decoding"),
    ("6", "GPT-2 weights"),
    ("7", "Classification"),
    ("8", "Instructions"),
]
WIDTH, HEIGHT, GAP = 108, 46, 16


def strip(lit: int) -> str:
    """Return the SVG in which stage number `lit` stands out."""
    total = len(STAGES) * (WIDTH + GAP) - GAP + 4
    names = ", ".join(name for _, name in STAGES)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total} {HEIGHT + 4}" '
        f'width="{total}" role="img" font-family="sans-serif">',
        f"<title>Stages: {names}. This one: {STAGES[lit - 1][1]}.</title>",
    ]
    for i, (number, name) in enumerate(STAGES):
        x, here = 2 + i * (WIDTH + GAP), i + 1 == lit
        fill, ink = ("#1f5fa8", "#ffffff") if here else ("#e9eff6", "#4a5866")
        parts.append(
            f'<rect x="{x}" y="2" width="{WIDTH}" height="{HEIGHT}" rx="8" fill="{fill}"/>'
            f'<text x="{x + WIDTH / 2}" y="20" text-anchor="middle" font-size="12" '
            f'fill="{ink}">{number}</text>'
            f'<text x="{x + WIDTH / 2}" y="37" text-anchor="middle" font-size="13" '
            f'font-weight="{"bold" if here else "normal"}" fill="{ink}">{name}</text>'
        )
        if i:
            middle = HEIGHT / 2 + 2
            parts.append(
                f'<path d="M{x - GAP + 3} {middle} h8 m-4 -4 l4 4 l-4 4" fill="none" '
                f'stroke="#8a97a5" stroke-width="1.6"/>'
            )
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    folder = Path(__file__).parents[1] / "notebooks" / "figures"
    for lit in range(1, len(STAGES) + 1):
        with replacing(folder / f"strip_{lit:02}.svg") as beside:
            beside.write_text(strip(lit), encoding="utf-8")
