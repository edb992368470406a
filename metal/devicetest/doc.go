// Package devicetest is the suite that every device must pass: the golden
// tensors of package golden, properties on random shapes against package
// reference, and misuse, which every device refuses in the same words. Run works inside and outside `go test`, and the golden files are
// embedded, so a compiled test binary (`go test -c`) carries all of it to a
// machine that has a GPU and no Go:
//
//	go test -c ./metal/devicetest
//	./devicetest.test -test.v -test.run 'TestDevices|TestBits' -devices cuda
//
// A tolerance is the largest difference relative to the largest magnitude of
// the reference tensor: 1e-5 in float32, 2e-3 in float16, 2e-2 in bfloat16
// (reference.Tolerance). Every check runs its op by Submit and again as a
// replayed program, and all runs must agree to the bit; every output is
// poisoned before and guarded behind.
package devicetest
