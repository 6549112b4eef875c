package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/bits"
	"reflect"
	"sync"
)

// Limits of a payload.
const (
	// MaxElements is how many elements all lists of a payload may have together. What is
	// read of an element takes a hundred times as much room as its shortest form.
	MaxElements = 1 << 17

	maxFields = 64 // of a struct: what a mask has room for
)

// Append appends a value of plain data to dst. It panics if the type is not plain,
// which a test of every type of message shows.
func Append(dst []byte, value any) []byte {
	v := reflect.ValueOf(value)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	w := writer{dst: dst}
	planOf(v.Type()).write(&w, v)
	return w.dst
}

// Read reads what Append has written into a value, a pointer to plain data that is
// zero. The error says what is wrong; the value is of no use then. The value shares no memory
// with the payload.
func Read(payload []byte, value any) error {
	v := reflect.ValueOf(value).Elem()
	r := reader{left: payload, elements: MaxElements}
	planOf(v.Type()).read(&r, v)
	if r.err == nil && len(r.left) > 0 {
		r.fail("%d bytes behind the value", len(r.left))
	}
	return r.err
}

// Schema is a number that stands for the types of some values: two programs that
// have the same understand each other.
func Schema(values ...any) uint64 {
	h := fnv.New64a()
	for _, v := range values {
		fmt.Fprintln(h, planOf(reflect.TypeOf(v)).name)
	}
	return h.Sum64()
}

type writer struct {
	dst     []byte
	origins origins
}

type reader struct {
	left     []byte
	elements int
	origins  origins
	err      error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = wrong(format, args...)
	}
	r.left = nil
}

func (r *reader) uint() uint64 {
	n, size := binary.Uvarint(r.left)
	if size <= 0 {
		r.fail("a number is cut off or too large")
		return 0
	}
	r.left = r.left[size:]
	return n
}

func (r *reader) int() int64 {
	n := r.uint()
	return int64(n>>1) ^ -int64(n&1)
}

// bytes returns as many bytes of the payload as stand in front of them.
func (r *reader) bytes() []byte {
	n := r.uint()
	if n > uint64(len(r.left)) {
		r.fail("%d bytes, of which %d are there", n, len(r.left))
		return nil
	}
	p := r.left[:n]
	r.left = r.left[n:]
	return p
}

func (w *writer) uint(n uint64) { w.dst = binary.AppendUvarint(w.dst, n) }
func (w *writer) int(n int64)   { w.uint(uint64(n)<<1 ^ uint64(n>>63)) }
func (w *writer) text(s string) {
	w.uint(uint64(len(s)))
	w.dst = append(w.dst, s...)
}

// plan is how values of a type are written and read.
type plan struct {
	name  string
	write func(w *writer, v reflect.Value)
	read  func(r *reader, v reflect.Value)
}

var plans sync.Map // of *plan, by reflect.Type

// planOf returns the plan of a type, and panics if it is not plain data.
func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p := special(t)
	if p == nil {
		p = makePlan(t)
	}
	plans.Store(t, p)
	return p
}

func makePlan(t reflect.Type) *plan {
	switch t.Kind() {
	case reflect.Bool:
		return &plan{"bool", func(w *writer, v reflect.Value) {
			b := byte(0)
			if v.Bool() {
				b = 1
			}
			w.dst = append(w.dst, b)
		}, func(r *reader, v reflect.Value) {
			n := r.uint()
			if n > 1 {
				r.fail("a truth of %d", n)
			}
			v.SetBool(n == 1)
		}}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &plan{"int", func(w *writer, v reflect.Value) { w.int(v.Int()) }, func(r *reader, v reflect.Value) {
			n := r.int()
			if v.OverflowInt(n) {
				r.fail("%d is no %v", n, t)
			}
			v.SetInt(n)
		}}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &plan{"uint", func(w *writer, v reflect.Value) { w.uint(v.Uint()) }, func(r *reader, v reflect.Value) {
			n := r.uint()
			if v.OverflowUint(n) {
				r.fail("%d is no %v", n, t)
			}
			v.SetUint(n)
		}}
	case reflect.Float64:
		return &plan{"float", func(w *writer, v reflect.Value) { w.uint(bits.Reverse64(math.Float64bits(v.Float()))) },
			func(r *reader, v reflect.Value) { v.SetFloat(math.Float64frombits(bits.Reverse64(r.uint()))) }}
	case reflect.String:
		return &plan{"text", func(w *writer, v reflect.Value) { w.text(v.String()) },
			func(r *reader, v reflect.Value) { v.SetString(string(r.bytes())) }}
	case reflect.Slice:
		return listPlan(t)
	case reflect.Pointer:
		inner := planOf(t.Elem())
		return &plan{"*" + inner.name, func(w *writer, v reflect.Value) { inner.write(w, v.Elem()) }, func(r *reader, v reflect.Value) {
			v.Set(reflect.New(t.Elem()))
			inner.read(r, v.Elem())
		}}
	case reflect.Struct:
		return structPlan(t)
	}
	panic(fmt.Sprintf("frame: %v is not plain data", t))
}

