"""Places a directed graph in layers, each node above everything it points to: for targets.py.

The usual way (Sugiyama): layers by longest path, a bend in every layer that an edge crosses, neighbors ordered by the mean
of what they are joined with, then moved toward it as far as the order allows.
"""
WIDTH, HEIGHT = 152, 40
GAP, BEND, RISE, MARGIN = 16, 14, 34, 10


def reduced(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """The graph without the edges that a longer way implies."""
    def reach(name: str, seen: set[str]) -> set[str]:
        for other in graph[name]:
            if other not in seen:
                seen.add(other)
                reach(other, seen)
        return seen
    below = {name: reach(name, set()) for name in graph}
    return {name: {to for to in targets if not any(to in below[other] for other in targets - {to})}
            for name, targets in graph.items()}


def layered(graph: dict[str, set[str]]) -> dict[str, int]:
    """Layers count from below. What has one user only stands right under it."""
    level: dict[str, int] = {}
    def rise(name: str) -> int:
        if name not in level:
            level[name] = 1 + max((rise(other) for other in graph[name]), default=-1)
        return level[name]
    for name in graph:
        rise(name)
    for name in sorted(graph, key=lambda name: -level[name]):
        users = [level[user] for user, targets in graph.items() if name in targets]
        if users:
            level[name] = min(users) - 1
    return level


def placed(graph: dict[str, set[str]]):
    """Returns the center of each node, the SVG path of each edge, and the size of the whole."""
    level = layered(graph)
    rows: list[list] = [[] for _ in range(max(level.values()) + 1)]
    for name in sorted(graph):
        rows[level[name]].append(name)
    chains, links = [], {}
    for name in sorted(graph):
        for to in sorted(graph[name]):
            chain = [name] + [(name, to, row) for row in range(level[name] - 1, level[to], -1)] + [to]
            for bend in chain[1:-1]:
                rows[bend[2]].append(bend)
            chains.append(chain)
            for upper, lower in zip(chain, chain[1:]):
                links.setdefault(upper, [[], []])[0].append(lower)
                links.setdefault(lower, [[], []])[1].append(upper)

    def size(node) -> float:
        return WIDTH + GAP if isinstance(node, str) else BEND

    x = {}
    for row in rows:
        spread(row, {node: index for index, node in enumerate(row)}, size, x, ordered=False)
    best, fewest = dict(x), crossings(rows, links, x)
    for turn in range(60):
        side = turn % 2
        for row in rows if side == 0 else reversed(rows):
            wish = {}
            for node in row:
                near = links.get(node, [[], []])
                joined = near[side] or near[1 - side]
                wish[node] = sum(x[other] for other in joined) / len(joined) if joined else x[node]
            spread(row, wish, size, x, ordered=False)
        if (count := crossings(rows, links, x)) < fewest:
            best, fewest = dict(x), count
    x = best
    for row in rows:
        row.sort(key=lambda node: x[node])
    for _ in range(40):
        for row in rows:
            wish = {}
            for node in row:
                joined = sum(links.get(node, [[], []]), [])
                wish[node] = sum(x[other] for other in joined) / len(joined) if joined else x[node]
            spread(row, wish, size, x, ordered=True)

    left = min(x[node] - size(node) / 2 for node in x)
    for node in x:
        x[node] = round(x[node] - left + MARGIN)
    y = {node: MARGIN + HEIGHT / 2 + (len(rows) - 1 - index) * (HEIGHT + RISE)
         for index, row in enumerate(rows) for node in row}
    width = max(x[node] + size(node) / 2 for node in x) + MARGIN
    height = 2 * MARGIN + HEIGHT + (len(rows) - 1) * (HEIGHT + RISE)
    return ({name: (x[name], y[name]) for name in graph}, [path(chain, graph, x, y) for chain in chains],
            round(width), round(height))


def spread(row: list, wish: dict, size, x: dict, ordered: bool) -> None:
    """Gives each node of a row its wished place, or the nearest at which none overlaps (pooled neighbors)."""
    if not ordered:
        row.sort(key=lambda node: wish[node])
    offset, offsets = 0.0, {}
    for node in row:
        offsets[node] = offset + size(node) / 2
        offset += size(node)
    blocks: list[list] = []
    for node in row:
        blocks.append([wish[node] - offsets[node], 1, [node]])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, count, nodes = blocks.pop()
            last = blocks[-1]
            last[0] = (last[0] * last[1] + mean * count) / (last[1] + count)
            last[1], last[2] = last[1] + count, last[2] + nodes
    for place, _, nodes in blocks:
        for node in nodes:
            x[node] = place + offsets[node]


def crossings(rows: list[list], links: dict, x: dict) -> int:
    count = 0
    for row in rows:
        pairs = [(x[node], x[lower]) for node in row for lower in links.get(node, [[], []])[0]]
        count += sum((a - c) * (b - d) < 0 for index, (a, b) in enumerate(pairs) for c, d in pairs[:index])
    return count


def path(chain: list, graph: dict, x: dict, y: dict) -> str:
    """A smooth way from the lower edge of the first box to the upper edge of the last, past the bends between."""
    last = len(chain) - 1
    text = f"M{x[chain[0]]:g} {y[chain[0]] + HEIGHT / 2:g}"
    for index, node in enumerate(chain[1:], 1):
        top = y[node] - HEIGHT / 2 - (1 if index == last else 0)
        start = y[chain[index - 1]] + HEIGHT / 2
        middle = (start + top) / 2
        text += f"C{x[chain[index - 1]]:g} {middle:g} {x[node]:g} {middle:g} {x[node]:g} {top:g}"
        if index < last:
            text += f"V{y[node] + HEIGHT / 2:g}"
    return text
