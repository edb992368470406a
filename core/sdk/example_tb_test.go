package sdk_test

import (
	"context"
	"fmt"
	"testing"
)

// test prints what a test would fail with, so that examples can use sdktest.
type test struct {
	testing.TB
	cleanup []func()
}

// example runs f until it ends or fails.
func example(f func(t *test)) {
	t := &test{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if r := recover(); r != nil && r != any(t) {
				panic(r)
			}
		}()
		f(t)
	}()
	<-done
	for _, f := range t.cleanup {
		f()
	}
}

func (t *test) Helper()                        {}
func (t *test) Context() context.Context       { return context.Background() }
func (t *test) Cleanup(f func())               { t.cleanup = append(t.cleanup, f) }
func (t *test) Logf(string, ...any)            {}
func (t *test) Errorf(format string, a ...any) { fmt.Printf(format+"\n", a...) }
func (t *test) Fatal(a ...any)                 { fmt.Println(a...); panic(any(t)) }
func (t *test) Fatalf(format string, a ...any) { t.Errorf(format, a...); panic(any(t)) }
