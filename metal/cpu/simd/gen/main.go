// Command gen writes the assembly of package simd with avo. Run it through
// go generate in that package; -part picks the file.
package main

import (
	"flag"
	"log"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	bits := flag.Int("bits", 0, "bits of the codes, for part qdot")
	part := flag.String("part", "", "qdot, qdot2, tabled, prepare, vectors or stream")
	flag.Parse()
	ConstraintExpr("!purego")
	switch *part {
	case "qdot":
		qdot512(*bits)
	case "qdot2":
		qdot2()
	case "tabled":
		tabled512()
		tabled2()
	case "prepare":
		prepare512()
	case "vectors":
		vectors()
	case "stream":
		stream()
	default:
		log.Fatalf("part %q: want qdot, qdot2, tabled, prepare, vectors or stream", *part)
	}
	Generate()
}
