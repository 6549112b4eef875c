package run

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func someSweep() *Sweep {
	return &Sweep{
		Schema: SweepSchemaVersion, Name: "fanout", Version: "v1", Command: []string{"treecast", "sweep", "fanout"},
		Machine: Machine{OS: "linux", Arch: "amd64", CPU: "Some CPU", Cores: 2, Go: "go1.26"},
		Started: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), Environment: []string{"TREECAST_PERMITS=3"},
		FirstSeed: 1 << 60, SeedCount: 5, Settings: []string{"test -- --num-children 5", "test"},
	}
}

func TestASweepSurvivesWritingAndReading(t *testing.T) {
	want := someSweep()
	ended := want.Started.Add(time.Minute)
	want.Finished = &ended
	var out bytes.Buffer
	require.NoError(t, want.WriteJSON(&out))
	back, err := ReadSweepJSON(&out)
	require.NoError(t, err)
	require.Equal(t, want, back)
}

func TestASweepOfAnotherSchemaIsRefused(t *testing.T) {
	_, err := ReadSweepJSON(strings.NewReader(`{"schema":99}`))
	require.ErrorIs(t, err, ErrSchema)
	require.ErrorContains(t, err, "make the sweep again with this version")
	_, err = ReadSweepJSON(strings.NewReader(`{"schema":`))
	require.ErrorContains(t, err, "sweep.json")
}

func TestASweepSaysInWhatItDiffers(t *testing.T) {
	same := someSweep()
	same.Started, same.Machine.Cores, same.Command = time.Now(), 64, nil
	same.Settings = []string{"test", "test -- --num-children 5"}
	require.Empty(t, someSweep().Differs(same), "who makes it, and in what order, makes no difference")
	for want, change := range map[string]func(*Sweep){
		"it was made with treecast v1, this is v2":                          func(s *Sweep) { s.Version = "v2" },
		"it has 5 seeds from 1152921504606846976 on, asked for are 6 from":  func(s *Sweep) { s.SeedCount = 6 },
		"asked for are 5 from 3 on":                                         func(s *Sweep) { s.FirstSeed = 3 },
		"its setting is not asked for: test -- --num-children 5":            func(s *Sweep) { s.Settings = s.Settings[1:] },
		"asked for is a setting that it does not have: test -- x":           func(s *Sweep) { s.Settings = append(s.Settings, "test -- x") },
		`the nodes' variables were ["TREECAST_PERMITS=3"], now they are []`: func(s *Sweep) { s.Environment = nil },
	} {
		other := someSweep()
		change(other)
		require.Contains(t, someSweep().Differs(other), want)
	}
}

func TestAMachineIsALine(t *testing.T) {
	require.Equal(t, "linux/amd64, 2 cores (Some CPU), go1.26", someSweep().Machine.String())
	require.Equal(t, "linux/amd64, 2 cores, go1.26", Machine{OS: "linux", Arch: "amd64", Cores: 2, Go: "go1.26"}.String())
}
