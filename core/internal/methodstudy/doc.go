// Command methodstudy measures Assay's method on simulated machines whose truth
// is known, with the shipped code of core/stats and core/judge, and writes what
// it finds into docs/method.md and docs/img.
//
//	go run ./core/internal/methodstudy            # from the root of the module
//	go run ./core/internal/methodstudy -trials 200 -doc ""   # to the terminal only
//
// The seed is fixed: the same code gives the same tables. Nothing imports it.
package main
