package txn

import (
	"fmt"
	"slices"
	"strings"
)

// canonical maps the names of models that have several to the one that the
// tables use.
var canonical = map[string]string{
	"consistent-view":                 "PL-2+",
	"conflict-serializable":           "PL-3",
	"cursor-stability":                "PL-CS",
	"forward-consistent-view":         "PL-FCV",
	"monotonic-snapshot-read":         "PL-MSR",
	"monotonic-view":                  "PL-2L",
	"read-committed":                  "PL-2",
	"read-uncommitted":                "PL-1",
	"repeatable-read":                 "PL-2.99",
	"serializable":                    "PL-3",
	"snapshot-isolation":              "PL-SI",
	"strict-serializable":             "PL-SS",
	"strong-serializable":             "PL-SS",
	"update-serializable":             "PL-3U",
	"strong-session-read-uncommitted": "strong-session-PL-1",
	"strong-session-read-committed":   "strong-session-PL-2",
	"strong-read-uncommitted":         "strong-PL-1",
	"strong-read-committed":           "strong-PL-2",
}

// friendly maps canonical names to those that people know.
var friendly = map[string]string{
	"PL-2+":               "consistent-view",
	"PL-3":                "serializable",
	"PL-CS":               "cursor-stability",
	"PL-FCV":              "forward-consistent-view",
	"PL-MSR":              "monotonic-snapshot-read",
	"PL-2L":               "monotonic-view",
	"PL-2":                "read-committed",
	"PL-1":                "read-uncommitted",
	"PL-2.99":             "repeatable-read",
	"PL-SI":               "snapshot-isolation",
	"PL-SS":               "strong-serializable",
	"PL-3U":               "update-serializable",
	"strong-session-PL-1": "strong-session-read-uncommitted",
	"strong-session-PL-2": "strong-session-read-committed",
	"strong-PL-1":         "strong-read-uncommitted",
	"strong-PL-2":         "strong-read-committed",
}

// impliedModels says of each model (canonical names) which weaker ones a history
// that satisfies it satisfies as well.
var impliedModels = relation{
	"causal-cerone":                     {"read-atomic"},
	"PL-2+":                             {"PL-CS", "PL-2L"},
	"PL-3":                              {"view-serializable", "PL-2.99", "PL-3U", "PL-SI"},
	"PL-CS":                             {"PL-2"},
	"PL-FCV":                            {"PL-2+"},
	"PL-2":                              {"PL-1"},
	"PL-3U":                             {"PL-FCV"},
	"monotonic-atomic-view":             {"PL-2"},
	"PL-2L":                             {"PL-2"},
	"PL-MSR":                            {"PL-2"},
	"parallel-snapshot-isolation":       {"causal-cerone", "update-atomic"},
	"prefix":                            {"causal-cerone"},
	"read-atomic":                       {"monotonic-atomic-view"},
	"PL-2.99":                           {"PL-CS", "monotonic-atomic-view"},
	"update-atomic":                     {"read-atomic"},
	"session-serializable":              {"1SR"},
	"PL-SI":                             {"PL-FCV", "monotonic-atomic-view", "PL-MSR", "parallel-snapshot-isolation", "prefix"},
	"PL-SS":                             {"PL-3", "linearizable", "PL-SI", "strong-snapshot-isolation", "strong-session-serializable", "session-serializable"},
	"strong-session-PL-1":               {"PL-1"},
	"strong-session-PL-2":               {"PL-2", "strong-session-PL-1"},
	"strong-PL-1":                       {"strong-session-PL-1"},
	"strong-PL-2":                       {"strong-session-PL-2", "strong-PL-1"},
	"strong-session-serializable":       {"PL-3", "strong-session-snapshot-isolation"},
	"strong-session-snapshot-isolation": {"PL-SI", "strong-session-PL-2"},
	"strong-snapshot-isolation":         {"strong-session-snapshot-isolation", "strong-PL-2"},
	"linearizable":                      {"sequential"},
	"sequential":                        {"causal"},
	"causal":                            {"writes-follow-reads", "PRAM"},
	"PRAM":                              {"monotonic-reads", "monotonic-writes", "read-your-writes"},
}

