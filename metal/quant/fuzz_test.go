package quant

import "testing"

// FuzzConfig: whatever a config.json holds, it is refused, or tells the format of
// every tensor or why not.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{
		`{"model_type":"m","num_hidden_layers":2,"hidden_size":64,"num_experts":4,"num_experts_per_tok":2,"moe_intermediate_size":32,"norm_topk_prob":true,` +
			`"quantization":{"bits":4,"group_size":64,"mode":"affine","a":{"bits":8},"b":false}}`,
		`{"quantization":{"bits":4,"group_size":64,"a":{"bits":1e9,"group_size":-1}}}`, `{"quantization":{"bits":"4","group_size":64}}`,
		`{"quantization":{"bits":4,"group_size":64,"a":{"mode":"mxfp4"}}}`, `{"quantization":{"bits":4,"group_size":64,"b":{},"c":{"bits":8}}}`, `{"quantization":null}`, `[]`, `{"hidden_size":1e400}`, ``,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c := &Checkpoint{dir: "fuzz"}
		if err := c.Config.parse(text); err != nil {
			return
		}
		if n, err := c.Config.Int("hidden_size"); n < 0 || err != nil && n != 0 {
			t.Errorf("hidden_size is %d, %v", n, err)
		}
		for _, name := range []string{"a", "b", "c"} {
			_, own := c.Config.quantization[name]
			format, err := c.Config.format(name)
			if err == nil && !own && format != c.Config.all || err == nil && format.check() != nil {
				t.Errorf("%s is said to be of %+v", name, format)
			}
		}
	})
}
