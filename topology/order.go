package topology

import (
	"cmp"
	"strings"
)

// Less reports whether node id a comes before b in natural order: runs of
// ASCII digits compare as numbers of any length, everything else byte by byte,
// so n2 comes before n10. It is a strict total order on strings: names that
// differ only in leading zeros (n1, n01) are told apart by their bytes.
func Less(a, b string) bool { return compare(a, b) < 0 }

// compare orders strings as sequences of tokens (a run of digits or a run of
// other bytes) and, where the tokens tie, by their bytes. A digit token comes
// before any other token. Comparing whole tokens rather than bytes is what
// makes the order transitive.
func compare(a, b string) int {
	for restA, restB := a, b; ; {
		switch {
		case restA == "" && restB == "":
			return strings.Compare(a, b)
		case restA == "":
			return -1
		case restB == "":
			return 1
		}
		var tokenA, tokenB string
		tokenA, restA = cutToken(restA)
		tokenB, restB = cutToken(restB)
		if c := compareTokens(tokenA, tokenB); c != 0 {
			return c
		}
	}
}

// cutToken splits s, which is not empty, after its first run of digits or of
// other bytes.
func cutToken(s string) (token, rest string) {
	digits := isDigit(s[0])
	end := 1
	for end < len(s) && isDigit(s[end]) == digits {
		end++
	}
	return s[:end], s[end:]
}

func compareTokens(a, b string) int {
	digitsA, digitsB := isDigit(a[0]), isDigit(b[0])
	switch {
	case digitsA && digitsB:
		a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	case digitsA:
		return -1
	case digitsB:
		return 1
	}
	return strings.Compare(a, b)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
