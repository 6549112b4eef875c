package journal

// Mistake is a way in which a Memory is wrong on purpose, to prove that a test bed
// notices. Only tests may set one, and a rule of the repository sees to it.
type Mistake uint8

// The mistakes.
const (
	NoMistake  Mistake = iota
	LogGoesOn          // an incarnation goes on with the log of the one before it, behind what was found of it
	HarmUnseen         // a journal that was harmed while its node is at work is not noticed
)

// Mistakes lists them, without NoMistake.
func Mistakes() []Mistake { return []Mistake{LogGoesOn, HarmUnseen} }

// String names a mistake.
func (m Mistake) String() string {
	return [...]string{"none", "a log goes on after a restart", "harm to a journal that is not noticed"}[m]
}

// goOn makes the mistake LogGoesOn.
func (m *Memory) goOn(r *Recovered) {
	if m.Mistake != LogGoesOn {
		return
	}
	if m.log != "" && r.Former {
		r.Log = m.log
		r.Each(func(run Run) {
			if run.Origin == (Origin{m.node, r.Log}) {
				r.Counter = max(r.Counter, run.First+uint64(len(run.Values))-1)
			}
		})
	}
	m.log = r.Log
}
