// Package judge turns the rounds of a session into verdicts. It is pure: plain
// data in, plain data out, so that a session, an offline re-judgement and the
// method study run the same code.
//
// The main path: [NewPlan] fixes the looks and their error levels before any
// data; at each look [Decide] says whether a case needs more rounds; at the end
// [Judge] gives one [Judgement] per guardrail, case and variant, with its rule,
// reason and next step, and [Overall] condenses them.
//
// # What is asked
//
// A relative guardrail holds log-ratios against the baseline, paired by round,
// with the signed-rank test and the control of the same quantity; those of a
// phase's speed are in [Phase], of percentiles and metrics in [Quantity]. An
// absolute one holds one value a round against its bounds, with the sign test and
// without a control. What is exact, and what is the least or the most of all
// values, is judged as it is: it is no claim in what follows.
//
// An [Assert] is a condition on such numbers. [Ask] says of what it is asked, and
// [Answer] evaluates it with the numbers' bounds (see package expr).
//
// # How the corrections combine
//
// With confidence 1-A, m planned claims and looks k with levels A_k that add up
// to A (see stats.LookAlphas), a claim last looked at in look k has the
// corrected p-value q = p·A/A_k, and Holm's procedure runs over the q of all m
// claims at level A. The chance that q <= x for a claim that is not true is at
// most the sum over k of P(p_k <= x·A_k/A) <= x, whatever made the session stop
// at that look, so q is a p-value and Holm's guarantee holds: the chance of any
// false pass in the experiment is at most A, and so is the chance of any false
// fail. While the session runs, [Decide] uses the plain share A_k/m, which is
// never more lenient than Holm, because the other cases are not measured yet.
//
// Each bound that an assert hangs on is one of the m claims, and takes a tenth of
// the plain share A_k/m. In Holm's procedure these count as not rejected, which
// leaves the guarantee as it is.
//
// A claim against a stored session has its share halved between the two sessions
// (see stats.Difference).
//
// Rounds that end between two looks (budget, crash) are judged at the level of
// the look that they were on the way to. Rounds beyond the last look are not
// used.
package judge
