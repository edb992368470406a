package stats

// A Sample says what rounds tell of one number: [Paired] of a log-ratio within
// rounds, [Unpaired] of a value, [Difference] of the difference of two of them.
type Sample interface {
	N() int
	StdDev() float64
	Estimate() float64
	// Lower is the bound L with P(number < L) <= alpha, Upper its mirror.
	Lower(alpha float64) (Bound, error)
	Upper(alpha float64) (Bound, error)
	// PGreater is the p-value of the claim that the number is above c, PLess of
	// the claim that it is below c.
	PGreater(c float64) float64
	PLess(c float64) float64
}
