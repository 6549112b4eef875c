//go:build !chansdebug

package catalogue

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOwner_takesNoRoomWithoutTheBuildTag(t *testing.T) {
	require.Zero(t, reflect.TypeFor[roles]().Size())
}
