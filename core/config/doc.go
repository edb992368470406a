// Package config reads experiments out of HCL.
//
// The main path is two calls. [Load] parses the files of a folder and decodes
// what does not depend on a device or a plugin: the assay block, variables
// and their values, locals. [Module.Resolve] then evaluates each experiment
// with its device and its plugin's schema: matrix, variants, configurations,
// measure, guardrails, assertions. Both return every fault they find as
// diagnostics that point into the source; a value that has already failed is
// unknown from then on and causes no second fault. So a caller that wants all
// faults at once calls Resolve even after Load found some, and prints both.
//
// What can only be evaluated after measuring keeps its expression and has a
// method: [Experiment.EvalWhen], [Experiment.Message],
// [Experiment.EvalAim].
package config
