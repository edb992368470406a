package apple

import (
	"fmt"
	"reflect"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
	"github.com/ebitengine/purego/objc"

	"github.com/assay-bench/assay/metal"
)

// bridge is the Objective-C runtime: the C functions that are called, and every
// selector of the table, registered once. It is the only place that turns names
// into selectors.
type bridge struct {
	msgSend, retainFn, releaseFn, push, pop uintptr
	createDevice, copyDevices               uintptr
	selectors                               map[string]uintptr
}

// openBridge loads everything for a GPU. A program without windows must load
// CoreGraphics for the system to hand out its default one.
func openBridge() (*bridge, error) {
	b, err := openFoundation()
	if err != nil {
		return nil, err
	}
	if _, err := framework("CoreGraphics"); err != nil {
		return nil, err
	}
	m, err := framework("Metal")
	if err != nil {
		return nil, err
	}
	if b.createDevice, err = purego.Dlsym(m, "MTLCreateSystemDefaultDevice"); err != nil {
		return nil, fmt.Errorf("apple: %w: %w", metal.ErrUnavailable, err)
	}
	if b.copyDevices, err = purego.Dlsym(m, "MTLCopyAllDevices"); err != nil {
		return nil, fmt.Errorf("apple: %w: %w", metal.ErrUnavailable, err)
	}
	return b, nil
}

// systemDevice is the GPU of that index in the list of all, which the caller
// owns, or 0, and how many there are. A list of one or none counts for less than
// the default GPU: where no screen belongs to the session one of the two may be
// missing.
func (b *bridge) systemDevice(index int) (gpu uintptr, count int) {
	all, _, _ := purego.SyscallN(b.copyDevices)
	defer b.release(all)
	count = int(b.msg(all, sel.count)) // 0 of no list at all
	if count <= 1 && index == 0 {
		if gpu, _, _ = purego.SyscallN(b.createDevice); gpu != 0 {
			return gpu, 1
		}
	}
	if index < 0 || index >= count {
		return 0, count
	}
	return b.retain(b.msg(all, sel.objectAtIndex, uintptr(index))), count
}

func framework(name string) (uintptr, error) {
	return open("/System/Library/Frameworks/" + name + ".framework/" + name)
}

func open(path string) (uintptr, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return 0, fmt.Errorf("apple: %w: %w", metal.ErrUnavailable, err)
	}
	return handle, nil
}

// openFoundation loads what asks the system, not a GPU.
func openFoundation() (*bridge, error) {
	b := &bridge{selectors: map[string]uintptr{}}
	libobjc, err := open("/usr/lib/libobjc.A.dylib")
	if err != nil {
		return nil, err
	}
	if _, err := framework("Foundation"); err != nil {
		return nil, err
	}
	for _, f := range []struct {
		to   *uintptr
		name string
	}{
		{&b.msgSend, "objc_msgSend"},
		{&b.retainFn, "objc_retain"},
		{&b.releaseFn, "objc_release"},
		{&b.push, "objc_autoreleasePoolPush"},
		{&b.pop, "objc_autoreleasePoolPop"},
	} {
		if *f.to, err = purego.Dlsym(libobjc, f.name); err != nil {
			return nil, fmt.Errorf("apple: %w: %w", metal.ErrUnavailable, err)
		}
	}
	all := reflect.ValueOf(sel)
	for i := range all.NumField() {
		name := all.Field(i).FieldByName("name").String()
		b.selectors[name] = uintptr(objc.RegisterName(name))
	}
	return b, nil
}

// selector is a method's registered selector.
func (b *bridge) selector(m method) uintptr { return b.selectors[m.name] }

// send sends a message whose arguments and result are integers or pointers.
// Go pointers converted in the argument list stay in place until it returns.
//
//go:uintptrescapes
func (b *bridge) send(to, selector uintptr, args ...uintptr) uintptr {
	var a [8]uintptr
	a[0], a[1] = to, selector
	n := copy(a[2:], args)
	r, _, _ := purego.SyscallN(b.msgSend, a[:2+n]...)
	return r
}

// msg is send with a method of the table.
//
//go:uintptrescapes
func (b *bridge) msg(to uintptr, m method, args ...uintptr) uintptr {
	return b.send(to, b.selector(m), args...)
}

// flag is msg for a BOOL, of which only the low byte counts.
//
//go:uintptrescapes
func (b *bridge) flag(to uintptr, m method, args ...uintptr) bool {
	return b.send(to, b.selector(m), args...)&0xFF != 0
}

// seconds is msg for a CFTimeInterval.
func (b *bridge) seconds(to uintptr, m method) float64 {
	return objc.Send[float64](objc.ID(to), objc.SEL(b.selector(m)))
}

// class finds a class by name.
func (b *bridge) class(name string) uintptr { return uintptr(objc.GetClass(name)) }

// create allocates and initialises an object, which the caller owns.
func (b *bridge) create(class string) uintptr {
	return b.msg(b.msg(b.class(class), sel.alloc), sel.init)
}

func (b *bridge) retain(id uintptr) uintptr {
	r, _, _ := purego.SyscallN(b.retainFn, id)
	return r
}

func (b *bridge) release(id uintptr) {
	if id != 0 {
		purego.SyscallN(b.releaseFn, id)
	}
}

// pool opens an autorelease pool on this thread; the returned function drains it.
func (b *bridge) pool() func() {
	runtime.LockOSThread()
	token, _, _ := purego.SyscallN(b.push)
	return func() {
		purego.SyscallN(b.pop, token)
		runtime.UnlockOSThread()
	}
}

// nsString makes an autoreleased NSString.
func (b *bridge) nsString(s string) uintptr {
	text := make([]byte, len(s)+1)
	copy(text, s)
	const utf8 = 4 // NSUTF8StringEncoding
	return b.msg(b.class("NSString"), sel.stringWithCString, uintptr(unsafe.Pointer(&text[0])), utf8)
}

// text copies an NSString.
func (b *bridge) text(id uintptr) string {
	if id == 0 {
		return ""
	}
	at := b.msg(id, sel.utf8String)
	p := pointer(at)
	if p == nil {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(p, n)) != 0 {
		n++
	}
	return string(unsafe.Slice((*byte)(p), n))
}

// pointer is an address that C gave, as a pointer. The memory is not Go's.
func pointer(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }

// failure is the text of an NSError.
func (b *bridge) failure(id uintptr) string {
	if id == 0 {
		return "no reason given"
	}
	return b.text(b.msg(id, sel.errorText))
}
