// The page says before this: sources, points, columns and side.
const sheets = sources.map(source => { const image = new Image(); image.onload = () => draw(); image.src = source; return image; });
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
  const size = Math.min(side, Math.max(12, 0.94 * scale / columns)), taken = new Map();
  places = []; context.fillStyle = style.getPropertyValue("--dot");
  points.forEach((point, index) => {
    const x = left + point[0] * scale, y = top_ + point[1] * scale;
    if (x < -size || y < -size || x > w + size || y > h + size) return;
    let free = point.length > 4 && sheets[point[4]].complete;
    const pw = free ? point[7] * size / side : 6, ph = free ? point[8] * size / side : 6;
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
