package record_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

// A row is flat: nothing in it is a list or an object, and every row of a result has
// the columns of the others.
func TestRowsAreFlat(t *testing.T) {
	r, err := fakeresult.New(fakeresult.Options{Cases: []string{`bits=4,name="q4"`, `bits=8,name="q8"`}, Phases: []string{"decode", "prefill"}})
	if err != nil {
		t.Fatal(err)
	}
	c := &r.Cases[1]
	c.Variants[1].Phases, c.Variants[1].Metrics = nil, map[string]float64{"rel_err": 0.25}
	b, err := json.Marshal(r.Rows())
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 11 { // two phases of three arms in two cases, one arm without times
		t.Fatalf("%d rows, want 11", len(rows))
	}
	for _, row := range rows {
		for name, value := range row {
			switch value.(type) {
			case nil, string, float64, bool:
			default:
				t.Errorf("%s is %v (%T)", name, value, value)
			}
		}
		delete(row, "metric.rel_err")
		if got, want := slices.Sorted(maps.Keys(row)), slices.Sorted(maps.Keys(rows[0])); !slices.Equal(got, want) {
			t.Errorf("columns %v, want %v", got, want)
		}
	}
	fused := rows[2]
	for name, want := range map[string]any{
		"case": `bits=4,name="q4"`, "variant": "fused", "role": record.RoleVariant, "phase": "decode", "matrix.bits": 4.0, "matrix.name": "q4", "verdict_in_phase": "pass", "unit": "tok", "rounds": 9.0,
	} {
		if fused[name] != want {
			t.Errorf("%s is %v, want %v", name, fused[name], want)
		}
	}
	if low, mid, high := fused["ratio_lower"].(float64), fused["ratio"].(float64), fused["ratio_upper"].(float64); low >= mid || mid >= high {
		t.Errorf("ratio %v outside of [%v, %v]", mid, low, high)
	}
	for _, row := range rows {
		if row["variant"] == "fused" && row["matrix.bits"] == 8.0 && (row["phase"] != "" || row["wall_ns"] != nil || row["rounds"] != 0.0) {
			t.Errorf("a variant without times: %v", row)
		}
		if row["role"] == record.RoleBaseline && row["ratio"] != nil {
			t.Errorf("a baseline with a ratio: %v", row)
		}
	}
	if order, _, _ := strings.Cut(string(b), ":"); order != `[{"session"` {
		t.Errorf("the first column is %s", order)
	}
}
