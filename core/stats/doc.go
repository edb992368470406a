// Package stats holds the estimates, bounds and corrections behind Assay's
// verdicts. It is pure: numbers in, numbers out, no clock, no file, no state.
//
// The main path is the paired one. A round gives one log-ratio
// d = ln(t_baseline/t_variant) per variant. A [Paired] sample estimates
// the centre of the d (Hodges-Lehmann), bounds it with the exact Wilcoxon
// signed-rank distribution, and has the tests that those bounds invert. [Spending] shares the permitted error over planned
// looks, [Holm] over several claims, and [MinRounds], [RoundsNeeded] and
// [SmallestDetectable] plan a session beforehand. [MedianCI] and [MannWhitney]
// are for unpaired samples and come from golang.org/x/perf/benchmath, so that
// they agree with benchstat. [Unpaired] bounds the median of one value a round
// with the sign test.
//
// # Assumption
//
// The d of different rounds are independent and each is symmetric about the
// same centre. Under "no difference" the symmetry follows from the random order
// of the arms within a round, not from a model of the noise. They need not be
// normal, nor equally spread.
//
// # Ties and zeros
//
// Everything is derived from the Walsh averages (d_i+d_j)/2, i <= j, and an
// average that equals the tested value counts against the claim. That equals
// breaking every tie and every zero in the direction that is least favourable
// to the claim, so the stated error is an upper limit with tied data too, and a
// bound and its test always agree: PGreater(c) <= alpha exactly when
// Lower(alpha) > c. See [Paired.PGreater] for the argument.
package stats
