package record

import _ "embed"

// Schema is the JSON Schema (2020-12) of result documents, generated from the
// Go types by the package's tests (go test ./core/record -update).
//
//go:embed result.schema.json
var Schema []byte

// EventSchema is that of an event, as the journal has it and `assay run --json`
// prints it, generated likewise.
//
//go:embed event.schema.json
var EventSchema []byte
