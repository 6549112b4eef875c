package wire

import "encoding/json"

// Field returns the raw value of a field of an object, as it is spelt there;
// the last one where the name comes more than once. It reports false where
// there is no such field and where body is not a valid JSON object. The result
// shares memory with body.
func Field(body []byte, name string) (json.RawMessage, bool) {
	var found json.RawMessage
	ok := EachField(body, func(key []byte, value json.RawMessage) bool {
		if string(key) == name {
			found = value
		}
		return true
	})
	return found, ok && found != nil
}

// EachField calls visit for every field of an object in order of appearance,
// duplicates included, with the decoded key and the raw value. key is valid
// only until visit returns; value shares memory with object. It reports
// whether it came to the end: false where object is not a valid JSON object
// (visit may then have been called for the fields before the error) or visit
// returned false.
func EachField(object []byte, visit func(key []byte, value json.RawMessage) bool) bool {
	i := skipSpace(object, 0)
	if i >= len(object) || object[i] != '{' {
		return false
	}
	i, more := openBracket(object, i, '}')
	for more {
		key := i
		keyEnd, value := memberKey(object, i)
		if value < 0 {
			return false
		}
		end := skipValue(object, value, MaxDepth-1)
		if end < 0 {
			return false
		}
		if i, more = afterValue(object, end, '}'); i < 0 {
			return false
		}
		if !visit(unquote(object[key:keyEnd]), object[value:end:end]) {
			return false
		}
	}
	return i >= 0 && skipSpace(object, i) == len(object)
}

// EachElement calls visit for every element of an array in order, with its raw
// value, which shares memory with array. It reports whether it came to the
// end: false where array is not a valid JSON array (visit may then have been
// called for the elements before the error) or visit returned false.
func EachElement(array []byte, visit func(value json.RawMessage) bool) bool {
	i := skipSpace(array, 0)
	if i >= len(array) || array[i] != '[' {
		return false
	}
	i, more := openBracket(array, i, ']')
	for more {
		value := i
		end := skipValue(array, value, MaxDepth-1)
		if end < 0 {
			return false
		}
		if i, more = afterValue(array, end, ']'); i < 0 {
			return false
		}
		if !visit(array[value:end:end]) {
			return false
		}
	}
	return i >= 0 && skipSpace(array, i) == len(array)
}

// Int reads a raw JSON value as an integer; false where it is none (1.0 is
// none) or exceeds 64 bits.
func Int(value []byte) (int64, bool) { return parseInt(value) }

// Text reads a raw JSON value as a string; false where it is none or not valid
// JSON.
func Text(value []byte) (string, bool) {
	if len(value) == 0 || value[0] != '"' || skipString(value, 0) != len(value) {
		return "", false
	}
	return string(unquote(value)), true
}
