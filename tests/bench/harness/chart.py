"""The figures as an SVG: how far each part is from its goal, in light and in dark. Pure, no libraries."""

from xml.sax.saxutils import escape

ROW, LEFT, WIDTH, RIGHT, TOP = 22, 300, 340, 310, 46
LIMIT = 4.0  # margins beyond it end at the edge

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .small { font-size: 11px; fill: #59636e }
  .good { fill: #2da44e } .bad { fill: #cf222e } .goal { stroke: #59636e; stroke-dasharray: 3 3 }
  .back { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9198a1 } .good { fill: #3fb950 } .bad { fill: #f85149 }
    .goal { stroke: #9198a1 } .back { fill: #0d1117 }
  }"""


def svg(report, number):
    parts = [(each["id"], one) for each in report["figures"] for one in each.get("parts", [each])]
    height = TOP + ROW * len(parts) + 14
    goal_x = LEFT + WIDTH / LIMIT
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{height}" role="img" '
        'aria-label="Figures against their goals">',
        f"<style>{STYLE}\n</style>",
        '<rect class="back" width="100%" height="100%"/>',
        '<text x="12" y="20">How far each figure is from its goal; further right is better</text>',
        f'<text class="small" x="{goal_x:.0f}" y="38" text-anchor="middle">goal</text>',
        f'<line class="goal" x1="{goal_x:.0f}" x2="{goal_x:.0f}" y1="{TOP - 4}" y2="{height - 8}"/>',
    ]
    for index, (identity, one) in enumerate(parts):
        y = TOP + ROW * index
        margin = one["margin"] if "margin" in one else margin_of(one)
        length = max(2, min(margin, LIMIT) / LIMIT * WIDTH)
        name = identity if "part" not in one else f"{identity}: {one['part']}"
        kind = "good" if one["holds"] else "bad"
        out.append(f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>')
        out.append(f'<rect class="{kind}" x="{LEFT}" y="{y + 3}" width="{length:.0f}" height="14" rx="2"/>')
        label = f"{number(one['ours'])} {one['unit']}, ratio {number(one['ratio'])} ({one['goal']})"
        out.append(f'<text class="small" x="{LEFT + WIDTH + 10}" y="{y + 14}">{escape(label)}</text>')
    out.append("</svg>\n")
    return "\n".join(out)


def margin_of(one):
    sign, goal = one["goal"].split()
    if sign == ">=":
        return one["ratio"] / float(goal)
    return float(goal) / one["ratio"] if one["ratio"] else LIMIT
