package net

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"sort"
	"time"
	"unicode/utf8"
	"unsafe"
)

// writer makes packs, and keeps the first argument that is wrong.
type writer struct {
	buf   []byte
	err   error
	name  string
	depth int
}

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// present tells whether an optional value follows, and says so in the pack.
func (w *writer) present(there bool) bool {
	packBool(w, there)
	return there
}

// record frames fields; the frame of four bytes holds their length.
func (w *writer) record(fields uint64, pack func()) {
	w.buf = binary.AppendUvarint(w.buf, fields)
	start := len(w.buf) + 4
	w.buf = append(w.buf, 0, 0, 0, 0)
	pack()
	binary.LittleEndian.PutUint32(w.buf[start-4:], uint32(len(w.buf)-start))
}

// nest packs what lies within a recursive value.
func (w *writer) nest(deepest int, pack func()) {
	if w.depth == deepest {
		w.fail(argumentError(w.name, "is nested too deep"))
		return
	}
	w.depth++
	pack()
	w.depth--
}

// tag is the number of an enum's value.
func (w *writer) tag(v interface{ tag() (uint64, bool) }) uint64 {
	tag, known := v.tag()
	if !known {
		detail := fmt.Sprintf("`%v` is not one of its values", v)
		if own, ok := v.(interface{ refusal(string) error }); ok {
			w.fail(own.refusal(detail))
		}
		w.fail(argumentError(w.name, detail))
	}
	return tag
}

// bits refuses those that have no name, with an error of their own if there is one.
func (w *writer) bits(v, allowed uint64, refusal func(string) error) uint64 {
	if unknown := v &^ allowed; unknown != 0 {
		detail := fmt.Sprintf("has the unknown bits %#x", unknown)
		if refusal != nil {
			w.fail(refusal(detail))
		}
		w.fail(argumentError(w.name, detail))
	}
	return v
}

// duration counts units; a part of one is dropped.
func (w *writer) duration(v, unit time.Duration) uint64 {
	if v < 0 {
		w.fail(argumentError(w.name, "is negative"))
	}
	return uint64(v / unit)
}

// instant counts units since 1970.
func (w *writer) instant(v time.Time, unit time.Duration) uint64 {
	seconds, scale := v.Unix(), uint64(time.Second/unit)
	if seconds < 0 || uint64(seconds) > (math.MaxUint64-scale)/scale {
		w.fail(argumentError(w.name, "lies outside the range that starts in 1970"))
		return 0
	}
	return uint64(seconds)*scale + uint64(v.Nanosecond())/uint64(unit)
}

func (w *writer) json(v any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		w.fail(&BaseError{Kind: BaseErrorKindCodecEncode, Detail: w.name + ": " + err.Error()})
	}
	// The encoder gives this for bytes that are no text. Text has it where a program escaped it, or behind a backslash.
	if bytes.Contains(text.Bytes(), []byte(`\ufffd`)) && isGarbled(reflect.ValueOf(v), deepestText) {
		w.fail(argumentError(w.name, "has text that is not UTF-8"))
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

// deepestText is how deep text is looked at: a value that encodes itself may point back to itself.
const deepestText = 1000

// isGarbled tells whether a value has a string of bytes that are no text among what is encoded of it.
func isGarbled(v reflect.Value, left int) bool {
	if left == 0 {
		return false
	}
	switch v.Kind() {
	case reflect.String:
		return !utf8.ValidString(v.String())
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && isGarbled(v.Elem(), left-1)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if isGarbled(v.Index(i), left-1) {
				return true
			}
		}
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			if isGarbled(entries.Key(), left-1) || isGarbled(entries.Value(), left-1) {
				return true
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			isEncoded := (field.IsExported() || field.Anonymous) && field.Tag.Get("json") != "-"
			if isEncoded && isGarbled(v.Field(i), left-1) {
				return true
			}
		}
	}
	return false
}

func packBool(w *writer, v bool) {
	bit := byte(0)
	if v {
		bit = 1
	}
	w.buf = append(w.buf, bit)
}

func packByte[T ~uint8 | ~int8](w *writer, v T) { w.buf = append(w.buf, byte(v)) }

func packUint[T ~uint8 | ~uint16 | ~uint32 | ~uint64](w *writer, v T) {
	w.buf = binary.AppendUvarint(w.buf, uint64(v))
}

func packInt[T ~int16 | ~int32 | ~int64](w *writer, v T) {
	w.buf = binary.AppendVarint(w.buf, int64(v))
}

func packFloat(w *writer, v float64) {
	w.buf = binary.LittleEndian.AppendUint64(w.buf, math.Float64bits(v))
}

func packText[T ~string](w *writer, v T) {
	if !utf8.ValidString(string(v)) {
		w.fail(argumentError(w.name, "is not UTF-8"))
	}
	w.buf = append(binary.AppendUvarint(w.buf, uint64(len(v))), v...)
}

func packBytes[T ~[]byte](w *writer, v T) {
	w.buf = append(binary.AppendUvarint(w.buf, uint64(len(v))), v...)
}

// packArray packs an array of bytes.
func packArray[T any](w *writer, v T) { w.buf = append(w.buf, arrayBytes(&v)...) }

func arrayBytes[T any](v *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v))
}

func packDuration(unit time.Duration) func(*writer, time.Duration) {
	return func(w *writer, v time.Duration) { packUint(w, w.duration(v, unit)) }
}

func packInstant(unit time.Duration) func(*writer, time.Time) {
	return func(w *writer, v time.Time) { packUint(w, w.instant(v, unit)) }
}

func packDate(w *writer, v time.Time) { packInt(w, v.UnixMilli()) }

func packJSON[T any](w *writer, v T) { packBytes(w, w.json(v)) }

func packError(w *writer, v error) {
	if v == nil {
		w.fail(argumentError(w.name, "is nil"))
		return
	}
	known := toNetError(v)
	code, detail, fields := known.cross()
	packUint(w, code>>16)
	packUint(w, code&0xffff)
	packBool(w, known.Retry())
	packText(w, known.Error())
	if w.present(detail != "") {
		packText(w, detail)
	}
	w.buf = append(w.buf, fields...)
}

func packList[T any](pack func(*writer, T)) func(*writer, []T) {
	return func(w *writer, list []T) {
		packUint(w, uint64(len(list)))
		for _, v := range list {
			pack(w, v)
		}
	}
}

func packMap[T any](pack func(*writer, T)) func(*writer, map[string]T) {
	return func(w *writer, values map[string]T) {
		keys := make([]string, 0, len(values))
		for key := range values {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		packUint(w, uint64(len(keys)))
		for _, key := range keys {
			packText(w, key)
			pack(w, values[key])
		}
	}
}

func packOptional[T any](pack func(*writer, T)) func(*writer, *T) {
	return func(w *writer, v *T) {
		if w.present(v != nil) {
			pack(w, *v)
		}
	}
}

func packSome[T any](w *writer, pack func(*writer, T), there bool, v T) {
	if w.present(there) {
		pack(w, v)
	}
}

// packNilable packs a value that is there unless it is nil.
func packNilable[T any](pack func(*writer, T)) func(*writer, T) {
	return func(w *writer, v T) {
		value := reflect.ValueOf(v)
		packSome(w, pack, value.IsValid() && !value.IsNil(), v)
	}
}
