package cli

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// shownFlags are the flags that a help text lists.
func shownFlags(text string) (names []string) {
	for _, m := range regexp.MustCompile(`(?m)^ +(?:-\w, )?--([a-z-]+)`).FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

func TestHelp_showsADozenFlagsAndHelpAllTheRest(t *testing.T) {
	general := []string{"help", "help-all", "version"}
	for _, command := range append([]string{"node"}, bedCommands...) {
		short, all := runHere(t, command, "--help"), runHere(t, command, "--help-all")
		require.Equal(t, ExitOK, short.code)
		require.Equal(t, ExitOK, all.code)
		var known []string
		for _, f := range flagsOf(t, command) {
			known = append(known, f.Name)
		}
		shown := slices.DeleteFunc(shownFlags(short.stdout), func(name string) bool { return slices.Contains(general, name) })
		require.Subset(t, shownFlags(all.stdout), known, command)
		require.LessOrEqual(t, len(shown), 14, command)
		if want, limited := common[command]; limited {
			require.ElementsMatch(t, slices.DeleteFunc(slices.Clone(want), func(name string) bool { return !slices.Contains(known, name) }), shown)
			require.Contains(t, short.stdout, "more flags are listed by 'treecast")
			require.Less(t, len(short.stdout), len(all.stdout))
		} else {
			require.Equal(t, short, all, command)
		}
	}
}

func TestHelp_ofTreecastIsThatOfANodeToo(t *testing.T) {
	for _, flag := range []string{"--help", "--help-all"} {
		text := runHere(t, flag).stdout
		require.Contains(t, text, "  test [<argument> ...] [flags]\n")
		require.Subset(t, shownFlags(text), common["node"][:8])
		require.Equal(t, flag == "--help-all", strings.Contains(text, "--permit-grace"))
	}
}
