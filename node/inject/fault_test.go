package inject

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// services are those of a node.
var services = []string{"intake", "record", "gossip", "output", "journal"}

func TestFaultsAreReadAsTheyAreSpelt(t *testing.T) {
	for text, want := range map[string]Fault{
		"record:slow=1000x":           {Service: "record", Kind: Slow, Factor: 1000},
		"output:slow=2000/s@5s":       {Service: "output", Kind: Slow, PerSecond: 2000, From: 5 * time.Second},
		"intake:slow=5ms@1s+2s":       {Service: "intake", Kind: Slow, Each: 5 * time.Millisecond, From: time.Second, For: 2 * time.Second},
		"gossip:stuck=30s@5s":         {Service: "gossip", Kind: Stuck, From: 5 * time.Second, For: 30 * time.Second},
		"n3/gossip:stuck=1ms":         {Node: "n3", Service: "gossip", Kind: Stuck, For: time.Millisecond},
		"output:panic@7":              {Service: "output", Kind: PanicAt, Item: 7},
		"record:panic-every=500ms@1s": {Service: "record", Kind: Panics, Each: 500 * time.Millisecond, From: time.Second},
	} {
		got, err := Parse(text, services)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestFaultsThatCannotBeAreExplained(t *testing.T) {
	for text, why := range map[string]string{
		"":                           "spell it SERVICE:WHAT",
		"record":                     "spell it SERVICE:WHAT",
		"disk:slow=2x":               `no service is called "disk"; there are intake, record, gossip, output`,
		"record:lame":                `"lame" is none of slow, stuck`,
		"record:slow":                `"" is not how slow`,
		"record:slow=fast":           `"fast" is not how slow, such as 1000x, 2000/s or 5ms`,
		"record:slow=x":              "is not how slow",
		"record:slow=0.5x":           "a factor is from 1",
		"record:slow=NaNx":           "a factor is from 1",
		"record:slow=-1/s":           "a rate is above 0",
		"record:slow=-1s":            "is above 0",
		"record:slow=0/s":            "is above 0",
		"record:slow=2x@soon":        `"soon" is no time after the node's start`,
		"record:slow=2x@-1s":         "times are 0 or more",
		"record:slow=2x@1s+never":    `"never" is no duration above 0`,
		"record:slow=2x@1s+0s":       "is no duration above 0",
		"record:stuck=long":          `"long" is no duration`,
		"record:stuck=0s":            "is above 0",
		"record:stuck=1s@2s+3s":      "stands behind stuck=",
		"record:panic@x":             `"x" is not the number of an item`,
		"record:panic@0":             "counted from 1",
		"record:panic-every=0s":      "is above 0",
		"record:panic-every=rarely":  `"rarely" is no duration`,
		"n1/n2/record:slow=2x":       `no service is called "n2/record"`,
		"record:slow=2x@9999999999h": "is no time after",
	} {
		_, err := Parse(text, services)
		require.ErrorContains(t, err, why, text)
	}
	require.Error(t, (&Fault{Service: "record", Kind: Panics + 1}).Check(services))
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"record:slow=1000x@1s+2s", "n1/gossip:stuck=30s@5s", "output:panic@3", "intake:panic-every=1ms"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := Parse(text, services)
		if err != nil {
			return
		}
		require.NoError(t, fault.Check(services))
		require.Contains(t, services, fault.Service)
		i := New([]Fault{fault}, func() string { return fault.Node }, rand.New(rand.NewPCG(1, 2)))[fault.Service]
		require.GreaterOrEqual(t, i.Extra(fault.From, time.Millisecond), time.Duration(0))
	})
}

func TestAFaultIsOnFromItsBeginningToItsEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Map(rapid.IntRange(0, 5), func(s int) time.Duration { return time.Duration(s) })
		f := Fault{From: at.Draw(t, "from"), For: at.Draw(t, "for")}
		now := at.Draw(t, "now")
		require.Equal(t, now >= f.From && (f.For == 0 || now-f.From < f.For), f.on(now))
	})
}