// directlyProhibited says of each model which anomalies it prohibits beyond
// those of the models it implies.
var directlyProhibited = relation{
	"causal-cerone":                     {"internal", "G1a"},
	"PL-CS":                             {"G1", "G-cursor", "lost-update"},
	"PL-2L":                             {"G1", "G-monotonic"},
	"PL-MSR":                            {"G1", "G-MSR"},
	"PL-2+":                             {"G1", "G-single"},
	"PL-FCV":                            {"G1", "G-SIb"},
	"parallel-snapshot-isolation":       {"internal", "G1a"},
	"PL-3":                              {"G1", "G2", "predicate-read-miss", "PL-3-cycle-exists", "internal"},
	"PL-2":                              {"G1", "PL-2-cycle-exists"},
	"PL-1":                              {"G0", "duplicate-elements", "cyclic-versions", "PL-1-cycle-exists"},
	"prefix":                            {"internal", "G1a"},
	"PL-SI":                             {"internal", "G1", "G-SI", "G-nonadjacent", "PL-SI-cycle-exists"},
	"read-atomic":                       {"internal", "G1a", "future-read"},
	"PL-2.99":                           {"G1", "G2-item", "PL-2.99-cycle-exists", "lost-update"},
	"update-atomic":                     {"lost-update"},
	"PL-SS":                             {"G1", "G1c-realtime", "G2-realtime", "PL-SS-cycle-exists"},
	"strong-session-PL-1":               {"strong-session-PL-1-cycle-exists", "G0-process"},
	"strong-session-PL-2":               {"strong-session-PL-2-cycle-exists", "G1c-process"},
	"strong-PL-1":                       {"strong-PL-1-cycle-exists", "G0-realtime"},
	"strong-PL-2":                       {"strong-PL-2-cycle-exists", "G1c-realtime"},
	"strong-session-snapshot-isolation": {"internal", "G1-process", "G-nonadjacent-process", "strong-session-snapshot-isolation-cycle-exists"},
	"strong-snapshot-isolation":         {"internal", "G1-realtime", "G-nonadjacent-realtime", "strong-snapshot-isolation-cycle-exists"},
	"strong-session-serializable":       {"G1-process", "G2-process", "strong-session-serializable-cycle-exists"},
	"PL-3U":                             {"G1", "G-update"},
}

// DefaultModel is what is expected where Options names no model.
const DefaultModel = "strict-serializable"

// Models returns the names of all models that are known, sorted. Some are two
// names of one model. Models of single objects, such as linearizable, prohibit
// nothing here.
func Models() []string {
	all := impliedModels.nodes()
	for name, canon := range canonical {
		all[name], all[canon] = true, true
	}
	return sorted(all)
}

// ParseModels splits a list of models at commas and white space. An error lists
// the names that are known, if one is not, or if there is none.
//
// Maelstrom itself wants white space on both sides of a comma, and refuses
// nothing.
func ParseModels(list string) ([]string, error) {
	names := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' })
	return names, CheckModels(names)
}

// CheckModels returns an error that lists the names that are known, if one of
// names is not, or if there is none.
func CheckModels(names []string) error {
	known := Models()
	if len(names) == 0 {
		return fmt.Errorf("no consistency model is named; known are %s", strings.Join(known, ", "))
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("unknown consistency model %q; known are %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

func canonicalModel(name string) string {
	if canon, ok := canonical[name]; ok {
		return canon
	}
	return name
}

func friendlyModel(canon string) string {
	if name, ok := friendly[canon]; ok {
		return name
	}
	return canon
}

// Prohibits returns the anomalies that rule out one of the models (any of their
// names), sorted: what each prohibits, what the models that it implies
// prohibit, and what implies one of those.
func Prohibits(models ...string) []string { return sorted(prohibited(models)) }

func prohibited(models []string) set {
	var canon []string
	for _, m := range models {
		canon = append(canon, canonicalModel(m))
	}
	var direct []string
	for m := range impliedModels.closure(canon) {
		direct = append(direct, directlyProhibited[m]...)
	}
	return impliedAnomalies.inverse().closure(direct)
}

// ruledOut returns the models (canonical names) that cannot hold where the
// anomalies are found.
func ruledOut(anomalies []string) set {
	forbidding := directlyProhibited.inverse()
	var direct []string
	for a := range impliedAnomalies.closure(anomalies) {
		direct = append(direct, forbidding[a]...)
	}
	return impossibleWith(direct)
}

// impossibleWith returns models, and those that imply one of them.
func impossibleWith(models []string) set { return impliedModels.inverse().closure(models) }

// boundary splits the models that the anomalies rule out into the weakest and
// the others, under the names that people know, sorted.
func boundary(anomalies []string) (weakest, others []string) {
	out := ruledOut(anomalies)
	for m := range out {
		below := impliedModels.closure(impliedModels[m])
		isWeakest := true
		for weaker := range below {
			isWeakest = isWeakest && !out[weaker]
		}
		if isWeakest {
			weakest = append(weakest, friendlyModel(m))
		} else {
			others = append(others, friendlyModel(m))
		}
	}
	slices.Sort(weakest)
	slices.Sort(others)
	return weakest, others
}
