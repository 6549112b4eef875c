package experiment

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// clumsy is a run of nodes of testdata with a habit of beginners'.
func clumsy(habit, workload string) Plan {
	p := short("clumsy", workload, 2)
	p.TimeLimit, p.Quiet, p.Rate = run.Millis(2*time.Second), run.Millis(2*time.Second), 40
	if habit != "" {
		p.Args = run.WordsOf(habit)
	}
	return p
}

func TestClumsyNodes_thatDoNotStartAreToldWhy(t *testing.T) {
	t.Parallel()
	for habit, wants := range map[string][]string{
		"silent":    {"it did not answer init within 2s: n", " has printed nothing; is its stdout buffered?", "--init-timeout gives it more than 2s"},
		"slow":      {"it did not answer init within 2s", "--init-timeout gives it more than 2s"},
		"reason":    {"it did not answer init within 2s", "stderr: waiting for the database"},
		"closed":    {" has closed its stdout, which its messages have to go to"},
		"nonewline": {" has printed ", " bytes without a newline: {", "a newline ends a message"},
		"text id":   {` answered init_ok, but its in_reply_to is "1", not 1`},
		"float id":  {` answered init_ok, but its in_reply_to is 1.0, not 1`},
		"no id":     {` answered init_ok, but its in_reply_to is missing; 1 was expected`},
		"refuses":   {"it answered init with error 12 (malformed-request): no database"},
		"banner":    {"it printed a bad line", "stdout is for messages alone: log to stderr", "Listening on stdin"},
		"bom":       {"byte order mark (BOM)"},
		"pretty":    {"a message is one line, so print it without line breaks"},
		"python":    {"print json.dumps(message)"},
		"encoded":   {"it was encoded twice"},
		"blank":     {"every line of stdout is a message"},
		"again":     {"it answered twice", "was answered already, 0."},
		"leaves":    {"ended by itself at", "exit status 0; a node reads messages from stdin until that is closed"},
		"escape":    {"exit status 1", "stderr: \x1b[2J"},
	} {
		t.Run(habit, func(t *testing.T) {
			t.Parallel()
			p := clumsy(habit, "broadcast")
			p.InitTimeout = run.Millis(2 * time.Second)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			r, _, err := Test(ctx, p, Options{Store: t.TempDir()})
			require.ErrorContains(t, err, "could not be set up: ")
			require.Equal(t, run.Unknown, r.Valid)
			require.NotEqual(t, run.Valid, r.Strict.Valid)
			said := r.Error
			for _, n := range r.Nodes {
				for _, line := range n.Stderr {
					said += "\nstderr: " + line
				}
			}
			for _, want := range wants {
				require.Contains(t, said, want)
			}
			if habit == "again" {
				require.NotContains(t, said, "bad line", "there is nothing wrong with its form")
			}
		})
	}
}

func TestClumsyNodes_thatRunAreToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	for habit, test := range map[string]struct {
		valid run.Verdict
		kind  run.FindingKind
		wants []string
	}{
		"typo":      {run.Invalid, run.FindingReply, []string{` replies to broadcast: type is "brodcast_ok", not "broadcast_ok"`, ` was sent {"type":"broadcast","message":`, ` and answered {"type":"brodcast_ok"`}},
		"extra":     {run.Invalid, run.FindingReply, []string{`a broadcast_ok has no key "debug"`}},
		"untyped":   {run.Invalid, run.FindingReply, []string{" replies to broadcast: "}},
		"text code": {run.Invalid, run.FindingReply, []string{`the code of an error is "11", not an integer`}},
		"value":     {run.Invalid, run.FindingReply, []string{`a read_ok has no key "value"`}},
		"object":    {run.Invalid, run.FindingReply, []string{"messages is no list"}},
		"busy":      {run.Invalid, run.FindingMaelstrom, []string{"no broadcast succeeded (", " temporarily-unavailable: come again)"}},
		"strings":   {run.Invalid, run.FindingUnsent, []string{`the types differ: "`, `" was read, `, " was sent"}},
		"floats":    {run.Invalid, run.FindingUnsent, []string{"the types differ: ", ".0 was read, "}},
		"nested":    {run.Invalid, run.FindingUnsent, []string{"a list stands in the list"}},
		"null":      {run.Invalid, run.FindingMalformed, []string{"answered no list of values", ": null"}},
	} {
		t.Run(habit, func(t *testing.T) {
			t.Parallel()
			r, _ := longEnough(t, clumsy(habit, "broadcast"), func(h run.History) bool { return len(h) > 40 })
			require.Equal(t, test.valid, r.Valid)
			require.Equal(t, run.Invalid, r.Strict.Valid)
			said := ""
			for _, f := range r.Strict.Findings {
				require.NotContains(t, f.Text, "did not answer its final read")
				if f.Kind == test.kind {
					said += f.Text + "\n"
				}
			}
			for _, want := range test.wants {
				require.Contains(t, said, want)
			}
		})
	}
}

func TestClumsyNodes_thatEchoAreShownWhatCame(t *testing.T) {
	t.Parallel()
	for habit, want := range map[string]string{"parrot": ` was sent, "nope" came back`, "nan": "NaN and Infinity are no JSON"} {
		t.Run(habit, func(t *testing.T) {
			t.Parallel()
			r, _ := longEnough(t, clumsy(habit, "echo"), func(h run.History) bool { return len(h) > 4 })
			require.Equal(t, run.Invalid, r.Valid)
			said := ""
			for _, f := range r.Strict.Findings {
				said += f.Text + "\n"
			}
			require.Contains(t, said, want)
			if habit == "nan" {
				require.Contains(t, strings.Join(r.Remarks, "\n"), "no node was left that could be heard")
			}
		})
	}
}

// What nodes of other people's call their messages says nothing of ours.
func TestClumsyNodes_areMeasuredAsFarAsTheyAreUnderstood(t *testing.T) {
	t.Parallel()
	for habit, understood := range map[string]bool{"": true, "gossip": true, "acks": true, "secret": false} {
		t.Run("habit "+habit, func(t *testing.T) {
			t.Parallel()
			r, _ := longEnough(t, clumsy(habit, "broadcast"), func(h run.History) bool { return ended(h, "broadcast") > 5 })
			if !understood {
				require.Nil(t, r.Delivery)
				require.Contains(t, r.NoDelivery, `messages between nodes are not understood, the first: {"type":"gossip","values":[`)
				return
			}
			require.NotNil(t, r.Delivery)
			require.Empty(t, r.NoDelivery)
			require.Equal(t, r.Delivery.ValueCount, r.Delivery.FullCount)
			for _, kind := range r.Traffic.ByKind {
				require.Contains(t, []string{run.KindData, run.KindAck}, kind.Name)
			}
		})
	}
}
