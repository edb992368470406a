// Package sdk is what a plugin author imports. A plugin says what its
// configuration is, prepares one configuration on a device, and runs n iterations
// of a phase; the host decides everything else: what is compared, in which order,
// how often, and what may be concluded.
//
// The main path: fill a [Plugin], give it to [Serve] from main. Its Prepare answers
// a [Request] with [Prepared], which has a [Timed] for each phase. The SDK takes the
// time, around calls that have waited.
//
//	func main() { sdk.Serve(sdk.Plugin[Config]{Name: "axpy", Version: "0.1.0", …}) }
//
// Tests run a plugin in process with package sdktest. Plugins that search answer in
// the words of package search; those that drive other programs start them with
// package child. docs/plugins.md says what is stable.
package sdk
