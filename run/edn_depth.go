package run

// checkEDNDepth returns errEDNDepth for a text whose values nest deeper than
// ednMaxDepth, tags counted. The EDN library follows them however deep, to the
// end of the stack, which ends the process.
func checkEDNDepth(text []byte) error {
	var open []int // of every open bracket, how much of the depth it and its tags are
	depth, tags := 0, 0
	word := func(i int) int { // the end of the word that i is in
		for i+1 < len(text) && !ednDelimiter[text[i+1]] {
			i++
		}
		return i
	}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case ' ', ',', '\t', '\n', '\r':
		case '[', '(', '{':
			open = append(open, tags+1)
			depth, tags = depth+tags+1, 0
		case ']', ')', '}':
			if last := len(open) - 1; last >= 0 {
				depth, open = depth-open[last], open[:last]
			}
			tags = 0
		case ';':
			for i+1 < len(text) && text[i+1] != '\n' {
				i++
			}
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			tags = 0
		case '#':
			switch {
			case i+1 < len(text) && text[i+1] == '{': // a set
			case i+1 < len(text) && text[i+1] == '_': // discards what may follow at once
				tags, i = tags+1, i+1
			default:
				tags, i = tags+1, word(i)
			}
		case '\\': // a character may be a bracket
			tags, i = 0, i+1
		default:
			tags, i = 0, word(i)
		}
		if depth+tags > ednMaxDepth {
			return errEDNDepth
		}
	}
	return nil
}
