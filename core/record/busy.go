package record

// Busy is a program that kept cores busy beside the session.
type Busy struct {
	Name  string  `json:"name"`
	Cores float64 `json:"cores"`
}

// BusyEvent says that other programs kept the machine busy when the session began
// to measure. It changes no document: what they disturbed is in the visits.
type BusyEvent struct {
	ForeignLoad float64 `json:"foreign_load"` // cores busy with other programs
	Cores       int     `json:"cores"`        // of the machine
	Programs    []Busy  `json:"programs"`     // the busiest, that could be told
}

// BudgetEvent gives an experiment its part of the session's budget, or says that
// the part is spent.
type BudgetEvent struct{ Budget }

func (BusyEvent) kind() string   { return "busy" }
func (BudgetEvent) kind() string { return "budget" }
