#!/usr/bin/env python3
"""Prints the constants of vector_math.h: exp, 2^r, GELU and tanh as polynomials in float.

    python3 -m venv build/venv && build/venv/bin/pip install numpy
    build/venv/bin/python core/kernels/fit_polynomials.py

Each polynomial is fitted by least squares on Chebyshev nodes, which is within a factor
of two of the best one. Its coefficients are rounded to float one by one, lowest power
first, and the rest is fitted again each time, so that a later coefficient makes good the
rounding of an earlier one. The error printed is that of the polynomial with rounded
coefficients, evaluated in double: float arithmetic adds its own, which
tests/unit/test_kernels.c bounds.
"""

import math

import numpy as np

NODES = 400

# exp(r) for |r| <= ln(2)/2. Degree 5 would have an error of 8e-8, more than the rounding.
EXP_DEGREE = 6
LN2_HIGH_BITS = 16  # n * high has no rounding: n takes 7 more of a float's 24

# 2^r for |r| <= 1/2, for 14 bits.
EXP2_DEGREE = 4

# g(a) = a * Phi(-a), Phi the normal distribution, around 8 centres: 8, because one AVX2
# register looks up 8 floats at once. The step is the widest whose error stays under the
# rounding of a GELU at 0.2, where g is largest; a multiple of it is exact in float.
GELU_DEGREE = 7
GELU_PIECES = 8
GELU_STEP = 0.8125
GELU_CUT = 6.05  # in the last piece, and g is 4e-9 there

# The slope of g, around the same centres, for the derivative of a GELU. Its own polynomials:
# the derivatives of those above have an error of 7e-7.
GELU_SLOPE_DEGREE = 7

# The same g in one piece, for int8. Degree 8 would have an error of 2.3e-4.
ROUGH_GELU_DEGREE = 9
ROUGH_GELU_CUT = 4.0  # g is 1.3e-4 there, and stays

# (tanh(a) / a - 1) / a^2 as a polynomial in a^2; from the cut on exp(-2a) gives tanh.
TANH_DEGREE = 4
TANH_CUT = 0.625


def rounded(value):
    return float(np.float32(value))


def fit(function, low, high, degree, fixed, relative):
    """Coefficients, lowest first, that begin with `fixed`; and the largest error."""
    x = (high + low + (high - low) * np.cos((np.arange(NODES) + 0.5) * np.pi / NODES)) / 2
    y = np.array([function(v) for v in x])
    weight = 1 / y if relative else np.ones(NODES)
    coefficients = list(fixed)
    for k in range(len(fixed), degree + 1):
        rest = (y - np.polynomial.polynomial.polyval(x, coefficients or [0.0])) * weight
        powers = np.stack([weight * x**j for j in range(k, degree + 1)], axis=1)
        scale = np.abs(powers).max(axis=0)
        solution = np.linalg.lstsq(powers / scale, rest, rcond=None)[0] / scale
        coefficients.append(rounded(solution[0]))
    grid = np.linspace(low, high, 20001)
    exact = np.array([function(v) for v in grid])
    error = np.abs(np.polynomial.polynomial.polyval(grid, coefficients) - exact)
    return coefficients, (error / exact if relative else error).max()


def c_float(value):
    mantissa, exponent = value.hex().split("p")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}p{exponent}f"


def print_exp():
    half = math.log(2) / 2
    c, error = fit(math.exp, -half, half, EXP_DEGREE, [1.0, 1.0], True)
    high = round(math.log(2) * 2**LN2_HIGH_BITS) / 2**LN2_HIGH_BITS
    print(f"/* exp: relative error {error:.1e} */")
    print("LOG2_E  ", c_float(rounded(1 / math.log(2))))
    print("LN2_HIGH", c_float(high))
    print("LN2_LOW ", c_float(rounded(math.log(2) - high)))
    print(", ".join(c_float(v) for v in c))


def print_exp2():
    c, error = fit(lambda r: 2.0**r, -0.5, 0.5, EXP2_DEGREE, [1.0], True)
    print(f"\n/* 2^r: relative error {error:.1e} */")
    print(", ".join(c_float(v) for v in c))


def bump(a):
    return a * math.erfc(a / math.sqrt(2)) / 2


def bump_slope(a):
    return math.erfc(a / math.sqrt(2)) / 2 - a * math.exp(-a * a / 2) / math.sqrt(2 * math.pi)


def piece_of(function, piece, degree, fixed):
    centre = piece * GELU_STEP
    low = 0 if piece == 0 else -GELU_STEP / 2
    high = min(GELU_STEP / 2, GELU_CUT - centre)
    return fit(lambda r: function(centre + r), low, high, degree, fixed, False)


def gelu_piece(piece):
    # Exactly a / 2 near 0, so that small values keep their relative accuracy.
    return piece_of(bump, piece, GELU_DEGREE, [0.0, 0.5] if piece == 0 else [])


def gelu_slope_piece(piece):
    return piece_of(bump_slope, piece, GELU_SLOPE_DEGREE, [0.5] if piece == 0 else [])


def print_pieces(pieces):
    for power in range(len(pieces[0][0])):
        row = [c_float(c[power]) for c, _ in pieces]
        print("    {" + ", ".join(row[:4]) + ",\n     " + ", ".join(row[4:]) + "},")


def print_gelu():
    pieces = [gelu_piece(piece) for piece in range(GELU_PIECES)]
    error = max(error for _, error in pieces)
    print(f"\n/* GELU: absolute error {error:.1e}; at the cut {bump(GELU_CUT):.1e} */")
    print("STEP    ", c_float(GELU_STEP))
    print("PER_STEP", c_float(rounded(1 / GELU_STEP)))
    print_pieces(pieces)


def print_gelu_slope():
    pieces = [gelu_slope_piece(piece) for piece in range(GELU_PIECES)]
    error = max(error for _, error in pieces)
    print(f"\n/* GELU's slope: absolute error {error:.1e}; at the cut {bump_slope(GELU_CUT):.1e} */")
    print_pieces(pieces)


def print_rough_gelu():
    c, error = fit(bump, 0.0, ROUGH_GELU_CUT, ROUGH_GELU_DEGREE, [0.0, 0.5], False)
    print(f"\n/* rough GELU: absolute error {error:.1e}; at the cut {bump(ROUGH_GELU_CUT):.1e} */")
    print(", ".join(c_float(v) for v in c[1:]))


def tanh_part(square):
    if square < 1e-4:  # where the difference cancels: its series
        return -1 / 3 + square * (2 / 15 - square * 17 / 315)
    a = math.sqrt(square)
    return (math.tanh(a) / a - 1) / square


def print_tanh():
    c, error = fit(tanh_part, 0.0, TANH_CUT**2, TANH_DEGREE, [], False)
    print(f"\n/* tanh: absolute error of the part {error:.1e} */")
    print(", ".join(c_float(v) for v in c))


if __name__ == "__main__":
    print_exp()
    print_exp2()
    print_gelu()
    print_gelu_slope()
    print_rough_gelu()
    print_tanh()
