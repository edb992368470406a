package golden

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal/dtype"
)

// Every stored generated input comes out of the generator to the bit.
func TestInputsAreReproducible(t *testing.T) {
	names, err := Names()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, name := range names {
		f, err := Open(name)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, in := range f.Inputs {
			values, err := in.Values()
			if err != nil {
				t.Error(err)
				continue
			}
			if !in.Stored {
				continue
			}
			stored, err := f.Tensor(in.Name)
			if err != nil {
				t.Error(err)
				continue
			}
			dt, _ := dtype.Parse(in.DType)
			if !bytes.Equal(dt.Bytes(values), stored.Data) {
				t.Errorf("%s %s: generated and stored bits differ", name, in.Name)
			}
			compared++
		}
	}
	if compared == 0 {
		t.Fatal("no input was compared")
	}
	t.Logf("%d generated inputs equal to the bit, %d files", compared, len(names))
}

func TestAccessors(t *testing.T) {
	f, err := Open("gather_qmm_b4")
	if err != nil {
		t.Fatal(err)
	}
	if rhs, err := f.Uint32s("explicit.rhs"); err != nil || len(rhs) != 10 {
		t.Errorf("explicit.rhs: %v, %v", rhs, err)
	}
	if x, err := f.Floats("x5.bf16"); err != nil || len(x) != 5*512 || math.Abs(float64(x[0])) > 1 {
		t.Errorf("x5.bf16: %d values, %v", len(x), err)
	}
	for _, c := range []struct {
		want string
		err  error
	}{
		{`no tensor "nope"`, second(f.Floats("nope"))},
		{"want U32", second(f.Uint32s("x5.f32"))},
		{"want float32", second(f.Floats("wq"))},
		{`no input "nope"`, second(f.Input("nope"))},
		{"golden nope", second(Open("nope"))},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("got %v, want …%s…", c.err, c.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }
