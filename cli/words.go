package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// asCommand reads the first word of a command line as people may type it: help
// and version are flags of ours, and words as well.
func asCommand(args []string) []string {
	if len(args) == 0 {
		return args
	}
	switch args[0] {
	case "help":
		return append(slices.Clone(args[1:]), "--help")
	case "version":
		return []string{"--version"}
	}
	return args
}

// mistyped says which command a word that is none may have been meant for; empty
// if it looks like none of them.
func mistyped(word string) string {
	best, least := "", 3
	for _, command := range append([]string{"node", "help", "version"}, bedCommands...) {
		if d := distance(word, command); d < least && d < len(command) {
			best, least = command, d
		}
	}
	if best == "" {
		return fmt.Sprintf("; the commands are %s, help and version", strings.Join(bedCommands, ", "))
	}
	return fmt.Sprintf("; did you mean 'treecast %s'?", best)
}

// distance is how many letters have to be put in, left out, replaced or swapped
// with the next to make one word of another.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// unsetEmpty takes our variables that are set to nothing out of the environment,
// where they stand for nothing: scripts set a variable to "" to leave it out.
func unsetEmpty() {
	for _, v := range os.Environ() {
		if name, value, _ := strings.Cut(v, "="); value == "" && strings.HasPrefix(name, "TREECAST_") {
			os.Unsetenv(name)
		}
	}
}
