package node_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"treecast/node"

	"github.com/stretchr/testify/require"

	"treecast/node/inject"
	"treecast/wire"
)

// The names of what a node consists of are those that its services have.
func TestServiceNames_areThoseOfTheServices(t *testing.T) {
	names := []string{"intake"}
	for _, s := range node.NewRig(t, node.KeptBy(node.Memory())).Services() {
		names = append(names, s.Name())
	}
	require.Equal(t, node.ServiceNames(), names)
}

// stepped drives a node as a driver does that has time of its own, and returns what
// it says to a line.
func stepped(t *testing.T, r *node.Rig, now time.Duration, line string) []string {
	guarded := func(s node.Service, what func()) {
		defer func() {
			if value := recover(); value != nil {
				require.IsType(t, inject.Panic(""), value)
				require.NoError(t, r.ServiceCrashed(now, s, value))
			}
		}()
		what()
	}
	item, err := wire.Parse([]byte(line))
	require.NoError(t, err)
	guarded(nil, func() { r.Admit(now, &wire.Item{Message: item}) })
	for again := true; again; {
		again = false
		for _, s := range r.Services() {
			for s.Next(now) <= now {
				again = true
				guarded(s, func() {
					_, err := s.Step(now)
					require.NoError(t, err)
				})
			}
		}
	}
	return r.Write(now)
}

// What crashes a service is answered in the same way whichever driver it has.
func TestService_crashesAlikeUnderBothDrivers(t *testing.T) {
	for _, service := range node.ServiceNames() {
		for _, item := range []int{1, 2, 3, 5, 6} {
			fault := fmt.Sprintf("%s:panic@%d", service, item)
			// What the node says to a peer, and when, is not the same: the output counts
			// these lines, too.
			lines := []string{node.InitLine(0, "n0", "n0")}
			if service == "gossip" {
				lines = []string{node.InitLine(0, "n0", "n0", "n1")}
			}
			for i := range 4 {
				lines = append(lines, node.BroadcastLine("n0", i, fmt.Sprint(i)), node.ReadLine("n0", 100+i))
				if service == "gossip" {
					lines = append(lines, node.Say("n1", "n0", `{"type":"gossip","e":5,"f":0}`))
				}
			}
			byStep := node.NewRig(t, node.Injected(t, fault), node.KeptBy(node.Memory()))
			var want []string
			for i, line := range lines {
				for _, text := range stepped(t, byStep, time.Duration(i)*10*time.Millisecond, line) {
					if r := node.ParseReply(t, text); r.Dest == "c1" {
						want = append(want, text)
					}
				}
			}
			synctest.Test(t, func(t *testing.T) {
				r := node.RunNode(t, node.Injected(t, fault), node.KeptBy(node.Memory()))
				said := r.Collect()
				var got []string
				for _, line := range lines {
					r.Send(line)
					node.Pass(10 * time.Millisecond)
				}
				for _, reply := range said.Take() {
					if reply.Dest == "c1" {
						got = append(got, reply.Line[:len(reply.Line)-1])
					}
				}
				require.Equal(t, want, got, fault)
				require.Equal(t, r.Crashes(), byStep.Crashes(), fault)
				require.LessOrEqual(t, r.Crashes(), uint64(1))
				require.NoError(t, r.Stdin.Close())
				require.NoError(t, node.Soon(t, r.Ended))
			})
			if item == 3 {
				require.NotEmpty(t, want, fault)
				require.EqualValues(t, 1, byStep.Crashes(), fault)
			}
		}
	}
}

// A service that crashes again and again ends the node under both drivers, with the
// same words.
func TestService_isGivenUpWithTheSameWordsUnderBothDrivers(t *testing.T) {
	for _, service := range node.ServiceNames() {
		limit := func(c *node.Config) { c.MaxCrashes = 2 }
		r := node.NewRig(t, node.KeptBy(node.Memory()), limit)
		var err error
		for range 3 {
			require.NoError(t, err)
			err = r.ServiceCrashed(0, serviceOf(r, service), inject.Panic("again"))
		}
		require.ErrorIs(t, err, node.ErrTooManyCrashes)
		require.EqualError(t, err, fmt.Sprintf(`node: service %q crashed 3 times within 10s, last with: again`, service))
	}
}

// serviceOf returns a service by name, nil if it is the reader.
func serviceOf(r *node.Rig, name string) node.Service {
	for _, s := range r.Services() {
		if s.Name() == name {
			return s
		}
	}
	return nil
}
