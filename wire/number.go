package wire

import (
	"bytes"
	"math/big"
	"strconv"
)

// appendNumber appends the canonical form of a JSON number: an integer as it
// is, any other as digits without zeros at either end, e, and an exponent of
// ten: 12.50 is 125e-1.
func appendNumber(dst, number []byte) []byte {
	mantissa, exponent, _ := cutAny(number, "eE")
	if len(mantissa) == len(number) && bytes.IndexByte(number, '.') < 0 {
		if string(number) == "-0" {
			return append(dst, '0')
		}
		return append(dst, number...)
	}
	mantissa, negative := bytes.CutPrefix(mantissa, []byte("-"))
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))

	digits := bytes.TrimLeft(append(bytes.Clone(whole), fraction...), "0")
	significant := bytes.TrimRight(digits, "0")
	if len(significant) == 0 {
		return append(dst, "0e0"...)
	}
	if negative {
		dst = append(dst, '-')
	}
	dst = append(dst, significant...)
	dst = append(dst, 'e')
	return appendSum(dst, exponent, len(digits)-len(significant)-len(fraction))
}

// appendSum appends the sum of an exponent, as spelt in a number or empty, and
// a shift. An exponent may have any number of digits.
func appendSum(dst, exponent []byte, shift int) []byte {
	if len(exponent) == 0 {
		return strconv.AppendInt(dst, int64(shift), 10)
	}
	if len(exponent) < 18 { // no overflow: a shift is the length of a line at most
		n, err := strconv.ParseInt(string(exponent), 10, 64)
		if err == nil {
			return strconv.AppendInt(dst, n+int64(shift), 10)
		}
	}
	sum, _ := new(big.Int).SetString(string(exponent), 10)
	return sum.Add(sum, big.NewInt(int64(shift))).Append(dst, 10)
}

// cutAny is bytes.Cut at the first of any of the characters.
func cutAny(b []byte, chars string) (before, after []byte, found bool) {
	if i := bytes.IndexAny(b, chars); i >= 0 {
		return b[:i], b[i+1:], true
	}
	return b, nil, false
}
