// Package sdk is what a plugin author imports. A plugin says what its
// configuration is, prepares one configuration on a device, and runs n
// iterations of a phase; the host decides everything else: what is compared,
// in which order, how often, and what may be concluded.
//
// The main path: fill a Plugin, give it to Serve from main. Serve speaks the
// protocol (package pluginv1) through hashicorp/go-plugin; Server is the
// protocol implementation itself, which package sdktest runs in process.
//
//	func main() { sdk.Serve(sdk.Plugin[Config]{Name: "axpy", Version: "0.1.0", …}) }
package sdk
