// Numbers of metrics in words.

/** A number as the service writes it: what JSON has no number for comes as a text. */
export function number(value) {
  if (typeof value === "number") return value;
  return value === "inf" ? Infinity : value === "-inf" ? -Infinity : NaN;
}

/** The distance of an image of the index, which only one metric measures. */
export const distance = (entry) => Object.values(entry.values)[0];

/** A value with four digits that count. */
export function format(value) {
  if (Number.isNaN(value)) return "no number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 0.0001) return value.toExponential(2).replace("-", "−");
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(size < 1 ? 3 : 4))).replace("-", "−");
}

export const isLower = (metric) => metric.direction === "lower is more alike";

/** Whether one value says more alike than another. */
export const isMoreAlike = (metric, a, b) => (isLower(metric) ? a < b : a > b);

/** The metric that ranks at first: the service's first, unless that only counts errors of pixels and another sees more as people do. */
export function firstToRank(metrics) {
  if (!/^(l1|l2|mse|psnr)\b/.test(metrics[0].name)) return metrics[0];
  return metrics.find((metric) => metric.kind === "model") ?? metrics.find((metric) => /^(lpips|dists)/.test(metric.name)) ?? metrics[0];
}

/** Which way a metric's numbers go. */
export function directionText(metric) {
  const same = number(metric.identical);
  return `${format(same)} is the same image, ${isLower(metric) ? "larger" : "smaller"} is less similar`;
}

/** The share of a distribution's pairs that are less alike than a value; equal ones count half. */
function shareLessAlike(metric, distribution, value) {
  let count = 0;
  for (const other of distribution.percentiles.map(number)) {
    count += isMoreAlike(metric, value, other) ? 1 : other === value ? 0.5 : 0;
  }
  return count / distribution.percentiles.length;
}

/** How many pairs a distribution is to have to say something of another: twenty, so that each stands for five in a hundred at most. */
const fewest = 20;

/** The distributions of a profile that have pairs enough, and how many there are where there are too few. */
export function known(profile) {
  const landmarks = profile?.landmarks;
  const enough = (distribution) => (distribution?.count >= fewest ? distribution : null);
  return {
    dataSet: landmarks?.dataSet, unrelated: enough(landmarks?.unrelated), related: enough(landmarks?.related),
    tooFew: landmarks && !enough(landmarks.unrelated) ? landmarks.unrelated?.count ?? 0 : null,
  };
}

/** How many pairs of a distribution are less alike, such as “closer than 83 % of 1,653 unrelated pairs”. */
function rank(metric, distribution, value, what) {
  const part = shareLessAlike(metric, distribution, value);
  const count = distribution.count.toLocaleString("en");
  if (part <= 0) return `less similar than all ${count} ${what}`;
  if (part >= 1) return `closer than all ${count} ${what}`;
  // Neither end is claimed by rounding.
  return `closer than ${Math.min(99, Math.max(1, Math.round(part * 100)))} % of ${count} ${what}`;
}

/** What a value says by the kind of pairs that have such values. */
const kindTexts = {
  "re-encoded": "As far apart as an image and a compressed or resized copy.",
  edited: "As far apart as an image and a lightly edited copy.",
  "same scene": "As far apart as two images of the same scene.",
  unrelated: "As far apart as unrelated images.",
};

/** What a value means, as far as known pairs tell. */
export function meaning(metric, value, profile) {
  if (Number.isNaN(value)) return "This metric has no number for the pair.";
  if (value === number(metric.identical)) return "To this metric the two are the same.";
  if (!profile?.landmarks) return null;
  const { dataSet, unrelated, related, tooFew } = known(profile);
  const kind = profile.kinds?.find(({ upTo }) => upTo === undefined || !isMoreAlike(metric, number(upTo), value))?.kind;
  const parts = [
    unrelated ? rank(metric, unrelated, value, "unrelated pairs") : null,
    related ? rank(metric, related, value, "pairs of an image and its variation") : null,
  ].filter(Boolean);
  const shares = parts.join(", and ");
  let text = parts.length > 0 ? `${shares[0].toUpperCase()}${shares.slice(1)}, of ‘${dataSet}’.`
    : `The ${plural(tooFew, "unrelated pair")} of ‘${dataSet}’ ${tooFew === 1 ? "is" : "are"} too few to say more.`;
  if (kind) text = `${kindTexts[kind]} ${text}`;
  const threshold = profile.threshold;
  if (threshold) {
    const line = number(threshold.value);
    const isSame = value === line || isMoreAlike(metric, value, line);
    text += ` It counts as ${isSame ? "the same" : "different"} by the line that was calibrated at ${format(line)}.`;
  }
  const { replacement } = profile;
  if (kind && replacement) text += ` ${replacement[0].toUpperCase()}${replacement.slice(1)}.`;
  return text;
}

/** Where values of a metric stand between “the same” on the left and “different” on the right. */
export function scale(metric, values, profile) {
  const same = number(metric.identical);
  // Without the last hundredth at either end: a single odd pair would make everything else small.
  const { unrelated, related } = known(profile);
  const marks = [unrelated, related]
    .flatMap((distribution) => distribution?.percentiles.slice(1, -1) ?? []).map(number);
  // Where pairs were too few, the ends of the kinds tell how large numbers are.
  if (marks.length === 0) marks.push(...(profile?.kinds ?? []).flatMap(({ upTo }) => (upTo === undefined ? [] : [number(upTo)])));
  const finite = [...values, ...marks, profile?.threshold ? number(profile.threshold.value) : NaN].filter(Number.isFinite);
  let start, end;
  if (isLower(metric)) {
    start = Number.isFinite(same) ? same : Math.min(0, ...finite);
    const largest = Math.max(...finite, start);
    const bound = number(metric.highest);
    // Without landmarks a whole 1 is shown where numbers are about as large, so that a small bar is a small distance.
    const atLeast = marks.length === 0 && largest <= 1 ? 1 : 0;
    end = Math.max(largest * 1.06, atLeast, start + 1e-9);
    if (Number.isFinite(bound)) end = Math.min(end, Math.max(bound, largest));
  } else {
    start = Number.isFinite(same) ? same : Math.max(50, ...finite) * 1.02;
    const smallest = Math.min(...finite, start);
    end = Number.isFinite(same) ? Math.min(0, smallest) : Math.min(smallest * 0.9, 10);
  }
  return {
    start, end,
    place(value) {
      if (value === same) return 0;
      return Math.min(1, Math.max(0, (value - start) / (end - start)));
    },
  };
}

/** A quantile of a distribution, 0 to 1. */
export const quantile = (distribution, part) => number(distribution.percentiles[Math.round(part * 100)]);

export function bytes(count) {
  if (count < 1000) return `${count} bytes`;
  if (count < 1e6) return `${Math.round(count / 1000)} kB`;
  return `${(count / 1e6).toFixed(count < 1e7 ? 1 : 0)} MB`;
}

export const plural = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