// listPlan is that of a list, nil and empty alike: both are read as nil.
func listPlan(t reflect.Type) *plan {
	if t.Elem().Kind() == reflect.Uint8 {
		return &plan{"bytes", func(w *writer, v reflect.Value) {
			w.uint(uint64(v.Len()))
			w.dst = append(w.dst, v.Bytes()...)
		}, func(r *reader, v reflect.Value) {
			if p := r.bytes(); len(p) > 0 {
				v.SetBytes(append([]byte(nil), p...))
			}
		}}
	}
	if t.Elem().Kind() == reflect.Pointer {
		panic(fmt.Sprintf("frame: a list of pointers, %v, may have holes", t))
	}
	inner := planOf(t.Elem())
	return &plan{"[]" + inner.name, func(w *writer, v reflect.Value) {
		w.uint(uint64(v.Len()))
		for i := range v.Len() {
			inner.write(w, v.Index(i))
		}
	}, func(r *reader, v reflect.Value) {
		n := r.uint()
		if n > uint64(len(r.left)) || n > uint64(r.elements) { // an element takes a byte at least
			r.fail("a list of %d elements, with %d bytes left and %d elements allowed", n, len(r.left), r.elements)
			return
		}
		if n == 0 {
			return
		}
		r.elements -= int(n)
		v.Set(reflect.MakeSlice(t, int(n), int(n)))
		for i := 0; i < int(n) && r.err == nil; i++ {
			inner.read(r, v.Index(i))
		}
	}}
}

// structPlan is that of a struct: a mask of the fields that are not zero, and those.
func structPlan(t reflect.Type) *plan {
	if t.NumField() > maxFields {
		panic(fmt.Sprintf("frame: %v has more than %d fields", t, maxFields))
	}
	name := t.Name() + "{"
	fields := make([]*plan, t.NumField())
	for i := range fields {
		f := t.Field(i)
		if !f.IsExported() {
			panic(fmt.Sprintf("frame: %v has a field of its own, %s", t, f.Name))
		}
		fields[i] = planOf(f.Type)
		name += f.Name + " " + fields[i].name + ";"
	}
	return &plan{name + "}", func(w *writer, v reflect.Value) {
		mask := uint64(0)
		for i := range fields {
			if !isZero(v.Field(i)) {
				mask |= 1 << i
			}
		}
		w.uint(mask)
		for ; mask != 0; mask &= mask - 1 {
			i := bits.TrailingZeros64(mask)
			fields[i].write(w, v.Field(i))
		}
	}, func(r *reader, v reflect.Value) {
		mask := r.uint()
		if len(fields) < maxFields && mask>>len(fields) != 0 {
			r.fail("fields beyond the %d of %v", len(fields), t)
			return
		}
		for ; mask != 0 && r.err == nil; mask &= mask - 1 {
			i := bits.TrailingZeros64(mask)
			fields[i].read(r, v.Field(i))
		}
	}}
}

// isZero reports whether a field is left out.
func isZero(v reflect.Value) bool {
	if v.Kind() == reflect.Slice {
		return v.Len() == 0
	}
	return v.IsZero()
}

// errorPlan is that of an error, which crosses as its text.
var errorPlan = &plan{"error", func(w *writer, v reflect.Value) { w.text(v.Interface().(error).Error()) },
	func(r *reader, v reflect.Value) { v.Set(reflect.ValueOf(errors.New(string(r.bytes())))) }}
