// Showing things where one looks.

/** Scrolls to an element whose beginning is not in the upper half of the window. */
export function reveal(element) {
  const { top } = element.getBoundingClientRect();
  if (top >= 0 && top < innerHeight / 2) return;
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: "start", behavior: isStill ? "instant" : "smooth" });
}
