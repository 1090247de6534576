package mechanism

// Sampler is a distribution of integer noise around 0.
type Sampler interface {
	// Draw returns one number.
	Draw(*Source) Int128
	// StdDev is the standard deviation, nearly.
	StdDev() float64
	// Radius is a number that the noise exceeds in magnitude with a probability
	// of alpha at most, alpha in (0, 1).
	Radius(alpha float64) float64
	// Parameter names the distribution and its exact scale, or variance, as
	// facts about a job do.
	Parameter() (name, parameter string)
}
