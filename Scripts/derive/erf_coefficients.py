"""Derive the polynomials behind the vectorised erf and exp of CDreamSimKernels.

    python3 Scripts/derive/erf_coefficients.py

erf(x) = x + x * P(x^2)            for |x| <= SPLIT
erf(x) = 1 - exp(-(t + t * Q(t)))  for t = |x| > SPLIT   (Q fitted to (-log(erfc t) - t) / t)
exp(r) = 1 + r + r^2 * R(r)        for |r| <= ln 2 / 2

Fits by Chebyshev interpolation weighted for the final error, rounds to float32, prints C initializers (highest degree
first) and the largest error found in float32 arithmetic. Needs: mpmath, numpy.
"""
import mpmath as mp
import numpy as np

mp.mp.dps = 40
SPLIT = 0.9375
LIMIT = 3.93  # erf is 1 in float32 beyond


def fit(f, lo, hi, degree):
    """Chebyshev interpolation of f on [lo, hi], as monomial coefficients, highest degree first."""
    return mp.chebyfit(f, [lo, hi], degree + 1)


def show(name, coefficients):
    print(f"static const float {name}[] = {{")
    for c in coefficients:
        print(f"    {float(np.float32(c)):.9e}f,")
    print("};")


def horner(coefficients, x):
    r = np.full_like(x, np.float32(coefficients[0]))
    for c in coefficients[1:]:
        r = (r.astype(np.float64) * x + np.float32(c)).astype(np.float32)  # as a fused multiply-add
    return r


def main():
    near = fit(lambda s: (mp.erf(mp.sqrt(s)) / mp.sqrt(s) - 1) if s > 0 else 2 / mp.sqrt(mp.pi) - 1, 0, SPLIT ** 2, 5)
    far = fit(lambda t: (-mp.log(mp.erfc(t)) - t) / t, SPLIT, LIMIT, 7)
    exponential = fit(lambda r: (mp.e ** r - 1 - r) / r ** 2 if abs(r) > 1e-9 else mp.mpf(1) / 2,
                      -mp.log(2) / 2, mp.log(2) / 2, 4)
    show("erf_near", near)
    show("erf_far", far)
    show("exp_tail", exponential)

    x = np.linspace(0, 4.5, 40001, dtype=np.float32)
    s = (x * x).astype(np.float32)
    a = (x.astype(np.float64) * horner(near, s) + x).astype(np.float32)
    t = np.minimum(x, np.float32(LIMIT))
    b = (1 - np.exp(-(t.astype(np.float64) * horner(far, t) + t))).astype(np.float32)
    got = np.where(x <= SPLIT, a, b)
    want = np.array([float(mp.erf(float(v))) for v in x])
    print("erf: largest absolute error", np.max(np.abs(got - want)))
    r = np.linspace(-0.3466, 0.3466, 20001, dtype=np.float32)
    q = (r.astype(np.float64) * horner(exponential, r) * r + r + 1).astype(np.float32)
    print("exp on the reduced range: largest relative error", np.max(np.abs(q / np.exp(r.astype(np.float64)) - 1)))


if __name__ == "__main__":
    main()
