package accounting

import "math"

// lossGrid is the distribution of a privacy loss on multiples of a step: the
// probability, under the first of the pair, of each loss (low+i)*step, and of a
// loss without bound. The grid ends at lossCells on either side.
type lossGrid struct {
	step    float64
	low     int
	mass    []float64
	endless float64
}

// pointLoss is the loss of a mechanism that says nothing.
func pointLoss(step float64) *lossGrid { return &lossGrid{step: step, mass: []float64{1}} }

// newLossGrid is an empty grid for losses in [from, to].
func newLossGrid(step, from, to float64) *lossGrid {
	low := max(int(math.Floor(from/step)), -lossCells)
	high := min(int(math.Ceil(to/step))+1, lossCells)
	return &lossGrid{step: step, low: low, mass: make([]float64, max(high-low, 0)+1)}
}

// put adds probability p at the point number i.
func (g *lossGrid) put(i int, p float64) {
	switch {
	case p <= 0:
	case i-g.low >= len(g.mass):
		g.endless += p
	case i < g.low:
		g.mass[0] += p
	default:
		g.mass[i-g.low] += p
	}
}

// add splits a loss of probability p between the points beside it, so that both
// distributions of the pair keep their mass: a share of (1-e^-x)/(1-e^-step) goes
// up, where x is how far the loss lies above the lower point.
func (g *lossGrid) add(loss, p float64) {
	i := math.Floor(loss / g.step)
	up := math.Expm1(i*g.step-loss) / math.Expm1(-g.step)
	g.split(int(i), p, up+1e-12)
}

// addCell does it for losses between point number i and the next, of
// probability p under the first distribution and q under the second.
func (g *lossGrid) addCell(i int, p, q float64) {
	if p <= 0 {
		return
	}
	// (1 - q*e^x/p) / (1 - e^-step), where x is the loss of the lower point
	g.split(i, p, (1+1e-14-q/p*math.Exp(float64(i)*g.step))/-math.Expm1(-g.step))
}

// split puts a share up on point i+1 and the rest on point i. The callers add a
// little to the share, for the error of floats; where those overflow, all goes up.
func (g *lossGrid) split(i int, p, up float64) {
	if up != up {
		up = 1
	}
	up = math.Min(1, math.Max(0, up))
	g.put(i+1, p*up)
	g.put(i, p*(1-up))
}

// plus composes two mechanisms: losses add up.
func (g *lossGrid) plus(o *lossGrid) *lossGrid {
	if len(g.mass) < len(o.mass) {
		g, o = o, g
	}
	low := max(g.low+o.low, -lossCells)
	high := min(g.low+len(g.mass)+o.low+len(o.mass)-2, lossCells)
	r := &lossGrid{step: g.step, low: low, mass: make([]float64, max(high-low, 0)+1)}
	r.endless = g.endless + o.endless - g.endless*o.endless
	for j, q := range o.mass {
		if q == 0 {
			continue
		}
		at := g.low + o.low + j - low // of the first product
		from := max(0, -at)           // those before lie below the grid
		to := min(len(g.mass), len(r.mass)-at)
		if from = min(from, len(g.mass)); from > 0 {
			r.mass[0] += q * sum(g.mass[:from])
		}
		if to = max(to, from); to < len(g.mass) {
			r.endless += q * sum(g.mass[to:])
		}
		if from < to {
			row := r.mass[at+from : at+to]
			for i, p := range g.mass[from:to] {
				row[i] += p * q
			}
		}
	}
	return r
}

func sum(v []float64) (s float64) {
	for _, x := range v {
		s += x
	}
	return s
}

// times composes n of the same.
func (g *lossGrid) times(n int) *lossGrid {
	r := pointLoss(g.step)
	for {
		if n&1 == 1 {
			r = r.plus(g)
		}
		if n >>= 1; n == 0 {
			return r
		}
		g = g.plus(g)
	}
}

// delta is the probability, under the first distribution, that exceeds e^epsilon
// times that under the second.
func (g *lossGrid) delta(epsilon float64) float64 {
	d := g.endless
	for i, p := range g.mass {
		if x := float64(g.low+i)*g.step - epsilon; x > 0 {
			d -= p * math.Expm1(-x)
		}
	}
	return d
}

// epsilon returns the smallest epsilon >= 0 with delta(epsilon) <= delta, and
// whether there is one. Between two points, delta is a linear function of
// e^epsilon.
func (g *lossGrid) epsilon(delta float64) (float64, bool) {
	if delta < g.endless {
		return 0, false
	}
	// above and weight: the sums of p and of p*e^(x-loss) over losses above a
	// point x, with x the current lower end.
	above, weight := g.endless, 0.0
	for i := len(g.mass) - 1; i >= 0; i-- {
		loss := float64(g.low+i) * g.step
		above += g.mass[i]
		weight = weight*math.Exp(-g.step) + g.mass[i] // with x = loss
		// In [loss-step, loss] delta is above - weight*e^(epsilon-loss).
		if above > delta && above-weight*math.Exp(-g.step) > delta {
			return math.Max(0, loss+math.Log((above-delta)/weight)), true
		}
		if loss <= 0 {
			return 0, true
		}
	}
	return 0, true
}

