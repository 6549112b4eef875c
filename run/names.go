package run

import (
	"cmp"
	"strconv"
	"strings"
)

// CompareNames puts names of nodes in natural order: n2 before n10.
func CompareNames(a, b string) int {
	prefixA, numberA := splitName(a)
	prefixB, numberB := splitName(b)
	return cmp.Or(strings.Compare(prefixA, prefixB), cmp.Compare(numberA, numberB), strings.Compare(a, b))
}

// splitName cuts the number off a name's end; -1 if there is none.
func splitName(name string) (prefix string, number int64) {
	prefix = strings.TrimRight(name, "0123456789")
	number, err := strconv.ParseInt(name[len(prefix):], 10, 64)
	if err != nil {
		return name, -1
	}
	return prefix, number
}
