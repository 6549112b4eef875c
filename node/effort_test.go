package node

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEffort_isNoMoreThanHasPassed(t *testing.T) {
	var none effort
	none.begin()
	require.Zero(t, none.took(), "in virtual time nothing takes any")
	e := effort{measured: true}
	at := time.Now()
	e.begin()
	for n := 0; e.took() == 0; n++ { // until a clock has moved
	}
	took := e.took()
	require.LessOrEqual(t, took, time.Since(at))
	require.Positive(t, took)
}
