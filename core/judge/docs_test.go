package judge

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The worked example of docs/method.md is what the judge says of its table.
func TestWorkedExample(t *testing.T) {
	raw, err := os.ReadFile("../../docs/method.md")
	if err != nil {
		t.Fatal(err)
	}
	_, page, _ := strings.Cut(string(raw), "## A worked example")
	page, _, _ = strings.Cut(page, "\n## ")
	var fused, control []float64
	for _, row := range regexp.MustCompile(`(?m)^\| \d+ \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|`).FindAllStringSubmatch(page, -1) {
		var ms [3]float64
		for i := range ms {
			if ms[i], err = strconv.ParseFloat(row[i+1], 64); err != nil {
				t.Fatal(err)
			}
		}
		fused = append(fused, math.Log(ms[0]/ms[1]))
		control = append(control, math.Log(ms[0]/ms[2]))
	}
	if len(fused) != 8 {
		t.Fatalf("%d rounds in the table", len(fused))
	}
	guardrails := []Guardrail{{Name: "g", Phase: "decode", MinRatio: 1, Margin: 0.01}}
	plan, err := PlanFor(Method{}, guardrails, nil, []Place{{Case: "default", Variants: []string{"v"}}})
	if err != nil {
		t.Fatal(err)
	}
	js, err := Judge(plan, guardrails, []Case{{ID: "default", Rounds: 8, Phases: []Phase{{
		Name: "decode", Control: Arm{Name: "control", LogRatios: control}, Variants: []Arm{{Name: "fused", LogRatios: fused}},
	}}}})
	if err != nil || len(js) != 1 {
		t.Fatal(js, err)
	}
	j := js[0]
	for _, want := range []string{
		fmt.Sprintf("> %s: %s", j.Verdict, j.Reason),
		"> next: " + j.Next,
		fmt.Sprintf("%.4f× to %.4f×", *j.Lower, *j.Upper),
		fmt.Sprintf("the median is −%.2f %%, that is %.4f×", -100*math.Log(*j.Estimate), *j.Estimate),
		fmt.Sprintf("the error allowed on each side is %.2f %%", 100*j.AlphaFail),
		fmt.Sprintf("its noise floor %.2f %% is below the margin", 100**j.Control.NoiseFloor),
	} {
		if !strings.Contains(page, want) {
			t.Errorf("docs/method.md does not say %q", want)
		}
	}
}
