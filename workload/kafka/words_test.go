package kafka

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/workload"
	"treecast/workload/workloadtest"
)

// Whoever reads why a log is wrong is told what that means, and where to look.
func TestCheck_saysWhatIsWrongWithTheOperations(t *testing.T) {
	h := workloadtest.History(sends(3) + `
		0 invoke poll [["poll"]]
		0 ok poll [["poll",{"k":[[0,1],[2,3]]}]]`)
	require.Equal(t, `int-poll-skip (a poll leaves out messages between those that it shows): `+
		`key "k", values 1 and 3, skipped 2, operation 7 (process 0); `+
		`lost-write (an acknowledged message was read by nobody, though a later one was): `+
		`key "k", value 2, index 1, max-read-index 2, writer operation 3 (process 0), max-read operation 7 (process 0); `+
		`unseen (acknowledged messages that no poll ever showed): of keys "k" 1, messages "k" 2`,
		Workload.Check(h, workload.Input{}).Why)
}

func TestMeanings_areThereForEveryType(t *testing.T) {
	require.Len(t, meanings, 11)
	for name, meaning := range meanings {
		require.NotEmpty(t, meaning, name)
	}
}
