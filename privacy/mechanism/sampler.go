package mechanism

import "math/big"

// Sampler is a distribution of integer noise around 0.
type Sampler interface {
	// Draw returns one number.
	Draw(*Source) Int128
	// StdDev is the standard deviation, nearly.
	StdDev() float64
	// Radius is a number that the noise exceeds in magnitude with a probability
	// of alpha at most, alpha in (0, 1).
	Radius(alpha float64) float64
	// Law is what the noise is drawn from, with its exact parameter.
	Law() (Law, *big.Rat)
}

// Law is a kind of mechanism, by the name that facts about a job give it.
type Law string

// Laws of noise and of choices. Each has one parameter.
const (
	DiscreteLaplace  Law = "discrete_laplace"  // its scale: probability proportional to exp(-|x|/scale)
	DiscreteGaussian Law = "discrete_gaussian" // its variance parameter: to exp(-x^2/(2*variance))
	PermuteAndFlip   Law = "permute_and_flip"  // the epsilon of one choice
	Exponential      Law = "exponential"       // the epsilon of one choice
)

// Laws of selections of keys.
const (
	OptimalSelection   Law = "optimal_partition_selection"
	TruncatedSelection Law = "truncated_laplace_selection"
	GaussianSelection  Law = "gaussian_threshold_selection"
)
