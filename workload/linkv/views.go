package linkv

import (
	"fmt"

	"github.com/anishathalye/porcupine"

	"treecast/run"
	"treecast/workload"
)

// around is how many operations are shown before and behind the one that cannot
// be explained.
const around = 12

// views shows, of each key that is not linearizable, the operations around the
// one that nothing explains.
func views(h run.History, v workload.Verdict, in workload.Input) []run.View {
	if v.Maelstrom.Valid != run.Invalid && len(v.Findings) == 0 {
		return nil
	}
	var out []run.View
	pairs := h.Pairs()
	evident := patience{allLimit}
	for _, r := range registers(h, v.Maelstrom.Valid != run.Invalid) {
		if evident.left <= 0 {
			break // the verdict names the other keys
		}
		if evident.search(r, len(r.events)) != porcupine.Illegal {
			continue
		}
		wrong, previous := r.culprit(&evident)
		out = append(out, r.around(h, pairs, wrong, previous, in))
	}
	return out
}

func (r *register) around(h run.History, pairs []int32, wrong, previous *run.Op, in workload.Input) run.View {
	view := run.View{
		Title:   fmt.Sprintf("Key %s around the violation", r.key),
		Text:    []string{"No order of the operations explains all answers: " + r.story(wrong, previous) + "."},
		Columns: []string{"operation", "from [s]", "to [s]", "process", "node", "f", "value", "result"},
	}
	at := 0
	for i := range r.events {
		if r.events[i].op == wrong {
			at = i
		}
	}
	for i := max(0, at-around); i < min(len(r.events), at+around+1); i++ {
		e := &r.events[i]
		if e.call {
			continue
		}
		from := &h[pairs[e.op.Index]]
		_, value := split(from.Value)
		_, result := split(e.op.Value)
		said := string(result)
		if e.op.F != fRead {
			said = "ok"
		}
		if e.op.Error != nil {
			said = e.op.Error.String()
		}
		if e.op == wrong {
			said += " — this cannot be"
		}
		view.Rows = append(view.Rows, []string{
			fmt.Sprint(e.op.Index), fmt.Sprintf("%.4f", from.Time.Seconds()), fmt.Sprintf("%.4f", e.op.Time.Seconds()),
			fmt.Sprint(e.op.Process), in.NodeOf(e.op.Process), e.op.F, string(value), said,
		})
	}
	return view
}
