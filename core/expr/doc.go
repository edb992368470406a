// Package expr evaluates conditions on measured numbers. A measured number is an
// interval: a cty number that is unknown but for its bounds. A comparison of
// intervals is true, false or undecided, and so is what is made of comparisons
// with &&, ||, ! and ?:. The operators + - * / and the functions min, max, abs
// and log give an interval that holds every value that the numbers allow.
//
// [Parse] reads a condition, [Condition.Ends] says which bounds it hangs on,
// [Condition.Eval] answers it. [Bounded] makes the bounds of a number known to a
// message.
//
// It knows neither files nor statistics: names and intervals are given.
package expr
