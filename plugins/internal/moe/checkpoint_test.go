package moe

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
)

var usual = quant.Format{Bits: 4, Group: 64, DType: dtype.BF16}

// Every family and every format of checkpoints is read as it was written, without
// being told anything.
func TestSoundCheckpoints(t *testing.T) {
	made := map[string]*fixture{}
	for _, modelType := range append(knownTypes(), "a_new_moe") {
		made[modelType] = newFixture(t, modelType, usual)
	}
	for _, f := range quant.Formats() {
		if f.Group <= 64 { // of the narrowest matrix
			made[f.String()] = newFixture(t, "qwen3_moe", f)
		}
	}
	six := quant.Format{Bits: 6, Group: 64, DType: dtype.BF16}
	mixed := newFixture(t, "qwen3_moe", usual)
	mixed.own(2, down, six)
	made["mixed"] = mixed
	shared := newFixture(t, "glm4_moe_lite", usual)
	shared.own(1, sharedDown, six)
	made["mixed, shared"] = shared
	single := newFixture(t, "qwen3_moe", usual)
	single.file = func(string) string { return "model.safetensors" }
	single.raw["model.safetensors.index.json"] = nil
	made["one file without an index"] = single
	mtp := newFixture(t, "qwen3_moe", usual)
	mtp.config["num_hidden_layers"] = 2 // a layer more than the model runs
	made["a layer too many"] = mtp

	dev := device(t)
	for name, x := range made {
		t.Run(name, func(t *testing.T) {
			r, err := Spec{Model: x.write(), Layers: 2}.Need()
			if err != nil {
				t.Fatal(err)
			}
			if r.Hidden != fixtureHidden || r.Inter != fixtureInner || r.Experts != fixtureExperts || r.TopK != fixtureTopK || r.Model.Layers != fixtureSparse {
				t.Errorf("read as %+v", r.Model)
			}
			var pool kernels.Pool
			lease := pool.Lease(dev)
			defer lease.Release()
			layers, err := Layers(lease, r, 1, true)
			if err != nil {
				t.Fatal(err)
			}
			if have := dev.Memory().Current; have != r.Bytes(true) {
				t.Errorf("%d bytes alive, want the %d that Bytes promises", have, r.Bytes(true))
			}
			for i := range layers {
				for p := gate; p < x.family.parts(); p++ {
					w, want := *p.of(&layers[i]), x.weights[x.family.prefix(i+1, p)]
					got, err := Fetch(w, w.Experts-1)
					if err != nil {
						t.Fatal(err)
					}
					one := want.Expert(w.Experts - 1)
					if got.Format != want.Format || !bytes.Equal(got.Packed, one.Packed) || !bytes.Equal(got.Scales, one.Scales) || !bytes.Equal(got.Biases, one.Biases) {
						t.Errorf("%s of layer %d is not what is stored", p, i)
					}
				}
			}
		})
	}
	if r, err := (Spec{Model: mixed.write(), Layers: 2}).Need(); err != nil || r.Facts()["bits"] != "4, 6" {
		t.Errorf("bits of a mixed model are %q, %v", r.Facts()["bits"], err)
	}
}

