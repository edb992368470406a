// Package record keeps what a session measured: the journal, written as things
// happen and before each acknowledgement, and the result document
// derived from it. A result document holds every sample, the rule behind each
// verdict and all metadata, so that it can be judged again offline.
package record
