package attack

import "math"

// slack widens every bound, far beyond what the floats below lose.
const slack = 1e-9

// Lower returns a number that is at most p with probability 1-alpha or more,
// where k of n independent trials of probability p succeeded: the lower bound
// of Clopper and Pearson.
func Lower(k, n int, alpha float64) float64 {
	if k <= 0 {
		return 0
	}
	// The smallest p with P(Bin(n, p) >= k) = I_p(k, n-k+1) >= alpha.
	return solve(alpha, float64(k), float64(n-k+1), false) * (1 - slack)
}

// Upper is Lower for the other side: at least p with probability 1-alpha or
// more.
func Upper(k, n int, alpha float64) float64 {
	if k >= n {
		return 1
	}
	// The largest p with P(Bin(n, p) <= k) = I_{1-p}(n-k, k+1) >= alpha.
	return math.Min(1, solve(alpha, float64(k+1), float64(n-k), true)*(1+slack))
}

// solve finds x with I_x(a, b) = alpha, or with 1 - I_x(a, b) = alpha if
// upper, by bisection.
func solve(alpha, a, b float64, upper bool) float64 {
	lo, hi := 0.0, 1.0
	for range 200 {
		x := lo + (hi-lo)/2
		if x == lo || x == hi {
			break
		}
		below := !upper && beta(x, a, b) < alpha || upper && beta(1-x, b, a) > alpha
		if below {
			lo = x
		} else {
			hi = x
		}
	}
	if upper {
		return hi
	}
	return lo
}

// beta is the regularised incomplete beta function I_x(a, b), for a, b >= 1,
// by its continued fraction (Lentz's method).
func beta(x, a, b float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2): // where the fraction converges fast
		return 1 - beta(1-x, b, a)
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab - la - lb + a*math.Log(x) + b*math.Log1p(-x))
	const tiny = 1e-300
	c, d := 1.0, 1-(a+b)*x/(a+1)
	if math.Abs(d) < tiny {
		d = tiny
	}
	d = 1 / d
	h := d
	step := func(v float64) float64 {
		if d = 1 + v*d; math.Abs(d) < tiny {
			d = tiny
		}
		if c = 1 + v/c; math.Abs(c) < tiny {
			c = tiny
		}
		d = 1 / d
		h *= d * c
		return d * c
	}
	for i := 1; i < 1_000_000; i++ {
		m := float64(i)
		step(m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m)))
		if last := step(-(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))); math.Abs(last-1) < 1e-15 {
			break
		}
	}
	return front * h / a
}
