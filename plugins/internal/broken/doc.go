// Package broken holds the proof that a broken kernel costs its own variant and
// nothing else: a plugin whose Metal kernel goes wrong on request, experiments
// that use it, and the test that runs them. Nothing imports it.
package broken