// Weights of a checkpoint are shared, whatever the seed, and fewer experts than it
// has may be made.
func TestWeightsOfACheckpointAreShared(t *testing.T) {
	x := newFixture(t, "glm4_moe_lite", usual)
	r, err := Spec{Model: x.write(), Layers: 2, Experts: 3}.Need()
	if err != nil {
		t.Fatal(err)
	}
	dev := device(t)
	var pool kernels.Pool
	a, b := pool.Lease(dev), pool.Lease(dev)
	one, err := Layers(a, r, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	two, err := Layers(b, r, 2, false)
	if err != nil {
		t.Fatal(err)
	}
	if one[1].Up.Packed.Buffer != two[1].Up.Packed.Buffer || one[1].Up.Experts != 3 || one[1].SharedUp.Experts != 1 {
		t.Error("two configurations have a copy of the checkpoint each, or other experts than asked for")
	}
	a.Release()
	b.Release()
	if n := dev.Memory().Current; n != 0 {
		t.Errorf("%d bytes alive after every configuration was released", n)
	}
}

// What a configuration says of a checkpoint must be true, and may be left out.
func TestWhatIsSaidOfACheckpoint(t *testing.T) {
	dir := newFixture(t, "qwen3_moe", quant.Format{Mode: quant.MXFP4, Bits: 4, Group: 32, DType: dtype.F16}).write()
	if _, faults := (Spec{Model: dir, Mode: new("mxfp4"), Bits: new(4), GroupSize: new(32), DType: new("float16"), Layers: 2, Hidden: fixtureHidden, Inter: fixtureInner}).Resolve(); len(faults) > 0 {
		t.Error(faults)
	}
	_, faults := Spec{Model: dir, Mode: new("affine"), Bits: new(8), GroupSize: new(64), DType: new("bfloat16"), Layers: 2}.Resolve()
	for i, want := range []string{"mode mxfp4, not affine", "bits 4, not 8", "group_size 32, not 64", "dtype f16, not bf16"} {
		if len(faults) != 4 || !strings.Contains(faults[i].Detail, want) || !strings.HasPrefix(want, faults[i].Path+" ") {
			t.Fatalf("%v, want …%s…", faults, want)
		}
	}
	for _, c := range []struct {
		spec Spec
		path string
	}{{Spec{Model: dir, Layers: 3}, "layers"}, {Spec{Model: dir, Layers: 1, Experts: 5}, "experts"}, {Spec{Model: dir, Layers: 1, Experts: 1}, "experts"},
		{Spec{Model: dir, Layers: 1, Hidden: 2 * fixtureHidden}, "hidden"}, {Spec{Model: dir, Layers: 1, Inter: 32}, "inter"}, {Spec{Model: dir, Layers: 1, TopK: 5}, "top_k"}} {
		if _, faults := c.spec.Resolve(); len(faults) != 1 || faults[0].Path != c.path {
			t.Errorf("%v, want one fault of %s", faults, c.path)
		}
	}
	if r, faults := (Spec{Model: dir, Layers: 1, TopK: 3}).Resolve(); len(faults) > 0 || r.TopK != 3 || !strings.HasSuffix(r.Facts()["model"], ", top_k 3") {
		t.Errorf("%v, %v: a token may pass another number of a checkpoint's experts", r.Facts(), faults)
	}
}

// A fault that only data show ends the configuration at once: no other try would
// go better.
func TestDamagedWeightsAreRefused(t *testing.T) {
	x := newFixture(t, "qwen3_moe", usual)
	scales := x.tensors[firstGate+".scales"]
	scales.data[401] = 0x7F // of a BF16: NaN with the byte below
	scales.data[400] = 0xC0
	r, err := Spec{Model: x.write(), Layers: 1}.Need()
	if err != nil {
		t.Fatal(err)
	}
	var pool kernels.Pool
	_, err = Layers(pool.Lease(device(t)), r, 1, true)
	if found := fmt.Sprint(err); !strings.Contains(found, "model: checkpoint cannot be used") || !strings.Contains(found, "hold NaN") {
		t.Errorf("got %v", err)
	}
}

func TestFormatsOfPresets(t *testing.T) {
	for _, c := range []struct {
		spec Spec
		want string
	}{
		{Spec{}, "bf16_b4_g64"},
		{Spec{Bits: new(8), GroupSize: new(32), DType: new("float16")}, "f16_b8_g32"},
		{Spec{Mode: new("mxfp4")}, "bf16_mxfp4"},
		{Spec{Mode: new("mxfp8"), Bits: new(8), GroupSize: new(32)}, "bf16_mxfp8"},
		{Spec{Mode: new("nvfp4"), DType: new("float32")}, "f32_nvfp4"},
		{Spec{Mode: new("fp4")}, "mode: unknown quantization mode: quantization mode \"fp4\" is not supported, want one of affine, mxfp4, mxfp8, nvfp4"},
		{Spec{Mode: new("mxfp4"), Bits: new(8)}, `bits: the mode has no such bits: mode = "mxfp4" takes bits [4], not 8; leave it out for 4`},
		{Spec{Mode: new("nvfp4"), GroupSize: new(32)}, `group_size: the mode has no such group_size: mode = "nvfp4" takes group_size [16], not 32; leave it out for 16`},
		{Spec{GroupSize: new(16)}, `mode = "affine" takes group_size [32 64 128], not 16; leave it out for 64`},
	} {
		c.spec.Model, c.spec.Layers = "tiny", 1
		r, err := c.spec.Need()
		if got := r.String(); err == nil && got != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %v, want %s", got, err, c.want)
		}
	}
}
