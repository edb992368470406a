package fakeresult

import "github.com/assay-bench/assay/core/record"

// Small is a document of two rounds with one sample a visit: it has most fields,
// and little of each, so that a fuzz target reads it thousands of times a second.
func Small() (*record.Result, error) {
	r, err := New(Options{})
	if err != nil {
		return nil, err
	}
	c := &r.Cases[0]
	c.Rounds = c.Rounds[:2]
	for i := range c.Rounds {
		c.Rounds[i].Visits = c.Rounds[i].Visits[:min(4, len(c.Rounds[i].Visits))]
		for k := range c.Rounds[i].Visits {
			var one record.Samples
			one.Add(c.Rounds[i].Visits[k].Samples.At(0))
			c.Rounds[i].Visits[k].Samples = one
		}
	}
	return r, nil
}
