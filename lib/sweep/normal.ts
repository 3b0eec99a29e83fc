/**
 * The normal distribution: what TPE needs of it.
 *
 * @module
 */

/**
 * Probability that a standard normal variable is below x, exact to about 1e-15 of itself in both tails.
 *
 * Near 0 by the series of erf without alternating signs, beyond 3 by the continued fraction of erfc
 * (Abramowitz and Stegun 7.1.6 and 7.1.14).
 */
export function normalCdf(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  if (z < 3) {
    const half = erfSeries(z) / 2;
    return x < 0 ? 0.5 - half : 0.5 + half;
  }
  const tail = erfcFraction(z) / 2;
  return x < 0 ? tail : 1 - tail;
}

/** Logarithm of the probability that a standard normal variable is between a and b. */
export function logNormalMass(a: number, b: number): number {
  // Mirrored to the left tail, where no digits are lost to probabilities near 1.
  const [low, high] = a > 0 ? [-b, -a] : [a, b];
  return Math.log(normalCdf(high) - normalCdf(low));
}

/** Logarithm of the density of a standard normal variable. */
export function logNormalDensity(x: number): number {
  return -x * x / 2 - Math.log(2 * Math.PI) / 2;
}

/** Inverse of {@linkcode normalCdf}: Acklam's rational approximation with one step of Halley's method. */
export function normalQuantile(p: number): number {
  if (p <= 0) return -Infinity;
  if (p >= 1) return Infinity;
  if (p > 0.5) return -normalQuantile(1 - p);
  const x = p < 0.02425 ? tailQuantile(p) : centralQuantile(p - 0.5);
  const error = (normalCdf(x) - p) * Math.exp(-logNormalDensity(x));
  return x - error / (1 + x * error / 2);
}

/** A draw from a normal distribution cut at two bounds, from a uniform draw. The mean must lie between them. */
export function truncatedNormalQuantile(
  p: number,
  { mean, sigma, low, high }: {
    mean: number;
    sigma: number;
    low: number;
    high: number;
  },
): number {
  const below = normalCdf((low - mean) / sigma);
  const inside = normalCdf((high - mean) / sigma) - below;
  const draw = mean + sigma * normalQuantile(below + p * inside);
  return Math.min(Math.max(draw, low), high);
}

function erfSeries(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= 2 * z * z / (2 * n + 1);
    sum += term;
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-z * z) * sum;
}

function erfcFraction(z: number): number {
  let fraction = z;
  for (let n = 60; n > 0; n--) fraction = z + n / 2 / fraction;
  return Math.exp(-z * z) / (fraction * Math.sqrt(Math.PI));
}

// Acklam, P. J.: An algorithm for computing the inverse normal cumulative distribution function (2003).
function centralQuantile(q: number): number {
  const r = q * q;
  const above = horner(
    r,
    -3.969683028665376e1,
    2.209460984245205e2,
    -2.759285104469687e2,
    1.383577518672690e2,
    -3.066479806614716e1,
    2.506628277459239,
  );
  const below = horner(
    r,
    -5.447609879822406e1,
    1.615858368580409e2,
    -1.556989798598866e2,
    6.680131188771972e1,
    -1.328068155288572e1,
    1,
  );
  return above * q / below;
}

function tailQuantile(p: number): number {
  const q = Math.sqrt(-2 * Math.log(p));
  const above = horner(
    q,
    -7.784894002430293e-3,
    -3.223964580411365e-1,
    -2.400758277161838,
    -2.549732539343734,
    4.374664141464968,
    2.938163982698783,
  );
  const below = horner(
    q,
    7.784695709041462e-3,
    3.224671290700398e-1,
    2.445134137142996,
    3.754408661907416,
    1,
  );
  return above / below;
}

function horner(x: number, ...coefficients: number[]): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
