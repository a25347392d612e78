package import DreamSim
import DreamSimSupport
import DreamSimTensors
import Foundation

/// A map as a page that can be moved and zoomed, in one file.
package struct ProjectionPage: Sendable {
    private let map: Projection
    private let most: Int
    private let decoding: DecodingOptions

    /// The sheets that hold the small images are squares of so many pixels.
    private static let sheet = 1536

    /// The side of a small image: with fewer of them there is room for more of each.
    private static func side(for images: Int) -> Int { images > 500 ? 96 : 192 }

    /// - Parameters:
    ///   - most: how many images are shown; the others are dots. Each takes some 4 kB; up to 500 are larger and take some 12.
    ///   - decoding: how files become images.
    package init(_ map: Projection, images most: Int = 2000, decoding: DecodingOptions) {
        (self.map, self.most, self.decoding) = (map, most, decoding)
    }

    /// The page. Files that cannot be read any more are dots.
    package func html() throws -> String {
        let columns = MapGrid.columns(for: min(most, map.points.count))
        let grid = MapGrid(map.points.map { ($0.x, $0.y) }, columns: columns, most: most)
        let shown = map.points.indices.filter { grid.cells[$0] != nil }
        let side = Self.side(for: shown.count)
        let together = Self.sheet / side
        let paths = shown.map { map.points[$0].image }
        let small = Lookahead(paths.count, capacity: 32, threads: Parallel.threads) { [decoding] index in
            Thumbnail(paths[index], largest: side, decoding)?.image
        }
        var sheets: [String] = []
        // For each point: x, y, name, link, and the place of its image with its size.
        var points: [String] = []
        var images: [Int: String] = [:]
        var sheet: Canvas?
        var onSheet = 0
        func finish() throws {
            guard let done = sheet?.image else { return }
            sheets.append("data:image/jpeg;base64," + Data(try done.jpegData(quality: 80)).base64EncodedString())
            (sheet, onSheet) = (nil, 0)
        }
        for index in shown {
            guard let image = small.next() ?? nil else { continue }
            if sheet == nil { sheet = Canvas(width: Self.sheet, height: Self.sheet) }
            let (x, y) = (onSheet % together * side, onSheet / together * side)
            sheet?.draw(image, x: x, y: y)
            images[index] = ",\(sheets.count),\(x),\(y),\(image.width),\(image.height)"
            onSheet += 1
            if onSheet == together * together { try finish() }
        }
        try finish()
        for (index, point) in map.points.enumerated() {
            let (name, link) = (try JSON.line(point.image.name), try JSON.line(GalleryPage.url(point.image)))
            // Images stand beside each other; dots where they belong.
            let cell = images[index] == nil ? nil : grid.cells[index]
            let x = cell.map { (Double($0.column) + 0.5) / Double(columns) } ?? point.x
            let y = cell.map { (Double($0.row) + 0.5) / Double(columns) } ?? point.y
            points.append(
                String(format: "[%.5f,%.5f,", x, y) + name + "," + link + (images[index] ?? "") + "]")
        }
        let count = "\(map.points.count) \(map.points.count == 1 ? "image" : "images")"
        let about =
            "\(count), \(map.neighbors) neighbors, seed \(map.seed). Near means alike; the axes mean nothing. "
            + "Model \(map.model.model), weights \(map.model.shortWeights)."
        return Self.page(
            about: GalleryPage.escaped(about), columns: columns, side: side,
            sheets: sheets.map { "\"\($0)\"" }.joined(separator: ",\n"),
            // A name may hold "</script>" or "<!--".
            points: points.joined(separator: ",\n").replacing("<", with: "\\u003C"))
    }

    private static func page(about: String, columns: Int, side: Int, sheets: String, points: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>Map of images</title><style>
        :root { color-scheme: light dark; --ground: #f6f7f9; --ink: #16202c; --card: #fffd; --dot: #8b98a6; --mark: #2f7de1; }
        @media (prefers-color-scheme: dark) {
          :root { --ground: #14181d; --ink: #e6eaef; --card: #1d232bdd; --dot: #66727f; } }
        html, body { margin: 0; height: 100%; overflow: hidden; background: var(--ground); color: var(--ink);
          font: 14px/1.45 system-ui, sans-serif; }
        canvas { display: block; width: 100vw; height: 100vh; touch-action: none; cursor: grab; }
        canvas:focus-visible { outline: 2px solid var(--mark); outline-offset: -2px; }
        p, #name { position: fixed; left: 1rem; margin: 0; padding: .4rem .7rem; background: var(--card); border-radius: .5rem;
          max-width: calc(100vw - 3.4rem); }
        p { bottom: 1rem; font-size: .8rem; } #name { top: 1rem; font-weight: 600; overflow-wrap: anywhere; } #name:empty { display: none; }
        </style></head><body>
        <canvas tabindex="0" aria-label="Map of images: drag to move, wheel or + and - to zoom, 0 to see all"></canvas>
        <div id="name"></div><p>\(about) Drag to move, wheel or + − to zoom, 0 for all, click to open.</p>
        <script>
        const sheets = [\(sheets)].map(source => { const image = new Image(); image.onload = () => draw(); image.src = source; return image; });
        const points = [\(points)];
        const canvas = document.querySelector("canvas"), context = canvas.getContext("2d"), label = document.querySelector("#name");
        let zoom = 1, left = 0, top_ = 0, over = -1, places = [];
        const base = () => Math.min(innerWidth, innerHeight) * 0.9;
        const home = () => { zoom = 1; left = (innerWidth - base()) / 2; top_ = (innerHeight - base()) / 2; };
        function draw() {
          const ratio = devicePixelRatio || 1, w = innerWidth, h = innerHeight;
          if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
            canvas.width = Math.round(w * ratio); canvas.height = Math.round(h * ratio); }
          context.setTransform(ratio, 0, 0, ratio, 0, 0);
          context.clearRect(0, 0, w, h);
          const style = getComputedStyle(document.documentElement), scale = base() * zoom;
          // Images grow with the zoom up to their own size; one that would cover another becomes a dot.
          const size = Math.min(\(side), Math.max(12, 0.94 * scale / \(columns))), taken = new Map();
          places = []; context.fillStyle = style.getPropertyValue("--dot");
          points.forEach((point, index) => {
            const x = left + point[0] * scale, y = top_ + point[1] * scale;
            if (x < -size || y < -size || x > w + size || y > h + size) return;
            let free = point.length > 4 && sheets[point[4]].complete;
            const pw = free ? point[7] * size / \(side) : 6, ph = free ? point[8] * size / \(side) : 6;
            const column = Math.floor(x / size), row = Math.floor(y / size);
            for (let i = -1; free && i <= 1; i++) for (let j = -1; free && j <= 1; j++)
              for (const other of taken.get((column + i) + "," + (row + j)) || [])
                if (Math.abs(other[0] - x) < (other[2] + pw) / 2 && Math.abs(other[1] - y) < (other[3] + ph) / 2) free = false;
            if (free) {
              const key = column + "," + row; taken.set(key, [...(taken.get(key) || []), [x, y, pw, ph]]);
              context.drawImage(sheets[point[4]], point[5], point[6], point[7], point[8], x - pw / 2, y - ph / 2, pw, ph);
              places.push([index, x, y, pw / 2, ph / 2]);
            } else {
              context.beginPath(); context.arc(x, y, 3, 0, 7); context.fill();
              places.push([index, x, y, 4, 4]);
            }
          });
          const found = places.find(place => place[0] === over);
          if (found) { context.strokeStyle = style.getPropertyValue("--mark"); context.lineWidth = 3;
            context.strokeRect(found[1] - found[3] - 2, found[2] - found[4] - 2, 2 * found[3] + 4, 2 * found[4] + 4); }
        }
        function zoomAt(x, y, factor) {
          factor = Math.min(Math.max(zoom * factor, 0.5), 400) / zoom;
          left = x - (x - left) * factor; top_ = y - (y - top_) * factor; zoom *= factor; draw();
        }
        function at(x, y) {
          for (let i = places.length - 1; i >= 0; i--) {
            const place = places[i];
            if (Math.abs(place[1] - x) <= place[3] && Math.abs(place[2] - y) <= place[4]) return place[0]; }
          return -1;
        }
        const fingers = new Map(); let moved = 0;
        canvas.addEventListener("pointerdown", event => { canvas.setPointerCapture(event.pointerId);
          fingers.set(event.pointerId, [event.clientX, event.clientY]); moved = 0; });
        canvas.addEventListener("pointermove", event => {
          const [x, y] = [event.clientX, event.clientY], last = fingers.get(event.pointerId);
          if (!last) { const now = at(x, y); if (now !== over) { over = now; label.textContent = now < 0 ? "" : points[now][2]; draw(); } return; }
          const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
          if (others.length) { const o = others[0];
            zoomAt(o[0], o[1], Math.hypot(x - o[0], y - o[1]) / Math.max(1, Math.hypot(last[0] - o[0], last[1] - o[1])));
          } else { left += x - last[0]; top_ += y - last[1]; }
          moved += Math.abs(x - last[0]) + Math.abs(y - last[1]); fingers.set(event.pointerId, [x, y]); draw(); });
        canvas.addEventListener("pointerup", event => { fingers.delete(event.pointerId);
          const now = at(event.clientX, event.clientY); if (moved < 4 && now >= 0) open(points[now][3]); });
        canvas.addEventListener("pointercancel", event => fingers.delete(event.pointerId));
        canvas.addEventListener("wheel", event => { event.preventDefault();
          zoomAt(event.clientX, event.clientY, Math.exp(-event.deltaY * 0.0015)); }, { passive: false });
        canvas.addEventListener("keydown", event => { const s = 60, [x, y] = [innerWidth / 2, innerHeight / 2];
          switch (event.key) {
            case "+": case "=": zoomAt(x, y, 1.3); break; case "-": zoomAt(x, y, 1 / 1.3); break;
            case "0": home(); draw(); break; case "ArrowLeft": left += s; draw(); break; case "ArrowRight": left -= s; draw(); break;
            case "ArrowUp": top_ += s; draw(); break; case "ArrowDown": top_ -= s; draw(); break; } });
        addEventListener("resize", draw); matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
        home(); draw();
        </script></body></html>

        """
    }
}
