package wire

// head says where on a line the fields stand that every message has. A field
// that is not there has an empty span.
type head struct {
	src, dest, id, body   span
	typ, msgID, inReplyTo span // of the body
	otherKey, other       span // of the body: the last field that is none of these, its key with quotes
	others                int  // how many such fields the body has
	notObject             bool // the line is JSON, but not an object
}

// span is a range of bytes of a line.
type span struct{ start, end int }

func (s span) of(data []byte) []byte { return data[s.start:s.end] }

// scanHead walks over a whole line and notes its head. Its result is as in
// scan.go. On an error the head holds what stood complete before it, a field
// of the body even though the body itself is not complete; a value is complete
// when the comma or bracket behind it has been seen, so 12 of a cut 1234 is
// not taken for a number.
func scanHead(line []byte, h *head) int {
	i := skipSpace(line, 0)
	if i < len(line) && line[i] != '{' {
		h.notObject = true
		i = skipValue(line, i, MaxDepth)
	} else {
		i = scanEnvelope(line, i, h)
	}
	if i < 0 {
		return i
	}
	if i = skipSpace(line, i); i < len(line) {
		return ^i
	}
	return i
}

func scanEnvelope(line []byte, i int, h *head) int {
	if i >= len(line) {
		return ^i
	}
	i, more := openBracket(line, i, '}')
	for more {
		key := i
		keyEnd, value := memberKey(line, i)
		if value < 0 {
			return value
		}
		name := keyName(line[key:keyEnd])
		var end int
		if string(name) == "body" && value < len(line) && line[value] == '{' {
			end = scanBody(line, value, h)
		} else {
			end = skipValue(line, value, MaxDepth-1)
		}
		if end < 0 {
			return end
		}
		if i, more = afterValue(line, end, '}'); i < 0 {
			return i
		}
		switch string(name) {
		case "src":
			h.src = span{value, end}
		case "dest":
			h.dest = span{value, end}
		case "id":
			h.id = span{value, end}
		case "body":
			if line[value] != '{' { // the fields of an earlier body are void
				h.forgetBody()
			}
			h.body = span{value, end}
		}
	}
	return i
}

func (h *head) forgetBody() {
	h.typ, h.msgID, h.inReplyTo, h.others = span{}, span{}, span{}, 0
}

func scanBody(line []byte, i int, h *head) int {
	h.forgetBody()
	i, more := openBracket(line, i, '}')
	for more {
		key := i
		keyEnd, value := memberKey(line, i)
		if value < 0 {
			return value
		}
		end := skipValue(line, value, MaxDepth-2)
		if end < 0 {
			return end
		}
		if i, more = afterValue(line, end, '}'); i < 0 {
			return i
		}
		name := keyName(line[key:keyEnd])
		switch string(name) {
		case "type":
			h.typ = span{value, end}
		case "msg_id":
			h.msgID = span{value, end}
		case "in_reply_to":
			h.inReplyTo = span{value, end}
		default:
			h.otherKey, h.other = span{key, keyEnd}, span{value, end}
			h.others++
			if len(name) < keyEnd-key-2 { // it has escapes: do not compare it as it stands
				h.others++
			}
		}
	}
	return i
}

// keyName decodes a key, given with its quotes, as far as it takes to compare
// it with a name in ASCII.
func keyName(quoted []byte) []byte {
	for _, c := range quoted {
		if c == '\\' {
			return unquote(quoted)
		}
	}
	return quoted[1 : len(quoted)-1]
}
