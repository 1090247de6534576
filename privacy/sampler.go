package privacy

// sampler is a distribution of integer noise.
type sampler interface {
	Draw(*Source) Int128
	StdDev() float64
	Radius(alpha float64) float64
	facts() (name, parameter string)
}