// grid is the loss of the pair.
func (p lossPair) grid(step float64) *lossGrid {
	e := p.reach / p.scale
	switch p.kind {
	case laplacePair:
		return discreteLaplaceLoss(p.scale, p.reach, step)
	case smoothPair:
		return smoothLaplaceLoss(e, step)
	case gaussianPair:
		return discreteGaussianLoss(p.scale, p.reach, step)
	}
	g := newLossGrid(step, -e, e)
	g.add(e, 1/(1+math.Exp(-e)))
	g.add(-e, 1/(1+math.Exp(e)))
	return g
}

// discreteLaplaceLoss is that of noise Y of scale b whose centre moves by d: the
// loss of y is d/b for y <= 0, -d/b for y >= d, and (d-2y)/b between.
func discreteLaplaceLoss(b, d, step float64) *lossGrid {
	e := d / b
	g := newLossGrid(step, -e, e)
	end := 1 / (1 + math.Exp(-1/b))
	g.add(e, end)
	g.add(-e, end*math.Exp(-e))
	// The probability of n values from y on; that under the other distribution is
	// the same from the other side.
	mass := func(y, n float64) float64 { return math.Exp(-y/b) * -math.Expm1(-n/b) * end }
	for i := g.low; i < g.low+len(g.mass)-1; i++ {
		lo, hi := float64(i)*step, float64(i+1)*step
		first := math.Max(1, math.Ceil((d-b*hi)/2))
		last := math.Min(d-1, math.Ceil((d-b*lo)/2)-1)
		if n := last - first + 1; n > 0 {
			g.addCell(i, mass(first, n), mass(d-last, n))
		}
	}
	return g
}

// smoothLaplaceLoss is that of continuous noise of scale 1 whose centre moves by
// e: the loss of y is e for y <= 0, -e for y >= e, and e-2y between.
func smoothLaplaceLoss(e, step float64) *lossGrid {
	g := newLossGrid(step, -e, e)
	g.add(e, 0.5)
	g.add(-e, 0.5*math.Exp(-e))
	mass := func(y, n float64) float64 { return math.Exp(-y) * -math.Expm1(-n) / 2 }
	for i := g.low; i < g.low+len(g.mass)-1; i++ {
		from := math.Max(0, (e-float64(i+1)*step)/2)
		to := math.Min(e, (e-float64(i)*step)/2)
		if n := to - from; n > 0 {
			g.addCell(i, mass(from, n), mass(e-to, n))
		}
	}
	return g
}

// discreteGaussianLoss is that of noise Y of variance v whose centre moves by d:
// the loss of y is (d^2 - 2dy)/(2v).
func discreteGaussianLoss(v, d, step float64) *lossGrid {
	last := math.Ceil(13*math.Sqrt(v)) + 1
	total := 1.0
	for y := last; y >= 1; y-- {
		total += 2 * math.Exp(-y*y/(2*v))
	}
	width := (d*d + 2*d*last) / (2 * v)
	g := newLossGrid(step, -width, width)
	for y := -last; y <= last; y++ {
		g.add((d*d-2*d*y)/(2*v), math.Exp(-y*y/(2*v))/total)
	}
	g.endless += 1e-30 // beyond 13 deviations
	return g
}

// continuousLoss is the loss of continuous Gaussian noise whose sensitivity is m
// deviations: normal, of mean m^2/2 and deviation m; under the other
// distribution of mean -m^2/2.
func continuousLoss(m, step float64) *lossGrid {
	mean := m * m / 2
	g := newLossGrid(step, mean-13*m, mean+13*m)
	between := func(lo, hi, mean float64) float64 {
		a, b := (lo-mean)/(m*math.Sqrt2), (hi-mean)/(m*math.Sqrt2)
		if a > 0 {
			return (math.Erfc(a) - math.Erfc(b)) / 2
		}
		return (math.Erfc(-b) - math.Erfc(-a)) / 2
	}
	first, last := g.low, g.low+len(g.mass)-1
	for i := first; i < last; i++ {
		lo, hi := float64(i)*step, float64(i+1)*step
		g.addCell(i, between(lo, hi, mean), between(lo, hi, -mean))
	}
	g.put(first, between(math.Inf(-1), float64(first)*step, mean))
	g.endless += between(float64(last)*step, math.Inf(1), mean)
	return g
}
