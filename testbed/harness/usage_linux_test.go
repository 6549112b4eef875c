package harness

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMemory_isReadFromAStatus(t *testing.T) {
	resident, largest, err := parseStatus("Name:\ttreecast\nVmPeak:\t 9 kB\nVmHWM:\t   11456 kB\nVmRSS:\t   10240 kB\n")
	require.NoError(t, err)
	require.Equal(t, int64(10240<<10), resident)
	require.Equal(t, int64(11456<<10), largest)

	_, _, err = parseStatus("Name:\ttreecast\n")
	require.ErrorContains(t, err, "VmRSS")
	_, _, err = parseStatus("VmRSS:\tmuch kB\n")
	require.Error(t, err)
}
