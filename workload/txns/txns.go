// Package txns is Maelstrom's workloads txn-rw-register and txn-list-append:
// clients ask for transactions of reads and writes, or appends, over a pool of
// keys, and what they were answered must be possible under the isolation levels
// that are expected. Package checker/txn judges that; here is what is Maelstrom's
// beside it: what is asked for, how it is spoken, and how the verdict is spelled.
//
// Nothing follows the load: nothing is healed, and no one reads in the end. So
// Maelstrom's verdict says little of a cluster whose nodes tell each other
// nothing. Strict asks every node for every key when all is over.
package txns

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"treecast/checker/txn"
	"treecast/run"
	"treecast/workload"
	"treecast/workload/txngen"
)

// The functions of the workloads.
const (
	fTxn     = "txn"
	fReadAll = "read-all" // asked by strict when all is over: a transaction of reads, again if it is refused
)

// The workloads.
var (
	// Registers is txn-rw-register.
	Registers = solved(of("txn-rw-register", txn.Registers), "read-committed")
	// Lists is txn-list-append.
	Lists = of("txn-list-append", txn.Lists)
)

// solved is a workload of which treecast's own node gives a consistency model.
func solved(w workload.Workload, model string) workload.Workload {
	w.Solved, w.SolvedAt = true, model
	w.Losable = []run.FindingKind{findUnreplicated}
	return w
}

func of(name string, kind txn.Kind) workload.Workload {
	return workload.Workload{
		Name:      name,
		Reusable:  true,
		Flags:     []string{"--key-count", "--max-writes-per-key", "--max-txn-length", "--consistency-models"},
		Accepts:   accepts,
		Generator: func(o workload.Options) workload.Generator { return newGenerator(kind, o) },
		Client:    func(workload.Options) workload.Client { return &client{} },
		Check:     func(h run.History, in workload.Input) workload.Verdict { return check(kind, h, in) },
		Inquiry:   func(h run.History, _ workload.Options) []workload.Op { return inquiry(kind, h) },
		Views: func(h run.History, _ workload.Verdict, in workload.Input) []run.View {
			return views(kind, h, in)
		},
	}
}

// models are the isolation levels that are expected.
func models(o workload.Options) []string {
	if len(o.ConsistencyModel) == 0 {
		return []string{workload.DefaultConsistency}
	}
	return o.ConsistencyModel
}

// pool are the generator's options. What is 0 is Maelstrom's default.
func pool(o workload.Options) txngen.Options {
	p := txngen.Defaults
	if o.MaxTxnLength != 0 {
		p.MaxLength = o.MaxTxnLength
	}
	if o.KeyCount != 0 {
		p.KeyCount = o.KeyCount
	}
	if o.MaxWritesPerKey != 0 {
		p.MaxWritesPerKey = o.MaxWritesPerKey
	}
	return p
}

// accepts refuses models that are not known, which make Maelstrom's checker
// crash when all is over, and keys and lengths that make no transactions.
func accepts(o workload.Options) error {
	if err := txn.CheckModels(models(o)); err != nil {
		return fmt.Errorf("--consistency-models: %w", err)
	}
	if err := pool(o).Validate(); err != nil {
		return fmt.Errorf("--max-txn-length, --key-count, --max-writes-per-key: %w", err)
	}
	return nil
}

type generator struct {
	workload.NoFinal
	workload.NoFeedback
	pool  *txngen.Pool
	write string
}

func newGenerator(kind txn.Kind, o workload.Options) *generator {
	g := &generator{pool: txngen.NewPool(pool(o)), write: "append"}
	if kind == txn.Registers {
		g.write = "w"
	}
	return g
}

func (g *generator) Next(_ time.Duration, workers workload.Workers, rng *rand.Rand) (int, workload.Op) {
	worker := workers.InTurn()
	return worker, workload.Op{F: fTxn, Micro: true, Value: txngen.AppendJSON(nil, g.pool.Next(rng), g.write)}
}

// retries is how often a read-all is asked for again.
const retries = 20

// client maps errors; no transaction is idempotent. It takes over the
// transaction of a reply as it is, as Maelstrom's does: strict holds it against
// the request.
type client struct {
	op    workload.Op
	tries int
}

func (c *client) Begin(op workload.Op) workload.Step {
	c.op, c.tries = op, 0
	return c.ask()
}

func (c *client) ask() workload.Step {
	c.tries++
	return workload.Ask("txn", append([]byte(`"txn":`), c.op.Value...), 0)
}

func (c *client) Reply(body json.RawMessage) workload.Step {
	if body == nil {
		return workload.Unanswered(c.op.Value, false)
	}
	if step, refused := workload.Refused(body, c.op.Value, false); refused {
		if c.op.F == fReadAll && c.tries < retries {
			return c.ask()
		}
		return step
	}
	value, err := workload.Shape{Type: "txn_ok", Field: "txn", Kind: workload.List}.Read(body)
	if err != nil {
		return workload.Malformed(c.op.Value, err)
	}
	return workload.Succeed(value)
}
