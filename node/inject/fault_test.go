package inject

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// services are those of a node.
var services = []string{"intake", "store", "gossip", "output", "journal"}

func TestFaultsAreReadAsTheyAreSpelt(t *testing.T) {
	for text, want := range map[string]Fault{
		"store:slow=1000x":           {Service: "store", Kind: Slow, Factor: 1000},
		"n1/record:slow=1000x":       {Node: "n1", Service: "store", Kind: Slow, Factor: 1000}, // its former name
		"output:slow=2000/s@5s":      {Service: "output", Kind: Slow, PerSecond: 2000, From: 5 * time.Second},
		"intake:slow=5ms@1s+2s":      {Service: "intake", Kind: Slow, Each: 5 * time.Millisecond, From: time.Second, For: 2 * time.Second},
		"gossip:stuck=30s@5s":        {Service: "gossip", Kind: Stuck, From: 5 * time.Second, For: 30 * time.Second},
		"n3/gossip:stuck=1ms":        {Node: "n3", Service: "gossip", Kind: Stuck, For: time.Millisecond},
		"output:panic@7":             {Service: "output", Kind: PanicAt, Item: 7},
		"store:panic-every=500ms@1s": {Service: "store", Kind: Panics, Each: 500 * time.Millisecond, From: time.Second},
	} {
		got, err := Parse(text, services)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestFaultsThatCannotBeAreExplained(t *testing.T) {
	for text, why := range map[string]string{
		"":                          "spell it SERVICE:WHAT",
		"store":                     "spell it SERVICE:WHAT",
		"disk:slow=2x":              `no service is called "disk"; there are intake, store, gossip, output`,
		"record:lame":               `"lame" is none of slow, stuck`,
		"store:slow":                `"" is not how slow`,
		"store:slow=fast":           `"fast" is not how slow, such as 1000x, 2000/s or 5ms`,
		"store:slow=x":              "is not how slow",
		"store:slow=0.5x":           "a factor is from 1",
		"store:slow=NaNx":           "a factor is from 1",
		"store:slow=-1/s":           "a rate is above 0",
		"store:slow=-1s":            "is above 0",
		"store:slow=0/s":            "is above 0",
		"store:slow=2x@soon":        `"soon" is no time after the node's start`,
		"store:slow=2x@-1s":         "times are 0 or more",
		"store:slow=2x@1s+never":    `"never" is no duration above 0`,
		"store:slow=2x@1s+0s":       "is no duration above 0",
		"store:stuck=long":          `"long" is no duration`,
		"store:stuck=0s":            "is above 0",
		"store:stuck=1s@2s+3s":      "stands behind stuck=",
		"store:panic@x":             `"x" is not the number of an item`,
		"store:panic@0":             "counted from 1",
		"store:panic-every=0s":      "is above 0",
		"store:panic-every=rarely":  `"rarely" is no duration`,
		"n1/n2/store:slow=2x":       `no service is called "n2/store"`,
		"store:slow=2x@9999999999h": "is no time after",
	} {
		_, err := Parse(text, services)
		require.ErrorContains(t, err, why, text)
	}
	require.Error(t, (&Fault{Service: "store", Kind: Rogue + 1}).Check(services))
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"store:slow=1000x@1s+2s", "n1/gossip:stuck=30s@5s", "output:panic@3", "intake:panic-every=1ms"} {
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
