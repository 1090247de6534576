package accounting

import (
	"math"
	"math/big"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// Limits of Losses.
const (
	maxLossTimes   = 1 << 20
	maxLossEpsilon = 4000
	// lossCells is the number of cells of the grid of losses on either side of 0.
	lossCells = 1000
	// lossTails is how many deviations of a loss the grid holds at least; what is
	// beyond, a share below exp(-lossTails^2/2), 1e-17, counts as if its loss had no
	// bound.
	lossTails = 8.85
	// maxExactSigma bounds the deviation for which a discrete Gaussian's loss is
	// taken value by value.
	maxExactSigma = 2000
	// minSmoothScale is the scale from which on discrete Laplace noise is bounded by
	// continuous noise.
	minSmoothScale = 1 << 16
)

// Losses tells what a fixed list of mechanisms on the same data costs together,
// as (epsilon, delta): the composition of their privacy loss distributions
// (Koskela, Jälkö and Honkela, "Computing Tight Differential Privacy Guarantees
// Using FFT", 2020). It is much tighter than the sum of their prices where there
// are many.
//
// A mechanism is stood for by a pair of distributions that dominates every pair
// of neighbours (Zhu, Dong and Wang, "Optimal Accounting of Differential Privacy
// via Characteristic Function", 2022), so that compositions dominate, too. Its
// loss is brought to a grid by "connecting the dots" (Doroshenko, Ghazi, Kamath,
// Kumar and Manurangsi, "Connect the Dots: Tighter Discrete Approximations of
// Privacy Loss Distributions", 2022): what lies between two points of the grid is
// split among them so that its probability under both of the pair is kept, which
// never lowers delta at any epsilon. What lies above the grid counts as a loss
// without bound, what lies below it as the lowest point. Sums are of positive
// floats without cancellation; a relative slack of 1e-9, far above their error,
// is added. So Delta and Epsilon are upper bounds up to that reasoning about
// floats; the tests hold them to exact values.
//
// The list has to be fixed before any data is read: this is a reading of one job
// (its mechanisms are declared), never a filter over jobs chosen one after the
// other, for which it would be wrong. No ledger decides by it.
type Losses struct {
	times  map[lossPair]int
	order  []lossPair // so that sums of floats have one order
	square float64    // of all continuous Gaussian pairs: sum of (sensitivity/deviation)^2
	slack  float64    // epsilon beside the grid
	delta  float64    // delta beside the grid
}

// lossPair is a pair of distributions that differ by a shift of reach (1 for
// randomised response).
type lossPair struct {
	kind  lossKind
	scale float64 // scale or variance; for smooth noise and responses, 1/epsilon
	reach float64
}

type lossKind int

const (
	laplacePair  lossKind = iota // discrete Laplace noise
	smoothPair                   // continuous Laplace noise
	gaussianPair                 // discrete Gaussian noise
	responsePair                 // randomised response
)

// put adds n of a pair.
func (l *Losses) put(p lossPair, n int) error {
	if l.times == nil {
		l.times = map[lossPair]int{}
	}
	if l.times[p] == 0 && n > 0 {
		l.order = append(l.order, p)
	}
	if l.times[p] += n; l.times[p] > maxLossTimes || !(l.width() <= maxLossEpsilon) {
		return glovebox.Errorf(glovebox.CodeInvalid, "the mechanisms lose more than an epsilon of %d", maxLossEpsilon)
	}
	return nil
}

// AddLaplace adds times numbers with discrete Laplace noise of a scale, each of
// which one unit changes by at most reach. The noise is log-concave, so that no
// smaller change has a larger delta. With D the reach and b the scale, that is at
// most 1 - 2*sqrt(r^(D+1)*e^epsilon)/(1+r) with r = exp(-1/b), the delta of
// continuous noise whose epsilon is D/b + 2*ln(cosh(1/(2b))) < D/b + 1/(4*b^2); for
// large scales that stands in, so that numbers on different grids are alike.
func (l *Losses) AddLaplace(scale *big.Rat, reach int64, times int) error {
	if scale == nil || scale.Sign() <= 0 || reach < 1 || times < 1 || times > maxLossTimes {
		return BadParameters()
	}
	s, _ := scale.Float64()
	if s >= minSmoothScale {
		e := float64(reach)/s + 1/(4*s*s)
		m, exp := math.Frexp(e)
		e = math.Ldexp(math.Ceil(math.Ldexp(m, 24)*(1+1e-12)), exp-24)
		return l.put(lossPair{smoothPair, 1 / e, 1}, times)
	}
	return l.put(lossPair{laplacePair, s, float64(reach)}, times)
}

// AddGaussian adds times numbers with discrete Gaussian noise of a variance
// parameter, each of which one unit changes by at most reach.
func (l *Losses) AddGaussian(variance *big.Rat, reach int64, times int) error {
	if variance == nil || variance.Sign() <= 0 || reach < 1 || times < 1 || times > maxLossTimes {
		return BadParameters()
	}
	v, _ := variance.Float64()
	if v <= maxExactSigma*maxExactSigma {
		return l.put(lossPair{gaussianPair, v, float64(reach)}, times)
	}
	n := new(big.Int).Mul(big.NewInt(reach), big.NewInt(reach))
	return l.AddGaussianVector(variance, n.Mul(n, big.NewInt(int64(times))), times)
}

// AddGaussianVector adds a vector with discrete Gaussian noise of a variance
// parameter of at least 4 on each number; one unit changes at most numbers of
// them, by a vector whose squared L2 norm is at most square. It is bounded by
// continuous noise of a variance smaller by 2, as CalibrateGaussian explains.
func (l *Losses) AddGaussianVector(variance *big.Rat, square *big.Int, numbers int) error {
	if variance == nil || variance.Cmp(big.NewRat(4, 1)) < 0 || square == nil || square.Sign() <= 0 || numbers < 1 || numbers > mechanism.MaxCalibratedNumbers {
		return BadParameters()
	}
	s := new(big.Rat).SetInt(square)
	f, _ := s.Quo(s, new(big.Rat).Sub(variance, big.NewRat(2, 1))).Float64()
	l.square += f
	l.slack += math.Ldexp(4*float64(numbers), -55)
	return l.put(lossPair{scale: 1}, 0)
}

// AddPure adds times mechanisms of which nothing is known but that each is
// epsilon-differentially private, such as permute-and-flip: the worst of them is
// randomised response (Kairouz, Oh and Viswanath, "The Composition Theorem for
// Differential Privacy", 2015).
func (l *Losses) AddPure(epsilon *big.Rat, times int) error {
	return l.AddApproximate(epsilon, new(big.Rat), times)
}

// AddApproximate adds times mechanisms that are (epsilon, delta)-differentially
// private each, such as the optimal selection of a key. Epsilon may be 0.
func (l *Losses) AddApproximate(epsilon, delta *big.Rat, times int) error {
	if epsilon == nil || epsilon.Sign() < 0 || delta == nil || delta.Sign() < 0 || times < 1 || times > maxLossTimes {
		return BadParameters()
	}
	e, _ := epsilon.Float64()
	d, _ := delta.Float64()
	l.delta += d * float64(times)
	if e > 0 {
		return l.put(lossPair{responsePair, 1 / e, 1}, times)
	}
	return nil
}

// BadParameters is the error for a mechanism that Losses cannot take.
func BadParameters() error {
	return glovebox.Errorf(glovebox.CodeInvalid, "a mechanism's parameters are outside what can be accounted for")
}

// pure returns the sum of the epsilons, +Inf if there is Gaussian noise.
func (l *Losses) pure() float64 {
	if l.square > 0 {
		return math.Inf(1)
	}
	sum := 0.0
	for _, p := range l.order {
		if p.kind == gaussianPair {
			return math.Inf(1)
		}
		sum += p.reach / p.scale * float64(l.times[p])
	}
	return sum
}

// width returns how far losses reach: as far as the pure ones can, or the mean
// and some deviations. A loss bounded by e, like that of Gaussian noise whose
// sensitivity is e deviations, has a mean of e^2/2 at most and is sub-Gaussian of
// deviation e about it.
func (l *Losses) width() float64 {
	reach := func(square float64) float64 { return square/2 + lossTails*math.Sqrt(square) }
	sum, bounded, gauss := 0.0, 0.0, l.square
	for _, p := range l.order {
		n := float64(l.times[p])
		if p.kind == gaussianPair {
			gauss += p.reach * p.reach / p.scale * n
			continue
		}
		sum += p.reach / p.scale * n
		bounded += p.reach / p.scale * p.reach / p.scale * n
	}
	return math.Min(sum+reach(gauss), reach(bounded+gauss))
}

// Delta returns an upper bound of the delta at epsilon >= 0.
func (l *Losses) Delta(epsilon float64) float64 {
	d := 0.0
	if epsilon < l.pure() {
		d = l.compose().delta(epsilon - l.slack)
	}
	return math.Min(1, (d+l.delta)*(1+1e-9))
}

// Epsilon returns an upper bound of the epsilon at a delta in (0, 1), rounded up
// to a millionth, or an error if the mechanisms lose more delta than that
// whatever epsilon.
func (l *Losses) Epsilon(delta float64) (float64, error) {
	if !(delta > 0 && delta < 1) {
		return 0, glovebox.Errorf(glovebox.CodeInvalid, "delta is outside (0, 1)")
	}
	e, ok := math.Inf(1), false
	if left := delta/(1+1e-9) - l.delta; left >= 0 {
		if e, ok = l.compose().epsilon(left); !ok {
			e = math.Inf(1)
		}
		e = math.Min(e+l.slack, l.pure())
	}
	if math.IsInf(e, 1) {
		return 0, glovebox.Errorf(glovebox.CodeInvalid, "the mechanisms' own delta is not below %g", delta).
			WithFix("ask at a larger delta")
	}
	return math.Ceil(e*(1+1e-12)*1e6) / 1e6, nil
}

// compose puts all of the list on one grid.
func (l *Losses) compose() *lossGrid {
	step := math.Max(1.02*l.width(), 1e-9) / lossCells
	all := pointLoss(step)
	for _, p := range l.order {
		if n := l.times[p]; n > 0 {
			all = all.plus(p.grid(step).times(n))
		}
	}
	if l.square > 0 {
		all = all.plus(continuousLoss(math.Sqrt(l.square), step))
	}
	return all
}
