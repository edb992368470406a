package export

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/core/record"
)

// CSV writes the rows of results under one head: the columns that all rows have, then
// those of any matrix, then those of any metric. What is not known, or not of a row,
// is empty. Numbers have all their digits.
func CSV(w io.Writer, results []*record.Result) error {
	var rows []record.Row
	for _, r := range results {
		rows = append(rows, r.Rows()...)
	}
	head := columns(rows)
	out := csv.NewWriter(w)
	if err := out.Write(head); err != nil {
		return err
	}
	for _, row := range rows {
		fields := make([]string, len(head))
		for _, c := range row {
			fields[slices.Index(head, c.Name)] = text(c.Value)
		}
		if err := out.Write(fields); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// Rows writes the rows of results as a JSON array.
func Rows(w io.Writer, results []*record.Result) error {
	rows := []record.Row{}
	for _, r := range results {
		rows = append(rows, r.Rows()...)
	}
	b, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", b)
	return err
}

func columns(rows []record.Row) []string {
	var common, matrix, metrics []string
	add := func(to *[]string, name string) {
		if !slices.Contains(*to, name) {
			*to = append(*to, name)
		}
	}
	for _, row := range rows {
		for _, c := range row {
			switch {
			case strings.HasPrefix(c.Name, "matrix."):
				add(&matrix, c.Name)
			case strings.HasPrefix(c.Name, "metric."):
				add(&metrics, c.Name)
			default:
				add(&common, c.Name)
			}
		}
	}
	slices.Sort(matrix)
	slices.Sort(metrics)
	return slices.Concat(common, matrix, metrics)
}

func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}
