package node

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Who hears init_ok may ask at once, and must not be taken for somebody who had
// asked the former process.
func TestInit_restartLooksAtStdinFirst(t *testing.T) {
	r := NewRig(t)
	r.intake.readerAnswers = true
	r.AdmitLines(0, InitLine(200, "n0", "n0", "n1"))
	require.Empty(t, r.Settle(0))
	require.NotNil(t, r.intake.answerInit)
	r.intake.answerInit()
	require.Equal(t, []string{Say("n0", "c0", `{"type":"init_ok","in_reply_to":1}`)}, r.Settle(0))

	first := NewRig(t)
	first.intake.readerAnswers = true
	first.AdmitLines(0, InitLine(0, "n0", "n0", "n1"))
	require.Len(t, first.Settle(0), 1, "a first life has nothing to look for")
}
