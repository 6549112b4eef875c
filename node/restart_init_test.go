package node

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Who hears init_ok may ask at once, and must not be taken for somebody who had
// asked the former process.
func TestARestartsInitIsAnsweredBehindALookAtWhatWaits(t *testing.T) {
	r := newRig(t)
	r.intake.readerAnswers = true
	r.admit(0, initLine(200, "n0", "n0", "n1"))
	require.Empty(t, r.settle(0))
	require.NotNil(t, r.intake.answerInit)
	r.intake.answerInit()
	require.Equal(t, []string{say("n0", "c0", `{"type":"init_ok","in_reply_to":1}`)}, r.settle(0))

	first := newRig(t)
	first.intake.readerAnswers = true
	first.admit(0, initLine(0, "n0", "n0", "n1"))
	require.Len(t, first.settle(0), 1, "a first life has nothing to look for")
}
