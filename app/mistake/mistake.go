// Package mistake makes workloads that are wrong on purpose, to prove that a test bed
// notices. They stand between a workload's state and its node, so that the state itself
// has no mistakes in it to choose from. Only tests may import it.
package mistake

import (
	"time"

	"treecast/app"
	"treecast/gossip"
)

// Mistake is a way to be wrong.
type Mistake uint8

// The mistakes.
const (
	DropLearnt   Mistake = iota // some of the entries of peers do not count
	AckAndForget                // some requests are answered, and nothing is given out
	FirstLife                   // a restarted node takes itself for one of the first
	SameLife                    // all lives of a node have one name
	SameNode                    // all nodes have one name, and all lives
)

// String names a mistake.
func (m Mistake) String() string {
	return [...]string{"entries of peers dropped", "acknowledged and forgotten", "restart taken for a start", "lives not told apart", "nodes not told apart"}[m]
}

// Env is what a workload with the mistake is told of its node.
func (m Mistake) Env(env app.Env) app.Env {
	switch m {
	case FirstLife:
		env.Restart = false
	case SameLife:
		env.Life = ""
	case SameNode:
		env.Life, env.Self = "", ""
	}
	return env
}

// App is a workload's state with the mistake.
func (m Mistake) App(right app.App, self string) app.App {
	return &wrong{App: right, mistake: m, self: self}
}

// some is how many there are to one that goes wrong.
const some = 4

type wrong struct {
	app.App
	mistake Mistake
	self    string
	answers int
}

func (w *wrong) Apply(e *gossip.Entry, key string, at int) {
	if w.mistake == DropLearnt && e.Origin.Value().Node != w.self && e.Counter%some == 0 {
		return
	}
	w.App.Apply(e, key, at)
}

func (w *wrong) Serve(now time.Duration, c *app.Call) app.Answer {
	a := w.App.Serve(now, c)
	if w.mistake == AckAndForget && a.Entry != "" {
		if w.answers++; w.answers%some == 0 {
			a.Entry = ""
		}
	}
	return a
}
