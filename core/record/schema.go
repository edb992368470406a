package record

import _ "embed"

// Schema is the JSON Schema (2020-12) of result documents, generated from the
// Go types by the package's tests (go test ./core/record -update).
//
//go:embed result.schema.json
var Schema []byte
